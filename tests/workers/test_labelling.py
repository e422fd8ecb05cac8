"""Doubtful labels: found, looked at by people, taken back, and learnt as they said."""

import json
from pathlib import Path

import pytest

from classifier.data.dataset import read_tickets
from classifier.labelling.suspects import Findings, Group, Near, Suspect
from tests.workers.office import JONAS, MIRA, WORKSPACE, Office
from tests.workers.test_learning import bring_in, closed, desk_of
from workers.labelling import reviews, searching
from workers.labelling.reviews import ReviewTrouble
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.training import known_tickets, news, runs


def suspect(id_: str, given: str = "printing", likely: str = "network_vpn") -> Suspect:
    near = (Near("LF-9", "the tunnel drops, password: Tulip7bridge"),)
    return Suspect(id_, "VPN is down, my password is Tulip7bridge", given, ((likely, 0.8), (given, 0.1)), near, 0.7)


def keep(office: Office, *suspects: Suspect, unlabelled: tuple[Suspect, ...] = ()) -> dict[str, int]:
    """Put them into the book; gives the numbers of those that wait."""
    with office.store.begin() as session:
        reviews.keep_findings(session, WORKSPACE, Findings(100, suspects, (), (), unlabelled))
    with office.store.read() as session:
        return {review.ticket: review.id for review in reviews.waiting(session, WORKSPACE)}


def decide(office: Office, review_id: int, decision: reviews.Decision, label: str | None = None) -> None:
    with office.store.begin() as session:
        reviews.decide(session, WORKSPACE, office.handbook, review_id, JONAS, decision, label)


def undo(office: Office, review_id: int) -> None:
    with office.store.begin() as session:
        reviews.undo(session, WORKSPACE, review_id, MIRA)


def test_secrets_are_not_kept_for_those_who_review(office: Office) -> None:
    keep(office, suspect("LF-1"))
    with office.store.read() as session:
        (review,) = reviews.waiting(session, WORKSPACE)
    assert "Tulip7" not in review.text + json.dumps(review.nearest)


def test_a_decision_is_made_once_audited_and_can_be_taken_back(office: Office) -> None:
    number = keep(office, suspect("LF-1"))["LF-1"]
    decide(office, number, "change", "network_vpn")
    with pytest.raises(ReviewTrouble, match=r"jonas\.brandt has decided about LF-1 already"):
        decide(office, number, "keep")
    with office.store.read() as session:
        assert reviews.count(session, WORKSPACE) == reviews.Count(waiting=0, decided=1)
    undo(office, number)
    with pytest.raises(ReviewTrouble, match="Nobody has decided"):
        undo(office, number)
    with office.store.read() as session:
        assert reviews.count(session, WORKSPACE) == reviews.Count(waiting=1, decided=0)
    assert office.actions("closed-ticket:LF-1") == ["label_reviewed", "label_review_undone"]


def test_a_label_that_there_is_not_and_a_ticket_of_another_desk_are_refused(office: Office) -> None:
    number = keep(office, suspect("LF-1"))["LF-1"]
    with pytest.raises(ReviewTrouble, match="no label 'coffee'"):
        decide(office, number, "change", "coffee")
    with office.store.begin() as session, pytest.raises(ReviewTrouble, match="not asked about any more"):
        reviews.decide(session, "T0OTHER", office.handbook, number, JONAS, "keep")


def test_a_new_search_replaces_what_waits_and_asks_nobody_twice(office: Office) -> None:
    numbers = keep(office, suspect("LF-1"), suspect("LF-2"))
    decide(office, numbers["LF-1"], "keep")
    assert list(keep(office, suspect("LF-3"), suspect("LF-1"), unlabelled=(suspect("DESK-4", ""),))) == [
        "LF-3",
        "DESK-4",
    ]


def labels_learnt(office: Office, home: Path, files: dict[str, str]) -> dict[str, tuple[str, str]]:
    path = home / "learnt.jsonl"
    known_tickets.write_training_file(desk_of(office, home, files), WORKSPACE, path)
    assert "resolution" not in path.read_text(encoding="utf-8")
    return {ticket.id: (ticket.label, ticket.team) for ticket in read_tickets(path).tickets}


def test_a_model_learns_what_people_decided(quick_office: Office, tmp_path: Path) -> None:
    lines = [{"id": f"LF-{n}", "text": f"request {n}", "label": "printing", "team": "workplace"} for n in range(1, 6)]
    files = {"a.jsonl": "\n".join(map(json.dumps, lines))}
    silent = closed(quick_office, "Nobody said what it was", None)
    bring_in(quick_office, "INC-1")
    numbers = keep(
        quick_office, suspect("LF-1"), suspect("LF-2"), suspect("LF-3"), suspect("INC-1"),
        suspect("LF-5", "email_calendar"), unlabelled=(suspect(f"DESK-{silent}", ""),),
    )  # fmt: skip
    decide(quick_office, numbers["LF-1"], "change", "network_vpn")
    decide(quick_office, numbers["LF-2"], "drop")
    decide(quick_office, numbers["LF-3"], "keep")
    decide(quick_office, numbers["INC-1"], "change", "email_calendar")
    decide(
        quick_office, numbers["LF-5"], "change", "network_vpn"
    )  # of a label that was corrected in the file meanwhile
    decide(quick_office, numbers[f"DESK-{silent}"], "change", "procurement")
    learnt = labels_learnt(quick_office, tmp_path, files)
    assert {id_: label for id_, (label, _) in learnt.items()} == {
        "LF-1": "network_vpn", "LF-3": "printing", "LF-4": "printing", "LF-5": "printing", "INC-1": "email_calendar",
        f"DESK-{silent}": "procurement",
    }  # fmt: skip
    assert learnt["LF-1"][1] == "network"


def test_a_search_runs_in_a_process_of_its_own_and_fills_the_book(quick_office: Office, tmp_path: Path) -> None:
    words = {"printing": "toner printer paper jam", "network_vpn": "vpn tunnel gateway drops"}
    lines = [
        {"id": f"LF-{n}", "text": f"{words[label]} {n}", "label": label}
        for n, label in enumerate(["printing", "network_vpn"] * 12)
    ]
    lines.append({"id": "LF-wrong", "text": "vpn tunnel gateway drops again", "label": "printing"})
    desk = desk_of(quick_office, tmp_path, {"a.jsonl": "\n".join(map(json.dumps, lines))})
    silent = closed(quick_office, "printer ate the paper", None)
    with quick_office.store.begin() as session:
        run_id = runs.request(session, WORKSPACE, MIRA, "labels").id
    searching.run_search(desk, run_id)
    with quick_office.store.read() as session:
        (run,) = runs.latest(session, WORKSPACE, "labels")
        waits = {review.ticket: review.likely_labels()[0][0] for review in reviews.waiting(session, WORKSPACE)}
    assert (run.state, run.error) == ("done", None)
    assert waits == {"LF-wrong": "network_vpn", f"DESK-{silent}": "printing"}
    assert run.comparison is not None
    said = " ".join(searching.in_words(run.comparison, quick_office.handbook))
    assert "25 closed tickets were judged; 1 labels are doubtful" in said and "1 closed tickets have no label" in said
    assert not list((desk.settings.home / "training").glob("labels-*"))  # nothing of what people wrote is left


def test_a_search_without_tickets_says_what_it_needs(quick_office: Office, tmp_path: Path) -> None:
    with quick_office.store.begin() as session:
        run_id = runs.request(session, WORKSPACE, MIRA, "labels").id
    searching.run_search(desk_of(quick_office, tmp_path), run_id)
    with quick_office.store.read() as session:
        (run,) = runs.latest(session, WORKSPACE, "labels")
    assert run.state == "failed" and run.error == "There is no closed ticket to judge."


def test_a_trainings_report_names_a_group_that_was_perhaps_filed_wrongly(office: Office) -> None:
    with office.store.read() as session:
        assert searching.wrong_groups(session, WORKSPACE, office.handbook) == []
    groups = (Group("printing", "network_vpn", 9, 12),)
    with office.store.begin() as session:
        search = runs.request(session, WORKSPACE, MIRA, "labels")
        search.state, search.comparison = "done", searching.summary_of(Findings(100, (), groups, ()))
        training = runs.request(session, WORKSPACE, MIRA)
        training.state, training.comparison = "done", {"recommendation": "better", "reasons": []}
    with office.store.read() as session:
        training = session.merge(training)
        advice = news.advice_for(session, ServiceDesk(Settings(), office.store, office.handbook), training)
    given, likely = map(office.handbook.label_name, ("printing", "network_vpn"))
    assert any(f"9 of 12 tickets under “{given}” seem to be “{likely}”" in reason for reason in advice.reasons)
