"""The tuned encoder, served by ONNX Runtime. Needs onnxruntime and numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from classifier.errors import ClassifierError
from classifier.model.linear import Floats

OUTPUTS = ["logits", "tuned", "untuned"]


@dataclass(frozen=True)
class Seen:
    """What the encoder makes of some texts: one row each."""

    logits: Floats
    """One column a label, then those of the fields; see `classifier.model.fields`."""
    tuned: Floats
    """Unit-length vectors from the tuned layers."""
    untuned: Floats
    """Unit-length vectors as the encoder gave them before it was tuned."""


class Encoder:
    """Token ids to logits and vectors."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads would take the processor from the worker beside.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises a dozen unrelated types for a file that it cannot load
            raise ClassifierError(f"{path}: is no model that can be loaded: {error}") from error

    def see(self, token_ids: Sequence[Sequence[int]]) -> Seen:
        """What the encoder makes of each text, in the order given.

        Texts go through one by one: in eight bits the scale of a batch is that of all its texts, so that a request's
        label could depend on its neighbours.
        """
        logits, tuned, untuned = (np.concatenate(rows) for rows in zip(*map(self._run, token_ids), strict=True))
        return Seen(logits, unit_length(tuned), unit_length(untuned))

    def _run(self, ids: Sequence[int]) -> list[Floats]:
        tokens = np.array([ids], dtype=np.int64)
        mask = np.ones(tokens.shape, dtype=np.float32)
        return [
            np.asarray(found, dtype=np.float32)
            for found in self._session.run(OUTPUTS, {"tokens": tokens, "mask": mask})
        ]


def unit_length(vectors: Floats) -> Floats:
    """Each row divided by its length."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Probabilities of each row."""
    raised = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
