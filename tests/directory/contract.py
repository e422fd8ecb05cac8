"""What every directory must do. An adapter's tests derive from `DirectoryContract` and say how to look inside."""

from collections.abc import Mapping

import pytest

from workers.directory.port import Account, Directory, DirectoryRefused, DirectoryTrouble

FIRST, SECOND, THIRD = "tulip bridge velvet kayak", "seven quiet lanterns drift", "granite mossy teapot hour"


class DirectoryContract:
    """Give `directory` (one with an account for `slack_id`), `signs_in`, `codes`, `told` and `is_signed_out`."""

    slack_id: str

    @pytest.fixture
    def directory(self) -> Directory:
        raise NotImplementedError

    def signs_in(self, directory: Directory, password: str) -> bool:
        """Whether the account's password is this one, as its users would find out."""
        raise NotImplementedError

    def codes(self, directory: Directory) -> Mapping[str, str]:
        """What arrived on second channels: place → text."""
        raise NotImplementedError

    def is_signed_out(self, directory: Directory) -> bool:
        """Whether the account's sessions were ended."""
        raise NotImplementedError

    def account(self, directory: Directory) -> Account:
        found = directory.account_of(self.slack_id)
        assert found is not None
        return found

    def test_the_account_is_found_by_slack_id_and_by_nothing_else(self, directory: Directory) -> None:
        account = self.account(directory)
        assert account == directory.account_of(self.slack_id)
        for other in (account.username, account.name, account.id, self.slack_id.lower(), "", "*", "%", "U0NOBODY"):
            assert directory.account_of(other) is None

    def test_a_new_password_works_and_the_old_one_does_not(self, directory: Directory) -> None:
        account = self.account(directory)
        directory.set_password(account.id, FIRST)
        directory.set_password(account.id, SECOND)
        assert self.signs_in(directory, SECOND)
        assert not self.signs_in(directory, FIRST)

    def test_restore_brings_the_old_password_back(self, directory: Directory) -> None:
        account = self.account(directory)
        directory.set_password(account.id, FIRST)
        undo = directory.set_password(account.id, SECOND)
        directory.restore(undo)
        assert self.signs_in(directory, FIRST)
        assert not self.signs_in(directory, SECOND)

    def test_restore_leaves_a_password_alone_that_was_changed_again_since(self, directory: Directory) -> None:
        account = self.account(directory)
        directory.set_password(account.id, FIRST)
        undo = directory.set_password(account.id, SECOND)
        directory.set_password(account.id, THIRD)
        with pytest.raises(DirectoryTrouble, match="changed again"):
            directory.restore(undo)
        assert self.signs_in(directory, THIRD)

    def test_an_undo_is_used_once(self, directory: Directory) -> None:
        account = self.account(directory)
        directory.set_password(account.id, FIRST)
        undo = directory.set_password(account.id, SECOND)
        directory.restore(undo)
        with pytest.raises(DirectoryTrouble):
            directory.restore(undo)
        assert self.signs_in(directory, FIRST)

    def test_undo_and_errors_hold_no_password(self, directory: Directory) -> None:
        account = self.account(directory)
        undo = directory.set_password(account.id, FIRST)
        assert FIRST not in str(undo) and "argon2" not in str(undo) and "{SSHA" not in str(undo)
        with pytest.raises(DirectoryRefused) as refused:
            directory.set_password(account.id, FIRST)
        with pytest.raises(DirectoryTrouble) as unknown:
            directory.set_password("nobody", FIRST)
        assert FIRST not in str(refused.value) + str(unknown.value)

    def test_the_present_password_is_refused_and_nothing_changes(self, directory: Directory) -> None:
        account = self.account(directory)
        directory.set_password(account.id, FIRST)
        undo = directory.set_password(account.id, SECOND)
        with pytest.raises(DirectoryRefused):
            directory.set_password(account.id, SECOND)
        directory.restore(undo)
        assert self.signs_in(directory, FIRST)

    def test_every_password_that_people_can_type_works(self, directory: Directory) -> None:
        account = self.account(directory)
        for password in ("Übergroße Käfer 🦊", "'; DROP TABLE x; --", "a*b(c)d\\e,f=g+h", " leading and trailing "):
            directory.set_password(account.id, password)
            assert self.signs_in(directory, password)
            assert not self.signs_in(directory, password.strip().upper())

    def test_a_code_reaches_the_second_channel_with_the_warning(self, directory: Directory) -> None:
        directory.send_code(self.account(directory), "042137")
        ((_, text),) = self.codes(directory).items()
        assert "042137" in text
        assert "never into a chat" in text

    def test_ending_sessions_signs_the_account_out(self, directory: Directory) -> None:
        assert not self.is_signed_out(directory)
        directory.end_sessions(self.account(directory).id)
        assert self.is_signed_out(directory)
