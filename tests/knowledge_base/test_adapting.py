"""An encoder learns an organisation's own words, and is compared on questions that it never saw."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base import encoder_comparison, encoders
from knowledge_base.adapting import FEWEST, Recipe, adapt
from knowledge_base.adapting_data import Pair, batches, pairs, questions_to_learn
from knowledge_base.documents import Article, Question
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_comparison import Comparison, Sheet, Side, compare, recommend
from knowledge_base.encoder_export import find_model
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.index import Index
from knowledge_base.settings import Settings
from tests.tiny_encoder import exported_here

NAMES = {"Falke": "vpn-windows", "Bussard": "printer", "Milan": "mailbox", "Sperber": "wifi"}
"""What this organisation calls its things, after birds of prey; no article says so."""
LEARNT = (
    "{} is down", "{} does not start", "how do I get {}", "{} again", "who helps with {}", "{} since monday",
    "can't get into {}", "the new {}",
)  # fmt: skip
HELD_OUT = (
    "my {} is gone", "{} not working for me today", "since the update {} asks again and again", "{}??",
    "need {} at home", "trouble with {}", "{} shows an error", "please fix {}", "{} for my colleague",
    "is {} slow for all", "{} in room 12", "cannot find {}", "{} stopped", "first day, no {}", "where is {}",
)  # fmt: skip
QUICK = Recipe(epochs=6, learning_rate=3e-4, share=1.0)


def asked(templates: tuple[str, ...], names: dict[str, str]) -> tuple[Question, ...]:
    return tuple(Question(text.format(name), frozenset({names[name]})) for text, name in product(templates, names))


def side(folder: Path, cache: Path, articles: tuple[Article, ...]) -> Side:
    encoder = Encoder.open(exported_here(folder, cache))
    return Side(Index.build(articles, encoder), encoder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def tuned(home: Path, index: Index, encoder: Encoder) -> Path:
    return adapt(find_model(None), index, encoder, asked(LEARNT, NAMES), (), home / "encoders", QUICK)


def test_an_organisations_own_words_lead_to_its_articles(
    tuned: Path, home: Path, index: Index, encoder: Encoder, articles: tuple[Article, ...]
) -> None:
    held_out = asked(HELD_OUT, NAMES)
    adapted = side(tuned, home / "encoder", articles)
    found = compare(Side(index, encoder), adapted, [*held_out, *asked(LEARNT, NAMES)], 0.2)
    assert (found.answerable, found.learnt_from) == (len(held_out), len(LEARNT) * len(NAMES))
    assert found.recommendation == "better", found
    assert found.after.hit_at_1 > found.before.hit_at_1 + 0.2
    # What people ask in plain words is still found.
    question = adapted.encoder.encode_question("I cannot remember my password")
    nearest = int(np.argmax(adapted.index.matrix @ question))
    assert adapted.index.articles[adapted.index.door_articles[nearest]].id == "password"


def test_labels_that_are_wrong_give_a_challenger_that_is_not_recommended(
    tuned: Path, home: Path, index: Index, encoder: Encoder, articles: tuple[Article, ...]
) -> None:
    ids = list(NAMES.values())
    flipped = dict(zip(NAMES, [*ids[1:], ids[0]], strict=True))
    poisoned = adapt(find_model(None), index, encoder, asked(LEARNT, flipped), (), home / "encoders", QUICK)
    champion, challenger = (side(folder, home / "encoder", articles) for folder in (tuned, poisoned))
    found = compare(champion, challenger, asked(HELD_OUT, NAMES), 0.2)
    assert found.recommendation == "worse", found
    assert any("comes first" in reason for reason in found.reasons)


def test_only_the_top_layers_learn_and_the_provenance_says_from_what(tuned: Path) -> None:
    from safetensors.numpy import load_file

    old, new = load_file(find_model(None) / "model.safetensors"), load_file(tuned / "model.safetensors")
    changed = {name.split(".")[2] for name in old if not np.array_equal(old[name], new[name])}
    assert changed == {"4", "5"}
    provenance = json.loads((tuned / "provenance.json").read_text())
    assert provenance["recipe"]["learning_rate"] == QUICK.learning_rate
    assert provenance["losses"][-1] < provenance["losses"][0]
    assert not {"Falke", "falke"} & set(json.dumps(provenance).split())  # fingerprints, not what people wrote


def test_the_same_questions_and_seed_give_the_same_encoder(
    tiny: Path, tmp_path: Path, index: Index, encoder: Encoder
) -> None:
    learn = asked(LEARNT, NAMES)
    made = [adapt(tiny, index, encoder, learn, (), tmp_path / name, Recipe(layers=1)).name for name in "ab"]
    other = adapt(tiny, index, encoder, learn, (), tmp_path / "c", Recipe(layers=1, seed=1)).name
    assert made[0] == made[1] != other
    assert [path.name for path in (tmp_path / "a").iterdir()] == [made[0]]


def test_with_a_handful_of_questions_nothing_is_tuned(
    tiny: Path, tmp_path: Path, index: Index, encoder: Encoder
) -> None:
    with pytest.raises(KnowledgeBaseError, match=f"at least {FEWEST}"):
        adapt(tiny, index, encoder, asked(LEARNT[:1], NAMES), (), tmp_path / "encoders")
    assert not (tmp_path / "encoders").exists()


def test_what_is_held_out_is_never_learnt_however_it_is_written(index: Index) -> None:
    labelled = asked(LEARNT, NAMES)
    held_out = [replace(labelled[0], text=labelled[0].text.upper() + "  "), Question("x", frozenset(), group="g")]
    same_group = Question("says the same as one that is held out", frozenset({"wifi"}), group="g")
    learnt = {question.text for question in questions_to_learn(index, [*labelled, same_group], held_out)}
    assert learnt >= {question.text for question in labelled[1:]}
    assert not learnt & {labelled[0].text, same_group.text}


def test_examples_and_confirmed_questions_are_learnt_and_labels_of_the_same_words_are_joined(
    articles: tuple[Article, ...], encoder: Encoder
) -> None:
    index = Index.build(articles, encoder, confirmed={"wifi": ["no network in the canteen"]})
    labelled = [Question("my password has expired", frozenset({"domain-admin", "gone"}))]
    found = {question.text: question.articles for question in questions_to_learn(index, labelled, ())}
    assert found["my password has expired"] == {"domain-admin", "password"}
    assert found["no network in the canteen"] == {"wifi"}


def test_a_pair_leads_to_another_door_of_the_article_and_never_calls_a_right_one_wrong(
    index: Index, encoder: Encoder
) -> None:
    question = Question("vpn is not working on my macbook", frozenset({"vpn-mac", "vpn-windows"}))
    (pair,) = pairs(index, encoder, [question], wrong=3, seed=0)
    own = {door.text for door in index.doors if index.articles[door.article].id in question.articles}
    assert pair.right in own - {question.text}
    assert len(pair.wrong) == 3
    assert not {article for article, _ in pair.wrong} & question.articles


ARTICLES = st.sampled_from("abcdefgh")
PAIRS = st.lists(
    st.builds(
        Pair,
        question=st.text("xyz", max_size=3),
        articles=st.frozensets(ARTICLES, min_size=1, max_size=2),
        right=st.just("right"),
        wrong=st.lists(st.tuples(ARTICLES, st.just("wrong")), max_size=2).map(tuple),
    ),
    max_size=25,
).map(lambda rows: [pair for pair in rows if pair.articles.isdisjoint(id for id, _ in pair.wrong)])


@given(PAIRS, st.integers(1, 6))
def test_a_batch_holds_no_answer_to_another_question_and_no_pair_is_lost(rows: list[Pair], size: int) -> None:
    made = list(batches(rows, size, Random(0)))
    assert sorted(map(repr, rows)) == sorted(repr(pair) for batch in made for pair in batch)
    for batch in made:
        assert 0 < len(batch) <= size
        for one, other in product(batch, batch):
            if one is not other:
                candidates = other.articles | {id for id, _ in other.wrong}
                assert one.articles.isdisjoint(candidates)


SHEET = Sheet(0.6, 0.7, 0.4, 0.05, {"everyone": 0.6})
MEASURED = Comparison("a", "b", 300, 200, 0, 0.1, SHEET, SHEET, 1.0, (-0.02, 0.02), (-0.02, 0.02), ())


@pytest.mark.parametrize(
    ("measured", "recommendation"),
    [
        (MEASURED, "the same within chance"),
        (replace(MEASURED, answerable=49), "too few questions"),
        (replace(MEASURED, after=replace(SHEET, hit_at_1=0.7), p_value=0.01), "better"),
        (replace(MEASURED, mrr_gain=(0.01, 0.05)), "better"),
        (replace(MEASURED, mrr_gain=(0.01, 0.05), harmed=("managers",)), "the same within chance"),
        (replace(MEASURED, mrr_gain=(0.01, 0.05), answered_gain=(-0.08, -0.01)), "worse"),
        (replace(MEASURED, after=replace(SHEET, hit_at_1=0.5), p_value=0.01), "worse"),
        (replace(MEASURED, mrr_gain=(-0.05, -0.01)), "worse"),
    ],
)
def test_better_is_what_chance_does_not_explain_and_nobody_pays_for(
    measured: Comparison, recommendation: encoder_comparison.Recommendation
) -> None:
    assert recommend(measured) == recommendation


def test_a_damaged_encoder_is_refused_by_name(tuned: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    folder = settings.tuned_encoders / tuned.name
    shutil.copytree(tuned, folder)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(KnowledgeBaseError, match=f"{tuned.name}.*damaged"):
        encoders.exported(settings, tuned.name)
    (folder / "provenance.json").write_text("{")
    with pytest.raises(KnowledgeBaseError, match="damaged"):
        encoders.tuned_encoders(settings)
    for version in ("", "..", "nothing", f"../encoders/{tuned.name}"):
        with pytest.raises(KnowledgeBaseError, match="no tuned encoder"):
            encoders.tuned_encoder(settings, version)
    assert not settings.encoder_cache.exists()
