"""Text → unit vectors, with ONNX Runtime and tokenizers alone.

Questions run through the int8 graph, one at a time; passages through fp32, in batches of like length. The int8
graph scales its activations over the whole batch, so in a batch a text's vector would depend on its neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from knowledge_base.documents import Question, fingerprint
from knowledge_base.encoder_export import FP32, INT8, MANIFEST, TOKENIZER, file_sha256
from knowledge_base.errors import KnowledgeBaseError, unreadable

Vectors = npt.NDArray[np.float32]
Progress = Callable[[str, int, int], None]  # stage, done, total
BATCH = 32
MAX_CHARACTERS = 40_000  # of a text; far more than the encoder's tokens can hold


class Encoder:
    """The exported encoder. Safe to share between threads; the fp32 graph is loaded when first needed."""

    def __init__(self, folder: Path, manifest: dict[str, Any], threads: int) -> None:
        self.folder = folder
        self.id = f"{manifest['weights_sha256'][:16]}-v{manifest['export_version']}"
        self.dimensions = int(manifest["dimensions"])
        self.max_tokens = int(manifest["max_tokens"])
        self.learnt_from = frozenset(manifest.get("learnt_from", ()))
        """Fingerprints of the questions that it was tuned on; see `documents.fingerprint`."""
        self._mean = manifest["pooling"] == "mean"
        self._files: dict[str, str] = manifest["files"]
        self._threads = threads
        self._lock = Lock()
        self._sessions: dict[str, Any] = {}
        self._tokenizer = Tokenizer.from_file(str(self._checked(TOKENIZER)))
        self._tokenizer.enable_truncation(self.max_tokens)
        self._tokenizer.no_padding()

    @classmethod
    def open(cls, folder: Path, threads: int = 1) -> Encoder:
        """An encoder from a folder made by `ensure_encoder`. Raises KnowledgeBaseError."""
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except OSError as error:
            raise unreadable(folder / MANIFEST, error) from error
        except ValueError as error:
            raise KnowledgeBaseError(f"{folder / MANIFEST} is damaged. Delete {folder}; it is made again.") from error
        return cls(folder, manifest, threads)

    def unseen(self, questions: Iterable[Question]) -> tuple[Question, ...]:
        """Those that it was not tuned on. Only they can tell how good it is: it looks better on the others."""
        return tuple(question for question in questions if fingerprint(question.text) not in self.learnt_from)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of passages: fp32 graph, [n, dimensions], unit length; an empty text gives a vector too."""
        tokens = self._tokenizer.encode_batch([_clean(text) for text in texts])
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row].ids))
        vectors = np.zeros((len(tokens), self.dimensions), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._run(FP32, [tokens[row].ids for row in rows])
            if progress is not None:
                progress("encode", min(start + BATCH, len(order)), len(order))
        return vectors

    def encode_question(self, text: str) -> Vectors:
        """The vector of one question: int8 graph, [dimensions], unit length."""
        ids = self._tokenizer.encode(_clean(text)).ids
        return np.asarray(self._run(INT8, [ids])[0], np.float32)

    def _run(self, graph: str, rows: list[list[int]]) -> Vectors:
        width = max(len(row) for row in rows)
        ids = np.zeros((len(rows), width), np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        hidden = self._session(graph).run(None, {"input_ids": ids, "attention_mask": mask})[0]
        pooled = _mean(hidden, mask) if self._mean else hidden[:, 0]
        length = np.linalg.norm(pooled, axis=1, keepdims=True)
        return np.asarray(pooled / np.maximum(length, 1e-12), np.float32)

    def _session(self, graph: str) -> Any:
        with self._lock:
            if graph not in self._sessions:
                self._sessions[graph] = _open_session(self._checked(graph), self._threads)
            return self._sessions[graph]

    def _checked(self, name: str) -> Path:
        path = self.folder / name
        if file_sha256(path) != self._files.get(name):
            raise KnowledgeBaseError(f"{path} is damaged. Delete {self.folder}; it is made again at the next start.")
        return path


def _mean(hidden: Vectors, mask: npt.NDArray[np.int64]) -> Vectors:
    weights = mask[:, :, None].astype(np.float32)
    return np.asarray((hidden * weights).sum(1) / np.maximum(weights.sum(1), 1e-9), np.float32)


def _clean(text: str) -> str:
    # Lone surrogates (half an emoji cut off by another program) cannot be tokenised.
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _open_session(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning pool would take the second core from the other processes of a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
