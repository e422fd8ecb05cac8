import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from classifier.commands import app
from classifier.data.dataset import read_tickets
from classifier.data_commands import import_
from classifier.model.registry import Registry
from tests.classifier.conftest import Trained
from tests.classifier.small_desk import small_tickets

EXPORTS = Path(__file__).parent / "data" / "exports"
STARTER = Path(__file__).parents[2] / "deploy" / "starter"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a desk folder with the small desk's tickets."""
    (tmp_path / "desk" / "tickets").mkdir(parents=True)
    rows = [
        {
            "id": t.id,
            "text": t.text,
            "label": t.label,
            "team": t.team,
            "closed_at": t.closed_at and t.closed_at.isoformat(),
        }
        for t in small_tickets()
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "desk" / "tickets" / "2026.jsonl").write_text(lines)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("DESKHAND_DESK", str(tmp_path / "desk"))
    return tmp_path


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_predict_writes_one_line_a_request(desk: Path, trained: Trained) -> None:
    source, out = desk / "in.csv", desk / "out.jsonl"
    source.write_text("id,text\n7,the printer has no toner\n8,\U0001f642\n")
    assert _run("predict", "--model", trained.folder, "--input", source, "--output", out, "--limit", 0.3).exit_code == 0
    first, second = (json.loads(line) for line in out.read_text().splitlines())
    assert set(first) == {"id", "label", "confidence", "accepted", "top"}
    assert (first["id"], first["label"], first["accepted"]) == ("7", "printing", True)
    assert set(first["top"][0]) == {"label", "confidence"} and len(first["top"]) == 3
    assert (second["id"], second["accepted"]) == ("8", False)


def test_predict_with_a_broken_input_names_the_line_and_writes_nothing(desk: Path, trained: Trained) -> None:
    source, out = desk / "in.jsonl", desk / "out.jsonl"
    source.write_text('{"id": "1", "text": "fine"}\n{"id": "2"}\n')
    result = _run("predict", "--model", trained.folder, "--input", source, "--output", out)
    assert result.exit_code == 1 and "in.jsonl, line 2, field `text`" in result.stderr
    assert not out.exists()


def test_evaluate_takes_the_models_own_test_tickets_and_shows_its_peers(desk: Path, trained: Trained) -> None:
    result = _run("evaluate", "--model", trained.folder, "--limit", 0.3, "--json")
    measured = json.loads(result.stdout)
    assert measured["tickets"] == 16 and len(measured["peers"]) == 2
    assert "frozen MiniLM" in _run("evaluate", "--model", trained.folder, "--limit", 0.3).stdout


def test_evaluate_leaves_out_what_the_model_has_learnt_from(desk: Path, trained: Trained) -> None:
    tickets = desk / "desk" / "tickets"
    measured = json.loads(_run("evaluate", "--model", trained.folder, "--tickets", tickets, "--json").stdout)
    assert (measured["tickets"], measured["left_out"], measured["peers"]) == (16, 64, {})


def test_evaluate_says_when_the_tickets_of_its_test_have_changed(desk: Path, trained: Trained) -> None:
    file = desk / "desk" / "tickets" / "2026.jsonl"
    file.write_text(file.read_text().splitlines()[0] + "\n")
    result = _run("evaluate", "--model", trained.folder)
    assert result.exit_code == 1 and "16 of the 16 tickets" in result.stderr


def test_commands_without_a_model_use_the_served_one(desk: Path, trained: Trained) -> None:
    source, out = desk / "in.csv", desk / "out.jsonl"
    source.write_text("id,text\n7,the printer has no toner\n")
    asked = ("predict", "--input", source, "--output", out)
    assert "no model yet" in _run(*asked).stderr
    registry = Registry(desk / "var" / "models" / "classifier")
    version = registry.add(trained.folder)
    assert "No version is marked as served" in _run(*asked).stderr
    registry.serve(version)
    (row,) = json.loads(_run("list", "--json").stdout)
    assert (row["version"], row["served"]) == (version, True)
    assert version in _run("list").stdout.replace("\n", "")
    assert "No version" not in _run(*asked).stderr
    assert json.loads(out.read_text())["label"] == "printing"


def test_report_writes_the_served_models_page(desk: Path, trained: Trained) -> None:
    registry = Registry(desk / "var" / "models" / "classifier")
    version = registry.add(trained.folder)
    registry.serve(version)
    result = _run("report", "--out", desk / "report")
    assert result.exit_code == 0 and (desk / "report" / "report.html").is_file()
    made = json.loads(_run("report", version, "--out", desk / "report", "--json").stdout)
    assert made["model"] == version and all(Path(file).is_file() for file in made["files"])
    result = _run("report", "20200101-000000-000000-0", "--out", desk / "other")
    assert result.exit_code == 1 and "there is no model version" in result.stderr


def test_train_refuses_a_label_that_the_desks_taxonomy_lacks(desk: Path) -> None:
    (desk / "desk" / "taxonomy.yaml").write_text(
        "labels:\n- {id: printing, name: P, team: w, description: d, impact: team, urgency: low}\n"
    )
    result = _run("train", "--out", desk / "model")
    assert result.exit_code == 1 and "2026.jsonl, line 1, field `label`" in result.stderr
    assert not (desk / "model").exists()


def test_train_with_too_few_tickets_says_so(desk: Path) -> None:
    few = desk / "few.csv"
    few.write_text("id,text,label\n1,a,x\n")
    result = _run("train", "--tickets", few, "--out", desk / "model")
    assert result.exit_code == 1 and "are too few" in result.stderr


def test_train_makes_a_model_and_says_how_good_it_is(desk: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_BASE_MODEL", str(tiny))
    monkeypatch.setenv("DESKHAND_TRAINING_THREADS", "1")
    tickets = desk / "desk" / "tickets"
    result = _run("train", "--tickets", tickets, "--out", desk / "model", "--limit", 0.3, "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert made["metrics"]["tickets"] == 16 and made["summary"]
    assert _run("evaluate", "--model", desk / "model", "--limit", 0.3, "--json").exit_code == 0


def _import(*arguments: object) -> Result:
    single = typer.Typer()
    single.command()(import_)
    return CliRunner().invoke(single, [str(argument) for argument in arguments])


def test_an_export_becomes_a_file_that_can_be_learnt_from(desk: Path) -> None:
    (desk / "desk" / "taxonomy.yaml").write_text((STARTER / "taxonomy.yaml").read_text())
    mapping, out = desk / "mapping.yaml", desk / "out.jsonl"
    source = EXPORTS / "servicenow.csv"
    first = _import(source, "--dry-run", "--start-mapping", mapping)
    assert first.exit_code == 0 and not out.exists(), first.output
    for words in ("4 tickets of servicenow: 0 can be learnt from", "1 left out: not closed", "Inquiry / Help"):
        assert words in first.output
    assert "VPN: network_vpn" in mapping.read_text()  # the nearest name, to be checked
    mapping.write_text(mapping.read_text().replace("Hardware: '?'", "Hardware: printing"))
    done = _import(source, "--mapping", mapping, "--out", out)
    assert done.exit_code == 0 and "written to" in done.output, done.output
    read = read_tickets(out)
    assert read.problems == () and {ticket.label for ticket in read.tickets} >= {"network_vpn"}
    again = _import(source, "--mapping", mapping, "--out", out)
    assert again.exit_code == 1 and "there already" in again.stderr


def test_an_export_with_a_mistake_writes_nothing_unless_it_may_be_skipped(desk: Path) -> None:
    (desk / "desk" / "taxonomy.yaml").write_text((STARTER / "taxonomy.yaml").read_text())
    source, out, mapping = desk / "incident.csv", desk / "out.jsonl", desk / "mapping.yaml"
    text = (EXPORTS / "servicenow.csv").read_text().replace("2026-03-03 09:00:00", "third of March")
    source.write_text(text.replace("Every ten minutes,", "My password is Tulip7bridge,"))
    mapping.write_text("labels: {VPN: network_vpn, Hardware: printing}")
    refused = _import(source, "--mapping", mapping, "--out", out)
    assert refused.exit_code == 1 and "line 4, field `opened_at`: `third of March`" in refused.stderr
    assert not out.exists()
    done = _import(source, "--mapping", mapping, "--out", out, "--skip-mistakes", "--json")
    found = json.loads(done.stdout)
    assert (found["tickets"], found["mistakes"], found["secrets_cut"]) == (1, 1, {"password": 1})
    assert "Tulip7" not in out.read_text()
