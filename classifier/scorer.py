"""From cleaned text to raw logits: the tuned encoder and the words' weights, added up."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from classifier.encoder import Encoder
from classifier.errors import ClassifierError
from classifier.linear import Floats, LinearModel
from classifier.model_folder import MODEL_FILE, TOKENIZER_FILE, Manifest


@dataclass(frozen=True)
class Scorer:
    """Both parts of a model, loaded."""

    manifest: Manifest
    encoder: Encoder
    tokenizer: Tokenizer
    linear: LinearModel

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, threads: int = 1) -> "Scorer":
        """Load the parts. Raises `ClassifierError` for files that cannot be loaded."""
        encoder = Encoder(folder / MODEL_FILE, threads)
        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            linear = LinearModel.load(folder)
        except Exception as error:  # tokenizers raises bare Exception; numpy and json their own for damaged files
            raise ClassifierError(f"{folder}: cannot be loaded: {error}; restore it or train again.") from error
        tokenizer.enable_truncation(manifest.max_tokens)
        tokenizer.no_padding()
        return cls(manifest, encoder, tokenizer, linear)

    def logits(self, texts: Sequence[str]) -> Floats:
        """One row a cleaned text, one column a label; not calibrated."""
        if not texts:
            return np.zeros((0, len(self.manifest.labels)), dtype=np.float32)
        token_ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        by_encoder = np.float32(self.manifest.encoder_weight) * self.encoder.logits(token_ids)
        return by_encoder + np.float32(self.manifest.linear_weight) * self.linear.margins(texts)
