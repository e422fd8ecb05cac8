"""Drafts of articles: made from a gap, edited by their owner, published as a file of the desk folder.

The machine only suggests: a draft answers nobody, and what a person publishes answers after the next `kb sync`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge_base.documents import Article
from knowledge_base.sources import read_articles
from workers.governance import audit
from workers.handbook import Handbook
from workers.knowledge import gaps
from workers.knowledge.articles import ArticleTrouble
from workers.knowledge.drafting import Draft, Step, examples, free_id, known_names, tickets_of, title_of, without_notes
from workers.knowledge.gaps import Reader
from workers.knowledge.unsolved import requesters_in
from workers.service_desk import ServiceDesk
from workers.store.columns import now
from workers.store.tables import ArticleDraft, KnowledgeGap, Person

MOST_CHARACTERS = 100_000


def make(session: Session, reader: Reader, gap_id: int, desk: ServiceDesk) -> ArticleDraft:
    """Put a draft together from a gap's questions and resolutions. One that somebody has edited is given as it is.

    Raises `ArticleTrouble` or `NotAllowed`.
    """
    gap = gaps.to_edit(session, reader, gap_id)
    if gap.draft is not None and gap.draft.edited_by is not None and gap.state == gaps.DRAFTED:
        return gap.draft
    gaps.move(gap, "draft")
    names = known_names([*people_here(session, reader.workspace), *requesters_in(desk.settings.desk / "tickets")])
    asked = [question["text"] for question in gap.questions]
    title, taken = title_of(asked, names), {one.id for one in articles_of(desk)}
    owner = gap.owner or reader.handle
    made = Draft(free_id(title, taken), title, owner, now().date(), examples(asked, names), steps_of(gap.steps))
    row = gap.draft or ArticleDraft(workspace=gap.workspace, gap=gap)
    row.text, row.sources, row.made_by, row.made_at = made.text(), gap.steps, reader.handle, now()
    row.edited_by = row.edited_at = None
    session.add(row)
    session.flush()
    tickets = list(tickets_of(made.steps))
    audit.append(session, gap.workspace, reader.handle, "draft_made", gaps.subject(gap), tickets=tickets)
    return row


def edit(session: Session, reader: Reader, gap_id: int, text: str) -> ArticleDraft:
    """Keep what the owner has written so far; it need not be right yet. Raises `ArticleTrouble` or `NotAllowed`."""
    row = _draft_of(gaps.to_edit(session, reader, gap_id))
    if len(text) > MOST_CHARACTERS:
        raise ArticleTrouble(f"A draft has at most {MOST_CHARACTERS:,} characters; this one has {len(text):,}.")
    if text != row.text:
        row.text, row.edited_by, row.edited_at = text, reader.handle, now()
        audit.append(session, row.workspace, reader.handle, "draft_edited", gaps.subject(row.gap))
    return row


def discard(session: Session, reader: Reader, gap_id: int) -> None:
    """Throw the draft away; the gap stays. Raises `ArticleTrouble` or `NotAllowed`."""
    row = _draft_of(gaps.to_edit(session, reader, gap_id))
    gaps.move(row.gap, "discard")
    audit.append(session, row.workspace, reader.handle, "draft_discarded", gaps.subject(row.gap))
    session.delete(row)


def publish(session: Session, reader: Reader, gap_id: int, desk: ServiceDesk) -> Path:
    """Write the article's file into the desk folder; the next `kb sync` lets it answer. Gives the file.

    Raises `ArticleTrouble` with what is wrong, or `NotAllowed`; then no file was written, and none is ever overwritten.
    """
    row = _draft_of(gaps.to_edit(session, reader, gap_id))
    text = without_notes(row.text)
    article = checked(text, articles_of(desk), desk.handbook, reader.audiences)
    gap, file = row.gap, desk.settings.desk / "articles" / f"{article.id}.md"
    gaps.move(gap, "publish")
    gap.article_id, gap.settled_by, gap.settled_at = article.id, reader.handle, now()
    gap.settled_why = f"published {article.id}"
    tickets = list(tickets_of(steps_of(row.sources)))
    audit.append(
        session, gap.workspace, reader.handle, "article_published", gaps.subject(gap),
        article=article.id, owner=article.owner, audience=list(article.audience), tickets=tickets,
    )  # fmt: skip
    session.flush()
    write_new(file, text)
    return file


def articles_of(desk: ServiceDesk) -> Sequence[Article]:
    """The desk folder's articles as they are now, served or not."""
    return read_articles(desk.settings.desk / "articles", cache=desk.bundles.with_name("converted")).articles


def checked(text: str, others: Sequence[Article], handbook: Handbook, readable: frozenset[str]) -> Article:
    """The article that this text is. Raises `ArticleTrouble` that names line and field of what is wrong with it.

    It must be readable, its id and example questions must be free, its owner must work on the desk, and nobody writes
    for an audience that they are not in themselves.
    """
    with TemporaryDirectory(prefix="deskhand-draft-") as aside:
        (Path(aside) / "draft.md").write_text(text, encoding="utf-8")
        found = read_articles(Path(aside))
    if found.problems:
        problem = found.problems[0]
        field = f", {problem.field}" if problem.field else ""
        raise ArticleTrouble(f"Line {problem.line}{field}: {problem.message}")
    if found.left_out:
        raise ArticleTrouble(f"expires: it {found.left_out[0].reason}.")
    article = found.articles[0]
    if not set(article.audience) <= readable:
        raise ArticleTrouble(f"audience: you are not among {', '.join(article.audience)} yourself; ask an admin.")
    staff = {one.handle for one in handbook.people if one.role != "employee"}
    if article.owner not in staff:
        raise ArticleTrouble(f"owner: {article.owner!r} is neither agent nor admin in people.yaml.")
    _must_be_new(article, others)
    return article


def _must_be_new(article: Article, others: Sequence[Article]) -> None:
    claimed = {" ".join(question.casefold().split()): other.id for other in others for question in other.ask}
    if any(other.id == article.id for other in others):
        raise ArticleTrouble(f"id: {article.id!r} is the id of another article; choose another one.")
    for question in article.ask:
        if other := claimed.get(" ".join(question.casefold().split())):
            raise ArticleTrouble(f"ask: {question!r} is an example question of {other!r} already.")


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet: aside, then put into place in one step that overwrites nothing.

    Raises `ArticleTrouble`.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        aside.write_text(text, encoding="utf-8")
        try:
            os.link(aside, file)
        finally:
            aside.unlink()
    except FileExistsError as error:
        raise ArticleTrouble(f"{file.name} is there already; choose another id.") from error
    except OSError as error:
        said = f"{file} cannot be written: {error.strerror}. Download the draft, and put it there yourself."
        raise ArticleTrouble(said) from error


def steps_of(rows: Sequence[dict[str, list[str] | str]]) -> tuple[Step, ...]:
    """A gap's steps, as they lie in its row."""
    return tuple(Step(str(row["text"]), tuple(row["tickets"])) for row in rows)


def people_here(session: Session, workspace: str) -> list[str]:
    """The names of everybody in the workspace."""
    return list(session.scalars(select(Person.name).where(Person.workspace == workspace)))


def _draft_of(gap: KnowledgeGap) -> ArticleDraft:
    if gap.draft is None or gap.state != gaps.DRAFTED:
        raise ArticleTrouble(f"Gap {gap.id} has no draft that is being written.")
    return gap.draft
