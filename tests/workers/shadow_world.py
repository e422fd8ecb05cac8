"""A desk whose classifier versions are real folders, trained on a few tickets; and tickets that end as a test wants."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.learning.training import TrainingSettings, train
from classifier.model.inference import Classifier
from classifier.model.model_folder import MANIFEST_FILE, read_json, write_json
from tests.classifier.small_desk import small_tickets
from tests.workers.office import ANNA, JONAS, MIRA, WORKSPACE, Office, prediction
from workers import serving
from workers.routing.service import route
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.tables import Ticket
from workers.tickets import work
from workers.training import versions

LABELS = {"passwords": "identity_access", "network": "network_vpn", "printing": "printing", "buying": "procurement"}
SMALL = TrainingSettings(tuned_layers=1, epochs=2, max_tokens=32, threads=1, limit=0.3)


def train_small(folder: Path, encoder: Path) -> Path:
    """A model with the starter desk's label ids, from this encoder."""
    tickets = [replace(one, label=LABELS[one.label], team="") for one in small_tickets()]
    return train(tickets, folder, replace(SMALL, base_model=encoder))


def _copy(source: str, target: str) -> None:
    """The weights are never written to: a second name for them spares each test a hundred megabytes."""
    (os.link if source.endswith(".onnx") else shutil.copyfile)(source, target)


@dataclass(frozen=True)
class ShadowWorld:
    """The desk, and shortcuts."""

    office: Office
    desk: ServiceDesk
    model: Path  # a trained folder

    @classmethod
    def make(cls, office: Office, home: Path, model: Path) -> "ShadowWorld":
        """A desk without a version yet."""
        desk = ServiceDesk(Settings(home=home, desk=home / "desk"), office.store, office.handbook)
        return cls(office, desk, model)

    def add_version(self, version: str) -> str:
        """The trained model under another name."""
        folder = self.desk.models / version
        shutil.copytree(self.model, folder, copy_function=_copy)
        write_json(folder / MANIFEST_FILE, read_json(folder / MANIFEST_FILE) | {"version": version})
        return version

    def promote(self, version: str, why: str = "a test") -> None:
        """As an admin does it."""
        versions.promote(self.desk, WORKSPACE, version, MIRA, why)

    def served(self) -> str | None:
        """What is served now."""
        with self.office.store.read() as session:
            return serving.served(session, "classifier")

    def routed(self, text: str, label: str, confidence: float = 0.9, version: str = "v1", by: str = ANNA) -> int:
        """A ticket that the champion labelled; from 0.7 on it routed it by itself."""
        ticket = self.office.open(text=text, by=by)
        with self.office.store.begin() as session:
            found = session.get_one(Ticket, ticket)
            route(session, self.office.handbook, found, prediction(label, confidence), version)
        return ticket

    def solved(self, text: str, guess: str, truth: str, confidence: float = 0.9, version: str = "v1") -> int:
        """The same, brought to its right team by a person where that is needed, and resolved."""
        ticket = self.routed(text, guess, confidence, version)
        self.solve(ticket, truth)
        return ticket

    def solve(self, ticket: int, truth: str) -> None:
        """A person gives it its right label, and resolves it."""
        if self.office.ticket(ticket).label != truth:
            self.office.do(work.relabel, ticket, JONAS, truth)
        self.office.do(work.resolve, ticket, JONAS, "Done")

    def says(self, text: str) -> str:
        """The label that the trained model gives to a text."""
        (said,) = Classifier.open(self.model).classify([text], 0.3, self.office.handbook.teams_by_label)
        return said.label
