"""What a person puts into elements: found by id, checked as Slack's client does, written as state."""

import re
from dataclasses import dataclass
from typing import Any

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Blocks, Json
from bot.local_slack.state.views import Values
from bot.local_slack.validation.blocks import elements_of
from bot.local_slack.validation.objects import options_of

REQUIRED = "Please complete this required field."


@dataclass(frozen=True)
class _Kind:
    """How an element's value is written in state, and under which key a view sets it at first."""

    key: str
    initial: str
    many: bool = False
    option: bool = False


_KINDS = {
    "plain_text_input": _Kind("value", "initial_value"),
    "email_text_input": _Kind("value", "initial_value"),
    "url_text_input": _Kind("value", "initial_value"),
    "number_input": _Kind("value", "initial_value"),
    "rich_text_input": _Kind("rich_text_value", "initial_value"),
    "file_input": _Kind("files", "initial_files", many=True),
    "static_select": _Kind("selected_option", "initial_option", option=True),
    "external_select": _Kind("selected_option", "initial_option", option=True),
    "radio_buttons": _Kind("selected_option", "initial_option", option=True),
    "checkboxes": _Kind("selected_options", "initial_options", many=True, option=True),
    "multi_static_select": _Kind("selected_options", "initial_options", many=True, option=True),
    "multi_external_select": _Kind("selected_options", "initial_options", many=True, option=True),
    "users_select": _Kind("selected_user", "initial_user"),
    "multi_users_select": _Kind("selected_users", "initial_users", many=True),
    "channels_select": _Kind("selected_channel", "initial_channel"),
    "multi_channels_select": _Kind("selected_channels", "initial_channels", many=True),
    "conversations_select": _Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": _Kind("selected_conversations", "initial_conversations", many=True),
    "datepicker": _Kind("selected_date", "initial_date"),
    "timepicker": _Kind("selected_time", "initial_time"),
    "datetimepicker": _Kind("selected_date_time", "initial_date_time"),
}
_FORMATS = {
    "datepicker": re.compile(r"\d{4}-\d\d-\d\d"),
    "timepicker": re.compile(r"\d\d:\d\d"),
    "email_text_input": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "url_text_input": re.compile(r"https?://\S+"),
    "number_input": re.compile(r"-?\d+(\.\d+)?"),
}
_FORMAT_ERRORS = {
    "datepicker": "Enter a date as YYYY-MM-DD.",
    "timepicker": "Enter a time as HH:MM.",
    "email_text_input": "Enter a valid email address.",
    "url_text_input": "Enter a valid URL.",
    "number_input": "Enter a number.",
}


def initial_values(blocks: Blocks) -> Values:
    """The state of fresh blocks: every element that holds a value, with what the app set at first."""
    values: Values = {}
    for block in blocks:
        for _, element in elements_of(block):
            kind = _KINDS.get(str(element.get("type")))
            if kind:
                first = element.get(kind.initial, [] if kind.many else None)
                state = {"type": element["type"], kind.key: first}
                values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def find_element(blocks: Blocks, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The block and element with these ids, or the error action_not_found."""
    for block in blocks:
        if block_id not in (None, block["block_id"]):
            continue
        for _, element in elements_of(block):
            if element.get("action_id") == action_id:
                return block, element
    raise SlackApiError("action_not_found", detail=f"no element {action_id!r} is shown here")


def value_state(element: Json, given: Any) -> Json:
    """The state of an element that now holds `given`: text, an option's value, a list of them, an id, a date.

    Raises SlackApiError when it cannot hold that.
    """
    kind = _KINDS.get(element["type"])
    if kind is None:
        raise SlackApiError("invalid_value", detail=f"a {element['type']} holds no value")
    if given is None or given == "" or given == []:
        return {"type": element["type"], kind.key: [] if kind.many else None}
    if kind.many and not isinstance(given, list):
        given = [given]
    if kind.option:
        chosen: Any = [_option(element, v) for v in given] if kind.many else _option(element, given)
        return {"type": element["type"], kind.key: chosen}
    if element["type"] in ("plain_text_input", "number_input"):
        given = str(given)
    return {"type": element["type"], kind.key: given}


def is_stateful(element: Json) -> bool:
    """Whether the element holds a value (a button does not)."""
    return element["type"] in _KINDS


def action_of(block: Json, element: Json, given: Any, action_ts: str) -> Json:
    """The entry of `actions` for using this element."""
    common: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] == "feedback_buttons":
        common |= _feedback(element, given)
    elif element["type"] == "overflow":
        common |= {"selected_option": _option(element, given)}
    elif is_stateful(element):
        common |= value_state(element, given)
    else:
        common |= {key: element[key] for key in ("text", "value", "style", "url") if key in element}
    return common | {"action_ts": action_ts}


def fill(blocks: Blocks, values: Values, given: dict[str, dict[str, Any]]) -> Values:
    """The state after a person filled in `given` (block_id → action_id → plain value)."""
    filled = {block_id: dict(actions) for block_id, actions in values.items()}
    for block_id, actions in given.items():
        for action_id, value in actions.items():
            block, element = find_element(blocks, action_id, block_id)
            filled.setdefault(block["block_id"], {})[action_id] = value_state(element, value)
    return filled


def input_errors(blocks: Blocks, values: Values) -> dict[str, str]:
    """What Slack's client says under the fields before it sends a form in: block_id → message."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        held = state.get(_KINDS[element["type"]].key)
        message = _input_error(element, held, optional=bool(block.get("optional")))
        if message:
            errors[block["block_id"]] = message
    return errors


def _input_error(element: Json, held: Any, *, optional: bool) -> str | None:
    if held in (None, "", []) or (isinstance(held, str) and not held.strip()):
        return None if optional else REQUIRED
    if not isinstance(held, str):
        return None
    if element["type"] == "plain_text_input":
        low, high = element.get("min_length", 0), element.get("max_length", 3000)
        if len(held) < low:
            return f"Use at least {low} characters."
        if len(held) > high:
            return f"Use at most {high} characters."
    pattern = _FORMATS.get(element["type"])
    if pattern and not pattern.fullmatch(held):
        return _FORMAT_ERRORS[element["type"]]
    return None


def _option(element: Json, value: Any) -> Json:
    for option in options_of(element):
        if option.get("value") == value:
            found: Json = option
            return found
    raise SlackApiError("invalid_value", detail=f"{element['action_id']} has no option {value!r}")


def _feedback(element: Json, given: Any) -> Json:
    buttons = (element["positive_button"], element["negative_button"])
    names = ("positive", "negative")
    for name, button in zip(names, buttons, strict=True):
        if given in (name, button["value"]):
            return {"text": button["text"], "value": button["value"]}
    raise SlackApiError("invalid_value", detail="choose positive or negative")
