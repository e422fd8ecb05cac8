"""Shadow: what a challenger would have done with the tickets of now, and who was right."""

from dataclasses import asdict
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, pairs, soft, tag
from bot.console.views import shadow as views
from bot.console.views.shadow import ShadowCard, ShadowView
from workers.store.columns import now
from workers.store.tables import Person

_LOOK_AGAIN_S = 5.0
_HINT = "A version in shadow scores each new ticket beside the champion, and decides nothing"
_COLUMNS: list[dict[str, Any]] = [
    {"name": name, "label": label, "field": name, "sortable": True, "align": "left"}
    for name, label in (
        ("text", "Ticket"), ("champion", "Champion"), ("shadow", "Shadow"), ("ended", "Ended as"), ("right", "Right"),
    )
]  # fmt: skip
_ROW = """
<q-tr :props="props" :data-testid="'disagreement-' + props.row.id" tabindex="0"
      @click="$parent.$emit('open', props.row.id)" @keydown.enter="$parent.$emit('open', props.row.id)">
  <q-td key="text" :props="props"><div class="dh-cut">{{ props.row.text }}</div></q-td>
  <q-td key="champion" :props="props"><div class="dh-wrap">{{ props.row.champion }}</div></q-td>
  <q-td key="shadow" :props="props"><div class="dh-wrap">{{ props.row.shadow }}</div></q-td>
  <q-td key="ended" :props="props"><div class="dh-wrap">{{ props.row.ended }}</div></q-td>
  <q-td key="right" :props="props"><span class="dh-tag"
    :class="'dh-' + props.row.tone">{{ props.row.right }}</span></q-td>
</q-tr>
"""


def register(console: Console) -> None:
    """Add the page."""
    console.page("/models/shadow", "Shadow", build, admin=True)


async def build(visit: Visit) -> None:
    """What runs in shadow, with its disagreements."""

    def look(session: Session, person: Person) -> ShadowView:
        return views.look(session, person, visit.console.handbook, now())

    with frame(visit, "Models", "Shadow", _HINT, part="Shadow"):
        await Live(visit, look, _draw, _LOOK_AGAIN_S).show()


def _draw(view: ShadowView) -> None:
    if not view.cards:
        empty("Nothing is in shadow", "Choose “Shadow…” beside a version on the Versions page.")
    with ui.element("div").classes("dh-stack"):
        for one in view.cards:
            _draw_card(one)
        if view.watched:
            with card("Since the promotion", "watched"):
                ui.label(view.watched[0]).classes("dh-strong dh-mono")
                soft("When the evidence is complete, the version before is served again by itself.")
                pairs(view.watched[1])


def _draw_card(one: ShadowCard) -> None:
    with card(test_id=f"shadow-{one.version}"):
        with ui.element("div").classes("dh-row"):
            ui.label(one.version).classes("dh-strong dh-mono")
            tag(f"in shadow as {one.role}" if one.alive else "stopped", "info" if one.alive else "calm")
        soft(f"Since {one.since}")
        if one.ended:
            ui.label(one.ended).classes("dh-text dh-small")
        ui.label(one.words).classes("dh-text").props('data-testid="shadow-words"')
        pairs(one.facts)
        if not one.rows:
            soft("No disagreement yet.")
            return
        table = ui.table(rows=[asdict(row) for row in one.rows], columns=_COLUMNS, row_key="id", pagination=25)
        table.classes("dh-table").props('flat data-testid="disagreements"').add_slot("body", _ROW)
        table.on("open", lambda event: ui.navigate.to(f"/tickets/{int(event.args)}"))
