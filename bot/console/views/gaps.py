"""Gaps as one visitor may see them, one gap with its draft, and the report on articles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.console.views.queue import team_name
from bot.console.words import Tone, ago, clock, first_line, plain
from knowledge_base.index import Index
from workers.handbook import Handbook
from workers.knowledge import gap_searches, gaps
from workers.knowledge.article_report import ArticleReport, Overlaps, readable_ids, report_on
from workers.knowledge.drafting import without_notes
from workers.knowledge.gaps import Reader, Shown
from workers.store.tables import GapSearch, KnowledgeGap, Person

STATE_TONES: dict[str, Tone] = {
    gaps.OPEN: "warn", gaps.DRAFTED: "info", gaps.PUBLISHED: "good", gaps.DISMISSED: "calm", gaps.FADED: "calm",
}  # fmt: skip


@dataclass(frozen=True)
class GapRow:
    """One line of the list."""

    id: int
    name: str
    people: int
    tickets: int
    hours: float
    nearest: str
    missing: str
    owner: str
    asked: str
    state: str
    tone: Tone


@dataclass(frozen=True)
class SearchView:
    """When gaps were looked for last, and whether somebody does now."""

    words: str
    alive: bool
    done: float


@dataclass(frozen=True)
class GapsView:
    """What the list shows."""

    rows: tuple[GapRow, ...]
    search: SearchView


@dataclass(frozen=True)
class AskedView:
    """One question of a gap."""

    text: str
    facts: str
    ticket: str  # the path of its ticket's page; empty without one here


@dataclass(frozen=True)
class SourceView:
    """One sentence of a draft, with the tickets that it comes from: words and path."""

    sentence: str
    tickets: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DraftView:
    """The draft as it was kept last."""

    text: str
    sources: tuple[SourceView, ...]
    said: str  # by whom and when


@dataclass(frozen=True)
class GapView:
    """One gap."""

    row: GapRow
    questions: tuple[AskedView, ...]
    facts: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    settled: str
    may_edit: bool
    draft: DraftView | None


def look(session: Session, person: Person, index: Index | None, every: bool, now: datetime) -> GapsView:
    """The gaps that this person may see, the heaviest first; with `every` also those that are settled.

    `index` is what is served; none: nothing was indexed yet.
    """
    titles = _titles(person, index)
    shown = gaps.all_shown(session, Reader.of(person), frozenset(titles), every=every)
    search = search_of(gap_searches.latest(session, person.workspace), now)
    return GapsView(tuple(row_of(gap, titles, now) for gap in shown), search)


def look_at(
    session: Session, person: Person, handbook: Handbook, index: Index | None, gap_id: int, now: datetime
) -> GapView | None:
    """One gap; none when there is no such gap for this person."""
    gap, titles, reader = session.get(KnowledgeGap, gap_id), _titles(person, index), Reader.of(person)
    shown = gaps.shown_to(gap, reader, frozenset(titles)) if gap and gap.workspace == person.workspace else None
    if gap is None or shown is None:
        return None
    writing = shown.may_edit and shown.state == gaps.DRAFTED
    return GapView(
        row=row_of(shown, titles, now),
        questions=tuple(_asked(one, now) for one in shown.questions),
        facts=_facts(shown, titles, handbook),
        missing=shown.missing,
        settled=shown.settled,
        may_edit=shown.may_edit,
        draft=_draft(gap, person.time_zone) if writing else None,
    )


def look_at_report(session: Session, person: Person, index: Index | None) -> ArticleReport | None:
    """What is wrong with the articles that this person may read; none before the first sync."""
    if index is None:
        return None
    last = gap_searches.latest_done(session, person.workspace)
    found = report_on(session, person.workspace, index, Overlaps.from_json(last.overlaps if last else None))
    return found.readable(readable_ids(index, Reader.of(person).audiences))


def _titles(person: Person, index: Index | None) -> Mapping[str, str]:
    """The articles that this person may read now."""
    readable = readable_ids(index, Reader.of(person).audiences)
    return {one.id: one.title for one in index.articles if one.id in readable} if index else {}


def row_of(gap: Shown, titles: Mapping[str, str], now: datetime) -> GapRow:
    """One gap in a line."""
    return GapRow(
        id=gap.id,
        name=first_line(gap.name, 140),
        people=gap.people,
        tickets=gap.tickets,
        hours=round(gap.minutes / 60, 1),
        nearest=f"{titles[gap.nearest]} ({gap.probability:.0%})" if gap.nearest else "–",
        missing=", ".join(gap.missing) or "–",
        owner=gap.owner or "–",
        asked=ago(gap.last_asked_at, now),
        state=gap.state,
        tone=STATE_TONES[gap.state],
    )


def search_of(search: GapSearch | None, now: datetime) -> SearchView:
    """The last search in words."""
    if search is None:
        return SearchView("Nobody has looked for gaps yet.", False, 0.0)
    if search.state in ("queued", "running"):
        return SearchView(f"Looking for gaps: {search.stage}", True, search.done)
    when = ago(search.finished_at or search.requested_at, now)
    if search.state == "failed":
        return SearchView(f"The last search failed {when}: {search.error}", False, 0.0)
    return SearchView(f"{search.questions} questions were compared {when}.", False, 0.0)


def _facts(gap: Shown, titles: Mapping[str, str], handbook: Handbook) -> tuple[tuple[str, str], ...]:
    nearest = f"{titles[gap.nearest]}, answers with {gap.probability:.0%}" if gap.nearest else "none that you may read"
    return (
        ("People", str(gap.people)),
        ("Tickets", str(gap.tickets)),
        ("Handling", f"{gap.minutes / 60:.1f} business hours"),
        ("Teams", ", ".join(team_name(handbook, team) for team in gap.teams) or "–"),
        ("Nearest article", nearest),
        ("Would write it", gap.owner or "nobody yet"),
        *((("Published as", gap.article_id),) if gap.article_id else ()),
    )


def _asked(one: gaps.Asked, now: datetime) -> AskedView:
    facts = [ago(one.at, now), *([one.ticket] if one.ticket else []), *([one.team] if one.team else [])]
    return AskedView(one.text, " · ".join(facts), ticket_path(one.ticket))


def _draft(gap: KnowledgeGap, time_zone: str) -> DraftView | None:
    draft = gap.draft
    if draft is None:
        return None
    by, at = (draft.edited_by, draft.edited_at) if draft.edited_at else (draft.made_by, draft.made_at)
    sources = tuple(
        SourceView(row["text"], tuple((ticket, ticket_path(ticket)) for ticket in row["tickets"]))
        for row in draft.sources
    )
    return DraftView(
        draft.text, sources, f"{plain('edited' if draft.edited_at else 'made')} by {by}, {clock(at, time_zone)}"
    )


def ticket_path(reference: str | None) -> str:
    """The page of a ticket of ours; empty for one of another system."""
    number = re.fullmatch(r"DESK-(\d+)", reference or "")
    return f"/tickets/{number[1]}" if number else ""


def preview_of(text: str) -> str:
    """The Markdown below a draft's front matter, without the notes that publishing takes out."""
    body = re.sub(r"\A---[ \t]*\n.*?^---[ \t]*$", "", text, count=1, flags=re.DOTALL | re.MULTILINE)
    return without_notes(body).strip()


def file_name_of(text: str) -> str:
    """The name under which a draft is downloaded: its id, as far as it can be read."""
    found = re.search(r"^id: *([A-Za-z0-9][A-Za-z0-9._-]{0,99})[ \t]*$", text, re.MULTILINE)
    return f"{found[1] if found else 'draft'}.md"
