"""What is served together: index, gate and encoder in one folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from knowledge_base.bundle import build_bundle, load_bundle
from knowledge_base.documents import Article, Question, fingerprint
from knowledge_base.embedding import Encoder
from knowledge_base.errors import KnowledgeBaseError

CONFIRMED = "the number plate of my rental is still in the system"


def taught(encoder_dir: Path, folder: Path, *questions: str) -> Path:
    """The same encoder, said to have learnt from these questions."""
    shutil.copytree(encoder_dir, folder)
    manifest = json.loads((folder / "encoder.json").read_text())
    manifest["learnt_from"] = [fingerprint(question) for question in questions]
    (folder / "encoder.json").write_text(json.dumps(manifest))
    return folder


def test_confirmed_questions_become_doors_of_the_bundles_index(
    tmp_path: Path, encoder_dir: Path, articles: tuple[Article, ...]
) -> None:
    plain = build_bundle(articles, None, tmp_path, encoder_dir)
    asked = build_bundle(articles, None, tmp_path, encoder_dir, plain, confirmed={"password": [CONFIRMED]})
    assert asked != plain
    _, index, _ = load_bundle(asked)
    assert index.confirmed == {"password": (CONFIRMED,)}


def test_questions_labelled_in_use_fit_the_gate_with_those_of_the_desk(
    tmp_path: Path, encoder_dir: Path, articles: tuple[Article, ...]
) -> None:
    live = [Question(f"{n}: I forgot my password", frozenset({"password"})) for n in range(30)]
    live += [Question(f"what is for lunch on day {n}", frozenset()) for n in range(30)]
    folder = build_bundle(articles, None, tmp_path / "index", encoder_dir, live=live)
    assert load_bundle(folder)[2].fitted_on == 60
    # It looks too good on what it learnt from, so those questions say nothing about it.
    pupil = taught(encoder_dir, tmp_path / "pupil", *(question.text.upper() for question in live[:10]))
    folder = build_bundle(articles, None, tmp_path / "index", pupil, live=live)
    assert load_bundle(folder)[2].fitted_on == 50


def test_a_bundle_names_its_encoder_and_is_refused_when_that_is_not_its_indexs(
    tmp_path: Path, encoder_dir: Path, articles: tuple[Article, ...]
) -> None:
    folder = build_bundle(articles, None, tmp_path, encoder_dir)
    manifest = json.loads((folder / "bundle.json").read_text())
    assert manifest["encoder"] == Encoder.open(encoder_dir).id
    (folder / "bundle.json").write_text(json.dumps(manifest | {"encoder": "another"}))
    with pytest.raises(KnowledgeBaseError, match="another index"):
        load_bundle(folder)
