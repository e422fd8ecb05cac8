"""Tuning the encoder to an organisation's own questions: the top layers, contrastively, then part of the way back.

Only the top layers learn, with the multiple negatives ranking loss (Henderson et al. 2017) over in-batch and mined
negatives. The new weights are then mixed with the old ones (WiSE-FT, Wortsman et al. 2022), which keeps what the
encoder knew about everything that nobody has asked yet. Always from the untuned weights, so nothing drifts.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from knowledge_base.adapting_data import Pair, batches, data_fingerprint, pairs, questions_to_learn
from knowledge_base.documents import Question, fingerprint
from knowledge_base.embedding import Encoder, Progress
from knowledge_base.encoder_export import PROVENANCE, WEIGHTS, file_sha256
from knowledge_base.encoders import DIGITS
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.index import Index

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

FEWEST = 20
"""Questions below which an encoder learns nothing but these questions."""


@dataclass(frozen=True)
class Recipe:
    """How it is tuned; from trials, see docs/DECISIONS.md."""

    layers: int = 2  # the topmost that learn
    epochs: int = 3
    learning_rate: float = 1e-4
    batch: int = 32
    wrong: int = 1  # mined wrong doors of each question
    scale: float = 20.0  # by which cosines are multiplied before the softmax
    share: float = 0.5  # of the tuned weights; the rest stays as it was
    max_tokens: int = 64  # of a text, while learning; halves the time
    seed: int = 0


def adapt(
    base: Path,
    index: Index,
    encoder: Encoder,
    labelled: Sequence[Question],
    held_out: Sequence[Question],
    out_dir: Path,
    recipe: Recipe = Recipe(),
    progress: Progress | None = None,
) -> Path:
    """Tune the sentence-transformers model in `base`, and write it to `out_dir/<version>`.

    Nothing that stands among `held_out` is learnt, wherever else it stands: it is to judge the result.
    `index` and `encoder` are what is served: from them come the doors and the wrong answers. The same questions,
    articles and seed give the same version on the same machine. Raises KnowledgeBaseError; nothing is left behind then.
    """
    questions = questions_to_learn(index, labelled, held_out)
    rows = list(pairs(index, encoder, questions, recipe.wrong, recipe.seed))
    if len(rows) < FEWEST:
        raise KnowledgeBaseError(
            f"There are only {len(rows)} questions to learn from; it takes at least {FEWEST}. Write `ask` lines in the "
            "articles, or label questions in questions/development.jsonl."
        )
    weights, losses = _tune(base, rows, recipe, progress)
    provenance = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "base_weights_sha256": file_sha256(base / WEIGHTS),
        "data_sha256": data_fingerprint(rows),
        "index": index.version,
        "questions": len(rows),
        "losses": losses,
        "recipe": asdict(recipe),
        "learnt_from": sorted({fingerprint(question.text) for question in questions}),
    }
    return _save(base, weights, provenance, out_dir)


def _tune(
    base: Path, rows: Sequence[Pair], recipe: Recipe, progress: Progress | None
) -> tuple[dict[str, torch.Tensor], list[float]]:
    """All weights after the training, and the mean loss of each epoch."""
    import torch
    from safetensors.torch import load_file
    from sentence_transformers import SentenceTransformer

    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)
    model = SentenceTransformer(str(base), device="cpu", local_files_only=True)
    model.max_seq_length = min(recipe.max_tokens, model.max_seq_length or recipe.max_tokens)
    layers = _layers(model, base)
    model.requires_grad_(False)
    for layer in layers[len(layers) - recipe.layers :]:
        layer.requires_grad_(True)
    losses = list(_epochs(model, rows, recipe, progress))
    tuned = _bert(model).state_dict()
    old = load_file(base / WEIGHTS)
    return {name: _mix(value, tuned.get(name), recipe.share) for name, value in old.items()}, losses


def _layers(model: SentenceTransformer, base: Path) -> list[Any]:
    layers = list(getattr(getattr(_bert(model), "encoder", None), "layer", ()))
    if not layers:
        raise KnowledgeBaseError(f"{base}: only encoders of BERT's build can be tuned here.")
    return layers


def _bert(model: SentenceTransformer) -> Any:
    return model[0].auto_model


def _mix(old: torch.Tensor, new: torch.Tensor | None, share: float) -> torch.Tensor:
    """The old weights, moved towards the new ones by this share; untouched where nothing was learnt."""
    if new is None or not old.is_floating_point() or bool((new == old).all()):
        return old
    return (old + share * (new - old)).contiguous()


def _epochs(
    model: SentenceTransformer, rows: Sequence[Pair], recipe: Recipe, progress: Progress | None
) -> Iterator[float]:
    import torch
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    loss_of = MultipleNegativesRankingLoss(model, scale=recipe.scale)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=recipe.learning_rate, weight_decay=0.01)
    shuffle = Random(recipe.seed)
    plan = [list(batches(rows, recipe.batch, shuffle)) for _ in range(recipe.epochs)]
    total, done = sum(map(len, plan)), 0
    model.eval()  # without dropout: with so few questions it costs more than it saves
    for epoch in plan:
        losses = []
        for batch in epoch:
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * min(1.0, (done + 1) / (0.1 * total)) * (total - done) / total
            loss = loss_of([model.preprocess(column) for column in _columns(batch)], torch.empty(0))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learning, 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
            done += 1
            if progress is not None:
                progress("learning from questions", done, total)
        yield sum(losses) / len(losses)


def _columns(batch: Sequence[Pair]) -> list[list[str]]:
    """Questions, right doors, and as many columns of wrong ones as every pair has."""
    depth = min(len(pair.wrong) for pair in batch)
    wrong = [[pair.wrong[column][1] for pair in batch] for column in range(depth)]
    return [[pair.question for pair in batch], [pair.right for pair in batch], *wrong]


def _save(base: Path, weights: dict[str, torch.Tensor], provenance: dict[str, Any], out_dir: Path) -> Path:
    """The base model's folder with other weights, written aside and moved into place in one step."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    aside: Path | None = None
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        aside = Path(mkdtemp(prefix=".encoder.", dir=out_dir))
        shutil.copytree(base, aside, dirs_exist_ok=True, ignore=shutil.ignore_patterns(WEIGHTS, PROVENANCE, "*.py*"))
        save_file(weights, aside / WEIGHTS, metadata={"format": "pt"})
        (aside / PROVENANCE).write_text(json.dumps(provenance, indent=1), encoding="utf-8")
        target = out_dir / file_sha256(aside / WEIGHTS)[:DIGITS]
        aside.chmod(0o755)
        if not (target / PROVENANCE).is_file():
            aside.rename(target)
        return target
    except (OSError, SafetensorError) as error:  # safetensors has a type of its own for a full disk
        raise unreadable(out_dir, error) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
