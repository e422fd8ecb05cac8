"""What is served together: an index and the gate fitted for it, in one immutable folder named by its content."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from knowledge_base import chunking
from knowledge_base.documents import Article, Question
from knowledge_base.embedding import Encoder, Progress
from knowledge_base.encoder_export import file_sha256
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.gate import FEATURES, Gate
from knowledge_base.index import FORMAT, Index
from knowledge_base.prior import PRIOR
from knowledge_base.ranking import PARTS
from knowledge_base.sources import read_questions
from knowledge_base.vectors import Wish

MANIFEST, INDEX, GATE = "bundle.json", "index", "gate.json"
DEVELOPMENT, CALIBRATION, TEST = "development.jsonl", "calibration.jsonl", "test.jsonl"


@dataclass(frozen=True)
class Changes:
    """Article ids that differ between what is served and what the folder holds now."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int


def compare(previous: Index | None, articles: Sequence[Article]) -> Changes:
    """What a sync would change."""
    before = {article.id: article.content_hash for article in previous.articles} if previous else {}
    after = {article.id: article.content_hash for article in articles}
    return Changes(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(id for id in after.keys() & before.keys() if after[id] != before[id])),
        tuple(sorted(before.keys() - after.keys())),
        sum(before.get(id) == content for id, content in after.items()),
    )


def build_bundle(
    articles: Iterable[Article],
    questions_dir: Path | None,
    out_dir: Path,
    encoder_dir: Path,
    previous: Path | None = None,
    progress: Progress | None = None,
    search: Wish = "exact",
    confirmed: Mapping[str, Sequence[str]] | None = None,
    live: Sequence[Question] = (),
) -> Path:
    """Index the articles, fit the gate on the labelled questions, and write both to `out_dir/<version>`.

    `questions_dir` holds `development.jsonl` and `calibration.jsonl`; without them the gate only suggests.
    `previous` is an earlier bundle whose vectors are used again. `confirmed`: article id → questions that people said
    it solved, as further doors to it. `live`: questions labelled in use; they fit the gate as development questions do.
    What the encoder has learnt from fits no gate. The folder's name follows from its content, so building the same
    again gives the same folder.
    Raises KnowledgeBaseError; nothing is left behind then.
    """
    encoder = Encoder.open(encoder_dir, os.cpu_count() or 1)  # a build is waited for; serving takes one thread
    index = Index.build(articles, encoder, progress, open_index(previous), confirmed, search)
    gate = _fit(index, encoder, questions_dir, live, progress)
    return save_bundle(index, gate, out_dir)


def _fit(
    index: Index, encoder: Encoder, folder: Path | None, live: Sequence[Question], progress: Progress | None
) -> Gate:
    development = encoder.unseen([*labelled(folder, DEVELOPMENT), *live])
    calibration = encoder.unseen(labelled(folder, CALIBRATION))
    if not development and not calibration:
        return PRIOR
    # Only a fit needs it; a process that serves does not load it.
    from knowledge_base.gate_fitting import fit_gate

    return fit_gate(index, encoder, development, calibration, progress=progress)


def labelled(folder: Path | None, name: str) -> tuple[Question, ...]:
    """The questions of one split; none when there is no such file."""
    path = folder / name if folder else None
    return read_questions(path) if path and path.is_file() else ()


def layout() -> str:
    """What this version of Deskhand reads and makes: another one would build the same files anew."""
    return json.dumps([FORMAT, chunking.VERSION, FEATURES, PARTS])


def open_index(bundle: Path | None) -> Index | None:
    """The index of an earlier bundle, for reuse; None when it cannot be used, since it can always be made again."""
    if bundle is None:
        return None
    try:
        return Index.load(bundle / INDEX)
    except KnowledgeBaseError:
        return None


def save_bundle(index: Index, gate: Gate, out_dir: Path) -> Path:
    """Write aside, then move into place in one step. Two processes may do it at once."""
    aside: Path | None = None
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        aside = Path(mkdtemp(prefix=".bundle.", dir=out_dir))
        index.save(aside / INDEX)
        gate.save(aside / GATE)
        digest = file_sha256(aside / GATE)
        version = hashlib.sha256(f"{index.version}:{digest}".encode()).hexdigest()[:16]
        encoder = index.encoder_id
        manifest = {"version": version, "index": index.version, "encoder": encoder, "gate_sha256": digest}
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        target = out_dir / version
        aside.chmod(0o755)
        if not (target / MANIFEST).is_file():
            _move(aside, target)
        return target
    except OSError as error:
        raise unreadable(out_dir, error) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


def _move(aside: Path, target: Path) -> None:
    try:
        aside.rename(target)
    except OSError:
        # Another process was first with the same content.
        if not (target / MANIFEST).is_file():
            raise


def encoder_id(folder: Path) -> str:
    """The id of the encoder that a bundle's index was made with. Raises KnowledgeBaseError."""
    return str(_manifest(folder)["encoder"])


def load_bundle(folder: Path) -> tuple[str, Index, Gate]:
    """Version, index and gate, their checksums verified. Raises KnowledgeBaseError."""
    manifest = _manifest(folder)
    version, digest = str(manifest["version"]), manifest["gate_sha256"]
    if file_sha256(folder / GATE) != digest:
        raise KnowledgeBaseError(f"{folder / GATE} is damaged. Run `deskhand kb sync` to build it again.")
    index = Index.load(folder / INDEX)
    if index.version != manifest["index"] or index.encoder_id != manifest["encoder"]:
        raise KnowledgeBaseError(
            f"{folder} holds another index than it says. Run `deskhand kb sync` to build it again."
        )
    return version, index, Gate.load(folder / GATE)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {name: manifest[name] for name in ("version", "index", "encoder", "gate_sha256")}
    except OSError as error:
        raise unreadable(folder / MANIFEST, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeBaseError(
            f"{folder / MANIFEST} is damaged. Run `deskhand kb sync` to build it again."
        ) from error
