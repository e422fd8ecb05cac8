"""kill -9 in the middle of a promotion and of a swap: either the old version is served or the new one, both whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from classifier.errors import ClassifierError
from classifier.model.registry import Registry
from tests.workers.office import Office
from tests.workers.shadow_world import ShadowWorld
from workers.governance import audit
from workers.oversight import shadows, watch
from workers.service_desk import ServiceDesk

PROCESS = """
import os, signal, sys
from pathlib import Path
from classifier.model import registry
from classifier.model.inference import Classifier
from tests.workers.office import MIRA, WORKSPACE, starter_handbook
from workers.training import versions
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.session import Store

url, home, moment = sys.argv[1:]
desk = ServiceDesk(Settings(home=Path(home), desk=Path(home) / "desk"), Store(url), starter_handbook())

def die(*_arguments, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "in the transaction":
    versions._leave_shadows = die
elif moment == "before the file":
    versions.mark_served = die
elif moment == "in the file":
    registry.os.replace = die
elif moment == "in the swap":
    desk.classifier.current()
    Classifier.open = die
    desk.classifier._load, desk.classifier._looked_at = die, float("-inf")
if moment == "in the copy":
    registry.verified_manifest = lambda folder, count=iter(range(9)): die() if next(count) else VERIFIED(folder)
    VERIFIED = sys.modules["classifier.model.model_folder"].verified_manifest
    registry.Registry(desk.models).add(Path(home) / "trained")
versions.promote(desk, WORKSPACE, "v2", MIRA, "a test")
desk.classifier.current()
"""


@pytest.fixture
def world(quick_office: Office, small_model: Path, tmp_path: Path) -> ShadowWorld:
    """A desk that serves v1."""
    made = ShadowWorld.make(quick_office, tmp_path, small_model)
    for version in ("v1", "v2"):
        made.add_version(version)
    made.promote("v1")
    return made


def kill(world: ShadowWorld, moment: str) -> None:
    """Promote v2 in another process, which dies at this moment."""
    home = str(world.desk.settings.home)
    command = [sys.executable, "-W", "ignore", "-c", PROCESS, world.office.store.url, home, moment]
    died = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert died.returncode == -9, died.stderr


def opened(world: ShadowWorld) -> str:
    """What a process that starts now serves; it really answers."""
    desk = ServiceDesk(world.desk.settings, world.office.store, world.office.handbook)
    current = desk.classifier.current()
    assert current is not None
    assert current.thing.classify(["the printer is jammed"], 0.3)[0].label
    return current.version


@pytest.mark.parametrize(
    ("moment", "served"), [("in the transaction", "v1"), ("before the file", "v2"), ("in the file", "v2")]
)
def test_a_promotion_is_done_or_not_and_can_be_done_again(world: ShadowWorld, moment: str, served: str) -> None:
    kill(world, moment)
    assert opened(world) == served
    with world.office.store.read() as session:
        assert audit.verify(session).intact
        assert [shadow.version for shadow in shadows.running(session)] == (["v1"] if served == "v2" else [])
    assert world.office.actions("classifier:v2").count("classifier_promoted") == (served == "v2")
    assert Registry(world.desk.models).served() == "v1"  # the file for commands without a database may be late …
    watch.look_after(world.desk)
    assert Registry(world.desk.models).served() == served  # … and follows
    world.promote("v2")
    assert opened(world) == "v2"
    assert world.office.actions("classifier:v2").count("classifier_promoted") == 1


def test_a_worker_that_dies_in_the_swap_leaves_both_versions_whole(world: ShadowWorld) -> None:
    kept = world.desk.classifier.current()
    kill(world, "in the swap")
    assert opened(world) == "v2"
    assert kept is not None and kept.thing.classify(["toner"], 0.3)  # this process still holds the old one


def test_a_version_whose_copy_was_cut_off_is_not_there_and_can_be_added_again(world: ShadowWorld) -> None:
    made = world.add_version("v3")
    (world.desk.models / made).rename(world.desk.settings.home / "trained")
    kill(world, "in the copy")
    registry = Registry(world.desk.models)
    assert registry.versions() == ["v1", "v2"] and opened(world) == "v1"
    with pytest.raises(ClassifierError):
        registry.path("v3")
    assert registry.add(world.desk.settings.home / "trained") == "v3"
    assert world.office.actions("classifier:v3") == []
