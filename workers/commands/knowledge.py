"""`deskhand kb gaps | draft | report`: what to write next, and what is wrong with what is written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from knowledge_base import embedding
from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.knowledge import article_report, drafts, gap_searches, gaps
from workers.knowledge.articles import ArticleTrouble
from workers.service_desk import ServiceDesk

gaps_app = typer.Typer(help="Questions that no article answers: what to write next.")
SHOWN = 20
Since = Annotated[int, typer.Option(min=1, max=3650, help="How many days back questions count.")]


@gaps_app.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    as_json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="Also published, dismissed and faded ones.")] = False,
    workspace: Workspace = None,
) -> None:
    """What no article answers, ranked by people × handling time."""
    if context.invoked_subcommand is not None:
        return
    with plainly():
        desk, where = here(workspace)
        found = _shown(desk, where, every)
        if as_json:
            print(json.dumps([asdict(gap) for gap in found], default=str, ensure_ascii=False))
            return
        show([_row(gap) for gap in found[:SHOWN]], False, "No gap is known. `deskhand kb gaps refresh` looks for them.")
        if len(found) > SHOWN:
            typer.echo(f"{len(found) - SHOWN} more; --json shows all.")


@gaps_app.command()
def refresh(since: Since = gap_searches.SINCE_DAYS, workspace: Workspace = None) -> None:
    """Look for gaps now. By itself that happens once a week."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.begin() as session:
            search = gap_searches.request(session, where, operator()).id
        with bar() as progress:
            new = gap_searches.run(desk, search, since, progress)
        if new is None:
            typer.echo("A worker has begun with it already; `deskhand kb gaps` shows what it finds.")
            return
        typer.echo(f"{new} new gaps; {len(_shown(desk, where, False))} to be worked on.")


def draft(
    gap: Annotated[int, typer.Argument(help="Its number, as `deskhand kb gaps` shows it.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file, which must not be there.")] = None,
    workspace: Workspace = None,
) -> None:
    """Put an article together from what a gap's closed tickets say. It answers nobody until a person publishes it."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.begin() as session:
            reader = gaps.Reader.operator(where, operator())
            text = drafts.make(session, reader, gap, desk).text
        if out is None:
            typer.echo(text)
            return
        drafts.write_new(out, text)
        typer.echo(f"draft written to {out}")


def report(as_json: Json = False, workspace: Workspace = None) -> None:
    """Duplicate, contradicting, stale and never-used articles.

    Contradictions are found by a rule: nearly the same sentence with another number, version, path or opposite.
    """
    with plainly(), bar(quiet=as_json) as progress:
        desk, where = here(workspace)
        with desk.store.read() as session:
            index = article_report.served_index(session, desk.bundles)
            if index is None:
                raise ArticleTrouble("No article has been indexed yet. Run `deskhand kb sync` first.")
            overlaps = article_report.Overlaps.of(index, progress)
            found = article_report.report_on(session, where, index, overlaps)
    if as_json:
        print(json.dumps(asdict(found), default=str, ensure_ascii=False))
        return
    pairs = [(pair.first, pair.second, pair.where.split(". ")[0]) for pair in found.duplicates]
    _table("Duplicates", ("first", "second", "where"), pairs)
    says = [(f"{pair.first}: {pair.first_says}", f"{pair.second}: {pair.second_says}") for pair in found.contradictions]
    _table("Contradictions, as far as a rule finds them", ("one says", "the other says"), says)
    _table("Stale", ("article", "owner", "why"), [(one.article_id, one.owner, one.stale) for one in found.stale])
    unused = [(one.article_id, one.owner) for one in found.never_used]
    _table("Shown to nobody for 90 days", ("article", "owner"), unused)


def _table(title: str, columns: tuple[str, ...], rows: list[Any]) -> None:
    Console().print(f"[bold]{title}[/bold]: {len(rows)}", highlight=False)
    if rows:
        show([dict(zip(columns, row, strict=True)) for row in rows], False, "")


def _shown(desk: ServiceDesk, workspace: str, every: bool) -> list[gaps.Shown]:
    reader = gaps.Reader.operator(workspace, operator())
    with desk.store.read() as session:
        readable = article_report.readable_ids(article_report.served_index(session, desk.bundles), reader.audiences)
        return gaps.all_shown(session, reader, readable, every=every)


def _row(gap: gaps.Shown) -> dict[str, Any]:
    return {
        "gap": gap.id,
        "question": " ".join(gap.name.split())[:60],
        "people": gap.people,
        "tickets": gap.tickets,
        "hours": f"{gap.minutes / 60:.1f}",
        "nearest": f"{gap.nearest} {gap.probability:.0%}" if gap.nearest else None,
        "missing": " ".join(gap.missing),
    }


@contextmanager
def bar(quiet: bool = False) -> Iterator[embedding.Progress]:
    """A progress bar on stderr; none for programs."""
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as shown:
        task = shown.add_task("reading", total=None)
        yield lambda stage, done, total: shown.update(task, description=stage, completed=done, total=total)
