"""Exports of other systems, in the form in which these write them."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.data import json_stream
from classifier.data.exports import NO_LABEL, OPEN, TWICE, Export, read_export
from classifier.data.json_stream import CHUNK
from classifier.data.mapping import read_choices
from classifier.errors import ClassifierError

EXPORTS = Path(__file__).parent / "exports"
LABELS = {"VPN": "network_vpn", "Printing": "printing"}
OPENED, CLOSED = datetime(2026, 3, 2, 8, 15, tzinfo=UTC), datetime(2026, 3, 2, 11, 40, tzinfo=UTC)


def read(name: str, **own: Any) -> Export:
    return read_export(EXPORTS / name, own, LABELS)


@pytest.mark.parametrize(
    ("name", "system", "id_"),
    [
        ("servicenow.csv", "servicenow", "INC0010001"),
        ("servicenow.json", "servicenow", "INC0010001"),
        ("servicenow-table-api.json", "servicenow", "INC0010001"),
        ("jira.csv", "jira", "IT-101"),
        ("jira.json", "jira", "IT-101"),
        ("zendesk.json", "zendesk", "101"),
    ],
)
def test_the_same_ticket_comes_out_of_every_systems_export(name: str, system: str, id_: str) -> None:
    export = read(name)
    assert export.mapping and export.mapping.system == system
    assert export.problems == ()
    (ticket,) = export.tickets.values()
    assert (ticket.id, ticket.text, ticket.label) == (
        id_, "VPN drops\nEvery ten minutes,\nsince the update", "network_vpn"
    )  # fmt: skip
    assert (ticket.opened_at, ticket.closed_at, ticket.priority) == (OPENED, CLOSED, "P3")
    assert "Anna" not in ticket.requester and "anna" not in ticket.requester


def test_what_is_left_out_is_counted_with_its_reason_and_its_words() -> None:
    export = read("servicenow.csv")
    assert export.left_out == {OPEN: 1, NO_LABEL: 2}
    assert export.unknown == {"Hardware": 1, "Inquiry / Help": 1}


def test_an_organisations_mapping_says_what_its_words_mean(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(
        "labels: {Hardware: printing, 'Inquiry / Help': '?'}\nteams: {Network Ops: network}\n"
        "time_zone: Europe/Berlin\nclosed: [Closed, In Progress]\nfields: {resolution: []}\n"
    )
    export = read("servicenow.csv", **read_choices(file))
    assert {ticket.id: ticket.label for ticket in export.tickets.values()} == {
        "INC0010001": "network_vpn", "INC0010002": "printing", "INC0010003": "printing"
    }  # fmt: skip
    first = export.tickets["INC0010001"]
    assert (first.team, first.resolution) == ("network", "")
    assert first.closed_at == datetime(2026, 3, 2, 10, 40, tzinfo=UTC)


def test_any_other_table_is_read_by_its_mapping(tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_bytes(b"Nr,x\n" + 'X-1,"Café printer"\n'.encode("windows-1252"))
    own = {"fields": {"id": ("nr",), "subject": ("x",), "label": ("nr",)}, "labels": {"x-1": "printing"}}
    with pytest.raises(ClassifierError, match="no export of ServiceNow, Jira or Zendesk"):
        read_export(_csv(tmp_path, "a,b\n1,2\n"), {}, LABELS)
    export = read_export(file, own, LABELS)
    assert export.problems[0].line == 2 and "UTF-8" in export.problems[0].message
    read_in = read_export(file, own | {"encoding": "windows-1252"}, LABELS)
    assert read_in.left_out == {OPEN: 1}  # neither a state nor a date: nobody knows whether it is closed
    closed = {"fields": own["fields"] | {"state": ("nr",)}, "closed": frozenset({"x-1"})}
    (ticket,) = read_export(file, own | closed | {"encoding": "windows-1252"}, LABELS).tickets.values()
    assert ticket.text == "Café printer"


def _csv(folder: Path, text: str) -> Path:
    (folder / "other.csv").write_text(text)
    return folder / "other.csv"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("labels: [a]", "key `labels`"), ("colour: red", "no key `colour`"), ("system: remedy", "no system 'remedy'"),
        ("fields: {colour: x}", "no field `colour`"), ("time_zone: Mars/Base", "Mars/Base"), ("- 1", "must hold keys"),
        ("a: [", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_mapping_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(text)
    with pytest.raises(ClassifierError, match=says):
        read_choices(file)


def test_mistakes_in_a_document_are_named_by_record_and_field(tmp_path: Path) -> None:
    rows = json.loads((EXPORTS / "zendesk.json").read_text())["tickets"][:1] * 3
    rows = [rows[0], rows[1] | {"id": 2, "created_at": "soon"}, rows[2] | {"id": None}]
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"tickets": [*rows, 7]}))
    export = read_export(file, {}, LABELS)
    assert [(problem.record, problem.field) for problem in export.problems] == [(2, "created_at"), (3, "id"), (4, "")]
    assert str(export.problems[0]).startswith(f"{file}, record 2, field `created_at`")
    assert list(export.tickets) == ["101"]


def test_of_pages_that_repeat_a_ticket_its_last_version_counts(tmp_path: Path) -> None:
    page = json.loads((EXPORTS / "zendesk.json").read_text())
    (tmp_path / "1.json").write_text(json.dumps(page))
    page["tickets"][0]["tags"] = ["Printing"]
    (tmp_path / "2.json").write_text(json.dumps(page))
    export = read_export(tmp_path, {}, LABELS)
    assert export.tickets["101"].label == "printing" and export.left_out[TWICE] == 1


def test_zendesks_full_export_is_one_ticket_a_line_in_a_json_file(tmp_path: Path) -> None:
    rows = json.loads((EXPORTS / "zendesk.json").read_text())["tickets"]
    (tmp_path / "all.json").write_text("\n".join(map(json.dumps, rows)))
    assert list(read_export(tmp_path / "all.json", {}, LABELS).tickets) == ["101"]


def test_a_custom_field_is_found_by_its_number() -> None:
    export = read("zendesk.json", fields={"label": ("custom_fields.27642",)}, labels={"745": "printing"})
    assert export.tickets["101"].label == "printing"


def test_a_document_larger_than_the_window_is_read_ticket_by_ticket(tmp_path: Path) -> None:
    row = json.loads((EXPORTS / "zendesk.json").read_text())["tickets"][0]
    rows = [row | {"id": number, "description": "ä" * (CHUNK // 3 + number * 997)} for number in range(12)]
    file = tmp_path / "big.json"
    file.write_text(json.dumps({"count": 12, "tickets": rows}, ensure_ascii=False), encoding="utf-8")
    export = read_export(file, {}, LABELS)
    assert [len(ticket.text) for ticket in export.tickets.values()] == [len(r["description"]) + 10 for r in rows]
    file.write_text(file.read_text(encoding="utf-8")[:-9999], encoding="utf-8")  # a download that broke off
    broken = read_export(file, {}, LABELS)
    assert len(broken.tickets) == 11 and broken.problems[0].record == 12
    assert "cut off" in broken.problems[0].message


NASTY = [None, True, -1.5e30, 12345678901, 'a"b\\', "ä\n\u2028", {}, [], {"a": [1, {"b": "]}"}]}, "[{,:", "\\u12"]


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from(NASTY)), max_size=4), st.booleans())
def test_a_document_read_in_pieces_gives_what_reading_it_whole_gives(found: list[dict[str, Any]], indent: bool) -> None:
    text = json.dumps({"count": 1, "tickets": found, "next": None}, indent=1 if indent else None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_stream, "CHUNK", 7)
        read_back = list(json_stream.records(io.StringIO(text)))
    assert [values for _, values in read_back] == found
    if indent and found:
        assert [line for line, _ in read_back] == sorted(line for line, _ in read_back)


@settings(max_examples=60)
@given(data=st.binary(max_size=120), start=st.sampled_from([b"", b'{"tickets": [', b'{"result": [{"number": "1"}, ']))
def test_any_bytes_give_tickets_problems_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    file = tmp_path_factory.mktemp("any") / "any.json"
    file.write_bytes(start + data)
    try:
        export = read_export(file, {}, LABELS)
    except ClassifierError as error:
        assert "no export of" in str(error)
    else:
        assert export.problems or export.rows == sum(export.left_out.values()) + len(export.tickets)
