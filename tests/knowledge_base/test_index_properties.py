"""Whatever happens to articles, and whenever a build breaks off: what is served is an index of them built afresh."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from knowledge_base.answering import Answerer
from knowledge_base.bundle import load_bundle, open_index, save_bundle
from knowledge_base.documents import Article, make_article
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.vectors import Kind
from tests.knowledge_base.breaking import Died, breaking, die, refuse
from tests.knowledge_base.conftest import DESK

IDS = ("badge", "mail", "printer", "vpn")
TITLES = ("", "Badge lost", "Mailbox full", "VPN does not connect")
BODIES = (
    "Come to the gate with your passport. A new badge takes ten minutes.",
    "# Outlook\n\nDelete what is old. Then wait an hour.\n\n# Phone\n\nRestart it, error 0x800704cf goes away.",
    "1. Open GlobalProtect.\n2. Choose the gateway in Porto.\n3. Sign in with your authenticator.",
)
ASKED = ("my badge is gone", "outlook says the mailbox is full", "0x800704cf since this morning", "pizza tonight?")
AUDIENCES = (("everyone",), ("managers",), ("it", "managers"))
MOST_CHANGES = 30  # a build makes fewer changes of its folder than this


class Remembering:
    """The real encoder, asked once for each text: then a text has the same vector in every batch."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._passages: dict[str, Vectors] = {}
        self._questions: dict[str, Vectors] = {}
        self.id, self.dimensions = encoder.id, encoder.dimensions

    def encode(self, texts: Sequence[str], progress: object = None) -> Vectors:
        for text in texts:
            if text not in self._passages:
                self._passages[text] = self._encoder.encode([text])[0]
        return np.stack([self._passages[text] for text in texts])

    def encode_question(self, text: str) -> Vectors:
        if text not in self._questions:
            self._questions[text] = self._encoder.encode_question(text)
        return self._questions[text]


@dataclass(frozen=True)
class Desk:
    """Everything that an index follows from."""

    articles: dict[str, Article]
    confirmed: dict[str, tuple[str, ...]]
    search: Kind

    def build(self, encoder: Remembering, previous: Index | None = None, gone: frozenset[str] = frozenset()) -> Index:
        left = [article for id, article in self.articles.items() if id not in gone]
        return Index.build(left, encoder, None, previous, self.confirmed, self.search)  # type: ignore[arg-type]  # stands in


class Life(RuleBasedStateMachine):
    """Articles are edited, indexed, retracted and rolled back; builds break off; processes start again."""

    encoder: Remembering

    @initialize()
    def begin(self) -> None:
        self._folder = TemporaryDirectory()
        self.out = Path(self._folder.name)
        self.desk = Desk({}, {}, "exact")
        self.served: list[tuple[Path, Desk]] = []  # as the rows of `served_versions`: the last one is served
        self.running: Answerer | None = None
        self.gone: frozenset[str] = frozenset()

    def teardown(self) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    @rule(
        id=st.sampled_from(IDS), title=st.sampled_from(TITLES), body=st.sampled_from(BODIES),
        ask=st.sets(st.sampled_from(ASKED), max_size=2), audience=st.sampled_from(AUDIENCES),
    )  # fmt: skip
    def write(self, id: str, title: str, body: str, ask: set[str], audience: tuple[str, ...]) -> None:
        article = make_article(id=id, title=title, body=body, ask=tuple(sorted(ask)), audience=audience)
        self.desk = replace(self.desk, articles=self.desk.articles | {id: article})

    @rule(id=st.sampled_from(IDS))
    def remove(self, id: str) -> None:
        self.desk = replace(self.desk, articles={key: it for key, it in self.desk.articles.items() if key != id})

    @rule(id=st.sampled_from(IDS), questions=st.lists(st.sampled_from(ASKED), max_size=3))
    def confirm(self, id: str, questions: list[str]) -> None:
        self.desk = replace(self.desk, confirmed=self.desk.confirmed | {id: tuple(questions)})

    @rule(search=st.sampled_from(get_args(Kind)))
    def search_otherwise(self, search: Kind) -> None:
        self.desk = replace(self.desk, search=search)

    @rule()
    def sync(self) -> None:
        previous = open_index(self.served[-1][0]) if self.served else None
        folder = save_bundle(self.desk.build(self.encoder, previous), PRIOR, self.out)
        self.serve(folder, self.desk)

    @rule(after=st.integers(0, MOST_CHANGES), dies=st.booleans())
    def sync_breaks_off(self, after: int, dies: bool) -> None:
        built = self.desk.build(self.encoder)
        try:
            with breaking(self.out, after, die if dies else refuse):
                folder = save_bundle(built, PRIOR, self.out)
        except (Died, KnowledgeBaseError):
            return
        self.serve(folder, self.desk)

    @precondition(lambda self: self.served)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        self.serve(*data.draw(st.sampled_from(self.served)))

    @rule(id=st.sampled_from(IDS))
    def retract(self, id: str) -> None:
        self.gone |= {id}

    @rule(id=st.sampled_from(IDS))
    def restore(self, id: str) -> None:
        self.gone -= {id}

    @precondition(lambda self: self.served)
    @rule()
    def start_again(self) -> None:
        self.serve(*self.served.pop())

    def serve(self, folder: Path, desk: Desk) -> None:
        version, index, gate = load_bundle(folder)
        assert version == folder.name
        self.running = Answerer(index, self.encoder, gate, version)  # type: ignore[arg-type]  # stands in
        self.served.append((folder, desk))

    @invariant()
    def what_is_served_is_an_index_built_afresh(self) -> None:
        if self.running is None:
            return
        desk = self.served[-1][1]
        whole = desk.build(self.encoder)
        assert self.running.index.version == whole.version
        assert self.running.index.doors == whole.doors
        assert np.array_equal(self.running.index.matrix, whole.matrix)
        assert np.array_equal(self.running.index.sentence_vectors, whole.sentence_vectors)
        afresh = Answerer(desk.build(self.encoder, gone=self.gone), self.encoder, PRIOR)  # type: ignore[arg-type]
        ours = self.running.without(self.gone)
        for audiences in map(frozenset, AUDIENCES):
            for question in ASKED:
                assert found(ours, question, audiences) == found(afresh, question, audiences)

    @invariant()
    def no_folder_is_half_there(self) -> None:
        for folder in self.out.iterdir():
            if not folder.name.startswith("."):
                assert load_bundle(folder)[0] == folder.name


def found(answerer: Answerer, question: str, audiences: frozenset[str]) -> dict[str, object]:
    """Each article that is found, with its scores and passage. Equal scores may come in either order."""
    hits = answerer.search(question, audiences, k=len(IDS))
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    return {hit.article_id: (pytest.approx(hit.score, abs=1e-4), hit.passage) for hit in hits}


def test_any_order_of_edit_sync_retraction_crash_and_roll_back(encoder: Encoder) -> None:
    class Run(Life):
        pass

    Run.encoder = Remembering(encoder)
    run_state_machine_as_test(Run, settings=settings(deadline=None, max_examples=25, stateful_step_count=20))


@pytest.mark.parametrize("after", [0, 1, 3, 5, 7, 9, MOST_CHANGES])
def test_a_build_that_is_killed_leaves_nothing_that_could_be_served(
    tmp_path: Path, encoder_dir: Path, index: Index, after: int
) -> None:
    command = [sys.executable, "-m", "tests.knowledge_base.breaking", str(encoder_dir), str(DESK / "articles")]
    done = subprocess.run([*command, str(tmp_path), str(after)], capture_output=True, text=True, check=False)
    there = [str(folder) for folder in tmp_path.iterdir() if not folder.name.startswith(".")]
    if after < MOST_CHANGES:
        assert (done.returncode, there) == (-signal.SIGKILL, []), done.stderr
    else:
        assert (done.returncode, there) == (0, [done.stdout.strip()]), done.stderr
    served = load_bundle(save_bundle(index, PRIOR, tmp_path))[1]
    assert served.version == index.version, "what lies there from before is in nobody's way"
