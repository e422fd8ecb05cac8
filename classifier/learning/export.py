"""The tuned network as ONNX, so that serving needs no torch; in eight bits where that costs next to nothing."""

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from classifier.learning.network import SortingNetwork
from classifier.model.encoder import OUTPUTS, Encoder, Seen, softmax
from classifier.model.linear import Floats
from classifier.model.model_folder import MODEL_FILE

Array = npt.NDArray[np.float64]

OPSET = 17
LEAST_AGREEMENT = 0.96
"""Share of texts that must get the same label in eight bits as in 32. Labels that change are the doubtful ones: at
97.6 to 98.6 % agreement on the starter desk the accuracy did not fall."""
MOST_SHIFT = 0.03
"""How far the probabilities may move on average (total variation, 0 to 1)."""


@dataclass(frozen=True)
class Quantisation:
    """What eight bits changed on texts that were not trained on."""

    used: bool
    agreement: float
    """Share of texts with the same label."""
    shift: float
    """Mean total variation between the probabilities."""


def export_network(
    network: SortingNetwork,
    folder: Path,
    token_ids: Sequence[Sequence[int]],
    joined: Callable[[Seen], Floats],
    int8: bool | None,
) -> Quantisation:
    """Write `model.onnx` into `folder`: in eight bits per channel when `token_ids` show little loss, else in 32.

    `joined` makes of what the encoder gives the logits that are served, on which the loss is measured. `int8` true or
    false decides beforehand. Labels play no part, so calibration texts stay unused for their purpose.
    """
    full, small = folder / "full.onnx", folder / "small.onnx"
    _trace(network, full)
    if int8 is False:
        full.replace(folder / MODEL_FILE)
        return Quantisation(False, 1.0, 0.0)
    _quantise(full, small)
    agreement, shift = 1.0, 0.0
    if token_ids:
        agreement, shift = _difference(*(softmax(joined(Encoder(path).see(token_ids))) for path in (full, small)))
    fits = agreement >= LEAST_AGREEMENT and shift <= MOST_SHIFT
    used = fits or bool(int8)
    (small if used else full).replace(folder / MODEL_FILE)
    (full if used else small).unlink()
    return Quantisation(used, agreement, shift)


def _trace(network: SortingNetwork, path: Path) -> None:
    """Traced on the processor, where it will serve; stays there."""
    network.cpu().eval()
    example = (torch.ones(2, 8, dtype=torch.int64), torch.ones(2, 8))
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        # The tracing exporter is announced as deprecated; the new one's graph cannot be quantised per channel.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            example,
            str(path),
            input_names=["tokens", "mask"],
            output_names=OUTPUTS,
            dynamic_axes={"tokens": axes, "mask": axes, **{name: {0: "texts"} for name in OUTPUTS}},
            opset_version=OPSET,
            dynamo=False,
        )


def _quantise(full: Path, small: Path) -> None:
    advice = logging.getLogger()
    before = advice.level
    advice.setLevel(logging.ERROR)  # the quantiser advises a preprocessing step, through the root logger
    try:
        model = onnx.load(str(full))
        quantize_dynamic(model, str(small), per_channel=True, weight_type=QuantType.QInt8)
    finally:
        advice.setLevel(before)


def _difference(before: Array, after: Array) -> tuple[float, float]:
    """Share of texts with the same label, and mean total variation."""
    agreement = float(np.mean(before.argmax(1) == after.argmax(1)))
    return agreement, float(np.abs(before - after).sum(1).mean() / 2)
