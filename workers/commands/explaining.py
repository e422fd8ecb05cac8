"""`deskhand classifier explain`: where a request or a ticket would go, the words for that, and the nearest tickets."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from classifier.commands import fields_in_words, plain, served_folder
from classifier.model.inference import Classifier, Prediction
from classifier.settings import ClassifierSettings
from workers.commands.shared import Json, Workspace, plainly
from workers.routing.explaining import Explainer, Why
from workers.service_desk import NotSetUp, ServiceDesk, open_desk, the_workspace
from workers.tickets import queries

_REFERENCE = re.compile(r"(?i)desk-(\d{1,9})")


def explain(
    text: Annotated[str, typer.Argument(help="A request, or a ticket such as DESK-7.")],
    model: Annotated[Path | None, typer.Option(help="Model folder; the served one when left out.")] = None,
    limit: Annotated[float, typer.Option(min=0.001, max=0.5, help="Highest share of misroutes accepted.")] = 0.05,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Show where a request would go, which words carried that, and which closed tickets are nearest."""
    with plainly():
        desk = open_desk()
        team = _workspace(desk, workspace)
        text, own = _request(desk, team, text)
        settings = ClassifierSettings()
        classifier = Classifier.open(model or served_folder(settings), settings.threads)
        (prediction,) = classifier.classify([text], limit, desk.handbook.teams_by_label)
        explainer = Explainer(desk)
        why = explainer.explain(classifier, text, explainer.closed_tickets(team), own)
    if as_json:
        print(json.dumps(_plain(prediction, why), ensure_ascii=False))
    else:
        _print(prediction, why)


def _workspace(desk: ServiceDesk, wanted: str | None) -> str | None:
    """The workspace that is meant; none where nobody has connected one and none was named."""
    with desk.store.read() as session:
        try:
            return the_workspace(session, wanted)
        except NotSetUp:
            if wanted is not None:
                raise
            return None


def _request(desk: ServiceDesk, workspace: str | None, text: str) -> tuple[str, str]:
    """The text, and the reference of the ticket that was meant, if any. Raises `NoSuchTicket`."""
    found = _REFERENCE.fullmatch(text.strip())
    if found is None or workspace is None:
        return text, ""
    with desk.store.read() as session:
        ticket = queries.get(session, workspace, int(found[1]))
        return ticket.text, ticket.reference


def _plain(prediction: Prediction, why: Why) -> dict[str, object]:
    return {
        **plain(prediction),
        "runner_up": why.runner_up,
        "words": why.words,
        "near": [asdict(one) for one in why.near],
    }


def _print(prediction: Prediction, why: Why) -> None:
    console = Console(highlight=False)
    decision = "accepted" if prediction.accepted else "a person decides"
    head = f"{why.label_name} ({prediction.label}) {prediction.confidence:.1%}: {decision}; "
    console.print(head + f"runner-up {why.runner_up_name}", markup=False)
    for line in fields_in_words(prediction):
        console.print(line, markup=False)
    table = Table("word", f"speaks for {_safe(why.label_name)}")
    for word, weight in sorted(why.words, key=lambda pair: -abs(pair[1]))[:12]:
        table.add_row(_safe(word), f"{weight:+.2f}")
    console.print(table)
    near = Table("nearest closed ticket", "label", "alike", "text")
    for one in why.near:
        line = " ".join(one.text.split())[:90]
        near.add_row(one.reference, _safe(one.label_name), f"{one.likeness:.0%}", _safe(line))
    console.print(near if why.near else "No closed ticket is like it.")


def _safe(text: str) -> str:
    return text.replace("[", "\\[")
