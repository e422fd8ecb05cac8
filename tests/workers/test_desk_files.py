"""The desk folder's files: what is wrong is named with file, line and field, and nothing is half read."""

import shutil
from datetime import time
from pathlib import Path

import pytest

from classifier.judging.costs import Costs
from tests.workers.office import STARTER
from workers.desk import DeskError, DeskProblem, read_desk, read_people
from workers.handbook import read_handbook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("desk.yaml", "people.yaml", "taxonomy.yaml"):
        shutil.copyfile(STARTER / name, tmp_path / name)
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(file: Path, words: str) -> int:
    """The line that holds these words, from 1."""
    return next(n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if words in line)


def problems_of(folder: Path) -> tuple[DeskProblem, ...]:
    with pytest.raises(DeskError) as caught:
        read_handbook(folder)
    return caught.value.problems


def test_the_starter_desk_is_valid(folder: Path) -> None:
    handbook = read_handbook(folder)
    assert handbook.team_of("network_vpn") == "network" and handbook.label_name("network_vpn") == "Network & VPN"
    assert handbook.team_of("telephony") == handbook.desk.triage and handbook.label_name("telephony") == "telephony"
    assert handbook.label_name(None) == "not labelled yet"
    assert handbook.team("network").name == "Network"
    assert handbook.team(None) == handbook.team("telephony") == handbook.desk.team(handbook.desk.triage)


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("risk_limit: 0.01", "risk_limit: 1.5", "automations.3.risk_limit", "less than 1"),
        ("risk_limit: 0.01", "risk_limit: ten", "automations.3.risk_limit", "valid number"),
        ("tier: auto, risk_limit: 0.01", "tier: full, risk_limit: 0.01", "automations.3.tier", "'suggest', 'approve'"),
        ("name: prioritise", "name: guess", "automations.2.name", "match pattern"),
        ("resolution: 4800, clock: business", "resolution: 0, clock: business", "sla.P4.resolution", "greater than 0"),
        ("days: [mon", "days: [monday", "business_hours.days.0", "'mon', 'tue'"),
        ("time_zone: Europe/London", "time_zone: London", "time_zone", "no such time zone: London"),
        ("{id: platform, ", "{id: 7platform, ", "teams.7.id", "match pattern"),
        ("name: Larkfield IT", "nmae: Larkfield IT", "nmae", "not permitted"),
        ("channel: it-network,", "chanel: it-network,", "teams.3.chanel", "not permitted"),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_field(
    folder: Path, old: str, new: str, field: str, says: str
) -> None:
    edit(folder / "desk.yaml", old, new)
    found = {problem.field: problem for problem in problems_of(folder)}
    assert field in found, found
    assert says in found[field].message
    assert (found[field].file, found[field].line) == (folder / "desk.yaml", line_of(folder / "desk.yaml", new))


def test_who_corrects_a_label_sees_where_it_ends(folder: Path) -> None:
    handbook = read_handbook(folder)
    first, *beyond = handbook.where_it_ends("phones_mobile")
    assert first == "Not Phones & mobile: Moving the authenticator app to a new phone is identity_access."
    assert len(beyond) == 3 and all("→" in line and "→ Phones & mobile" not in line for line in beyond)
    assert handbook.where_it_ends(None) == handbook.where_it_ends("telephony") == []


def test_every_problem_is_named_at_once(folder: Path) -> None:
    edit(folder / "desk.yaml", "risk_limit: 0.01", "risk_limit: 7")
    edit(folder / "desk.yaml", "languages: [en]", "languages: 5")
    problems = problems_of(folder)
    assert {problem.field for problem in problems} == {"automations.3.risk_limit", "languages"}
    assert str(problems[0]).startswith(f"{folder / 'desk.yaml'}:")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("desk.yaml", "triage: service_desk", "triage: servicedesk", "'servicedesk' is not"),
        ("desk.yaml", "{id: network,", "{id: identity,", "team given twice: identity"),
        ("desk.yaml", "{name: route, ", "{name: answer, ", "automation given twice: answer"),
        ("desk.yaml", "  P4: {first", "  P5: {first", "P1"),
        ("desk.yaml", 'from: "08:00"', 'from: "19:00"', "`from` must be earlier than `to`"),
        ("desk.yaml", "2026-12-25", "2026-13-45", "month must be in 1..12"),
        ("desk.yaml", "days: [mon", "days: [mon, [", "is not YAML"),
        ("people.yaml", "role: admin", "role: boss", "'employee', 'agent' or 'admin'"),
        ("people.yaml", "U0BEN", "U0ANNA", "id given twice: U0ANNA"),
        ("people.yaml", "handle: ben.carter", "handle: anna.lind", "handle given twice: anna.lind"),
        ("taxonomy.yaml", "impact: individual", "impact: nobody", "use one of individual, team, organisation"),
        ("taxonomy.yaml", "labels:", "lables:", "lables"),
    ],
)
def test_what_does_not_fit_is_said_in_words(folder: Path, file: str, old: str, new: str, says: str) -> None:
    edit(folder / file, old, new)
    problems = problems_of(folder)
    assert says in "\n".join(map(str, problems))
    assert all(problem.file == folder / file for problem in problems)


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "says"),
    [
        ("taxonomy.yaml", "team: network\n", "team: wifi\n", "network_vpn.team", "desk.yaml has no team 'wifi'"),
        ("desk.yaml", "owner: tomas.reyes", "owner: thomas.reyes", "automations.runbook:password_reset.owner",
         "people.yaml has no 'thomas.reyes'"),
        ("desk.yaml", "on_call: [jonas.brandt]", "on_call: [jonas.brant]", "teams.network.on_call",
         "people.yaml has no 'jonas.brant'"),
        ("people.yaml", "teams: [network]", "teams: [netwerk]", "jonas.brandt.teams",
         "desk.yaml has no team 'netwerk'"),
    ],
)  # fmt: skip
def test_files_that_do_not_agree_are_named_with_the_line(
    folder: Path, file: str, old: str, new: str, field: str, says: str
) -> None:
    edit(folder / file, old, new)
    (problem,) = problems_of(folder)
    assert (problem.file, problem.field, problem.message) == (folder / file, field, says)
    assert problem.line == line_of(folder / file, new.strip())


@pytest.mark.parametrize("file", ["desk.yaml", "taxonomy.yaml"])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"[1, 2]", b"a: b: c"])
def test_a_file_that_is_missing_empty_or_no_yaml_is_named(folder: Path, file: str, content: bytes | None) -> None:
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    problems = problems_of(folder)
    assert problems and problems[0].file == folder / file


@pytest.mark.parametrize(("written", "read"), [("8:30", time(8, 30)), ("18:00", time(18)), ('"18:00"', time(18))])
def test_hours_mean_the_same_with_and_without_quotes(folder: Path, written: str, read: time) -> None:
    edit(folder / "desk.yaml", 'from: "08:00"', 'from: "00:05"')
    edit(folder / "desk.yaml", 'to: "18:00"', f"to: {written}")
    assert read_desk(folder).business_hours.closes == read


def test_without_a_people_file_everybody_comes_from_slack(folder: Path) -> None:
    (folder / "people.yaml").unlink()
    assert read_people(folder) == ()
    assert read_handbook(folder).people == ()


def test_priority_follows_impact_and_urgency() -> None:
    desk = read_desk(STARTER)
    assert desk.priority("organisation", "high") == "P1"
    assert desk.priority("individual", "low") == "P4"
    assert desk.priority("nobody", "never") == "P3"
    assert desk.promises("P1").minutes("first_response") == 15
    assert desk.promises("imported") == desk.promises("P3")


def test_prices_and_the_watch_may_be_set_and_have_defaults(folder: Path) -> None:
    assert (read_desk(folder).costs.costs, read_desk(folder).watch.days) == (Costs(30, 5), 14)
    with (folder / "desk.yaml").open("a", encoding="utf-8") as file:
        file.write("costs: {misroute_minutes: 45}\nwatch: {tickets: 500, demote: false}\n")
    desk = read_desk(folder)
    assert desk.costs.costs == Costs(45, 5)
    assert (desk.watch.tickets, desk.watch.demote) == (500, False)
