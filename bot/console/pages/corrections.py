"""From an article's dialog: the answers that quoted it, and a correction below them."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Visit
from bot.console.layout import answer_of, ask, card, empty, soft, tag
from bot.console.pages.parts import NotServed, answerer_of
from bot.console.views import corrections as views
from bot.console.views.corrections import CorrectionsView
from workers.knowledge import corrections
from workers.store.tables import Person

_LISTED = 50


async def show(visit: Visit, article_id: str, title: str) -> None:
    """The list; for admins and the article's owner the way to correct what is outdated."""

    def look(session: Session, person: Person) -> CorrectionsView | NotServed:
        answerer = answerer_of(visit.console)
        return answerer if isinstance(answerer, NotServed) else views.look(session, person, answerer, article_id)

    view = await visit.read(look)
    with visit.layer, ui.dialog() as dialog, card(f"Answers that quoted “{title}”", "quoted-answers"):
        if isinstance(view, NotServed):
            empty(view.title, view.hint)
        else:
            _draw(view)
        with ui.element("div").classes("dh-row").style("justify-content: flex-end"):
            ui.button("Close", on_click=lambda: dialog.submit(None)).props("flat no-caps color=grey")
            if not isinstance(view, NotServed) and view.may_correct and view.plan.corrections:
                button = ui.button("Post a correction…", on_click=lambda: dialog.submit("correct"))
                button.props('outline no-caps data-testid="correct"')
    if await answer_of(dialog) == "correct" and not isinstance(view, NotServed):
        await _correct(visit, view, title)


def _draw(view: CorrectionsView) -> None:
    number = f"{view.count} answer{'' if view.count == 1 else 's'} of the last {corrections.LOOK_BACK.days} days"
    soft(f"{number}; {len(view.plan.corrections)} of them quoted another text than stands there now.")
    if view.count and not view.may_correct:
        soft("Admins and the article's owner see them and can correct them.")
    for row in view.rows[:_LISTED]:
        with ui.element("div").classes("dh-row dh-row-apart").props('data-testid="quoted-answer"'):
            with ui.element("div"):
                ui.label(row.question).classes("dh-text")
                soft(f"{row.person} · {row.when}")
            tag(row.state, row.tone)
    if len(view.rows) > _LISTED:
        soft(f"and {len(view.rows) - _LISTED} older ones")


async def _correct(visit: Visit, view: CorrectionsView, title: str) -> None:
    def preview() -> None:
        if view.says_now:
            soft("It says now:")
            ui.markdown(view.says_now).classes("dh-prose").props('data-testid="says-now"')

    words = "What was wrong? The people who got the answer will read it."
    why = await ask(visit, f"Correct the answers from “{title}”", view.reach, "Post", words=words, draw=preview)
    if why is None:
        return

    def post(session: Session, person: Person) -> None:
        corrections.must_keep(person, view.plan.standing.article)
        corrections.post(session, person.workspace, view.plan, why, person.handle)

    await visit.act(post, "The corrections are on their way, one a second.")
