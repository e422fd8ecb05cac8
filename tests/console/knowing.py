"""A desk whose articles are really searched: a part of the starter's, the real encoder, and a gate whose calibration is
written down here, so that what it promises does not move with each improvement of the search."""

from dataclasses import replace
from pathlib import Path

from knowledge_base.bundle import build_bundle, save_bundle
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.risk import Outcome
from knowledge_base.sources import read_articles
from tests.console.world import ADMIN, EMPLOYEE, WORKSPACE, World, lend_encoder, make_world
from workers.serving import serve
from workers.store.tables import Receipt

CHOSEN = (
    "vpn-windows", "vpn-macos", "onedrive-sync-stuck", "reset-your-password", "restore-deleted-files", "office-wifi",
    "label-printer", "mfa-lost-phone", "network-drive-missing", "laptop-slow", "mailbox-full-archive",
    "esim-and-roaming", "leaver-checklist", "verify-caller-identity",
)  # fmt: skip
CALIBRATED_ON = 400
FOR_MANAGERS, FOR_IT = "leaver-checklist", "verify-caller-identity"


def make_knowing_world(home: Path, encoder_dir: Path) -> World:
    """A world with an index to search, some answers that were judged, and nothing else."""
    world = make_world(home)
    desk = world.desk.settings.desk
    for file in (desk / "articles").glob("*.md"):
        if file.stem not in CHOSEN:
            file.unlink()
    lend_encoder(world, encoder_dir)
    articles = read_articles(desk / "articles").articles
    index = Index.build(articles, Encoder.open(encoder_dir))
    gate = replace(PRIOR, calibration=calibration(), fitted_on=CALIBRATED_ON)
    bundle = save_bundle(index, gate, world.desk.bundles)
    with world.desk.store.begin() as session:
        serve(session, WORKSPACE, "knowledge", bundle.name, ADMIN, "articles synchronised")
        for number in range(30):
            session.add(_answer(number))
    return world


def serve_without_questions(world: World, encoder_dir: Path) -> str:
    """Another version of the same articles whose gate was never fitted; gives its name, and serves nothing yet."""
    articles = read_articles(world.desk.settings.desk / "articles").articles
    return build_bundle(articles, None, world.desk.bundles, encoder_dir).name


def calibration() -> tuple[Outcome, ...]:
    """Probabilities from 0 to 1 that come true as often as they say: enough to prove 15 %, too few for 1 %."""
    said = [(number + 0.5) / CALIBRATED_ON for number in range(CALIBRATED_ON)]
    return tuple(Outcome(value, number * 37 % 100 / 100 < value) for number, value in enumerate(said))


def _answer(number: int) -> Receipt:
    outcome = {0: None, 1: "overridden"}.get(number % 10, "accepted")
    return Receipt(
        workspace=WORKSPACE, automation="answer", subject=f"message:D1/{number}.0", person=EMPLOYEE,
        seen="vpn drops", decision="answer", why="It fits.", confidence=0.95, threshold=0.9, tier="auto", versions={},
        evidence={}, outcome=outcome, outcome_by=EMPLOYEE if outcome else None,
    )  # fmt: skip
