import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from classifier.errors import ClassifierError
from classifier.model.inference import Classifier
from classifier.model.model_folder import written_aside
from classifier.model.registry import Registry, Served
from tests.classifier.conftest import Trained


def _copy(trained: Trained, to: Path, version: str) -> Path:
    """The same model under another version."""
    shutil.copytree(trained.folder, to)
    manifest = json.loads((to / "manifest.json").read_text())
    (to / "manifest.json").write_text(json.dumps({**manifest, "version": version}))
    return to


@pytest.fixture
def registry(trained: Trained, tmp_path: Path) -> Registry:
    registry = Registry(tmp_path / "models")
    for version in ("a", "b", "c"):
        registry.add(_copy(trained, tmp_path / f"new-{version}", version))
    return registry


def test_nothing_is_served_before_the_first_promotion(registry: Registry) -> None:
    assert registry.versions() == ["a", "b", "c"]
    assert registry.served() is None and registry.previous() is None
    with pytest.raises(ClassifierError, match="no earlier model version"):
        registry.roll_back()


def test_rolling_back_serves_what_was_served_before(registry: Registry) -> None:
    registry.serve("a")
    registry.serve("c")
    assert (registry.served(), registry.previous()) == ("c", "a")
    assert registry.roll_back() == "a"
    assert Registry(registry.root).served() == "a"
    assert Classifier.open(registry.path("a")).version == "a"


def test_a_damaged_version_is_not_promoted(registry: Registry) -> None:
    registry.serve("a")
    (registry.root / "b" / "words.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ClassifierError, match=r"words\.safetensors: is not the file that was written"):
        registry.serve("b")
    assert registry.served() == "a"


@pytest.mark.parametrize(
    "name", ["model.onnx", "tokenizer.json", "terms.json", "memory.safetensors", "calibration.json", "report.json"]
)
def test_a_changed_file_is_named_at_load(trained: Trained, tmp_path: Path, name: str) -> None:
    folder = _copy(trained, tmp_path / "m", "x")
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ClassifierError, match=rf"{name}: is not the file that was written"):
        Classifier.open(folder)
    (folder / name).unlink()
    with pytest.raises(ClassifierError, match=rf"{name}: is missing"):
        Classifier.open(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 9}', '{"format": 2, "version": "x"}'])
def test_a_damaged_manifest_is_an_error_in_words(trained: Trained, tmp_path: Path, text: str) -> None:
    folder = _copy(trained, tmp_path / "m", "x")
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ClassifierError, match=r"manifest\.json"):
        Classifier.open(folder)


def test_adding_a_version_again_changes_nothing_and_another_under_its_name_is_refused(
    registry: Registry, trained: Trained, tmp_path: Path
) -> None:
    assert registry.add(tmp_path / "new-a") == "a"
    other = _copy(trained, tmp_path / "other", "a")
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "max_tokens": 9}))
    with pytest.raises(ClassifierError, match="another model is there"):
        registry.add(other)
    assert registry.versions() == ["a", "b", "c"]


def test_an_unknown_version_is_refused_with_the_known_ones(registry: Registry) -> None:
    with pytest.raises(ClassifierError, match=r"no model version `\.\./x`. Known: a, b, c"):
        registry.serve("../x")


def test_a_damaged_pointer_says_what_to_do(registry: Registry) -> None:
    (registry.root / "served.json").write_text('[{"version": 1}]')
    with pytest.raises(ClassifierError, match="promote a version again"):
        registry.served()


def test_the_pointer_may_be_kept_elsewhere(registry: Registry) -> None:
    class Row:
        def __init__(self) -> None:
            self.rows: list[Served] = []

        def read(self) -> str | None:
            return self.rows[-1].version if self.rows else None

        def write(self, version: str) -> None:
            self.rows.append(Served(version, datetime.now(UTC)))

        def history(self) -> list[Served]:
            return self.rows

    row = Row()
    Registry(registry.root, row).serve("b")
    assert row.read() == "b" and registry.served() is None


def test_a_folder_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written_aside(tmp_path / "m") as aside:
        (aside / "half").write_text("x")
        1 / 0  # noqa: B018  # stands for anything that goes wrong
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClassifierError, match="cannot be written"), written_aside(tmp_path / "file" / "m"):
        pass


def test_any_order_of_promotions_and_roll_backs_serves_what_a_list_of_them_says(registry: Registry) -> None:
    class Desk(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            (registry.root / "served.json").unlink(missing_ok=True)
            self.served: list[str] = []

        @rule()
        def promote_a(self) -> None:
            self._promote("a")

        @rule()
        def promote_b(self) -> None:
            self._promote("b")

        def _promote(self, version: str) -> None:
            registry.serve(version)
            self.served.append(version)

        @precondition(lambda self: len(set(self.served)) > 1)
        @rule()
        def roll_back(self) -> None:
            before = next(version for version in reversed(self.served) if version != self.served[-1])
            assert registry.roll_back() == before
            self.served.append(before)

        @invariant()
        def serves_the_last_one(self) -> None:
            assert registry.served() == (self.served[-1] if self.served else None)

    from hypothesis import settings
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(Desk, settings=settings(max_examples=6, stateful_step_count=6, deadline=None))
