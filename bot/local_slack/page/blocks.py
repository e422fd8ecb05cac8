"""Block Kit on the page."""

from collections.abc import Callable

from nicegui import ui

from bot.local_slack.jsontypes import Blocks, Json
from bot.local_slack.page import markdown, mrkdwn, rich_text
from bot.local_slack.page.elements import Place, element, value_element


def blocks(place: Place, shown: Blocks, errors: dict[str, str] | None = None) -> None:
    """All blocks of a message or a view, with `errors` under the inputs of a form."""
    with ui.element("div").classes("ls-blocks"):
        for block in shown:
            _DRAW.get(block["type"], _unknown)(place, block)
            message = (errors or {}).get(block["block_id"])
            if message:
                label = ui.label(message).classes("ls-field-error")
                label.props["data-testid"] = f"error-{block['block_id']}"


def text_html(place: Place, text: Json) -> str:
    """A text object as safe HTML."""
    if text["type"] == "mrkdwn":
        return mrkdwn.to_html(text["text"], place.screen.names)
    return mrkdwn.plain_to_html(text["text"])


def safe_html(markup: str) -> ui.html:
    """Markup that this package made; DOMPurify would take away link targets."""
    return ui.html(markup, sanitize=False).classes("ls-text")


def _section(place: Place, block: Json) -> None:
    with ui.element("div").classes("ls-section"):
        with ui.element("div").classes("body"):
            if block.get("text"):
                safe_html(text_html(place, block["text"]))
            if block.get("fields"):
                with ui.element("div").classes("ls-fields"):
                    for field in block["fields"]:
                        safe_html(text_html(place, field))
        if block.get("accessory"):
            element(place, block["block_id"], block["accessory"])


def _header(place: Place, block: Json) -> None:
    safe_html(text_html(place, block["text"])).classes("ls-header")


def _divider(place: Place, block: Json) -> None:
    ui.element("div").classes("ls-divider")


def _context(place: Place, block: Json) -> None:
    with ui.element("div").classes("ls-context"):
        for part in block["elements"]:
            if part["type"] == "image":
                ui.label(f"🖼 {part['alt_text']}")
            else:
                safe_html(text_html(place, part))


def _actions(place: Place, block: Json) -> None:
    with ui.element("div").classes("ls-actions"):
        for part in block["elements"]:
            element(place, block["block_id"], part)


def _input(place: Place, block: Json) -> None:
    with ui.element("div"):
        optional = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
        ui.html(text_html(place, block["label"]) + optional, sanitize=False).classes("ls-label")
        use = place.user_of(block["block_id"], block["element"])
        value_element(place, block["block_id"], block["element"], use)
        if block.get("hint"):
            ui.html(text_html(place, block["hint"]), sanitize=False).classes("ls-soft")


def _rich_text(place: Place, block: Json) -> None:
    safe_html(rich_text.to_html(block, place.screen.names))


def _markdown(place: Place, block: Json) -> None:
    safe_html(markdown.to_html(block["text"]))


def _image(place: Place, block: Json) -> None:
    # Nothing is fetched from other hosts: the alternative text stands for the picture.
    ui.label(f"🖼 {block['alt_text']}").classes("ls-soft")


def _alert(place: Place, block: Json) -> None:
    with ui.element("div").classes(f"ls-alert {block.get('level', 'default')}"):
        safe_html(text_html(place, block["text"]))


def _card(place: Place, block: Json) -> None:
    with ui.element("div").classes("ls-card"):
        if block.get("title"):
            safe_html(text_html(place, block["title"])).classes("ls-header")
        for key in ("subtitle", "body"):
            if block.get(key):
                safe_html(text_html(place, block[key])).classes("ls-soft" if key == "subtitle" else "")
        with ui.element("div").classes("ls-actions"):
            for part in block.get("actions") or []:
                element(place, block["block_id"], part)


def _table(place: Place, block: Json) -> None:
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(place, cell)}</td>" for cell in row) + "</tr>" for row in block["rows"]
    )
    safe_html(f"<table>{rows}</table>")


def _cell(place: Place, cell: Json) -> str:
    if cell["type"] == "rich_text":
        return rich_text.to_html(cell, place.screen.names)
    return mrkdwn.plain_to_html(str(cell.get("text") or cell.get("value") or ""))


def _task_card(place: Place, block: Json) -> None:
    sign = {"complete": "✅", "error": "❌", "in_progress": "⏳"}.get(block["status"], "◻️")
    ui.label(f"{sign} {block['title']}")


def _plan(place: Place, block: Json) -> None:
    ui.label(block["title"]).classes("ls-label")
    for task in block.get("tasks") or []:
        _task_card(place, task)


def _unknown(place: Place, block: Json) -> None:
    ui.label(f"[{block['type']}]").classes("ls-soft")


_DRAW: dict[str, Callable[[Place, Json], None]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "image": _image,
    "alert": _alert,
    "card": _card,
    "table": _table,
    "task_card": _task_card,
    "plan": _plan,
}
