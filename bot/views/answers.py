"""What an employee sees as an answer: a quoted passage with its source, suggestions, one question, an offer."""

from collections.abc import Sequence
from typing import Any

from knowledge_base import quoting
from knowledge_base.answering import Hit
from knowledge_base.chunking import plain
from workers.slack import notices
from workers.slack.blocks import Block, actions, button, context, cut, escape, section

MARKDOWN_LIMIT = 3000  # of the 12,000 that a markdown block may have: an answer is a passage, not an article
VIEW_PORTIONS = 3  # of the whole article in a modal

View = dict[str, Any]


def answer(hit: Hit, receipt_id: int) -> View:
    """The passage, its article, and the question whether it helped."""
    shown = f"{receipt_id}:{hit.article_id}"
    blocks: list[Block] = [
        section(f"📖 *{escape(hit.title)}*"),
        *quoted(hit),
        _source(hit),
        actions(
            [
                button("This solved it", notices.SOLVED, shown, style="primary"),
                button("Not solved: open a ticket", notices.NOT_SOLVED, shown),
                button("Read the whole article", notices.READ_ARTICLE, shown),
                button("Why?", notices.WHY, f"receipt:{receipt_id}"),
            ]
        ),
    ]
    return {"text": cut(f"{hit.title}: {hit.passage}", 300), "blocks": blocks}


def quoted(hit: Hit) -> list[Block]:
    """The passage as it stands in the article, with what answers in bold; a very long one says that it goes on."""
    text, is_whole = quoting.shown(hit.passage, hit.marks, MARKDOWN_LIMIT)
    passage: Block = {"type": "markdown", "text": text}
    return [passage] if is_whole else [passage, context("It goes on: read the whole article.")]


def suggestions(hits: Sequence[Hit], receipt_id: int) -> View:
    """Articles that may help, to be opened one by one, and the way to a person."""
    return _choice(
        "I'm not sure that this answers it. One of these may help:",
        hits,
        receipt_id,
        last=button("None of these: open a ticket", notices.OPEN_TICKET, str(receipt_id)),
    )


def clarify(hits: Sequence[Hit], receipt_id: int) -> View:
    """One question between articles that compete."""
    return _choice(
        "Which of these do you mean?",
        hits,
        receipt_id,
        last=button("Something else: open a ticket", notices.OPEN_TICKET, str(receipt_id)),
    )


def offer(hit: Hit, button_text: str, offer_text: str, receipt_id: int, runbook: str) -> View:
    """The offer to do it; nothing happens before the click."""
    blocks = [
        section(f"🔑 {escape(offer_text)}"),
        context("I will never ask for a password or a code in Slack. Do not type one here."),
        actions(
            [
                button(button_text, notices.RUNBOOK_START, f"{receipt_id}:{runbook}", style="primary"),
                button("Show me the article", f"{notices.SHOW_ARTICLE}_0", f"{receipt_id}:{hit.article_id}"),
                button("Something else: open a ticket", notices.OPEN_TICKET, str(receipt_id)),
                button("Why?", notices.WHY, f"receipt:{receipt_id}"),
            ]
        ),
    ]
    return {"text": cut(offer_text, 300), "blocks": blocks}


def article(title: str, body: str, owner: str, updated: str) -> View:
    """The whole article as a modal."""
    parts = quoting.portions(body, MARKDOWN_LIMIT)[:VIEW_PORTIONS]
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Article"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [
            section(f"*{escape(title)}*"),
            *({"type": "markdown", "text": part} for part in parts),
            context(f"Kept by {escape(owner)}, updated {updated}"),
        ],
    }


def _choice(question: str, hits: Sequence[Hit], receipt_id: int, last: Block) -> View:
    blocks = [section(question)]
    for place, hit in enumerate(hits[:3]):
        show = button("Show", f"{notices.SHOW_ARTICLE}_{place}", f"{receipt_id}:{hit.article_id}")
        blocks.append(section(f"*{escape(hit.title)}*\n{_teaser(hit)}", accessory=show))
    blocks.append(actions([last, button("Why?", notices.WHY, f"receipt:{receipt_id}")]))
    titles = "; ".join(hit.title for hit in hits[:3])
    return {"text": cut(f"{question} {titles}", 300), "blocks": blocks}


def _teaser(hit: Hit) -> str:
    """The beginning of what answers, or of the passage."""
    start = hit.marks[0][0] if hit.marks else 0
    return cut(escape(" ".join(plain(hit.passage[start:]).split())), 140)


def _source(hit: Hit) -> Block:
    return context(f"From “{escape(hit.title)}”, kept by {escape(hit.owner)}, updated {hit.updated}")
