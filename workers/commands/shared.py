"""What the commands share: the desk and its workspace, known errors in plain words, output for people or programs."""

import getpass
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError

from classifier.errors import ClassifierError
from knowledge_base.errors import KnowledgeBaseError
from workers.desk import DeskError
from workers.directory.port import DirectoryTrouble
from workers.folder.starting import StartingTrouble
from workers.governance.automations import AutomationError
from workers.knowledge.articles import ArticleTrouble
from workers.labelling.reviews import ReviewTrouble
from workers.routing.explaining import CannotExplain
from workers.service_desk import NotSetUp, ServiceDesk, open_desk, the_workspace
from workers.serving import NothingBefore
from workers.settings import SettingsError
from workers.tickets.queries import NoSuchTicket
from workers.training.runs import TrainingTrouble

KNOWN = (
    ArticleTrouble,
    AutomationError,
    CannotExplain,
    ClassifierError,
    DeskError,
    DirectoryTrouble,
    KnowledgeBaseError,
    NoSuchTicket,
    NotSetUp,
    NothingBefore,
    ReviewTrouble,
    SettingsError,
    StartingTrouble,
    TrainingTrouble,
)

Json = Annotated[bool, typer.Option("--json", help="For programs to read.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the audit log.")]
Workspace = Annotated[str | None, typer.Option(help="Slack team id; needed only where there are several.")]


@contextmanager
def plainly() -> Iterator[None]:
    """Known errors become one message on stderr and exit status 1; unknown ones keep their trace."""
    try:
        yield
    except KNOWN as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    except OperationalError as error:
        text = f"The database cannot be used: {error.orig}. Check DATABASE_URL, its rights and the free disk space."
        Console(stderr=True, soft_wrap=True).print(text, style="red", markup=False)
        raise typer.Exit(1) from error


def here(workspace: str | None) -> tuple[ServiceDesk, str]:
    """The desk, and the workspace that is meant."""
    desk = open_desk()
    with desk.store.read() as session:
        return desk, the_workspace(session, workspace)


def operator() -> str:
    """Who types: for the audit log."""
    return f"cli:{getpass.getuser()}"


def show(rows: Sequence[dict[str, Any]], as_json: bool, empty: str) -> None:
    """Rows as JSON, or as a table with the first row's columns."""
    if as_json:
        print(json.dumps(rows, default=_plain, ensure_ascii=False))
        return
    if not rows:
        Console().print(empty)
        return
    table = Table(*[name.replace("_", " ") for name in rows[0]])
    for row in rows:
        table.add_row(*[_cell(value) for value in row.values()])
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value).replace("[", "\\[")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
