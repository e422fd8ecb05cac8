"""Block Kit's elements: what each type takes, and where each may stand."""

from collections.abc import Iterator
from typing import Any

from bot.local_slack.validation.checks import (
    Check,
    Problem,
    anything,
    choice,
    every,
    flag,
    listing,
    number,
    record,
    string,
    typed,
)
from bot.local_slack.validation.objects import (
    CHOICE_OPTION,
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_CONFIG,
    IDENTIFIER,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    SELECT_OPTION,
    SLACK_FILE,
    URL,
    any_text,
    one_kind_of_options,
    plain_text,
    with_options,
)

_INTERACTIVE: dict[str, Check] = {"action_id": IDENTIFIER, "confirm": CONFIRM}
_FOCUS: dict[str, Check] = {"focus_on_load": flag}
_PLACEHOLDER: dict[str, Check] = {"placeholder": plain_text(150)}
_MENU = _INTERACTIVE | _FOCUS | _PLACEHOLDER
_TYPED: dict[str, Check] = {"type": anything}
_MANY: dict[str, Check] = {"max_selected_items": number(1)}


def _record(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return record(_TYPED | required, optional)


def _static(optional: dict[str, Check]) -> Check:
    fields = {"options": listing(SELECT_OPTION, 1, 100), "option_groups": listing(OPTION_GROUP, 1, 100)}
    return with_options(every(_record({}, _MENU | fields | optional), _options_or_groups))


def _options_or_groups(value: Any, at: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from one_kind_of_options(value, at)


def _input(optional: dict[str, Check]) -> Check:
    common = {"action_id": IDENTIFIER, "dispatch_action_config": DISPATCH_CONFIG}
    return _record({}, common | _FOCUS | _PLACEHOLDER | optional)


def _picker(optional: dict[str, Check]) -> Check:
    return _record({}, _MENU | optional)


_FEEDBACK_BUTTON = record({"text": plain_text(75), "value": string(2000)}, {"accessibility_label": string(75)})
_IDS = listing(string(255), 1, 100)

IMAGE = _record({"alt_text": string(2000)}, {"image_url": URL, "slack_file": SLACK_FILE})

ELEMENTS: dict[str, Check] = {
    "button": _record(
        {"text": plain_text(75)},
        _INTERACTIVE
        | {
            "url": URL,
            "value": string(2000, 0),
            "style": choice("primary", "danger"),
            "accessibility_label": string(75),
            "agent_prompt": string(4000),
        },
    ),
    "workflow_button": _record(
        {"text": plain_text(75), "workflow": anything},
        _INTERACTIVE | {"style": choice("primary", "danger"), "accessibility_label": string(75)},
    ),
    "overflow": _record({"options": listing(OVERFLOW_OPTION, 1, 5)}, _INTERACTIVE),
    "checkboxes": with_options(
        _record(
            {"options": listing(CHOICE_OPTION, 1, 10)},
            _INTERACTIVE | _FOCUS | {"initial_options": listing(CHOICE_OPTION, 1, 10)},
        )
    ),
    "radio_buttons": with_options(
        _record(
            {"options": listing(CHOICE_OPTION, 1, 10)},
            _INTERACTIVE | _FOCUS | {"initial_option": CHOICE_OPTION},
        )
    ),
    "static_select": _static({"initial_option": SELECT_OPTION}),
    "multi_static_select": _static(_MANY | {"initial_options": listing(SELECT_OPTION, 1, 100)}),
    "external_select": _picker({"initial_option": SELECT_OPTION, "min_query_length": number(0)}),
    "multi_external_select": _picker(
        _MANY | {"initial_options": listing(SELECT_OPTION, 1, 100), "min_query_length": number(0)}
    ),
    "users_select": _picker({"initial_user": string(255)}),
    "multi_users_select": _picker(_MANY | {"initial_users": _IDS}),
    "channels_select": _picker({"initial_channel": string(255), "response_url_enabled": flag}),
    "multi_channels_select": _picker(_MANY | {"initial_channels": _IDS}),
    "conversations_select": _picker(
        {
            "initial_conversation": string(255),
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": CONVERSATION_FILTER,
        }
    ),
    "multi_conversations_select": _picker(
        _MANY
        | {
            "initial_conversations": _IDS,
            "default_to_current_conversation": flag,
            "filter": CONVERSATION_FILTER,
        }
    ),
    "datepicker": _picker({"initial_date": string(10, 10)}),
    "timepicker": _picker({"initial_time": string(5, 5), "timezone": string(255)}),
    "datetimepicker": _record({}, _INTERACTIVE | _FOCUS | {"initial_date_time": number(1_000_000_000)}),
    "plain_text_input": _input(
        {
            "initial_value": string(3000, 0),
            "multiline": flag,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
        }
    ),
    "email_text_input": _input({"initial_value": string(3000, 0)}),
    "url_text_input": _input({"initial_value": string(3000, 0)}),
    "number_input": _record(
        {"is_decimal_allowed": flag},
        {"action_id": IDENTIFIER, "dispatch_action_config": DISPATCH_CONFIG}
        | _FOCUS
        | _PLACEHOLDER
        | {"initial_value": string(255), "min_value": string(255), "max_value": string(255)},
    ),
    "rich_text_input": _input({"initial_value": anything}),
    "file_input": _record(
        {}, {"action_id": IDENTIFIER, "filetypes": listing(string(255), 1, 100), "max_files": number(1, 10)}
    ),
    "feedback_buttons": _record(
        {"positive_button": _FEEDBACK_BUTTON, "negative_button": _FEEDBACK_BUTTON},
        {"action_id": IDENTIFIER},
    ),
    "icon_button": _record(
        {"icon": choice("trash"), "text": plain_text(75)},
        _INTERACTIVE
        | {
            "value": string(2000, 0),
            "accessibility_label": string(75),
            "visible_to_user_ids": listing(string(255), 1, 10),
        },
    ),
    "image": IMAGE,
}

_SELECTS = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "channels", "conversations")
)
_PICKERS = frozenset({"datepicker", "timepicker", "checkboxes", "radio_buttons"})
_SECTION = _SELECTS | _PICKERS | {"button", "workflow_button", "overflow", "image"}
_ACTIONS = _SELECTS | _PICKERS | {"button", "workflow_button", "overflow", "datetimepicker"}
_INPUT = (
    _SELECTS
    | _PICKERS
    | {
        "datetimepicker",
        "plain_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "rich_text_input",
        "file_input",
    }
)


def _only(kinds: frozenset[str]) -> Check:
    table = {kind: check for kind, check in ELEMENTS.items() if kind in kinds}
    return typed(table, also_known=frozenset(ELEMENTS))


ACCESSORY = _only(_SECTION)
ACTIONS_ELEMENT = _only(_ACTIONS)
INPUT_ELEMENT = _only(_INPUT)
CONTEXT_ACTIONS_ELEMENT = _only(frozenset({"feedback_buttons", "icon_button"}))
CARD_ACTION = _only(frozenset({"button"}))
CONTEXT_ELEMENT = typed(
    {
        "image": IMAGE,
        "plain_text": any_text(3000),
        "mrkdwn": any_text(3000),
    }
)
