"""Which version is served: the pointer, its history, and the swap in every process."""

from pathlib import Path

import pytest

from classifier.errors import ClassifierError
from tests.workers.office import MIRA, WORKSPACE, Office
from workers import serving
from workers.service_desk import ServiceDesk
from workers.serving import NothingBefore, Served
from workers.settings import Settings
from workers.store.session import Store
from workers.training import versions
from workers.training.runs import TrainingTrouble


def serve(store: Store, version: str, kind: serving.Kind = "classifier") -> None:
    with store.begin() as session:
        serving.serve(session, WORKSPACE, kind, version, MIRA, "better on later tickets")


def roll_back(store: Store) -> str:
    with store.begin() as session:
        return serving.roll_back(session, WORKSPACE, "classifier", MIRA, "too many misroutes")


def now_served(store: Store, kind: serving.Kind = "classifier") -> str | None:
    with store.read() as session:
        return serving.served(session, kind)


def load(folder: Path) -> str:
    """A version's content, as a model is its files' content."""
    try:
        return (folder / "model").read_text()
    except FileNotFoundError as error:
        raise ClassifierError(f"{folder} is not there") from error


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model").write_text(f"content of {name}")
    return tmp_path


def test_nothing_is_served_before_the_first_promotion(store: Store, folder: Path) -> None:
    assert now_served(store) is None
    assert Served(store, "classifier", folder, load).current() is None


def test_each_kind_has_its_own_pointer(store: Store) -> None:
    serve(store, "v1")
    serve(store, "i1", "knowledge")
    assert (now_served(store), now_served(store, "knowledge")) == ("v1", "i1")


def test_promotion_and_roll_back_are_history_and_audit(office: Office) -> None:
    serve(office.store, "v1")
    serve(office.store, "v2")
    assert roll_back(office.store) == "v1"
    assert now_served(office.store) == "v1"
    with office.store.read() as session:
        assert [row.version for row in serving.history(session, "classifier")] == ["v1", "v2", "v1"]
    assert office.actions()[-3:] == ["classifier_promoted", "classifier_promoted", "classifier_rolled_back"]


def test_rolling_back_twice_returns_to_the_newer_one(store: Store) -> None:
    serve(store, "v1")
    serve(store, "v2")
    assert [roll_back(store), roll_back(store)] == ["v1", "v2"]


def test_serving_the_same_again_changes_nothing(office: Office) -> None:
    serve(office.store, "v1")
    audited = office.audited()
    serve(office.store, "v1")
    assert office.audited() == audited
    with pytest.raises(NothingBefore, match="no earlier classifier version"):
        roll_back(office.store)


def test_there_is_nothing_to_roll_back_to_in_the_beginning(store: Store) -> None:
    with pytest.raises(NothingBefore):
        roll_back(store)


def test_a_running_process_swaps_when_the_pointer_moves(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(serving, "monotonic", lambda: clock[0])
    served = Served(store, "classifier", folder, load)
    serve(store, "v1")
    first = served.current()
    assert first is not None and (first.version, first.thing) == ("v1", "content of v1")
    serve(store, "v2")
    assert served.current() is first  # it does not ask the database with every message
    clock[0] += 1.0
    second = served.current()
    assert second is not None and (second.version, second.thing) == ("v2", "content of v2")
    roll_back(store)
    clock[0] += 1.0
    back = served.current()
    assert back is not None and back.version == "v1"


def test_a_version_is_loaded_once(sqlite_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LOOK_EVERY_S", 0.0)
    loaded: list[str] = []

    def count(folder: Path) -> str:
        loaded.append(folder.name)
        return load(folder)

    served = Served(sqlite_store, "classifier", folder, count)
    serve(sqlite_store, "v1")
    for _ in range(3):
        served.current()
    assert loaded == ["v1"]


def test_a_version_that_cannot_be_loaded_leaves_the_one_before_in_service(
    sqlite_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LOOK_EVERY_S", 0.0)
    served = Served(sqlite_store, "classifier", folder, load)
    serve(sqlite_store, "v1")
    served.current()
    serve(sqlite_store, "v3")
    kept = served.current()
    assert kept is not None and kept.version == "v1"
    (folder / "v3").mkdir()
    (folder / "v3" / "model").write_text("arrived late")
    arrived = served.current()
    assert arrived is not None and arrived.thing == "arrived late"


def test_a_first_version_that_cannot_be_loaded_says_so(sqlite_store: Store, folder: Path) -> None:
    serve(sqlite_store, "v3")
    with pytest.raises(ClassifierError, match="v3 is not there"):
        Served(sqlite_store, "classifier", folder, load).current()


def test_only_a_version_that_is_there_is_promoted(quick_office: Office, tmp_path: Path) -> None:
    desk = ServiceDesk(Settings(home=tmp_path), quick_office.store, quick_office.handbook)
    with pytest.raises(TrainingTrouble, match="no classifier version 'v9'"):
        versions.promote(desk, WORKSPACE, "v9", MIRA, "because")
    assert now_served(quick_office.store) is None
