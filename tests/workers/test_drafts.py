"""Drafts: put together from what people wrote, with nothing personal in them, and published by a person."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.embedding import Encoder
from tests.workers.gap_world import BADGE, asked, desk_folder, finder, keep, reader, seen, unsolved
from tests.workers.office import INES, JONAS, MIRA, Office, starter_handbook
from workers.governance import audit
from workers.knowledge import drafts, gaps
from workers.knowledge.articles import ArticleTrouble
from workers.knowledge.drafting import Draft, Step, examples, free_id, is_general, known_names, steps, without_notes
from workers.redaction import redact
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.tickets.permissions import NotAllowed

CLEAN = "Cleaned the badge reader with a dry cloth."
RESET = "Reset the gate controller in the car park."
RESOLUTIONS = (
    f"Hi Ben, {CLEAN} {RESET} Kind regards, Jonas",
    f"Thanks for waiting. Cleaned the badge reader with a cloth. {RESET}",
    "He had two badges in one sleeve. Called +44 113 496 0100 for him.",
)


@pytest.fixture(scope="session")
def encoder(encoder_dir: Path) -> Encoder:
    return Encoder.open(encoder_dir)


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> ServiceDesk:
    """The office's desk with one article."""
    folder = desk_folder(tmp_path / "desk", [("car-park", "Parking")])
    return ServiceDesk(Settings(home=tmp_path / "home", desk=folder), office.store, office.handbook)


@pytest.fixture
def gap(office: Office, encoder: Encoder) -> int:
    """A gap of three tickets with resolutions."""
    pairs = zip(BADGE, RESOLUTIONS, strict=True)
    rows = [unsolved(text, text, resolution=resolution) for text, resolution in pairs]
    return keep(office, finder(encoder).find(rows))[0]


def make(office: Office, gap: int, desk: ServiceDesk, by: str = MIRA) -> str:
    with office.store.begin() as session:
        return drafts.make(session, reader(office, by), gap, desk).text


def edit(office: Office, gap: int, text: str, by: str = MIRA) -> None:
    with office.store.begin() as session:
        drafts.edit(session, reader(office, by), gap, text)


def publish(office: Office, gap: int, desk: ServiceDesk, by: str = MIRA) -> Path:
    with office.store.begin() as session:
        return drafts.publish(session, reader(office, by), gap, desk)


# putting together


def test_sentences_that_several_tickets_share_come_first_with_their_tickets(encoder: Encoder) -> None:
    found = steps([("A", f"{CLEAN} {RESET}"), ("B", f"Cleaned the badge reader. {RESET}")], frozenset(), encoder.encode)
    assert [step.tickets for step in found] == [("A", "B"), ("A", "B")]
    assert found[1].text == RESET


def test_every_sentence_of_a_draft_was_written_by_somebody(encoder: Encoder) -> None:
    pairs = list(zip("ABC", RESOLUTIONS, strict=True))
    for step in steps(pairs, frozenset(), encoder.encode):
        assert any(step.text in resolution for ticket, resolution in pairs if ticket in step.tickets)


def test_greetings_names_numbers_and_single_peoples_stories_are_left_out(encoder: Encoder) -> None:
    names = known_names(["Ben Carter", "Jonas Brandt"])
    said = " ".join(step.text for step in steps(list(zip("ABC", RESOLUTIONS, strict=True)), names, encoder.encode))
    assert "badge reader" in said and "gate controller" in said
    for word in ("Ben", "Jonas", "Thanks", "regards", "0100", "He had"):
        assert word not in said


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your patience with this.", "Kind regards from the desk", "Mail ben@larkfield.example about it.",
        "Replaced the laptop LF-20931 with another.", "See DESK-42 for the rest.", "Ask <@U123> on Slack first.",
        "The new code is [one-time code removed] now.", "Carter has the key to it.", "Ring 0113 496 0100 for it.",
        "It ends --> here and now.",
    ],
)  # fmt: skip
def test_what_belongs_to_one_person_is_not_general(text: str) -> None:
    assert not is_general(text, known_names(["Ben Carter"]))


@pytest.mark.parametrize(
    "text", ["Rolled the build back.", "AADSTS50076 means MFA is due.", "Install KB5034441 or version 16.0.18227."]
)
def test_codes_and_versions_are_general(text: str) -> None:
    assert is_general(text, known_names(["Ben Carter"]))


def test_example_questions_say_each_thing_once() -> None:
    asked_for = (
        "The VPN drops every hour",
        "the vpn drops every hour!",
        "printer is out of paper",
        "hi Ben Carter here",
    )
    assert examples(asked_for, known_names(["Ben Carter"])) == ("The VPN drops every hour", "printer is out of paper")


def test_an_id_is_free_and_made_of_the_title() -> None:
    assert free_id("My badge: red?", frozenset()) == "my-badge-red"
    assert free_id("My badge: red?", frozenset({"my-badge-red", "my-badge-red-2"})) == "my-badge-red-3"
    assert free_id("???", frozenset()) == "article"


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=80))
def test_any_draft_is_a_readable_article_once_it_says_something(questions: list[str], said: str) -> None:
    kept = examples([redact(question).text for question in questions], frozenset())
    title = kept[0] if kept else "Badge: “red” # not green"
    sentence = " ".join(redact(said).text.split())
    step = Step(sentence if sentence and "--" not in sentence else "Press it twice.", ("A",))
    text = Draft("badge", title[:90], "mira.holt", date(2026, 11, 25), kept, (step, Step("Wait a day.", ("B",)))).text()
    article = drafts.checked(without_notes(text), (), starter_handbook(), frozenset({"it"}))
    assert article.audience == ("it",) and "<!--" not in article.body.replace(step.text, "")


# making, editing


def test_a_draft_is_complete_and_for_the_desk_alone_until_its_owner_widens_it(
    office: Office, gap: int, desk: ServiceDesk
) -> None:
    text = make(office, gap, desk)
    article = drafts.checked(without_notes(text), drafts.articles_of(desk), office.handbook, frozenset({"it"}))
    assert article.audience == ("it",) and article.updated == date.today()
    assert article.owner == seen(office, MIRA, [])[0].owner
    assert set(article.ask) <= set(BADGE) and CLEAN.removesuffix(" with a dry cloth.") in article.body
    assert "DESK-" in text and "DESK-" not in article.body
    assert seen(office, MIRA, [])[0].state == gaps.DRAFTED
    assert office.actions(f"gap:{gap}") == ["draft_made"]


def test_a_gap_whose_tickets_say_nothing_gives_an_empty_draft_that_cannot_be_published(
    office: Office, encoder: Encoder, desk: ServiceDesk
) -> None:
    (number,) = keep(office, finder(encoder).find(asked()))
    make(office, number, desk)
    with pytest.raises(ArticleTrouble, match="no text"):
        publish(office, number, desk)
    assert seen(office, MIRA, [])[0].state == gaps.DRAFTED


def test_making_a_draft_again_keeps_what_was_written(office: Office, gap: int, desk: ServiceDesk) -> None:
    text = make(office, gap, desk)
    edit(office, gap, text + "\nAnd wait.\n")
    assert make(office, gap, desk).endswith("And wait.\n")
    edit(office, gap, text + "\nAnd wait.\n")  # nothing new, nothing written down
    assert office.actions(f"gap:{gap}") == ["draft_made", "draft_edited"]


def test_a_discarded_draft_leaves_the_gap_open(office: Office, gap: int, desk: ServiceDesk) -> None:
    make(office, gap, desk)
    with office.store.begin() as session:
        drafts.discard(session, reader(office, MIRA), gap)
    assert seen(office, MIRA, [])[0].state == gaps.OPEN
    with pytest.raises(ArticleTrouble, match="no draft"):
        edit(office, gap, "text")


def test_only_admins_and_the_suggested_owner_write(office: Office, gap: int, desk: ServiceDesk) -> None:
    owner = seen(office, MIRA, [])[0].owner
    other = JONAS if owner == INES else INES
    with pytest.raises((NotAllowed, ArticleTrouble)):
        make(office, gap, desk, by=other)
    assert owner is not None
    make(office, gap, desk, by=owner)


# publishing


def test_publishing_writes_the_file_without_notes_and_says_where_it_comes_from(
    office: Office, gap: int, desk: ServiceDesk
) -> None:
    make(office, gap, desk)
    file = publish(office, gap, desk)
    (article,) = [one for one in drafts.articles_of(desk) if one.id != "car-park"]
    assert file == desk.settings.desk / "articles" / f"{article.id}.md" and "<!--" not in file.read_text(
        encoding="utf-8"
    )
    assert [path.suffix for path in file.parent.iterdir()] == [".md", ".md"]  # nothing is left aside
    assert seen(office, MIRA, []) == []
    (shown,) = seen(office, MIRA, [], every=True)
    assert (shown.state, shown.article_id) == (gaps.PUBLISHED, article.id)
    with office.store.read() as session:
        entry = audit.latest(session, f"gap:{gap}", limit=1)[0]
    assert entry.action == "article_published" and entry.detail["tickets"] and entry.detail["audience"] == ["it"]


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ArticleTrouble, match="there already"):
        drafts.write_new(tmp_path / "a.md", "yours")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(ArticleTrouble, match="cannot be written"):
        drafts.write_new(tmp_path / "none" / "a.md", "text")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("audience:\n- it", "audience: [everybody]"), "Line 6, audience"),
        (("owner: mira.holt", "owner: anna.lind"), "neither agent nor admin"),
        (("id: badge", "id: car-park"), "id of another article"),
        (("audience:\n- it", "audience: [managers]"), "not among managers"),
        (("---\n\n", "\n\n"), "closing"),
    ],
)
def test_what_is_wrong_with_a_draft_is_named_and_nothing_is_written(
    office: Office, desk: ServiceDesk, change: tuple[str, str], said: str
) -> None:
    text = Draft("badge", "Badge", "mira.holt", date(2026, 11, 25), (), (Step("Press it.", ("A",)),)).text()
    assert change[0] in text
    readable = frozenset({"everyone", "it"})
    drafts.checked(text, drafts.articles_of(desk), office.handbook, readable)
    with pytest.raises(ArticleTrouble, match=said):
        drafts.checked(text.replace(*change), drafts.articles_of(desk), office.handbook, readable)


def test_an_example_question_of_another_article_is_refused(office: Office, desk: ServiceDesk) -> None:
    other = desk.settings.desk / "articles" / "car-park.md"
    other.write_text(other.read_text(encoding="utf-8").replace("---\nText", "ask: [Badge is red]\n---\nText"), "utf-8")
    draft = Draft("badge", "Badge", "mira.holt", date(2026, 11, 25), ("badge is  RED",), (Step("Press it.", ("A",)),))
    with pytest.raises(ArticleTrouble, match="example question of 'car-park'"):
        drafts.checked(draft.text(), drafts.articles_of(desk), office.handbook, frozenset({"it"}))
