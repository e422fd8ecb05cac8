"""Why a ticket gets its label: its words, coloured by what they speak for, the runner-up, and the nearest tickets."""

from nicegui import ui

from bot.console.layout import soft
from bot.console.words import first_line, share
from workers.routing.explaining import Near, Why

STRONG, WEAK = 0.7, 0.1  # log-odds


def explanation(why: Why, label: str | None) -> None:
    """All of it. `label` is the ticket's own, which people may have chosen."""
    with ui.element("div").classes("dh-stack").style("gap: .6rem").props('data-testid="explanation"'):
        ui.label(f"{why.label_name} {share(why.chance)}; runner-up: {why.runner_up_name} {share(why.runner_up_chance)}")
        if label is not None and label != why.label:
            soft("The ticket has another label by now; this is what the model that is served would say.")
        with ui.element("div").classes("dh-words"):
            for word, weight in why.words:
                _word(word, weight, why)
        soft("Solid: speaks for the label. Dashed: for the runner-up. Found by leaving words out, one after the other.")
        ui.label("Nearest closed tickets").classes("dh-strong")
        if not why.near:
            soft("None is like it.")
        for one in why.near:
            _near(one, why.label)


def _word(word: str, weight: float, why: Why) -> None:
    side = "for" if weight > 0 else "against"
    strength = "strong" if abs(weight) >= STRONG else "some" if abs(weight) >= WEAK else ""
    label = ui.label(word)
    if strength:
        speaks_for = why.label_name if weight > 0 else why.runner_up_name
        label.classes(f"dh-word-{side} dh-word-{strength}").tooltip(f"speaks for {speaks_for}: {abs(weight):.2f}")


def _near(one: Near, label: str) -> None:
    with ui.element("div").props('data-testid="near"'):
        with ui.element("div").classes("dh-row dh-small"):
            if one.ticket_id is not None:
                ui.link(one.reference, f"/tickets/{one.ticket_id}").classes("dh-link")
            else:
                ui.label(one.reference).classes("dh-mono")
            ui.label(one.label_name).classes("dh-tag dh-good" if one.label == label else "dh-tag")
            ui.label(f"{one.likeness:.0%} alike").classes("dh-soft")
        soft(first_line(one.text, 140))
