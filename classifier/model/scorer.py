"""From cleaned text to raw logits: the parts of a model, loaded, and what they say added up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from classifier.errors import ClassifierError
from classifier.model.encoder import Encoder, Seen
from classifier.model.fields import Field, FieldName, of_fields, of_labels
from classifier.model.linear import Floats, LinearHead, LinearModel
from classifier.model.model_folder import MODEL_FILE, TOKENIZER_FILE, Manifest
from classifier.model.parts import Part, Weights


@dataclass(frozen=True)
class Scored:
    """What the parts make of some texts: one row each."""

    parts: dict[Part, Floats]
    """Labels' logits of every part that is used."""
    logits: Floats
    """Their sum with the labels' offsets; not calibrated."""
    seen: Seen | None
    """The encoder's vectors; None for a model without an encoder."""
    fields: dict[FieldName, Floats] = field(default_factory=dict)
    """Logits of every field that the model has learnt beside the label."""


@dataclass(frozen=True)
class Scorer:
    """The parts of a model that have a weight, loaded."""

    manifest: Manifest
    encoder: Encoder | None
    tokenizer: Tokenizer | None
    untuned: LinearHead | None
    words: LinearModel | None

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, threads: int = 1) -> "Scorer":
        """Load the parts. Raises `ClassifierError` for files that cannot be loaded."""
        weights = manifest.weights
        encoder = Encoder(folder / MODEL_FILE, threads) if weights.needs_encoder else None
        try:
            tokenizer = _tokenizer(folder, manifest.max_tokens) if weights.needs_encoder else None
            untuned = LinearHead.load(folder) if weights.untuned else None
            words = LinearModel.load(folder) if weights.words else None
        except Exception as error:  # tokenizers and safetensors raise bare types of their own for damaged files
            raise ClassifierError(f"{folder}: cannot be loaded: {error}; restore it or train again.") from error
        return cls(manifest, encoder, tokenizer, untuned, words)

    def score(self, texts: Sequence[str]) -> Scored:
        """For cleaned texts."""
        if not texts:
            return Scored({}, np.zeros((0, len(self.manifest.labels)), dtype=np.float32), None)
        seen = self.see(texts)
        manifest = self.manifest
        whole = combine(seen, self.untuned, self.words, texts, manifest.weights)
        offsets = np.asarray(manifest.offsets, dtype=np.float32)
        return add_up(whole, seen, manifest.weights, offsets, manifest.fields)

    def see(self, texts: Sequence[str]) -> Seen | None:
        """What the encoder makes of cleaned texts; None for a model without an encoder."""
        if self.encoder is None or self.tokenizer is None:
            return None
        return self.encoder.see([encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))])


def combine(
    seen: Seen | None, untuned: LinearHead | None, words: LinearModel | None, texts: Sequence[str], weights: Weights
) -> dict[Part, Floats]:
    """All columns of every part that has a weight, one row a text."""
    parts: dict[Part, Floats] = {}
    if seen is not None and weights.tuned:
        parts["tuned"] = seen.logits
    if seen is not None and untuned is not None and weights.untuned:
        parts["untuned"] = untuned.logits(seen.untuned)
    if words is not None and weights.words:
        parts["words"] = words.margins(texts)
    return parts


def add_up(
    whole: dict[Part, Floats], seen: Seen | None, weights: Weights, offsets: Floats, fields: Sequence[Field]
) -> Scored:
    """The sums of all columns of the parts: one offset a label says how many columns are the labels'."""
    parts = of_labels(whole, len(offsets))
    return Scored(parts, weights.add(parts) + offsets, seen, of_fields(whole, len(offsets), fields))


def _tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer
