"""Are the tickets of now still like those that the classifier learnt from, and is there a topic that nobody knows?

The reference is a sample of the tickets of the model's training and test: frozen embeddings, for those that it was not
trained on what it says about them, and the labels that all of them ended with. It is kept beside the models, so later
looks need none of the old texts.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.data.ticket import Ticket as ClosedTicket
from classifier.judging.drift import FEWEST, Finding, Sample, What, tests
from classifier.judging.label_shares import WINDOWS
from classifier.model.inference import Classifier
from classifier.model.provenance import in_split, new_to
from knowledge_base.embedding import Encoder, Progress, Vectors
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.settings import Settings as KnowledgeSettings
from workers import serving
from workers.oversight import owners
from workers.oversight.studies import Outcome
from workers.oversight.tickets_gone_by import gone_by, opened
from workers.oversight.topics import Recent, Topic, new_topics
from workers.redaction import redact
from workers.service_desk import ServiceDesk
from workers.slack import notices
from workers.store.columns import now
from workers.store.tables import Ticket
from workers.tickets import states
from workers.tickets.importing import fingerprint
from workers.training import challenger, known_tickets, versions
from workers.training.runs import TrainingTrouble

DAYS = 28
SAMPLE = 1000
"""Of the reference, and of the recent tickets: kernel and neighbours take their square."""
AT_ONCE = 32
NAMES: dict[What, str] = {
    "inputs": "What people write",
    "labels": "What it is about",
    "shares": "How often each label is asked for",
    "confidence": "How sure the model is",
}
"""Each test in plain words."""
UNKNOWN = ""  # stands where a ticket was trained on, so that what the model says about it counts for nothing


@dataclass(frozen=True)
class Report:
    """One look."""

    version: str
    since: str
    recent: int
    reference: int
    findings: tuple[Finding, ...]
    topics: tuple[Topic, ...]

    @property
    def alarm(self) -> bool:
        """Whether the owner is told."""
        return bool(self.topics) or any(finding.alarm for finding in self.findings)

    @property
    def words(self) -> tuple[str, ...]:
        """What it says, in plain words."""
        if not self.findings:
            return (f"Only {self.recent} tickets since {self.since} that it did not learn from; {FEWEST} are needed.",)
        said = []
        for one in self.findings:
            change = "has changed" if one.alarm else "is as it was, as far as can be told"
            said.append(f"{NAMES[one.what]} {change}: {one.detail} (p = {one.corrected:.3f}).")
        for topic in self.topics:
            said.append(
                f"Something new: {len(topic.tickets)} tickets of {topic.people} people about {', '.join(topic.words)}."
            )
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        findings = [asdict(finding) | {"alarm": finding.alarm} for finding in self.findings]
        return {**asdict(self), "findings": findings, "alarm": self.alarm, "words": list(self.words)}


def run(desk: ServiceDesk, workspace: str, asked: dict[str, Any], progress: Progress) -> Outcome:
    """The study; `asked` may hold `days`. Raises `TrainingTrouble` where no classifier is served."""
    with desk.store.read() as session:
        version = serving.served(session, "classifier")
    if version is None:
        raise TrainingTrouble("No classifier is served yet, so there is nothing to compare the tickets with.")
    versions.must_be_whole(desk, version)
    report = _look(desk, workspace, version, int(asked.get("days") or DAYS), progress)
    if report.alarm:
        with desk.store.begin() as session:
            owners.tell(session, workspace, notices.drift(report.words, desk.settings.public_url))
    return report.as_json(), report.alarm


def _look(desk: ServiceDesk, workspace: str, version: str, days: int, progress: Progress) -> Report:
    settings = KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, None), settings.encoder_threads)
    reader = _Reader(desk, Classifier.open(desk.models / version), encoder, progress)
    recent = recent_tickets(desk, workspace, version, days)[-SAMPLE:]
    since = f"{now() - timedelta(days=days):%d %B %Y}"
    if len(recent) < FEWEST:
        return Report(version, since, len(recent), 0, (), ())
    before = reference_of(desk, workspace, version, encoder.id, reader)
    after = reader.read([one.text for one in recent], "read recent tickets")
    held_out = [place for place, label in enumerate(before.labels) if label != UNKNOWN]
    fair = replace(before, labels=tuple(before.labels[at] for at in held_out), confidence=before.confidence[held_out])
    after = replace(after, ended=labels_by_week(desk, workspace, version))
    progress("compare", 0, 1)
    taken = desk.handbook.taxonomy.by_id
    topics = new_topics(before.vectors, after.vectors, recent, taken)
    return Report(version, since, len(recent), len(before.vectors), tests(fair, after), topics)


@dataclass(frozen=True)
class _Reader:
    """Turns texts into samples."""

    desk: ServiceDesk
    model: Classifier
    encoder: Encoder
    progress: Progress

    def read(self, texts: Sequence[str], stage: str) -> Sample:
        vectors: Vectors = self.encoder.encode(texts, lambda _stage, done, total: self.progress(stage, done, 2 * total))
        said = []
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            said += self.model.classify(part, challenger.STRICT_LIMIT, self.desk.handbook.teams_by_label)
            self.progress(stage, len(texts) + len(said), 2 * len(texts))
        return Sample(vectors, tuple(one.label for one in said), np.array([one.confidence for one in said]))


def recent_tickets(desk: ServiceDesk, workspace: str, version: str, days: int) -> list[Recent]:
    """Tickets of the last days that the model has not seen, oldest first; the desk folder's where few came in here."""
    fresh = _new_tickets(desk, workspace, version, days)
    return [Recent(ticket.id, redact(ticket.text).text, ticket.requester or ticket.id) for ticket in fresh]


def labels_by_week(desk: ServiceDesk, workspace: str, version: str) -> tuple[tuple[str, ...], ...]:
    """What the desk says that tickets are about, of those that the model has not seen, the newest week first.

    Open tickets count with the label they have now: without them a label whose tickets take long would seem to shrink.
    """
    fresh = [ticket for ticket in _new_tickets(desk, workspace, version, 7 * WINDOWS[-1]) if ticket.label]
    newest = max((opened(ticket) for ticket in fresh), default=now())
    weeks: list[list[str]] = [[] for _ in range(WINDOWS[-1] + 1)]
    for ticket in fresh:
        weeks[min((newest - opened(ticket)).days // 7, WINDOWS[-1])].append(ticket.label)
    while weeks and not weeks[-1]:
        weeks.pop()
    return tuple(map(tuple, weeks[: WINDOWS[-1]]))


def _new_tickets(desk: ServiceDesk, workspace: str, version: str, days: int) -> list[ClosedTicket]:
    with desk.store.read() as session:
        own = _from_store(session, workspace, days)
    folder = desk.models / version
    fresh = new_to(own, folder)
    if len(fresh) < FEWEST:
        more = gone_by(desk, workspace, days, now())
        fresh += new_to([ticket for ticket in more.tickets if ticket.id not in more.own], folder)
    return fresh


def _from_store(session: Session, workspace: str, days: int) -> list[ClosedTicket]:
    since = now() - timedelta(days=days)
    own = (Ticket.workspace == workspace, Ticket.opened_at >= since, Ticket.status != states.WITHDRAWN)
    return [
        ClosedTicket(
            known_tickets.number_of(ticket), ticket.text, ticket.label or "", opened_at=ticket.opened_at,
            requester=ticket.asked_elsewhere_by or fingerprint(ticket.requester.handle),
        )
        for ticket in session.scalars(select(Ticket).where(*own).order_by(Ticket.id))
    ]  # fmt: skip


def reference_of(desk: ServiceDesk, workspace: str, version: str, encoder_id: str, reader: _Reader) -> Sample:
    """The sample of what this version learnt from and was tested on; made at the first look, then kept.

    Raises `TrainingTrouble` where those tickets are not there any more.
    """
    path = desk.settings.home / "drift" / f"{version}.safetensors"
    kept = _read(path, encoder_id)
    if kept is not None:
        return kept
    known = [known_tickets.as_ticket(row) for row in known_tickets.known_tickets(desk, workspace).values()]
    sides = [in_split(known, desk.models / version, side) for side in (("train",), ("calibrate", "test"))]
    ended = tuple(ticket.label for side in sides for ticket in side if ticket.label)
    draw = np.random.default_rng(0)
    learnt, tested = ([side[at] for at in draw.permutation(len(side))[: SAMPLE // 2]] for side in sides)
    if len(tested) < FEWEST:
        raise TrainingTrouble(
            f"Of the tickets that {version} was tested on {len(tested)} are still here; {FEWEST} are needed. "
            "Train a new version."
        )
    read = reader.read([ticket.text for ticket in (*learnt, *tested)], "read what it learnt from")
    labels = (UNKNOWN,) * len(learnt) + read.labels[len(learnt) :]
    sample = Sample(read.vectors, labels, read.confidence, (ended,))
    _write(path, sample, encoder_id)
    return sample


def _write(path: Path, sample: Sample, encoder_id: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".partial")
    arrays: dict[str, np.ndarray] = {
        "vectors": sample.vectors.astype(np.float16),
        "confidence": sample.confidence.astype(np.float32),
    }
    said = {"labels": json.dumps(sample.labels), "ended": json.dumps(sample.ended), "encoder": encoder_id}
    save_file(arrays, aside, said)
    aside.replace(path)


def _read(path: Path, encoder_id: str) -> Sample | None:
    """The sample as it was kept; none where there is none, it is damaged, or another encoder made it."""
    try:
        with safe_open(path, framework="np") as file:
            said = file.metadata()
            if said["encoder"] != encoder_id:
                return None
            vectors, confidence = file.get_tensor("vectors"), file.get_tensor("confidence")
            labels, ended = json.loads(said["labels"]), json.loads(said["ended"])
            return Sample(
                vectors.astype(np.float32), tuple(labels), confidence.astype(np.float64), tuple(map(tuple, ended))
            )
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
