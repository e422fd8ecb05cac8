"""A correction below an answer: with what stands in the article now, or only that the answer does not hold."""

from typing import Any

from knowledge_base import quoting as marks
from knowledge_base.answering import Hit
from workers.slack import notices
from workers.slack.blocks import Block, actions, button, context, cut, escape, quote, section

PASSAGE_LIMIT = 3000

View = dict[str, Any]


def quoting(hit: Hit, receipt_id: int, why: str) -> View:
    """For people who may read the article as it is now."""
    text, is_whole = marks.shown(hit.passage, hit.marks, PASSAGE_LIMIT)
    more = "" if is_whole else "It goes on: read the whole article."
    blocks: list[Block] = [
        section(f"✏️ *Correction* to my answer above, from “{escape(hit.title)}”\n{quote(why)}"),
        section("It says now:"),
        {"type": "markdown", "text": text},
        context(f"From “{escape(hit.title)}”, kept by {escape(hit.owner)}, updated {hit.updated}", more),
    ]
    read = button("Read the whole article", notices.READ_ARTICLE, f"{receipt_id}:{hit.article_id}")
    return _said(f"Correction to my answer above: {why}", blocks, receipt_id, read)


def gone(receipt_id: int, why: str) -> View:
    """For people who were quoted an article that answers nobody any more."""
    line = f"✏️ *Correction*: my answer above has been withdrawn. Please do not follow it any more.\n{quote(why)}"
    return _said(f"Correction: my answer above has been withdrawn. {why}", [section(line)], receipt_id)


def plain(receipt_id: int) -> View:
    """For people who may not read what stands in the article now: nothing of it, nor why."""
    line = "Correction: my answer above does not hold any more. Please do not follow it; ask me again."
    return _said(line, [section(f"✏️ {line}")], receipt_id)


def _said(plain_text: str, blocks: list[Block], receipt_id: int, *buttons: Block) -> View:
    ticket = button("Open a ticket", notices.OPEN_TICKET, str(receipt_id))
    return {"text": cut(escape(plain_text), 300), "blocks": [*blocks, actions([*buttons, ticket])]}
