"""The network that is fine-tuned: an encoder, the mean over its tokens, and one linear head."""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModel

from classifier.errors import ClassifierError

MASKED = -1e4
"""Added to the attention to padding: nothing is left of it, and it still fits half precision."""


class SortingNetwork(nn.Module):
    """Token ids and mask to one logit a label.

    The lower part never changes in training, so its output can be computed once and kept; see `Features`.
    """

    def __init__(self, encoder: Any, labels: int, tuned_layers: int, dropout: float) -> None:
        super().__init__()
        layers = list(encoder.encoder.layer)
        self.embeddings: nn.Module = encoder.embeddings
        self.lower = nn.ModuleList(layers[: len(layers) - tuned_layers])
        self.upper = nn.ModuleList(layers[len(layers) - tuned_layers :])
        self.original = copy.deepcopy(self.upper)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, labels)
        for part in (self.embeddings, self.lower, self.original):
            part.requires_grad_(False)

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        return self.head.weight.device

    def keep(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """The frozen part: a vector for each token."""
        hidden: Tensor = self.embeddings(input_ids=tokens)
        for layer in self.lower:
            hidden = layer(hidden, _attention(mask))
        return hidden

    def embed(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The tuned layers, and the mean over the tokens that are not padding."""
        return _mean(self.upper, hidden, mask)

    def embed_untuned(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """What `embed` was before any training."""
        return _mean(self.original, hidden, mask)

    def classify(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Logits from what `keep` gave."""
        logits: Tensor = self.head(self.dropout(self.embed(hidden, mask)))
        return logits

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (one column a label), the tuned and the untuned vector; one row a text."""
        hidden = self.keep(tokens, mask)
        tuned = self.embed(hidden, mask)
        return self.head(tuned), tuned, self.embed_untuned(hidden, mask)

    def train(self, mode: bool = True) -> "SortingNetwork":
        """As `Module.train`, but the frozen parts stay as they serve: without dropout."""
        super().train(mode)
        for part in (self.embeddings, self.lower, self.original):
            part.eval()
        return self


def _mean(layers: nn.ModuleList, hidden: Tensor, mask: Tensor) -> Tensor:
    for layer in layers:
        hidden = layer(hidden, _attention(mask))
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


def _attention(mask: Tensor) -> Tensor:
    return (1.0 - mask[:, None, None, :].to(torch.float32)) * MASKED


def load_network(folder: Path, labels: int, tuned_layers: int, dropout: float) -> SortingNetwork:
    """A network with the weights in `folder` and a new head.

    Raises `ClassifierError` for an encoder that is not built from BERT's layers.
    """
    config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    config.attention_probs_dropout_prob = 0.0  # no loss seen without it (one seed), and it costs time
    build: Callable[..., Any] = AutoModel.from_config
    encoder = build(config, attn_implementation="eager")  # the one whose export can be quantised
    missing, _ = encoder.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    if lost := [name for name in missing if not name.startswith("pooler.")]:
        raise ClassifierError(f"{folder / 'model.safetensors'}: lacks weights of the encoder, such as {lost[0]}.")
    depth = len(getattr(getattr(encoder, "encoder", None), "layer", ()))
    if not depth:
        raise ClassifierError(f"{folder}: only encoders of BERT's build can be fine-tuned here.")
    if not 0 <= tuned_layers <= depth:
        raise ClassifierError(f"{folder}: has {depth} layers; {tuned_layers} of them cannot be tuned.")
    return SortingNetwork(encoder, labels, tuned_layers, dropout)


def device_for(wanted: str | None) -> torch.device:
    """The wanted device; the GPU where there is one, when none is named. Raises `ClassifierError` for one that is not
    there."""
    if wanted is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA asserts
        raise ClassifierError(f"There is no device {wanted!r} to train on: {error}") from error
    return device


def tokenizer_for(folder: Path, max_tokens: int) -> Tokenizer:
    """The encoder's tokenizer, which cuts at `max_tokens` and does not pad."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


class Features:
    """The texts of one training, as the frozen part of the network sees them.

    Kept in memory, in half precision, up to `budget` bytes in the order in which they are first asked for, since then
    each epoch costs only the tuned layers; computed again for each batch beyond that.
    """

    def __init__(self, network: SortingNetwork, tokens: Sequence[Sequence[int]], budget: int = 1_200_000_000) -> None:
        self.network = network
        """The one whose frozen part is used."""
        self._tokens = [torch.tensor(ids) for ids in tokens]
        self.lengths = [len(ids) for ids in tokens]
        self._kept: dict[int, Tensor] = {}
        self._left = budget

    def ids(self, row: int) -> list[int]:
        """The token ids of one text."""
        return [int(token) for token in self._tokens[row]]

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Vectors and mask of some texts, padded to the longest of them."""
        device = self.network.device
        mask = pad_sequence([torch.ones(self.lengths[row]) for row in rows], batch_first=True).to(device)
        if all(row in self._kept for row in rows):
            return pad_sequence([self._kept[row] for row in rows], batch_first=True).to(device).float(), mask
        tokens = pad_sequence([self._tokens[row] for row in rows], batch_first=True).to(device)
        with torch.no_grad():
            hidden = self.network.keep(tokens, mask)
        for place, row in enumerate(rows):
            if self._left > 0 and row not in self._kept:
                self._kept[row] = hidden[place, : self.lengths[row]].half().cpu()
                self._left -= self._kept[row].nbytes
        return hidden, mask
