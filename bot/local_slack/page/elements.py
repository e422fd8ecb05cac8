"""Interactive elements of messages and views."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from bot.local_slack.acting.interactions import click
from bot.local_slack.jsontypes import Blocks, Json
from bot.local_slack.page.emoji import with_emoji
from bot.local_slack.page.mrkdwn import plain_to_html
from bot.local_slack.page.screen import Screen
from bot.local_slack.validation.objects import options_of

Use = Callable[[Any], Awaitable[None]]


class Place:
    """Where elements stand: in a message (`channel`, `ts`) or in a view (`view_id`), and who uses them."""

    def __init__(
        self,
        screen: Screen,
        *,
        ts: str | None = None,
        view_id: str | None = None,
        values: dict[str, dict[str, Json]] | None = None,
    ) -> None:
        self.screen = screen
        self.ts = ts
        self.view_id = view_id
        self.values = values or {}

    def user_of(self, block_id: str, element: Json) -> Use:
        """What happens when the person uses this element."""

        async def use(value: Any = None) -> None:
            screen = self.screen
            answer = await screen.act(
                click(
                    screen.hub,
                    screen.person,
                    element["action_id"],
                    channel=None if self.view_id else screen.channel.id,
                    ts=self.ts,
                    view_id=self.view_id,
                    block_id=block_id,
                    value=value,
                )
            )
            if answer and answer.get("url"):
                ui.navigate.to(answer["url"], new_tab=True)

        return use

    def held(self, block_id: str, element: Json) -> Json:
        """The state of an element that holds a value."""
        return self.values.get(block_id, {}).get(element["action_id"], {})


def element(place: Place, block_id: str, shown: Json) -> None:
    """One interactive element."""
    use = place.user_of(block_id, shown)
    kind = shown["type"]
    if kind in ("button", "workflow_button", "icon_button"):
        _button(shown, use)
    elif kind == "overflow":
        _overflow(shown, use)
    elif kind == "feedback_buttons":
        _feedback(shown, use)
    elif kind == "image":
        ui.html(plain_to_html(f"🖼 {shown['alt_text']}"), sanitize=False).classes("ls-soft")
    else:
        value_element(place, block_id, shown, use)


def value_element(place: Place, block_id: str, shown: Json, use: Use) -> None:
    """An element that holds a value; `use` is told every new one."""
    kind, held = shown["type"], place.held(block_id, shown)
    test_id = f'data-testid="field-{shown["action_id"]}"'

    async def changed(event: Any) -> None:
        await use(event.value)

    if kind == "radio_buttons":
        chosen = (held.get("selected_option") or {}).get("value")
        ui.radio(_labels(options_of(shown)), value=chosen, on_change=changed).props(f"dense {test_id}")
    elif kind == "checkboxes":
        _checkboxes(shown, held, use)
    elif kind in ("datepicker", "timepicker", "datetimepicker"):
        _date(kind, held, use, test_id)
    elif kind.endswith("select"):
        _select(place, shown, held, changed, test_id)
    elif kind.endswith("_input"):
        _text(shown, held, use, test_id)


def _button(shown: Json, use: Use) -> None:
    label = "🗑" if shown["type"] == "icon_button" else with_emoji(shown["text"]["text"])
    style = shown.get("style", "quiet" if shown["type"] == "icon_button" else "")
    button = ui.element("button").classes(f"ls-button {style}")
    button.props["data-testid"] = f"action-{shown['action_id']}"
    button.props["title"] = shown.get("accessibility_label") or shown["text"]["text"]
    with button:
        ui.html(plain_to_html(label), sanitize=False, tag="span")
    button.on("click", _confirmed(shown, lambda: use(None)))


def _confirmed(shown: Json, then: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    confirm = shown.get("confirm")
    if not confirm:
        return then
    with ui.dialog() as dialog, ui.card().classes("ls-modal"):
        with ui.element("div").classes("head"):
            ui.label(confirm["title"]["text"]).classes("title")
        with ui.element("div").classes("body"):
            ui.label(confirm["text"]["text"])
        with ui.element("div").classes("foot"):
            _dialog_button(confirm["deny"]["text"], "", "confirm-no", lambda: dialog.submit(False))
            style = "danger" if confirm.get("style") == "danger" else "primary"
            _dialog_button(confirm["confirm"]["text"], style, "confirm-yes", lambda: dialog.submit(True))

    async def ask() -> None:
        if await dialog:
            await then()

    return ask


def _dialog_button(label: str, style: str, test_id: str, press: Callable[[], Any]) -> None:
    button = ui.element("button").classes(f"ls-button {style}")
    button.props["data-testid"] = test_id
    with button:
        ui.label(label)
    button.on("click", press)


def _overflow(shown: Json, use: Use) -> None:
    button = ui.element("button").classes("ls-button")
    button.props["data-testid"] = f"action-{shown['action_id']}"
    with button:
        ui.label("⋯")
        with ui.menu():
            for option in shown["options"]:
                item = ui.menu_item(with_emoji(option["text"]["text"]))
                item.on("click", _confirmed(shown, _choice(use, option["value"])))


def _choice(use: Use, value: str) -> Callable[[], Awaitable[None]]:
    async def choose() -> None:
        await use(value)

    return choose


def _feedback(shown: Json, use: Use) -> None:
    for name, sign in (("positive", "👍"), ("negative", "👎")):
        spec = shown[f"{name}_button"]
        button = ui.element("button").classes("ls-button quiet")
        button.props["data-testid"] = f"feedback-{name}"
        button.props["title"] = spec.get("accessibility_label") or spec["text"]["text"]
        with button:
            ui.label(sign)
        button.on("click", _choice(use, name))


def _checkboxes(shown: Json, held: Json, use: Use) -> None:
    chosen = [o["value"] for o in held.get("selected_options") or []]

    def toggled(value: str) -> Callable[[Any], Awaitable[None]]:
        async def change(event: Any) -> None:
            if event.value and value not in chosen:
                chosen.append(value)
            elif not event.value and value in chosen:
                chosen.remove(value)
            await use(list(chosen))

        return change

    with ui.element("div"):
        for option in shown["options"]:
            box = ui.checkbox(
                with_emoji(option["text"]["text"]), value=option["value"] in chosen, on_change=toggled(option["value"])
            )
            box.props("dense").classes("w-full").props["data-testid"] = f"check-{option['value']}"


def _date(kind: str, held: Json, use: Use, test_id: str) -> None:
    native = {"datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local"}[kind]
    key = {"datepicker": "selected_date", "timepicker": "selected_time"}.get(kind, "selected_date_time")

    async def changed(event: Any) -> None:
        await use(event.value or None)

    ui.input(value=str(held.get(key) or ""), on_change=changed).props(f"type={native} outlined dense {test_id}")


def _select(place: Place, shown: Json, held: Json, changed: Callable[[Any], Awaitable[None]], test_id: str) -> None:
    many = shown["type"].startswith("multi_")
    labels, chosen = _choices(place, shown, held)
    field = ui.select(
        labels, value=chosen, multiple=many, on_change=changed, with_input=len(labels) > 8, clearable=not many
    )
    field.props(f"outlined dense options-dense {test_id}").classes("min-w-[180px]")
    placeholder = shown.get("placeholder", {}).get("text")
    if placeholder:
        field.props["label"] = placeholder


def _choices(place: Place, shown: Json, held: Json) -> tuple[dict[str, str], Any]:
    hub, kind = place.screen.hub, shown["type"].removeprefix("multi_")
    many = shown["type"].startswith("multi_")
    if kind in ("static_select", "external_select"):
        labels = _labels(options_of(shown))
        if many:
            return labels, [o["value"] for o in held.get("selected_options") or []]
        return labels, (held.get("selected_option") or {}).get("value")
    noun = kind.removesuffix("s_select")
    if noun == "user":
        labels = {m.id: m.name for m in hub.workspace.people.humans()}
    else:
        labels = {c.id: f"#{c.name}" for c in hub.workspace.channels.all() if c.name}
    return labels, held.get(f"selected_{noun}s", []) if many else held.get(f"selected_{noun}")


def _text(shown: Json, held: Json, use: Use, test_id: str) -> None:
    async def changed(event: Any) -> None:
        await use(event.value)

    placeholder = shown.get("placeholder", {}).get("text")
    value = str(held.get("value") or "")
    multiline = bool(shown.get("multiline"))
    field = (ui.textarea if multiline else ui.input)(placeholder=placeholder, value=value, on_change=changed)
    field.props(f"outlined dense {test_id}").classes("w-full")
    if multiline:
        field.props("autogrow input-style=min-height:84px")
    if shown.get("focus_on_load"):
        field.props("autofocus")


def _labels(options: Blocks) -> dict[str, str]:
    return {o["value"]: with_emoji(o["text"]["text"]) for o in options}
