"""A retracted article is gone with the next question, in every process that answers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from knowledge_base.bundle import build_bundle
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.sources import read_articles
from tests.workers.office import MIRA, STARTER, WORKSPACE, Office
from workers import serving
from workers.knowledge import articles
from workers.store.session import Store

ARTICLES = Path(__file__).parents[1] / "knowledge_base" / "desk" / "articles"
ANSWERING = """
import sys
from bot.knowledge import Knowledge
from knowledge_base.documents import AUDIENCES
from workers.service_desk import open_desk

knowledge, everybody = Knowledge.of(open_desk()), frozenset(AUDIENCES)
for question in sys.stdin:
    answered = {hit.article_id for hit in knowledge.answer(question, everybody, 0.1).hits}
    searched = {hit.article_id for hit in knowledge.current().search(question, everybody, k=100)}
    whole = {name for name in searched if knowledge.article(name, everybody)}
    assert answered <= searched == whole
    print("found", *searched, flush=True)
"""


class Answering:
    """A process that answers as the bot does."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-c", ANSWERING]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment
        )

    def __enter__(self) -> "Answering":
        return self

    def __exit__(self, *error: object) -> None:
        with self.process:
            self.process.kill()

    def find(self, question: str) -> set[str]:
        """The articles that it finds."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(question, file=self.process.stdin, flush=True)
        for line in self.process.stdout:  # what it logs comes before
            if line.startswith("found"):
                return set(line.split()[1:])
        raise AssertionError("the process has ended")


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path, pytestconfig: pytest.Config) -> Office:
    encoders = Path(pytestconfig.cache.mkdir("deskhand-encoder"))
    (tmp_path / "encoder").symlink_to(encoders)
    bundle = build_bundle(read_articles(ARTICLES).articles, None, tmp_path / "index", ensure_encoder(encoders))
    office = Office.set_up(sqlite_store)
    with office.store.begin() as session:
        serving.serve(session, WORKSPACE, "knowledge", bundle.name, MIRA, "first")
    return office


@pytest.fixture
def processes(desk: Office, tmp_path: Path) -> Iterator[list[Answering]]:
    database = f"sqlite:///{tmp_path / 'desk.db'}"
    environment = {"DESKHAND_HOME": str(tmp_path), "DESKHAND_DESK": str(STARTER), "DATABASE_URL": database}
    with ExitStack() as stack:
        yield [stack.enter_context(Answering(environment)) for _ in range(2)]


def test_a_retracted_article_is_gone_with_the_next_question_in_every_process(
    desk: Office, processes: list[Answering]
) -> None:
    question = "error 0x800704cf when I start the vpn on windows"
    before = [process.find(question) for process in processes]
    assert all("vpn-windows" in found for found in before)
    with desk.store.begin() as session:
        articles.retract(session, WORKSPACE, "vpn-windows", MIRA, "wrong gateway")
    for process, found in zip(processes, before, strict=True):
        assert process.find(question) == found - {"vpn-windows"}
    with desk.store.begin() as session:
        articles.restore(session, WORKSPACE, "vpn-windows", MIRA)
    assert [process.find(question) for process in processes] == before


def test_a_process_that_starts_later_knows_what_was_retracted(desk: Office, processes: list[Answering]) -> None:
    with desk.store.begin() as session:
        articles.retract(session, WORKSPACE, "printer", MIRA, "the printers are gone")
    for process in processes:
        found = process.find("how do I print")
        assert found and "printer" not in found
