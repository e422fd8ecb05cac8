"""The starter desk's material: enough of it, written one by one, and honest about its borders."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from classifier.data.splits import split_by_time
from classifier.data.taxonomy import Taxonomy
from knowledge_base.sources import read_articles
from tests.starter.measures import (
    NEAR_COPY,
    STARTER,
    Vectors,
    near_copies,
    public_texts,
    questions,
    tickets,
    variety,
    vectors,
)  # fmt: skip
from workers.folder.tickets import WRONG_LABELS

BURST = 3 * 60 * 60  # seconds


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.read(STARTER / "taxonomy.yaml")


@pytest.fixture(scope="module")
def wrong_labels() -> dict[str, str]:
    lines = (STARTER / WRONG_LABELS).read_text(encoding="utf-8").splitlines()
    return {row["id"]: row["label"] for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def asked() -> list[tuple[str, str]]:
    """Every question with its split."""
    return [(name, str(question["question"])) for name, part in questions().items() for question in part]


@pytest.fixture(scope="module")
def asked_vectors(asked: list[tuple[str, str]]) -> Vectors:
    return vectors([text for _, text in asked])


def test_there_is_enough_of_everything(taxonomy: Taxonomy) -> None:
    articles = read_articles(STARTER / "articles").articles
    asked = [question for part in questions().values() for question in part]
    assert len(taxonomy.labels) >= 14
    assert len(articles) >= 100
    assert len(tickets()) >= 3000
    assert len(asked) >= 600 and sum(not question["articles"] for question in asked) >= 200
    assert len(list((STARTER / "runbooks").glob("*.yaml"))) >= 5
    assert {"managers", "it"} <= {audience for article in articles for audience in article.audience}


def test_every_label_says_what_to_ask_and_where_it_ends(taxonomy: Taxonomy) -> None:
    for label in taxonomy.labels:
        assert label.ask and len(label.borders) >= 5, label.id
        assert any(border.label != label.id for border in label.borders), label.id
        assert sum(ticket.label == label.id for ticket in tickets()) >= 100, label.id


def test_every_ticket_has_its_times_team_and_priority() -> None:
    assert all(t.opened_at and t.closed_at and t.team and t.priority for t in tickets())
    assert 0.03 <= sum(bool(t.reassignments) for t in tickets()) / len(tickets()) <= 0.2


def test_three_in_a_hundred_labels_are_wrong_on_purpose(wrong_labels: dict[str, str]) -> None:
    assert 0.025 <= len(wrong_labels) / len(tickets()) <= 0.035


def test_the_year_has_working_days_mondays_and_two_bursts() -> None:
    opened = sorted(t.opened_at for t in tickets() if t.opened_at)
    days = Counter(moment.weekday() for moment in opened)
    assert days[0] == max(days.values()) and days[5] + days[6] < 0.08 * len(opened)
    assert {(moment.year, moment.month) for moment in opened} >= {(2026, month) for month in range(1, 12)}
    moments = np.array([moment.timestamp() for moment in opened])
    crowded = [moments[np.searchsorted(moments, m + BURST) - 1] for m in moments if _within(moments, m) >= 30]
    assert crowded, "no burst"
    separate = 1 + sum(after - before > 86_400 for before, after in pairwise(sorted(crowded)))
    assert separate == 2


def _within(moments: npt.NDArray[np.float64], start: float) -> int:
    return int(np.searchsorted(moments, start + BURST) - np.searchsorted(moments, start))


@pytest.mark.slow
def test_hardly_a_ticket_is_a_near_copy_and_none_across_splits() -> None:
    splits = split_by_time(tickets())
    parts = (splits.train, splits.calibrate, splits.test)
    side_of = [number for number, part in enumerate(parts) for _ in part]
    texts = [t.text for part in parts for t in part]
    pairs = near_copies(vectors(texts))
    assert len({row for pair in pairs for row in pair[:2]}) < 0.01 * len(texts), [
        (texts[a], texts[b]) for a, b, _ in pairs
    ]
    across = [(texts[a], texts[b]) for a, b, _ in pairs if side_of[a] != side_of[b]]
    assert across == []


def test_hardly_a_question_is_a_near_copy_and_none_across_splits(
    asked: list[tuple[str, str]], asked_vectors: Vectors
) -> None:
    pairs = near_copies(asked_vectors)
    assert len({row for pair in pairs for row in pair[:2]}) < 0.01 * len(asked), [
        (asked[a], asked[b]) for a, b, _ in pairs
    ]
    assert [(asked[a], asked[b]) for a, b, _ in pairs if asked[a][0] != asked[b][0]] == []


def test_no_question_is_a_copy_of_an_articles_own_example(asked: list[tuple[str, str]], asked_vectors: Vectors) -> None:
    examples = [text for article in read_articles(STARTER / "articles").articles for text in article.ask]
    alike = np.argwhere(vectors(examples) @ asked_vectors.T > NEAR_COPY)
    assert len(alike) < 0.01 * len(asked), [(examples[a], asked[b][1]) for a, b in alike]


def test_the_tickets_are_not_blander_than_life() -> None:
    own = variety([ticket.text for ticket in tickets()])
    for name, texts in public_texts():
        real = variety(texts)
        assert own.type_token > real.type_token * 0.95, name
        assert own.vocabulary > real.vocabulary * 0.95, name
    assert own.tenth < 8 and own.nine_tenths > 60, "terse ones and long ones"


def test_words_alone_do_not_give_the_labels_away_and_confusions_lie_on_borders(
    taxonomy: Taxonomy, wrong_labels: dict[str, str]
) -> None:
    splits = split_by_time(tickets())
    learn, test = (*splits.train, *splits.calibrate), splits.test
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    model.fit([t.text for t in learn], [t.label for t in learn])
    said = list(zip(test, model.predict([t.text for t in test]), strict=True))
    right = sum(ticket.label == label for ticket, label in said) / len(said)
    assert 0.5 < right < 0.97
    confused = Counter(
        frozenset((t.label, str(label))) for t, label in said if t.label != label and t.id not in wrong_labels
    )
    written = {
        frozenset((label.id, other.id))
        for label in taxonomy.labels
        for other in taxonomy.labels
        if other.id in label.excludes or any(border.label == other.id for border in label.borders)
    }
    elsewhere = len(taxonomy.labels) * (len(taxonomy.labels) - 1) // 2 - len(written)
    on_border = sum(count for pair, count in confused.items() if pair in written)
    assert on_border / len(written) > 1.25 * (confused.total() - on_border) / elsewhere, confused.most_common(12)
    assert {pair for pair, _ in confused.most_common(5)} <= written, confused.most_common(5)


def test_some_articles_are_for_managers_or_it_alone_and_name_their_runbook() -> None:
    articles = read_articles(STARTER / "articles").articles
    assert {a.runbook for a in articles if a.runbook} == {p.stem for p in (STARTER / "runbooks").glob("*.yaml")}
    assert all(len(article.body.split()) >= 180 and len(article.ask) >= 3 for article in articles)
