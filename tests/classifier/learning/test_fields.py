"""Priority and request type are learnt beside the label, where tickets carry them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.data.splits import Splits, split_by_time
from classifier.data.ticket import Ticket
from classifier.judging.field_sheet import USUAL
from classifier.learning.corpus import asked_of
from classifier.learning.training import train
from classifier.model.fields import Field, columns, of_fields
from classifier.model.inference import Classifier
from classifier.model.model_folder import read_json
from classifier.model.parts import Weights
from classifier.pictures.report_files import field_cells, write_report
from tests.classifier.conftest import TINY
from tests.classifier.small_desk import small_tickets

URGENT = ("passwords", "network")


def with_priorities() -> list[Ticket]:
    """What stops somebody from working is urgent; the first ten tickets carry nothing."""
    tickets = small_tickets()
    return [
        replace(ticket, priority="" if number < 10 else "P2" if ticket.label in URGENT else "P4")
        for number, ticket in enumerate(tickets)
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(with_priorities(), tmp_path_factory.mktemp("fields") / "m", TINY)


def test_a_request_gets_a_priority_with_a_confidence(model: Path) -> None:
    said = Classifier.open(model).classify(["VPN does not connect", "please order a second monitor"], 0.3)
    priorities = [value for one in said if (value := one.value("priority"))]
    assert [value.value for value in priorities] == ["P2", "P4"]
    assert all(0 < value.confidence <= 1 for value in priorities)
    assert said[0].value("request_type") is None  # no ticket carried one


def test_each_field_has_a_limit_of_its_own(model: Path) -> None:
    classifier = Classifier.open(model)
    texts = [ticket.text for ticket in small_tickets()]
    strict = classifier.classify(texts, 0.3, limits={"priority": 0.001})
    loose = classifier.classify(texts, 0.3, limits={"priority": 0.4})
    assert not any(one.values[0].accepted for one in strict)
    assert any(one.values[0].accepted for one in loose)
    assert [one.accepted for one in strict] == [one.accepted for one in loose]


def test_a_text_that_says_nothing_gets_no_sure_priority(model: Path) -> None:
    (said,) = Classifier.open(model).classify(["?! 123"], 0.4)
    assert not said.values[0].accepted


def test_the_report_puts_the_field_beside_cheaper_ways(model: Path) -> None:
    report = read_json(model / "report.json")
    sheet = report["fields"]["priority"]
    assert sheet["tickets"] == len(split_by_time(with_priorities()).test)
    assert {USUAL, "TF-IDF + LinearSVC", "frozen MiniLM + logistic regression"} == set(sheet["peers"])
    assert any(line.startswith("Right priority for") for line in report["summary"])


def test_the_written_report_shows_the_field(model: Path, tmp_path: Path) -> None:
    page = write_report(model, tmp_path / "out")[0].read_text(encoding="utf-8")
    assert "Beside the label" in page and "Sure enough" in page
    assert field_cells({}) == []


def test_labels_are_the_same_size_with_and_without_fields(model: Path) -> None:
    classifier = Classifier.open(model)
    assert classifier.probabilities(["printer jam"]).shape == (1, len(classifier.labels))


def test_a_damaged_calibration_of_a_field_is_not_served(model: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "m"
    damaged.mkdir()
    for file in model.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    (damaged / "priority.calibration.json").write_text("{}")
    with pytest.raises(Exception, match=r"priority\.calibration\.json"):
        Classifier.open(damaged)


def test_a_field_is_learnt_from_ten_tickets_of_two_values_on() -> None:
    tickets = [replace(t, priority="P1" if n < 9 else "P3", request_type="") for n, t in enumerate(small_tickets())]
    assert list(asked_of(tickets, tickets, len(tickets))) == []
    (asked,) = asked_of([*tickets, replace(tickets[0], id="one more")], tickets, len(tickets) + 3)
    assert asked.name == "priority" and asked.values == ("P1", "P3")
    assert asked.targets[:10].tolist() == [0] * 9 + [1] and asked.targets[-3:].tolist() == [-1] * 3


def test_a_model_learns_the_type_of_requests_too(tmp_path: Path) -> None:
    typed = [replace(t, request_type="service_request" if t.label == "buying" else "incident") for t in small_tickets()]
    splits = split_by_time(typed)
    folder = train(Splits(splits.train, (), splits.test), tmp_path / "m", replace(TINY, parts=("untuned", "words")))
    said = Classifier.open(folder).classify(["please order a headset", "the printer is jammed"], 0.3)
    assert [one.values[0].value for one in said] == ["service_request", "incident"]
    assert not any(one.values[0].accepted for one in said)  # without calibration tickets nothing is promised


def test_columns_follow_the_labels() -> None:
    weights = Weights(words=2.0)
    fields = [Field("priority", ("P1", "P2"), weights), Field("request_type", ("a", "b", "c"), weights)]
    whole = {"words": np.arange(16, dtype=np.float32).reshape(2, 8)}
    assert list(columns(3, [2, 3])) == [slice(3, 5), slice(5, 8)]
    found = of_fields(whole, 3, fields)
    assert found["priority"].tolist() == [[6, 8], [22, 24]]
    assert found["request_type"].tolist() == [[10, 12, 14], [26, 28, 30]]
