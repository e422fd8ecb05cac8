"""`deskhand classifier import`: closed tickets of another system into a file that can be learnt from."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from classifier.commands import AsJson, plainly, progress_bar
from classifier.data.exports import Export, read_export
from classifier.data.mapping import read_choices
from classifier.data.redaction import redact
from classifier.data.rows import files_of
from classifier.data.splits import drop_duplicates
from classifier.data.taxonomy import Taxonomy
from classifier.data.ticket import Ticket, refuse
from classifier.errors import ClassifierError
from classifier.settings import ClassifierSettings

SHOWN_WORDS = 30


def import_(
    source: Annotated[Path, typer.Argument(help="An export of ServiceNow, Jira or Zendesk, or a folder of its pages.")],
    out: Annotated[Path | None, typer.Option(help="JSON Lines file to write; must not be there yet.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="YAML: which field is which, what its words mean here.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be read.")] = False,
    start_mapping: Annotated[
        Path | None, typer.Option(help="Write a mapping to this file, to be filled in: every unknown word in it.")
    ] = None,
    skip_mistakes: Annotated[bool, typer.Option(help="Leave out tickets with a mistake; else nothing is written.")] = (
        False
    ),
    taxonomy: Annotated[Path | None, typer.Option(help="The labels; the desk's when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read closed tickets out of another system's export, and write them as tickets to learn from.

    Secrets are cut out and requesters made anonymous. Says what was left out and why; with a mistake in the file
    nothing is written, unless it may be skipped. `deskhand tickets import` then brings the file in.
    """
    with plainly():
        if out is None and not dry_run:
            raise ClassifierError("Say where to write with --out FILE, or only look with --dry-run.")
        if out is not None and out.exists():
            raise ClassifierError(f"{out} is there already. Name a new file; nothing was changed.")
        labels = Taxonomy.read(taxonomy or ClassifierSettings().desk / "taxonomy.yaml").labels
        names = {label.name: label.id for label in labels} | {label.id: label.id for label in labels}
        own = read_choices(mapping) if mapping else {}
        if wrong := [label for label in own.get("labels", {}).values() if label not in names.values()]:
            raise ClassifierError(f"{mapping}: `{wrong[0]}` is not a label of the taxonomy.")
        export = _read(source, own, names, quiet=as_json)
        found = _findings(export)
        if start_mapping is not None:
            _write(start_mapping, [_mapping_to_fill_in(export, names)])
        _show(found, export, as_json)
        if not skip_mistakes:
            refuse(export.problems)
        if out is not None and not dry_run:
            _write(out, map(_line, export.tickets.values()))
            if not as_json:
                typer.echo(f"{len(export.tickets):,} tickets written to {out}")


def _read(source: Path, own: Mapping[str, Any], names: Mapping[str, str], quiet: bool) -> Export:
    sizes = {file: file.stat().st_size for file in files_of(source)}
    with progress_bar("reading", quiet=quiet) as (shown, task):
        shown.update(task, total=sum(sizes.values()))
        done: dict[Path, int] = {}

        def read(file: Path, count: int) -> None:
            done[file] = count
            shown.update(task, completed=sum(done.values()), description=f"reading {file.name}")

        return read_export(source, own, names, read)


def _findings(export: Export) -> dict[str, Any]:
    tickets = list(export.tickets.values())
    _, doubles = drop_duplicates(tickets)
    secrets: Counter[str] = Counter(kind for ticket in tickets for kind in redact(ticket.text).kinds)
    return {
        "system": export.mapping.system if export.mapping else None,
        "rows": export.rows,
        "tickets": len(tickets),
        "left_out": dict(sorted(export.left_out.items())),
        "mistakes": len(export.problems),
        "unknown_words": dict(sorted(export.unknown.items(), key=lambda pair: -pair[1])),
        "labels": dict(Counter(ticket.label for ticket in tickets).most_common()),
        "without_date": sum(ticket.closed_at is None and ticket.opened_at is None for ticket in tickets),
        "duplicates": len(doubles),
        "duplicates_with_another_label": sum(double.labels_differ for double in doubles),
        "secrets_cut": dict(secrets),
    }


def _show(found: dict[str, Any], export: Export, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    console = Console()
    console.print(
        f"{found['rows']:,} tickets of {found['system'] or 'no system'}: {found['tickets']:,} can be learnt from"
    )
    for line in _said(found):
        console.print(f"  {line}")
    if export.mapping is not None:
        fields = Table("our field", "is read from")
        for name, places in export.mapping.fields.items():
            fields.add_row(name, ", ".join(places) or "-")
        console.print(fields)
    if found["unknown_words"]:
        console.print(_counts("no label here", list(found["unknown_words"].items())[:SHOWN_WORDS]))
        console.print("Say in a mapping which label they mean; --start-mapping FILE writes one to fill in.")
    if found["labels"]:
        console.print(_counts("label", list(found["labels"].items())))


def _said(found: dict[str, Any]) -> Iterator[str]:
    for reason, count in found["left_out"].items():
        yield f"{count:,} left out: {reason}"
    sentences = {
        "without_date": "have no date; they are dealt out by chance, not by time",
        "duplicates": "say the same as an earlier one; training leaves them out",
        "duplicates_with_another_label": "of these have another label than the earlier one: one of the two is wrong",
    }
    for name, words in sentences.items():
        if found[name]:
            yield f"{found[name]:,} {words}"
    for kind, count in found["secrets_cut"].items():
        yield f"{count:,} held a {kind}, which is cut out"


def _counts(name: str, counted: list[tuple[str, int]]) -> Table:
    table = Table(name, "tickets")
    for word, count in counted:
        table.add_row(word.replace("[", "\\["), f"{count:,}")
    return table


def _mapping_to_fill_in(export: Export, names: Mapping[str, str]) -> str:
    """YAML with every unknown word; a label that has its words stands there, else `?`."""
    guesses = {word: _guess(word, names) for word in export.unknown}
    system = export.mapping.system if export.mapping else "?"
    head = "# Put the right label behind each word, or delete the line: its tickets are left out then.\n"
    return head + yaml.safe_dump({"system": system, "labels": guesses}, allow_unicode=True, sort_keys=False)


def _guess(word: str, names: Mapping[str, str]) -> str:
    similar = {name.casefold(): label for name, label in names.items()}
    parts = {part: label for name, label in similar.items() for part in re.findall(r"\w{3,}", name.replace("_", " "))}
    for said in (word.casefold(), *re.findall(r"\w{3,}", word.casefold())):
        if near := get_close_matches(said, similar | parts, n=1, cutoff=0.8):
            return str((similar | parts)[near[0]])
    return "?"


def _line(ticket: Ticket) -> str:
    row = {
        "id": ticket.id,
        "text": redact(ticket.text).text,
        "label": ticket.label,
        "team": ticket.team,
        "priority": ticket.priority,
        "request_type": ticket.request_type,
        "opened_at": ticket.opened_at and ticket.opened_at.isoformat(),
        "closed_at": ticket.closed_at and ticket.closed_at.isoformat(),
        "requester": ticket.requester,
        "resolution": redact(ticket.resolution).text,
    }
    return json.dumps({name: value for name, value in row.items() if value}, ensure_ascii=False) + "\n"


def _write(path: Path, lines: Iterator[str] | list[str]) -> None:
    aside = path.with_name(f".{path.name}.partial")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        aside.replace(path)
    except OSError as error:
        raise ClassifierError(f"{path}: cannot be written: {error.strerror or error}.") from error
    finally:
        aside.unlink(missing_ok=True)
