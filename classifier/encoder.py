"""The tuned encoder, served by ONNX Runtime. Needs onnxruntime and numpy only."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from classifier.errors import ClassifierError
from classifier.linear import Floats

BATCH = 32


class Encoder:
    """Token ids to logits."""

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

    def logits(self, token_ids: Sequence[Sequence[int]]) -> Floats:
        """One row of logits a text, in the order given; texts of similar length go through together."""
        order = sorted(range(len(token_ids)), key=lambda place: len(token_ids[place]))
        found: dict[int, Floats] = {}
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            rows = self._run([token_ids[place] for place in places])
            found.update(zip(places, rows, strict=True))
        return np.stack([found[place] for place in range(len(token_ids))])

    def _run(self, batch: Sequence[Sequence[int]]) -> Floats:
        longest = max(len(ids) for ids in batch)
        tokens = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.float32)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        (logits,) = self._session.run(["logits"], {"tokens": tokens, "mask": mask})
        return np.asarray(logits, dtype=np.float32)


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Probabilities of each row."""
    raised = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
