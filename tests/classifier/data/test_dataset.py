import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.data.dataset import read_tickets, refuse
from classifier.data.ticket import KEPT_PROBLEMS
from classifier.errors import ClassifierError


def _jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_csv_and_json_lines_give_the_same_tickets(tmp_path: Path) -> None:
    csv = tmp_path / "a.csv"
    csv.write_text('id,subject,body,label,closed_at\n1,Printer,"jammed, again",printing,2026-03-01T10:00:00Z\n')
    row = {
        "id": 1,
        "subject": "Printer",
        "body": "jammed, again",
        "label": "printing",
        "closed_at": "2026-03-01T10:00:00Z",
    }
    lines = _jsonl(tmp_path / "b.jsonl", row)
    assert read_tickets(csv) == read_tickets(lines)
    (ticket,) = read_tickets(csv).tickets
    assert (ticket.id, ticket.text, ticket.label) == ("1", "Printer\njammed, again", "printing")


def test_a_folder_is_read_in_order_of_its_files(tmp_path: Path) -> None:
    _jsonl(tmp_path / "2026-02.jsonl", {"id": "b", "text": "two", "label": "x"})
    _jsonl(tmp_path / "2026-01.jsonl", {"id": "a", "text": "one", "label": "x"})
    assert [ticket.id for ticket in read_tickets(tmp_path).tickets] == ["a", "b"]


def test_every_problem_names_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"id": "1", "text": "fine", "label": "x"}\n'
        '{"id": "1", "text": "again", "label": "x"}\n'
        '{"id": "3", "label": "x"}\n'
        '{"id": "4", "text": "t", "label": ["x"]}\n'
        '{"id": "5", "text": "t", "label": "x", "closed_at": "yesterday"}\n'
        "not json\n"
        "[1]\n"
    )
    found = read_tickets(path)
    assert [(problem.line, problem.field) for problem in found.problems] == [
        (2, "id"), (3, "text"), (4, "label"), (5, "closed_at"), (6, ""), (7, ""),
    ]  # fmt: skip
    assert all(problem.file == str(path) for problem in found.problems)
    assert [ticket.id for ticket in found.tickets] == ["1"]
    with pytest.raises(ClassifierError, match=r"t\.jsonl, line 2, field `id`"):
        refuse(found.problems)


def test_a_line_number_after_a_field_of_several_lines_is_right(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text,label\n1,"two\nlines",x\n2,,x\n')
    (problem,) = read_tickets(path).problems
    assert (problem.line, problem.field) == (4, "text")


def test_a_row_with_a_missing_comma_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,text,label\n1,x\n")
    assert read_tickets(path).problems[0].line == 2


def test_wrong_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,text,label\n1,caf\xe9,x\n")
    (problem,) = read_tickets(path).problems
    assert problem.line == 2 and "UTF-8" in problem.message


def test_a_field_of_five_megabytes_is_refused_and_the_others_read(tmp_path: Path) -> None:
    big = {"id": "1", "text": "x" * 5_000_000, "label": "x"}
    found = read_tickets(_jsonl(tmp_path / "t.jsonl", big, {"id": "2", "text": "fine", "label": "x"}))
    assert [ticket.id for ticket in found.tickets] == ["2"] and found.problems[0].field == "text"


def test_a_label_outside_the_taxonomy_is_a_problem(tmp_path: Path) -> None:
    path = _jsonl(tmp_path / "t.jsonl", {"id": "1", "text": "a", "label": "printng"})
    (problem,) = read_tickets(path, known_labels={"printing"}).problems
    assert problem.field == "label" and "printing" in problem.message


def test_a_request_without_label_can_be_classified_but_not_learnt_from(tmp_path: Path) -> None:
    path = _jsonl(tmp_path / "t.jsonl", {"id": "1", "text": "a"})
    assert read_tickets(path, labelled=False).tickets[0].label == ""
    assert read_tickets(path).problems[0].field == "label"


@pytest.mark.parametrize("name", ["absent.csv", "notes.txt", "empty"])
def test_a_path_that_holds_no_tickets_is_an_error_that_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClassifierError, match=name):
        read_tickets(tmp_path / name)


@given(data=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".jsonl"]))
def test_any_bytes_give_tickets_or_problems_but_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"t{suffix}"
    path.write_bytes(data)
    found = read_tickets(path)
    assert all(ticket.id and ticket.text.strip() and ticket.label for ticket in found.tickets)


def test_a_tickets_way_between_teams_is_read_or_named_as_wrong(tmp_path: Path) -> None:
    move = {"at": "2026-03-03T08:50:00Z", "from": "workplace", "to": "network"}
    file = tmp_path / "a.jsonl"
    rows = [[move], [], [move | {"from": ""}], [move | {"at": "soon"}], "network", [3]]
    lines = [{"id": n, "text": "vpn", "label": "network_vpn", "reassignments": moves} for n, moves in enumerate(rows)]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = read_tickets(file)
    (first, second) = found.tickets
    assert [(m.source, m.target, m.at.minute) for m in first.reassignments] == [("workplace", "network", 50)]
    assert second.reassignments == ()
    assert {(p.line, p.field) for p in found.problems} >= {(line, "reassignments") for line in (3, 4, 5, 6)}


def test_of_a_file_that_is_nothing_but_mistakes_the_first_thousand_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("not json\n" * 25_000)
    problems = read_tickets(path).problems
    assert len(problems) == KEPT_PROBLEMS + 1
    assert "24,000 more" in str(problems[-1]) and problems[-2].line == KEPT_PROBLEMS


def test_a_csv_whose_quote_never_closes_is_named_where_it_opens(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text,label\n1,fine,x\n2,"open,x\n' + "3,never seen,x\n" * 2000)
    found = read_tickets(path)
    assert [ticket.id for ticket in found.tickets] == ["1"] and found.problems[0].line == 3


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_a_cell_of_five_megabytes_is_named_in_every_format(tmp_path: Path, suffix: str) -> None:
    path, big = tmp_path / f"t{suffix}", "x" * 5_000_000
    rows = [{"id": 1, "text": big, "label": "x"}, {"id": 2, "text": "fine", "label": "x"}]
    lines = "\n".join(map(json.dumps, rows))
    path.write_text(f"id,text,label\n1,{big},x\n2,fine,x\n" if suffix == ".csv" else lines)
    found = read_tickets(path)
    assert [ticket.id for ticket in found.tickets] == ["2"]
    assert "5,000,000 characters" in found.problems[0].message


def test_nul_bytes_and_halves_of_characters_reach_neither_database_nor_file(tmp_path: Path) -> None:
    (ticket,) = read_tickets(_jsonl(tmp_path / "t.jsonl", {"id": "1\0", "text": "a\0b \ud83d", "label": "x\0"})).tickets
    assert (ticket.id, ticket.text, ticket.label) == ("1", "ab ", "x")
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,text,label\n1,a\0b,x\n")
    assert read_tickets(path).tickets[0].text == "ab"
