"""Where a fine-tuning stands, on disk, so that one that was killed goes on and ends with the very same weights."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from classifier.errors import ClassifierError
from classifier.learning.network import SortingNetwork

STEPS_BETWEEN = 100
"""Steps after which the state is written, a few seconds' to a minute's work."""


class Checkpoint:
    """The state of one fine-tuning: steps done, weights, what the optimizer remembers, and what its caller keeps.

    `path` of None keeps nothing on disk. A file that is damaged, or was made for something else (`made_for` is a
    fingerprint of data, settings and code), counts as none: the training starts at the beginning.
    """

    def __init__(self, path: Path | None, made_for: str) -> None:
        self._path, self._made_for = path, made_for
        self.kept: dict[str, Tensor] = {}
        """The caller's own."""

    def restore(self, network: SortingNetwork, optimizer: torch.optim.Optimizer) -> int:
        """Bring network and optimizer to the state on disk, and give the number of steps that are done; 0 for none."""
        found = self._read()
        if found is None:
            return 0
        step, tensors = found
        tuned = dict(_tuned(network))
        with torch.no_grad():
            for name, parameter in tuned.items():
                parameter.copy_(tensors[f"weight {name}"])
        for name, parameter in tuned.items():
            optimizer.state[parameter] = {
                part: tensors[f"{part} {name}"].to(parameter.device) for part in ("step", "exp_avg", "exp_avg_sq")
            }  # fmt: skip
        self.kept = {name.removeprefix("kept "): t for name, t in tensors.items() if name.startswith("kept ")}
        return step

    def save(self, network: SortingNetwork, optimizer: torch.optim.Optimizer, step: int) -> None:
        """Write the state after `step` steps. Raises `ClassifierError` when that cannot be done."""
        if self._path is None:
            return
        tensors = {f"kept {name}": tensor for name, tensor in self.kept.items()}
        for name, parameter in _tuned(network):
            tensors[f"weight {name}"] = parameter.detach()
            for part, value in optimizer.state[parameter].items():
                tensors[f"{part} {name}"] = value
        aside = self._path.with_name(f".{self._path.name}.partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            save_file(tensors, aside, {"made_for": self._made_for, "step": str(step)})
            aside.replace(self._path)
        except (OSError, SafetensorError) as error:
            raise ClassifierError(f"{self._path}: the training's state cannot be written: {error}.") from error

    def _read(self) -> tuple[int, dict[str, Tensor]] | None:
        if self._path is None or not self._path.is_file():
            return None
        try:
            with safe_open(self._path, "pt") as file:
                about = file.metadata() or {}
                if about.get("made_for") != self._made_for:
                    return None
                return int(about["step"]), {name: file.get_tensor(name) for name in file.keys()}
        except (SafetensorError, OSError, KeyError, ValueError):
            return None


def _tuned(network: SortingNetwork) -> list[tuple[str, torch.nn.Parameter]]:
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
