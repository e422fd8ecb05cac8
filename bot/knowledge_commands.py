"""`deskhand kb answers | correct | feedback`: which answers quoted an article, and what live use has taught."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.store.columns import now

if TYPE_CHECKING:
    from workers.knowledge.feedback import Feedback

Article = Annotated[str, typer.Argument(help="The article's id.")]
Days = Annotated[int, typer.Option(min=1, help="How far back to look.")]


def answers(article: Article, days: Days = 90, as_json: Json = False, workspace: Workspace = None) -> None:
    """Every answer that quoted this article, and whether the article has changed or gone since."""
    from bot.knowledge import Knowledge
    from workers.knowledge import corrections

    with plainly():
        desk, team = here(workspace)
        now_is = corrections.standing(Knowledge.of(desk).current(), article)
        with desk.store.read() as session:
            found = corrections.answers_that_quoted(session, team, now_is, now() - timedelta(days=days))
        rows = [{name: value for name, value in asdict(row).items() if name != "shown"} for row in found]
        show(rows, as_json, f"No answer of the last {days} days quoted {article}.")


def correct(
    article: Article,
    why: Annotated[str, typer.Option("--why", help="What was wrong, for the people who got the answer.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which answers would be corrected.")] = False,
    days: Days = 90,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Post a correction below each answer that quoted an older text of this article, or one that is gone.

    Each answer is corrected once for each version. The new text is quoted to those who may read it.
    """
    from bot.knowledge import Knowledge
    from workers.knowledge import corrections

    with plainly():
        desk, team = here(workspace)
        answerer = Knowledge.of(desk).current()
        with desk.store.read() as session:
            plan = corrections.plan(session, team, answerer, article, now() - timedelta(days=days))
        rows = [
            {"receipt": it.answer.receipt, "person": it.answer.person, "question": it.answer.question,
             "quotes": it.hit.passage if it.hit else None}
            for it in plan.corrections
        ]  # fmt: skip
        show(rows, as_json, f"No answer of the last {days} days needs a correction for {article}.")
        if dry_run:
            return
        with desk.store.begin() as session:
            posted = corrections.post(session, team, plan, why, operator())
        typer.echo(f"{posted} corrections are on their way.", err=True)


def feedback(as_json: Json = False, workspace: Workspace = None) -> None:
    """What people said about answers: doors to articles, evidence for the gate, and how far it can be trusted."""
    from workers.knowledge import feedback as live
    from workers.knowledge.indexing import labelled_questions, served_articles

    with plainly():
        desk, team = here(workspace)
        with desk.store.read() as session:
            found = live.summary(session, team, served_articles(session, desk.bundles), labelled_questions(desk))
    if as_json:
        print(json.dumps(asdict(found)))
    else:
        for line in in_words(found):
            typer.echo(line)


def in_words(found: "Feedback") -> list[str]:
    """The numbers for people."""
    judged = ", ".join(f"{share:.0%} of {way.replace('_', ' ')}" for way, share in found.response_shares.items())
    looks = ", ".join(f"{share:.0%}" for share in found.looks)
    doors = sum(found.doors.values())
    return [
        f"{found.outcomes} times people said what an article was worth: {found.solved} solved, {found.not_solved} not.",
        f"They say so for {judged or 'nothing yet'}; {looks} look at the first, second and third suggestion.",
        f"Doors with the next sync: {doors} questions to {len(found.doors)} articles.",
        f"Evidence for the gate: {found.evidence} questions, {found.evidence_right} of them solved; "
        f"worth as much as {found.worth:.0f} of equal weight.",
    ]
