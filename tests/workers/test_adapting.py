"""A tuned encoder in use: trained, promoted with its index, rolled back with it, and harmless when it dies."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psutil
import pytest
from typer.testing import CliRunner

from bot.cli import build
from bot.knowledge import Knowledge
from knowledge_base.adapting import Recipe, adapt
from knowledge_base.bundle import encoder_id
from knowledge_base.documents import Question
from knowledge_base.embedding import Encoder
from knowledge_base.encoders import UNTUNED
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.index import Index
from knowledge_base.settings import Settings as KnowledgeSettings
from knowledge_base.sources import read_articles
from knowledge_base.syncing import served_bundle
from tests.knowledge_base.conftest import DESK
from tests.servers import wait_until
from tests.tiny_encoder import exported_here
from tests.workers.office import MIRA, STARTER, WORKSPACE, Office
from workers.knowledge import adapting, indexing
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.tables import TrainingRun
from workers.training import runs

LABELLED = [{"question": f"{n} times the Falke is down", "articles": ["vpn-windows"]} for n in range(30)]
JUDGES = [{"question": f"Falke lost since {n}", "articles": ["vpn-windows"]} for n in range(5, 15)]
JUDGES += [{"question": f"lunch on day {n}", "articles": []} for n in range(10)]


@dataclass(frozen=True)
class Made:
    """A small encoder, and one that was tuned from it, with the exports of both."""

    tiny: Path
    tuned: Path
    exports: tuple[Path, Path]


@pytest.fixture(scope="session")
def made(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = tmp_path_factory.mktemp("made")
    export = exported_here(tiny, home / "encoder")
    encoder = Encoder.open(export)
    index = Index.build(read_articles(DESK / "articles").articles, encoder)
    learn = [Question(str(row["question"]), frozenset(row["articles"])) for row in LABELLED]
    tuned = adapt(tiny, index, encoder, learn, (), home / "encoders", Recipe(layers=1, epochs=1))
    return Made(tiny, tuned, (export, exported_here(tuned, home / "encoder")))


@pytest.fixture
def desk(quick_office: Office, tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch) -> ServiceDesk:
    """A desk with eight articles, a few labelled questions, and a small encoder."""
    monkeypatch.setenv("DESKHAND_ENCODER", str(made.tiny))
    folder = tmp_path / "desk"
    shutil.copytree(DESK / "articles", folder / "articles")
    for name in ("desk.yaml", "people.yaml", "taxonomy.yaml"):
        shutil.copyfile(STARTER / name, folder / name)
    (folder / "questions").mkdir()
    for name, rows in (("development", LABELLED), ("calibration", JUDGES)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "questions" / f"{name}.jsonl").write_text(lines)
    for export in made.exports:
        shutil.copytree(export, tmp_path / "home" / "encoder" / export.name)
    return ServiceDesk(Settings(home=tmp_path / "home", desk=folder), quick_office.store, quick_office.handbook)


def settings_of(desk: ServiceDesk) -> KnowledgeSettings:
    return KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)


def sync(desk: ServiceDesk) -> str:
    return str(indexing.sync_articles(desk, WORKSPACE, MIRA).version)


def lay_beside(desk: ServiceDesk, made: Made) -> str:
    """The tuned encoder beside the served one, as a training leaves it; gives its version."""
    shutil.copytree(made.tuned, settings_of(desk).tuned_encoders / made.tuned.name)
    return made.tuned.name


def encoder_in_use(knowledge: Knowledge) -> str:
    knowledge._served._looked_at = float("-inf")  # do not wait for the half second until the next look
    answerer = knowledge.current()
    assert answerer is not None
    assert answerer.index.encoder_id == answerer.encoder.id
    return answerer.encoder.id


def test_encoder_and_index_are_promoted_and_rolled_back_together(desk: ServiceDesk, made: Made) -> None:
    before = sync(desk)
    knowledge = Knowledge.of(desk)
    untuned = encoder_in_use(knowledge)
    version = lay_beside(desk, made)
    promoted = adapting.promote(desk, WORKSPACE, version, MIRA, "finds more on held-out questions")
    assert encoder_in_use(knowledge).startswith(version)
    assert adapting.served_version(desk) == version
    # A later sync goes on with it.
    (desk.settings.desk / "articles" / "wifi.md").unlink()
    assert sync(desk) not in (before, promoted)
    assert encoder_in_use(knowledge).startswith(version)
    # Back, and back once more: index and encoder fit each other each time.
    assert indexing.roll_back(desk, WORKSPACE, MIRA, "not so good") == promoted
    assert encoder_in_use(knowledge).startswith(version)
    adapting.promote(desk, WORKSPACE, UNTUNED, MIRA, "back to where we began")
    assert encoder_in_use(knowledge) == untuned
    sync(desk)
    assert encoder_in_use(knowledge) == untuned


def test_what_was_compared_is_served_at_once_unless_the_articles_have_changed(desk: ServiceDesk, made: Made) -> None:
    first = sync(desk)
    version = lay_beside(desk, made)
    with pytest.raises(runs.TrainingTrouble, match=f"deskhand kb promote {version}"):
        adapting.promote_ready(desk, WORKSPACE, version, MIRA, "not indexed yet")
    promoted = adapting.promote(desk, WORKSPACE, version, MIRA, "better")
    assert indexing.roll_back(desk, WORKSPACE, MIRA, "a second look") == first
    assert adapting.promote_ready(desk, WORKSPACE, version, MIRA, "better after all") == promoted
    (desk.settings.desk / "articles" / "wifi.md").unlink()
    sync(desk)
    with pytest.raises(runs.TrainingTrouble, match="have changed"):
        adapting.promote_ready(desk, WORKSPACE, UNTUNED, MIRA, "too late")


def test_a_lost_export_of_a_tuned_encoder_is_made_again_and_another_setting_wins_over_it(
    desk: ServiceDesk, made: Made, encoder_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(desk)
    version = lay_beside(desk, made)
    adapting.promote(desk, WORKSPACE, version, MIRA, "better")
    shutil.rmtree(desk.settings.home / "encoder")
    assert encoder_in_use(Knowledge.of(desk)).startswith(version)
    monkeypatch.delenv("DESKHAND_ENCODER")  # the packaged one, whose export is there
    (desk.settings.home / "encoder" / encoder_dir.name).symlink_to(encoder_dir)
    sync(desk)
    assert adapting.served_version(desk) == UNTUNED
    assert encoder_id(served_bundle(settings_of(desk)) or Path()) == encoder_in_use(Knowledge.of(desk))


def test_a_training_ends_with_a_challenger_and_a_comparison_and_serves_nothing(
    desk: ServiceDesk, quick_office: Office
) -> None:
    served = sync(desk)
    steps: list[tuple[float, str]] = []
    made = adapting.adapt_now(desk, WORKSPACE, MIRA, lambda share, message: steps.append((share, message)))
    assert [share for share, _ in steps] == sorted(share for share, _ in steps)
    assert {"learning from questions", "judging the challenger"} <= {message for _, message in steps}
    assert made["comparison"]["recommendation"] == "too few questions"
    assert adapting.served_version(desk) == UNTUNED
    with desk.store.read() as session:
        (run,) = runs.latest(session, WORKSPACE, "encoder")
        assert runs.latest(session, WORKSPACE, "classifier") == []
    assert (run.state, run.version, run.comparison) == ("done", made["version"], made["comparison"])
    assert quick_office.actions(f"training:{run.id}") == ["training_requested", "training_done"]
    # What was compared can be served as it is.
    assert adapting.promote_ready(desk, WORKSPACE, made["version"], MIRA, "for the test") == made["bundle"] != served
    assert quick_office.actions(f"encoder:{made['version']}") == ["encoder_promoted"]


def test_a_training_that_is_killed_leaves_the_champion_and_nothing_half(desk: ServiceDesk) -> None:
    served = sync(desk)
    with desk.store.begin() as session:
        run_id = runs.request(session, WORKSPACE, MIRA, "encoder").id
    worker = Thread(target=adapting.run_training, args=(desk, run_id))
    worker.start()

    def run() -> TrainingRun:
        with desk.store.read() as session:
            return session.get_one(TrainingRun, run_id)

    wait_until(lambda: run().done > 0, "the training has begun to learn", 120)
    trainers = [
        child for child in psutil.Process().children(recursive=True) if "workers.training.trainer" in child.cmdline()
    ]
    for trainer in trainers:
        trainer.kill()
    worker.join(60)
    assert trainers
    assert run().state == "failed"
    home = desk.settings.home
    assert encoder_in_use(Knowledge.of(desk)) == encoder_id(home / "index" / served)
    assert [path for path in home.glob("encoders/*") if not path.name.startswith(".")] == []
    assert len(adapting.versions(desk)) == 1


def test_without_an_index_or_with_an_unknown_version_nothing_happens(desk: ServiceDesk) -> None:
    with pytest.raises(runs.TrainingTrouble, match="kb sync"):
        adapting.adapt_now(desk, WORKSPACE, MIRA)
    with desk.store.read() as session:
        (run,) = runs.latest(session, WORKSPACE, "encoder")
    assert run.state == "failed"
    with pytest.raises(KnowledgeBaseError, match="kb versions"):
        adapting.promote(desk, WORKSPACE, "0123456789abcdef", MIRA, "a typing mistake")
    assert served_bundle(settings_of(desk)) is None


def test_the_commands_list_promote_and_refuse(
    desk: ServiceDesk, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_HOME", str(desk.settings.home))
    monkeypatch.setenv("DESKHAND_DESK", str(desk.settings.desk))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'office.db'}")
    sync(desk)
    version = lay_beside(desk, made)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(build(), ["kb", *words])
        return done.exit_code, done.output

    status, text = run("promote", version, "--why", "better", "--json")
    assert status == 0, text
    rows = json.loads(run("versions", "--json")[1])
    assert [(row["version"], row["served"]) for row in rows] == [(version, True), (UNTUNED, False)]
    assert run("rollback", "--why", "a second look")[0] == 0
    rows = json.loads(run("versions", "--json")[1])
    assert [row["served"] for row in rows] == [False, True]
    status, text = run("promote", "nothing")
    assert (status, "kb versions" in text) == (1, True)
