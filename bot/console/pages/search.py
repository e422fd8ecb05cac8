"""Search: ask as the bot would be asked, and see why each passage ranks where it does."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, heading, soft, tag
from bot.console.pages.parts import NotServed, answerer_of
from bot.console.views import search as views
from bot.console.views.gate import percent
from bot.console.views.search import HitView, Row, SearchView
from bot.console.words import Tone
from knowledge_base.documents import EVERYONE
from workers.store.tables import Person

_LOOK_AGAIN_S = 30.0  # for articles that were retracted meanwhile
_COLOURS = 6  # dh-part-0 and on in style.css
_HINT = "Ask like an employee; see what Deskhand would do, and why each passage ranks where it does"


def register(console: Console) -> None:
    """Add the page."""
    console.page("/articles/search", "Search", build)


async def build(visit: Visit) -> None:
    """The question, the decision, the ranking. The address may bring a question: `?q=…`."""
    page = _SearchPage(visit, visit.request.query_params.get("q", ""))
    page.whom_to_choose = await visit.read(lambda _session, person: views.choices(person))
    with frame(visit, "Articles", "Search", _HINT, part="Search"):
        await page.show()


class _SearchPage:
    whom_to_choose: dict[str, str]

    def __init__(self, visit: Visit, question: str) -> None:
        self.visit, self.question, self.whom = visit, question, EVERYONE
        self.live = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    async def show(self) -> None:
        with ui.element("div").classes("dh-row dh-ask"):
            field = ui.input("Question", value=self.question, placeholder="VPN keeps disconnecting at home")
            field.props('outlined dense clearable autofocus data-testid="question"')
            field.on("keydown.enter", lambda: self._ask(field.value))
            ui.select(self.whom_to_choose, value=self.whom, label="as", on_change=lambda e: self._as(e.value)).props(
                'outlined dense options-dense data-testid="whom"'
            )
            ui.button("Search", on_click=lambda: self._ask(field.value)).props('unelevated data-testid="search"')
        await self.live.show()

    def _look(self, session: Session, person: Person) -> SearchView | NotServed:
        if not self.question.strip():
            return NotServed("Ask something", "Nothing that you ask here is kept, answered or learnt from.")
        answerer = answerer_of(self.visit.console)
        if isinstance(answerer, NotServed):
            return answerer
        return views.look(session, person, answerer, self.question, self.whom)

    async def _ask(self, question: str | None) -> None:
        self.question = question or ""
        await self.live.look_again()

    async def _as(self, whom: str) -> None:
        self.whom = whom
        await self.live.look_again()

    def _draw(self, view: SearchView | NotServed) -> None:
        if isinstance(view, NotServed):
            empty(view.title, view.hint)
            return
        with ui.element("div").classes("dh-stack"):
            _draw_decision(view)
            for hit in view.hits:
                _draw_hit(hit, view)


def _draw_decision(view: SearchView) -> None:
    with card(test_id="decision"):
        with ui.element("div").classes("dh-row"):
            tag(view.kind, view.tone, "kind")
            if view.not_alone:
                tag("not by itself now", "warn")
        ui.label(view.why).classes("dh-text").props('data-testid="why"')
        if view.not_alone:
            soft(f"The bot does not answer by itself at the moment: {view.not_alone}.")
        if view.hits:
            _scale(view.confidence, view.threshold)
        if view.words:
            with ui.element("div").classes("dh-row").style("gap: .35rem").props('data-testid="words"'):
                soft("Telling words:")
                for word, known in view.words:
                    tag(word, "good" if known else "bad").tooltip("stands in articles" if known else "in no article")
        if any(not known for _, known in view.words):
            soft("Words in red stand in no article.")


def _scale(confidence: float, threshold: float | None) -> None:
    """How sure it is, from 0 to 100 %, with the mark from which it would answer."""
    said = f"sure to {percent(confidence)}"
    needs = "no threshold is proved: suggestions only" if threshold is None else f"answers from {percent(threshold)} on"
    with ui.element("div").classes("dh-scale").props(f'role="img" aria-label="{said}; {needs}" data-testid="scale"'):
        ui.element("div").classes("dh-scale-fill").style(f"width: {confidence * 100:.1f}%")
        if threshold is not None:
            ui.element("div").classes("dh-scale-mark").style(f"left: {threshold * 100:.1f}%")
    soft(f"{said[:1].upper()}{said[1:]}; {needs}.")


def _draw_hit(hit: HitView, view: SearchView) -> None:
    enough = view.threshold is not None and hit.probability >= view.threshold
    tone: Tone = "good" if enough else "calm"
    with card(test_id=f"hit-{hit.article_id}"):
        with ui.element("div").classes("dh-row dh-row-apart"):
            with ui.element("div").classes("dh-row"):
                ui.label(str(hit.place)).classes("dh-place")
                heading(hit.title)
                soft(hit.article_id)
            tag(f"{percent(hit.probability)} likely to answer", tone, "probability")
        with ui.element("div").classes("dh-wide dh-why"):
            with ui.element("div").classes("dh-stack").style("gap: .5rem"):
                if hit.heading:
                    ui.label(hit.heading).classes("dh-strong dh-small")
                ui.html(hit.passage, tag="div").classes("dh-quote dh-text").props('data-testid="passage"')
                _draw_words(hit)
            with ui.element("div").classes("dh-stack").style("gap: .7rem"):
                _draw_score(hit)
                _draw_doors(hit)
        with (
            ui.expansion(f"Why {percent(hit.probability)}").props('dense data-testid="features"').classes("dh-numbers")
        ):
            _draw_features(hit)


def _draw_words(hit: HitView) -> None:
    for words, said in ((hit.elsewhere, "Elsewhere in the article: "), (hit.missing, "Not in the article: ")):
        if words:
            soft(said + " · ".join(words))


def _draw_score(hit: HitView) -> None:
    with ui.element("div").props('data-testid="score"'):
        with ui.element("div").classes("dh-row dh-row-apart dh-small"):
            ui.label("Score").classes("dh-strong")
            ui.label(f"{hit.score:.3f}").classes("dh-strong")
        said = ", ".join(f"{part.name} {part.shown}" for part in hit.parts)
        with ui.element("div").classes("dh-stacked").props('role="img"') as bar:
            bar.props["aria-label"] = f"Score {hit.score:.3f}: {said}"
            for at, part in enumerate(hit.parts):
                ui.element("div").classes(f"dh-part-{at % _COLOURS}").style(f"width: {max(0.0, part.adds) * 100:.2f}%")
            # What speaks against the article is taken off the end again.
            against = min(100.0, -sum(part.adds for part in hit.parts if part.adds < 0) * 100)
            ui.element("div").classes("dh-against").style(f"width: {against:.2f}%; margin-left: -{against:.2f}%")
        with ui.element("div").classes("dh-legend"):
            for at, part in enumerate(hit.parts):
                against_it = part.adds < 0
                ui.element("span").classes("dh-swatch " + ("dh-against" if against_it else f"dh-part-{at % _COLOURS}"))
                ui.label(part.name)
                ui.label(part.value).classes("dh-soft")
                ui.label(part.shown).classes("dh-bad" if against_it else "")
        if hit.lifted:
            soft("It stands before a higher score, since the articles nearest to it fit the question too.")


def _draw_doors(hit: HitView) -> None:
    with ui.element("div").props('data-testid="doors"'):
        ui.label("Found through").classes("dh-strong dh-small")
        with ui.element("div").classes("dh-doors"):
            for kind, text, near in hit.doors:
                ui.label(near)
                with ui.element("div"):
                    soft(kind)
                    ui.label(text).classes("dh-small dh-text")


def _draw_features(hit: HitView) -> None:
    most = max((abs(row.adds) for row in hit.features), default=1.0)
    with ui.element("table").classes("dh-features"):
        with ui.element("thead"), ui.element("tr"):
            for name in ("What is looked at", "Value", "Adds", ""):
                with ui.element("th").props('scope="col"'):
                    ui.label(name)
        with ui.element("tbody"):
            for row in hit.features:
                _draw_feature(row, most)
    ui.label(views.odds_in_words(hit)).classes("dh-small")
    if hit.silent:
        soft(f"{hit.silent} more are looked at and add nothing.")


def _draw_feature(row: Row, most: float) -> None:
    width, side = 50 * abs(row.adds) / most, "left: 50%" if row.adds > 0 else "right: 50%"
    with ui.element("tr"):
        for text in (row.name, row.value, row.shown):
            with ui.element("td"):
                ui.label(text)
        with ui.element("td"), ui.element("div").classes("dh-sides"):
            tone = "dh-more" if row.adds > 0 else "dh-less"
            ui.element("div").classes(tone).style(f"{side}; width: {width:.1f}%")
