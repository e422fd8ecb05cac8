"""`deskhand classifier compare | shadow | disagreements | watch | replay | drift`: champion and challenger."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy.orm import Session

from workers.commands.knowledge import bar
from workers.commands.shared import Json, Why, Workspace, here, operator, plainly, show
from workers.oversight import drift, outcomes, replay, shadows, studies, watch
from workers.oversight.outcomes import Pair
from workers.service_desk import ServiceDesk
from workers.store.tables import Shadow
from workers.study import WORK
from workers.training import challenger, versions

SHOWN = 20
Version = Annotated[str, typer.Argument(help="As `deskhand classifier list` shows it.")]
Wanted = Annotated[str | None, typer.Argument(help="As `deskhand classifier list` shows it.")]


def compare(version: Version, as_json: Json = False, workspace: Workspace = None) -> None:
    """The promotion test: champion and this version on the same later tickets, with a recommendation."""
    with plainly():
        desk, where = here(workspace)
        versions.must_be_whole(desk, version)
        with Console(stderr=True).status("classifying the same tickets with both"):
            found = challenger.compare_with_champion(desk, where, version)
        if as_json:
            print(json.dumps(found, ensure_ascii=False))
            return
        Console().print(f"[bold]{found['recommendation']}[/bold]")
        for reason in found.get("reasons") or [found["why"]]:
            typer.echo(reason)


def shadow(
    version: Wanted = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop it; all of them when no version is named.")] = False,
    why: Why = "no reason given",
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Let a version score new tickets beside the champion, deciding nothing; without a version, say what runs."""
    with plainly():
        desk, where = here(workspace)
        if version is not None and not stop:
            versions.start_shadow(desk, where, version, operator(), why)
        with desk.store.begin() as session:
            if stop:
                shadows.stop(session, where, operator(), why, version)
            told = [row for row in shadows.latest(session) if as_json or row.stopped_at is None]
            rows = [_row(desk, session, where, row) for row in told]
        show(rows, as_json, "No version is in shadow. `deskhand classifier shadow VERSION` starts one.")


def disagreements(
    version: Wanted = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that are not solved yet.")] = False,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Where a version in shadow saw another label than the champion, and who was right once the ticket was solved."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.read() as session:
            latest = shadows.latest(session, limit=1)
            chosen = version or (latest[0].version if latest else "")
            found = outcomes.pairs(session, desk.handbook, where, chosen)
        counted = outcomes.tally(found, desk.handbook.desk.costs.costs)
        shown = [pair for pair in found if pair.differs and (every or pair.team is not None)]
        if as_json:
            rows = [_disagreement(desk, pair) for pair in shown]
            print(json.dumps({"version": chosen, **asdict(counted), "disagreements": rows}, ensure_ascii=False))
            return
        show([_disagreement(desk, pair) for pair in shown[:SHOWN]], False, "No disagreement that is settled.")
        typer.echo(f"{chosen or 'Nothing in shadow'}: {outcomes.in_words(counted)}")


def watched(as_json: Json = False, workspace: Workspace = None) -> None:
    """How the promoted classifier does live, and how near it is to being rolled back by itself."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.read() as session:
            found = watch.watched(session, desk.handbook, where)
        if found is None:
            show([], as_json, "Nothing is watched: the served version was rolled back to, or there is none.")
            return
        rows = [
            {"version": found.version, "against": one.against, "tickets": one.tickets,
             "evidence": f"{one.fortune:.1f} of {one.needed:.0f}", "says": one.words}
            for one in (found.compared, found.promised)
            if one is not None
        ]  # fmt: skip
        show(rows, as_json, "")


def replay_(
    version: Wanted = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days back.")] = replay.DAYS,
    limit: Annotated[
        float | None, typer.Option(min=0.001, max=0.5, help="Share of misroutes to allow; the desk's by default.")
    ] = None,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """What the last days would have looked like with this version and limit, beside the champion at the desk's own."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.begin() as session:
            study = studies.request(session, where, operator(), "replay", version=version, days=days, limit=limit).id
        with bar(quiet=as_json) as progress:
            done = studies.run(desk, study, WORK, progress)
        report = done.report if done is not None else None
        if report is None:
            typer.echo("A worker has begun with it already; the console's Replay page shows what it finds.")
        elif as_json:
            print(json.dumps(report, ensure_ascii=False))
        else:
            _show_replay(desk, report)


def drift_(
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days back tickets count as recent.")] = drift.DAYS,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Whether the tickets of now are like those that the served version learnt from. By itself once a week."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.begin() as session:
            study = studies.request(session, where, operator(), "drift", days=days).id
        with bar(quiet=as_json) as progress:
            done = studies.run(desk, study, WORK, progress)
        report = done.report if done is not None else None
        if report is None:
            typer.echo("A worker has begun with it already; the console's Drift page shows what it finds.")
        elif as_json:
            print(json.dumps(report, ensure_ascii=False))
        else:
            for line in report["words"]:
                typer.echo(line)
            for topic in report["topics"]:
                typer.echo(f"{topic['proposed']}: {', '.join(topic['tickets'])}")


def _show_replay(desk: ServiceDesk, report: dict[str, Any]) -> None:
    sides = [side for side in (report["champion"], report["challenger"]) if side is not None]
    rows = []
    for team in report["challenger"]["by_team"]:
        row: dict[str, Any] = {"team": desk.handbook.team(team).name}
        for name, side in zip(("champion", "this")[-len(sides) :], sides, strict=True):
            one = side["by_team"][team]
            row |= {"tickets": one["tickets"], f"{name} routes": one["routed"], f"{name} misroutes": one["misrouted"],
                    f"{name} saves h": f"{one['hours_saved']:.1f}"}  # fmt: skip
        rows.append(row)
    show(rows, False, "No ticket to replay.")
    typer.echo("\n".join([f"{report['first']} to {report['last']}", *report["words"]]))


def _row(desk: ServiceDesk, session: Session, workspace: str, row: Shadow) -> dict[str, Any]:
    found = outcomes.pairs(session, desk.handbook, workspace, row.version)
    counted = outcomes.tally(found, desk.handbook.desk.costs.costs)
    return {
        "version": row.version, "role": row.role, "by": row.started_by, "since": row.started_at,
        "scored": counted.scored, "differing": counted.differing, "stopped": row.stopped_at, "why": row.stopped_why,
    }  # fmt: skip


def _disagreement(desk: ServiceDesk, pair: Pair) -> dict[str, Any]:
    right = [name for name, guess in (("shadow", pair.shadow), ("champion", pair.champion)) if pair.is_right(guess)]
    return {
        "ticket": f"DESK-{pair.ticket_id}",
        "text": " ".join(pair.text.split())[:60],
        "champion": f"{pair.champion.label} {pair.champion.confidence:.0%}",
        "shadow": f"{pair.shadow.label} {pair.shadow.confidence:.0%}",
        "ended": pair.label,
        "right": None if pair.team is None else " and ".join(right) or "neither",
    }
