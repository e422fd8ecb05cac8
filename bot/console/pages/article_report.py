"""The report on articles: contradictions, duplicates, what is stale and what nobody is shown."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, soft
from bot.console.pages.parts import served_index
from bot.console.views import gaps as views
from knowledge_base.overlaps import Contradiction, Duplicate
from workers.knowledge.article_report import ArticleReport
from workers.knowledge.health import ArticleHealth
from workers.store.tables import Person

_LOOK_AGAIN_S = 60.0
_HINT = "Among the articles that you may read; compared with each other whenever gaps are looked for"


def register(console: Console) -> None:
    """Add the page."""
    console.page("/articles/report", "Report", build)


async def build(visit: Visit) -> None:
    """Four lists."""

    def look(session: Session, person: Person) -> ArticleReport | None:
        return views.look_at_report(session, person, served_index(visit.console))

    with frame(visit, "Articles", "Report", _HINT, part="Report"):
        await Live(visit, look, _draw_report, _LOOK_AGAIN_S).show()


def _draw_report(view: ArticleReport | None) -> None:
    if view is None:
        empty("No article has been indexed yet", "`deskhand kb sync` brings the desk folder's articles in.")
        return
    with ui.element("div").classes("dh-wide").style("align-items: start"):
        with card(f"Contradictions ({len(view.contradictions)})", "contradictions"):
            soft("Nearly the same sentence with another number, version, path or opposite. Others are not found.")
            if not view.contradictions:
                soft("None is known.")
            for contradiction in view.contradictions:
                _draw_contradiction(contradiction)
        with card(f"Duplicates ({len(view.duplicates)})", "duplicates"):
            soft("Two articles with a passage or a title that says the same.")
            if not view.duplicates:
                soft("None is known.")
            for duplicate in view.duplicates:
                _draw_duplicate(duplicate)
        with card(f"Stale ({len(view.stale)})", "stale"):
            _draw_articles(view.stale, "Every article was looked after lately.")
        with card(f"Shown to nobody for 90 days ({len(view.never_used)})", "never-used"):
            _draw_articles(view.never_used, "Every article was of use.")


def _draw_contradiction(pair: Contradiction) -> None:
    with ui.element("div").classes("dh-problem"):
        ui.label(pair.differs).classes("dh-strong")
        for article, says in ((pair.first, pair.first_says), (pair.second, pair.second_says)):
            ui.label(says).classes("dh-text")
            soft(article)


def _draw_duplicate(pair: Duplicate) -> None:
    with ui.element("div"):
        ui.label(f"{pair.first} and {pair.second}").classes("dh-strong")
        soft(f"{pair.where[:160]} · {pair.same_words:.0%} of the words in the same order")


def _draw_articles(found: tuple[ArticleHealth, ...], none: str) -> None:
    if not found:
        soft(none)
        return
    with ui.element("div").classes("dh-pairs"):
        for one in found:
            soft(one.owner)
            ui.label(" · ".join(part for part in (one.title or one.article_id, one.stale) if part)).classes("dh-small")
