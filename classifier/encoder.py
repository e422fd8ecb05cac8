"""The tuned encoder, served by ONNX Runtime. Needs onnxruntime and numpy only."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from classifier.errors import ClassifierError
from classifier.linear import Floats


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
        """One row of logits a text, in the order given.

        Texts go through one by one: in eight bits the scale of a batch is that of all its texts, so that a request's
        label could depend on its neighbours.
        """
        return np.concatenate([self._run(ids) for ids in token_ids])

    def _run(self, ids: Sequence[int]) -> Floats:
        tokens = np.array([ids], dtype=np.int64)
        mask = np.ones(tokens.shape, dtype=np.float32)
        (logits,) = self._session.run(["logits"], {"tokens": tokens, "mask": mask})
        return np.asarray(logits, dtype=np.float32)


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Probabilities of each row."""
    raised = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
