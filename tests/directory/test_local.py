from collections.abc import Mapping

import pytest
from sqlalchemy import select

from tests.directory.contract import FIRST, DirectoryContract
from tests.runbooks.world import STARTER, WORKSPACE, World
from workers import outbox
from workers.desk import DeskPerson, read_people
from workers.directory import registry
from workers.directory.local import LocalDirectory, install_local_accounts, is_password, second_accounts
from workers.directory.port import Directory, DirectoryTrouble
from workers.settings import Settings
from workers.slack.messenger import SlackTrouble
from workers.store.columns import now
from workers.store.tables import DirectoryAccount


class TestLocalDirectory(DirectoryContract):
    slack_id = "U0ANNA"

    @pytest.fixture
    def directory(self, world: World) -> Directory:
        self.world = world
        return world.directory

    def signs_in(self, directory: Directory, password: str) -> bool:
        return self.world.signs_in(password)

    def codes(self, directory: Directory) -> Mapping[str, str]:
        return {str(one["dm_with"]): str(one["blocks"]) for one in self.world.mailbox.sent}

    def is_signed_out(self, directory: Directory) -> bool:
        return self.world.account().sessions_ended_at is not None


def test_nobody_knows_the_first_password_and_it_is_hashed_with_argon2id(world: World) -> None:
    hashes = {world.account(slack_id).password_hash for slack_id in ("U0ANNA", "U0BEN")}
    assert len(hashes) == 2
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in hashes)


def test_a_hash_that_is_none_matches_no_password() -> None:
    assert not is_password("!", "!")


def test_guests_and_second_accounts_have_no_account_of_their_own(world: World) -> None:
    assert world.directory.account_of("U0GUEST") is None
    assert world.directory.account_of("U0ANNA2ND") is None


def test_a_reset_lifts_a_lock_and_its_undo_puts_the_lock_back(world: World) -> None:
    world.change_account(locked=True)
    undo = world.directory.set_password("local-U0ANNA", FIRST)
    assert not world.account().locked
    world.directory.restore(undo)
    assert world.account().locked


def test_without_slack_no_code_is_sent_and_the_message_says_what_to_do(world: World) -> None:
    directory = LocalDirectory(world.store, None)
    account = directory.account_of("U0ANNA")
    assert account is not None
    with pytest.raises(DirectoryTrouble, match="SLACK_BOT_TOKEN"):
        directory.send_code(account, "123456")


def test_slack_away_while_sending_a_code_is_the_directorys_trouble(world: World) -> None:
    account = world.directory.account_of("U0ANNA")
    assert account is not None
    world.mailbox.trouble = SlackTrouble("Slack cannot be reached", can_retry=True)
    with pytest.raises(DirectoryTrouble, match="could not be sent") as caught:
        world.directory.send_code(account, "123456")
    assert "123456" not in str(caught.value)


def test_telling_goes_through_the_outbox_with_the_button(world: World) -> None:
    account = world.directory.account_of("U0ANNA")
    assert account is not None
    world.directory.tell(account, "Your password <was> changed.", 7)
    outbox.deliver_due(world.store, world.mailbox)
    (message,) = world.mailbox.to("U0ANNA2ND")
    assert "&lt;was&gt;" in str(message["blocks"])
    assert message["blocks"][1]["elements"][0]["value"] == "7"


def test_installing_again_keeps_passwords_and_brings_names_and_flags_up_to_date(world: World) -> None:
    before = world.account().password_hash
    roster = tuple(
        person.model_copy(update={"name": "Anna Lund", "vip": True}) if person.id == "U0ANNA" else person
        for person in read_people(STARTER)
    )
    with world.store.begin() as session:
        install_local_accounts(session, roster)
    account = world.account()
    assert (account.password_hash, account.name, account.vip) == (before, "Anna Lund", True)
    assert account.second_channel_changed_at is None


def test_a_second_channel_that_moves_starts_the_cooling_off(world: World) -> None:
    roster = tuple(
        person.model_copy(update={"second_channel": "U0NEWPHONE"}) if person.id == "U0ANNA" else person
        for person in read_people(STARTER)
    )
    with world.store.begin() as session:
        install_local_accounts(session, roster)
    changed = world.account().second_channel_changed_at
    assert world.account().second_channel == "U0NEWPHONE"
    assert changed is not None and (now() - changed).total_seconds() < 60


def test_a_second_account_may_be_listed_in_the_people_file(world: World) -> None:
    roster = (
        DeskPerson(id="U0NEW", handle="new.one", name="New One", second_channel="new.phone"),
        DeskPerson(id="U0PHONE", handle="new.phone", name="New One (phone)"),
    )
    with world.store.begin() as session:
        install_local_accounts(session, roster)
        accounts = session.scalars(select(DirectoryAccount).where(DirectoryAccount.slack_id.like("U0%PHONE"))).all()
    assert accounts == []
    assert world.account("U0NEW").second_channel == "U0PHONE"
    assert second_accounts(roster) == ()


def test_the_second_accounts_of_the_starter_desk_are_people_to_write_to(world: World) -> None:
    second = second_accounts(read_people(STARTER))
    assert ("U0ANNA2ND", "anna.private") in {(person.id, person.handle) for person in second}
    assert world.person("anna.private").workspace == WORKSPACE


def test_an_unknown_directory_is_refused_by_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_DIRECTORY", "ldapp")
    with pytest.raises(DirectoryTrouble, match="'ldapp'; there are: local"):
        registry.open_directory(Settings(), world.store)


def test_the_local_directory_is_the_one_when_nothing_is_set(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESKHAND_DIRECTORY", raising=False)
    found = registry.open_directory(Settings(), world.store).account_of("U0ANNA")
    assert found is not None and found.username == "anna.lind"
    with world.store.begin() as session:
        registry.install(Settings(), session, read_people(STARTER))
