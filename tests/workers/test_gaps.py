"""What no article solved: which questions count, how they are put together, and who learns what from them."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from classifier.data.ticket import Ticket as ClosedTicket
from knowledge_base.bundle import save_bundle
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from tests.workers.asked import ask
from tests.workers.gap_world import (
    ARTICLES,
    BADGE,
    HIDDEN,
    SCANNER,
    STAFF,
    asked,
    desk_folder,
    finder,
    keep,
    reader,
    seen,
    unsolved,
)
from tests.workers.office import ANNA, BEN, INES, JONAS, MIRA, WORKSPACE, Office, starter_handbook
from workers import serving
from workers.knowledge import gap_searches, gaps
from workers.knowledge import unsolved as questions
from workers.knowledge.articles import ArticleTrouble
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store import schema
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import GapSearch, KnowledgeGap, Receipt, ServedVersion, Ticket
from workers.tickets import importing, work
from workers.tickets.opening import open_ticket
from workers.tickets.permissions import NotAllowed

DESK = starter_handbook().desk


@pytest.fixture(scope="session")
def encoder(encoder_dir: Path) -> Encoder:
    return Encoder.open(encoder_dir)


# which questions count


@pytest.mark.parametrize(
    ("decision", "outcome", "chosen", "has_ticket", "counts"),
    [
        ("open_ticket", None, None, True, True),
        ("answer", "accepted", None, False, False),
        ("answer", None, None, False, False),  # nobody has complained
        ("answer", "overridden", None, True, True),
        ("self_service", "overridden", None, True, True),
        ("suggestions", None, None, False, True),
        ("suggestions", None, "vpn", False, False),
        ("suggestions", None, "vpn", True, True),
        ("suggestions", "accepted", "vpn", False, False),
        ("clarify", None, None, False, False),  # the answer to the question back counts
        ("clarify", None, None, True, True),
    ],
)
def test_a_question_counts_when_its_reply_left_the_person_alone(
    decision: str, outcome: str | None, chosen: str | None, has_ticket: bool, counts: bool
) -> None:
    receipt = Receipt(decision=decision, outcome=outcome, evidence={"chosen": chosen})
    assert questions.is_unsolved(receipt, has_ticket) is counts


def test_a_message_and_its_ticket_are_one_question_with_its_handling_time(office: Office) -> None:
    ticket_id = office.open_in("network", by=ANNA)
    receipt_id = ask(office, "The gate ignores me", decision="open_ticket")
    with office.store.begin() as session:
        ticket, receipt = session.get_one(Ticket, ticket_id), session.get_one(Receipt, receipt_id)
        receipt.subject = f"message:{ticket.source_channel}/{ticket.source_ts}"
    office.do(work.claim, ticket_id, JONAS)
    office.do(work.resolve, ticket_id, JONAS, "Replaced the reader.")
    with office.store.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        ticket.first_response_at = ticket.resolved_at - timedelta(days=28)  # type: ignore[operator]
    (question,) = _from_store(office)
    assert question.key.startswith("receipt:") and question.judged
    assert question.solution is not None
    assert question.solution.minutes == questions.WORKING_DAY_MIN  # four weeks, but one ticket is one day at most
    assert (question.solution.team, question.solution.resolution) == ("network", "Replaced the reader.")


def test_an_open_or_withdrawn_ticket_without_a_message_is_not_counted_yet(office: Office) -> None:
    office.open_in("network", by=ANNA)
    withdrawn = office.open_in("network", by=BEN)
    office.do(work.withdraw, withdrawn, BEN)
    assert _from_store(office) == []


def test_tickets_from_a_form_are_questions_of_their_own(office: Office) -> None:
    for person in (ANNA, BEN):
        with office.store.begin() as session:
            number = open_ticket(session, office.handbook, office.person(person), "gate", team="network").ticket.id
        office.do(work.resolve, number, JONAS, "Opened it.")
    assert len({question.person for question in _from_store(office)}) == 2


def test_imported_tickets_keep_resolution_and_who_asked_but_no_name(office: Office) -> None:
    when = now() - timedelta(days=3)
    rows = [
        ClosedTicket(f"OLD-{name}", "gate", "", "network", "", when, when, (), name, "Call me on xoxb-1234567890-abc.")
        for name in ("gareth.pym", "gareth.pym", "jo.reed")
    ]
    with office.store.begin() as session:
        for number, row in enumerate(rows):
            importing.add_closed(session, WORKSPACE, ClosedTicket(**_fields(row) | {"id": f"OLD-{number}"}))
        kept = session.scalars(select(Ticket.asked_elsewhere_by)).all()
    found = _from_store(office)
    assert len({question.person for question in found}) == 2 and "gareth.pym" not in kept
    assert {q.solution.resolution for q in found if q.solution} == {"Call me on [token removed]."}
    assert {q.solution.ticket for q in found if q.solution} == {"OLD-0", "OLD-1", "OLD-2"}


def test_the_folders_tickets_count_once_also_when_they_were_imported(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text(
        '{"id": "A", "text": "gate", "requester": "jo", "resolution": "Fixed it.", "opened_at": "2026-11-02T09:00:00Z",'
        ' "closed_at": "2026-11-02T10:30:00Z", "team": "network"}\n{"id": "B", "text": "badge"}\n',
        encoding="utf-8",
    )
    since = now() - timedelta(days=400)
    (found,) = questions.from_folder(tmp_path, [], DESK, since)  # one without a date is no recent question
    assert found.solution is not None and (found.solution.ticket, found.solution.minutes) == ("A", 90.0)
    assert list(questions.from_folder(tmp_path, ["A"], DESK, since)) == []
    assert list(questions.from_folder(tmp_path / "none", [], DESK, since)) == []


# from questions to gaps


def test_what_an_article_answers_is_no_gap(encoder: Encoder) -> None:
    texts = ("how do I park as a visitor on level two of the car park", "visitors park on level two of the car park?")
    rows = [unsolved(text, text) for text in texts]
    assert finder(encoder).find(rows)  # the bot was asked and did not solve it
    unasked = [questions.Unsolved(r.key, r.text, r.person, r.asked_at, False, False, r.solution) for r in rows]
    answers = finder(encoder)
    sure = answers.answerer.threshold_for(0.1)
    assert sure is None  # without labelled questions nothing is sure, so these tickets count as well
    assert len(answers.find(unasked)) == 1


def test_one_person_asking_thrice_is_no_gap(encoder: Encoder) -> None:
    assert finder(encoder).find([unsolved(text, "anna") for text in BADGE]) == []


def test_gaps_are_ranked_by_people_times_handling_time(encoder: Encoder) -> None:
    rows = [*asked(BADGE, minutes=10.0), *asked(SCANNER, minutes=400.0)]
    first, second = finder(encoder).find(rows)
    assert {question.text for question in first.questions} == set(SCANNER)
    assert first.weight == pytest.approx(2 * (1 + 800 / 60) * first.unanswered) and first.weight > second.weight
    assert second.people == 3 and second.minutes == 30.0


def test_a_gap_names_the_nearest_article_what_it_lacks_and_who_would_write(encoder: Encoder) -> None:
    (gap,) = finder(encoder).find(asked())
    nearest = gap.nearest[STAFF]
    assert nearest is not None and nearest.article == "car-park"
    assert "badge" in nearest.missing and "park" not in nearest.missing
    assert gap.owner in ("ines.duarte", "jonas.brandt") and gap.teams == ("network",)
    assert gap.questions[0].text in BADGE and "badge" in gap.words


# rows: a gap that grows keeps its number


def test_a_gap_that_grows_keeps_its_number(office: Office, encoder: Encoder) -> None:
    (number,) = keep(office, finder(encoder).find(asked(BADGE[:2])))
    assert keep(office, finder(encoder).find(asked(BADGE))) == [number]
    (gap,) = seen(office, MIRA, [])
    assert (gap.people, gap.tickets, len(gap.questions)) == (3, 3, 3)


def test_a_gap_that_is_asked_no_more_fades_and_comes_back(office: Office, encoder: Encoder) -> None:
    keep(office, finder(encoder).find(asked()))
    keep(office, [])
    assert seen(office, MIRA, []) == []
    assert [gap.state for gap in seen(office, MIRA, [], every=True)] == [gaps.FADED]
    keep(office, finder(encoder).find(asked()))
    assert [gap.state for gap in seen(office, MIRA, [])] == [gaps.OPEN]


def test_a_dismissed_gap_stays_dismissed_and_says_why(office: Office, encoder: Encoder) -> None:
    (number,) = keep(office, finder(encoder).find(asked()))
    with office.store.begin() as session:
        with pytest.raises(ArticleTrouble, match="Say why"):
            gaps.dismiss(session, reader(office, MIRA), number, " ")
        gaps.dismiss(session, reader(office, MIRA), number, "The gate is replaced in May")
    keep(office, finder(encoder).find(asked()))
    (gap,) = seen(office, MIRA, [], every=True)
    assert gap.state == gaps.DISMISSED and "replaced in May" in gap.settled
    assert office.actions(f"gap:{number}") == ["gap_dismissed"]
    with office.store.begin() as session:
        gaps.reopen(session, reader(office, MIRA), number)
        with pytest.raises(ArticleTrouble, match="cannot be changed"):
            gaps.reopen(session, reader(office, MIRA), number)
    assert [one.state for one in seen(office, MIRA, [])] == [gaps.OPEN]


def test_a_published_gap_opens_again_when_two_people_ask_after_it(office: Office, encoder: Encoder) -> None:
    (number,) = keep(office, finder(encoder).find(asked(days_ago=5)))
    with office.store.begin() as session:
        row = session.get_one(KnowledgeGap, number)
        row.state, row.article_id, row.settled_at = gaps.PUBLISHED, "badge", now() - timedelta(days=2)
    before = asked(days_ago=5)
    keep(office, finder(encoder).find([*before, unsolved("badge fails at the gate of the car park", "late", key="n1")]))
    assert seen(office, MIRA, []) == []  # one who asks again may not have looked
    more = [unsolved(f"car park gate ignores the badge {at}", f"late {at}", key=f"n{at}") for at in range(2)]
    keep(office, finder(encoder).find([*before, *more]))
    (gap,) = seen(office, MIRA, [])
    assert gap.id == number and gap.article_id is None
    assert office.actions(f"gap:{number}") == ["gap_asked_again"]


@given(
    st.lists(st.sets(st.integers(0, 8), max_size=4), max_size=6),
    st.lists(st.sets(st.integers(0, 8), max_size=4), max_size=6),
)
def test_each_gap_is_at_most_one_known_gap(found: list[set[int]], known: list[set[int]]) -> None:
    new, old = [{str(key) for key in one} for one in found], [{str(key) for key in one} for one in known]
    pairs = gaps.matched(new, old, {})
    assert len(set(pairs.values())) == len(pairs)
    assert all(new[at] & old[to] for at, to in pairs.items())
    free_new, free_old = set(range(len(new))) - pairs.keys(), set(range(len(old))) - set(pairs.values())
    assert not any(new[at] & old[to] for at in free_new for to in free_old)


def test_a_gap_with_all_new_questions_is_known_by_its_name() -> None:
    assert gaps.matched([{"b"}], [{"a"}], {(0, 0): 0.9}) == {0: 0}
    assert gaps.matched([{"b"}], [{"a"}], {(0, 0): 0.7}) == {}


# who learns what


def test_nobody_learns_from_gaps_that_a_hidden_article_exists(quick_office: Office, encoder: Encoder) -> None:
    worlds = {}
    for name, articles in (("with", [*ARTICLES, HIDDEN]), ("without", list(ARTICLES))):
        with quick_office.store.begin() as session:
            session.execute(KnowledgeGap.__table__.delete())  # type: ignore[attr-defined]
        found = finder(encoder, articles).find([*asked(), *asked(SCANNER)])
        keep(quick_office, found)
        readable = {article.id for article in articles if article.readable_by(STAFF)}
        shown = seen(quick_office, JONAS, readable)
        worlds[name] = [{**vars(gap), "id": 0, "last_asked_at": None, "questions": len(gap.questions)} for gap in shown]
        admins = seen(quick_office, MIRA, {article.id for article in articles})
        assert any(gap.nearest == HIDDEN.id for gap in admins) is (name == "with")
    assert worlds["with"] == worlds["without"] and len(worlds["with"]) == 2


def test_an_article_that_became_hidden_or_retracted_is_not_named_any_more(office: Office, encoder: Encoder) -> None:
    keep(office, finder(encoder).find(asked()))
    assert [gap.nearest for gap in seen(office, JONAS, ["car-park"])] == ["car-park"]
    (gap,) = seen(office, JONAS, [])
    assert (gap.nearest, gap.probability, gap.missing) == (None, 0.0, gap.words)


def test_who_may_not_read_the_published_article_sees_an_open_gap(office: Office, encoder: Encoder) -> None:
    (number,) = keep(office, finder(encoder).find(asked()))
    with office.store.begin() as session:
        row = session.get_one(KnowledgeGap, number)
        row.state, row.article_id, row.owner = gaps.PUBLISHED, HIDDEN.id, INES
        row.settled_by, row.settled_why = MIRA, "published badge-gate"
    (gap,) = seen(office, JONAS, ["car-park"])
    assert (gap.state, gap.article_id, gap.settled) == (gaps.OPEN, None, "")
    assert seen(office, JONAS, ["car-park", HIDDEN.id]) == []
    assert [one.state for one in seen(office, MIRA, [HIDDEN.id], every=True)] == [gaps.PUBLISHED]


def test_agents_see_gaps_of_their_team_owners_their_own_admins_all(office: Office, encoder: Encoder) -> None:
    (number,) = keep(office, finder(encoder).find(asked()))
    with office.store.begin() as session:
        session.get_one(KnowledgeGap, number).owner = "aisha.khan"
    assert [len(seen(office, handle, [])) for handle in (MIRA, JONAS, "aisha.khan", INES)] == [1, 1, 1, 0]
    with office.store.begin() as session:
        with pytest.raises(NotAllowed, match="suggested owner"):
            gaps.dismiss(session, reader(office, JONAS), number, "no")
        with pytest.raises(ArticleTrouble, match="There is no gap"):
            gaps.dismiss(session, reader(office, INES), number, "no")
        with pytest.raises(NotAllowed):
            reader(office, ANNA)
        gaps.dismiss(session, reader(office, "aisha.khan"), number, "Nobody parks any more")


# searches


def test_the_weekly_search_begins_a_week_after_the_first_index_and_after_the_last_search(office: Office) -> None:
    gap_searches.request_due(office.store)
    assert _searches(office) == []  # there is no article yet
    with office.store.begin() as session:
        serving.serve(session, WORKSPACE, "knowledge", "v1", MIRA, "first")
    gap_searches.request_due(office.store)
    assert _searches(office) == []
    with office.store.begin() as session:
        session.scalars(select(ServedVersion)).one().at = now() - timedelta(days=8)
    for _ in range(2):
        gap_searches.request_due(office.store)
    (search,) = _searches(office)
    assert (search.state, search.requested_by) == ("queued", gap_searches.TIMETABLE)
    with office.store.begin() as session:
        row = session.get_one(GapSearch, search.id)
        row.state, row.finished_at = "done", now() - timedelta(days=6)
    gap_searches.request_due(office.store)
    assert len(_searches(office)) == 1
    with office.store.begin() as session:
        session.get_one(GapSearch, search.id).finished_at = now() - timedelta(days=8)
    gap_searches.request_due(office.store)
    assert len(_searches(office)) == 2


def test_a_search_is_not_asked_for_twice_and_taken_up_again_when_its_worker_died(office: Office) -> None:
    with office.store.begin() as session:
        number = gap_searches.request(session, WORKSPACE, MIRA).id
        with pytest.raises(ArticleTrouble, match="already"):
            gap_searches.request(session, WORKSPACE, MIRA)
    assert gap_searches.waiting(office.store) == [number]
    with office.store.begin() as session:
        row = session.get_one(GapSearch, number)
        row.state, row.heartbeat_at = "running", now()
    assert gap_searches.waiting(office.store) == []
    with office.store.begin() as session:
        session.get_one(GapSearch, number).heartbeat_at = now() - timedelta(minutes=4)
    assert gap_searches.waiting(office.store) == [number]


def test_a_search_reads_store_and_folder_and_writes_gaps(
    sqlite_store: Store, encoder: Encoder, encoder_dir: Path, tmp_path: Path
) -> None:
    office = Office.set_up(sqlite_store)
    desk = ServiceDesk(Settings(home=tmp_path, desk=desk_folder(tmp_path / "desk")), sqlite_store, office.handbook)
    (tmp_path / "encoder").symlink_to(encoder_dir.parent)
    with sqlite_store.begin() as session:
        number = gap_searches.request(session, WORKSPACE, MIRA).id
    with pytest.raises(ArticleTrouble, match="kb sync"):
        gap_searches.run(desk, number)
    assert _searches(office)[0].state == "failed"
    bundle = save_bundle(Index.build(ARTICLES, encoder), PRIOR, desk.bundles)
    for person, text in zip((ANNA, BEN, ANNA), BADGE, strict=True):
        ask(office, text, by=person, decision="open_ticket")
    with sqlite_store.begin() as session:
        serving.serve(session, WORKSPACE, "knowledge", bundle.name, MIRA, "first")
        number = gap_searches.request(session, WORKSPACE, MIRA).id
    stages: set[str] = set()
    assert gap_searches.run(desk, number, progress=lambda stage, done, total: stages.add(stage)) == 1
    assert gap_searches.run(desk, number) is None  # a doubled task does nothing
    done = _searches(office)[-1]
    assert (done.state, done.questions) == ("done", 3) and done.finished_at is not None
    assert {"compare with the articles", "describe the gaps"} <= stages
    (gap,) = seen(office, MIRA, [article.id for article in ARTICLES])
    assert (gap.people, gap.tickets, gap.nearest) == (2, 0, "car-park")


def test_a_search_in_a_process_of_its_own_says_why_it_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = ServiceDesk(
        Settings(home=tmp_path, desk=Path("deploy/starter").resolve()),
        Store(f"sqlite:///{tmp_path / 'deskhand.db'}"),
        starter_handbook(),
    )
    schema.upgrade(desk.store)
    with desk.store.begin() as session:
        number = gap_searches.request(session, WORKSPACE, MIRA).id
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    monkeypatch.setenv("DESKHAND_DESK", str(desk.settings.desk))
    gap_searches.run_apart(desk.store, number)
    with desk.store.read() as session:
        done = session.get_one(GapSearch, number)
    assert done.state == "failed" and "kb sync" in (done.error or "")
    desk.store.close()


def _from_store(office: Office) -> list[questions.Unsolved]:
    with office.store.read() as session:
        return questions.from_store(session, WORKSPACE, DESK, now() - timedelta(days=90))


def _searches(office: Office) -> list[GapSearch]:
    with office.store.read() as session:
        return list(session.scalars(select(GapSearch).order_by(GapSearch.id)))


def _fields(ticket: ClosedTicket) -> dict[str, object]:
    return {name: getattr(ticket, name) for name in ClosedTicket.__slots__}
