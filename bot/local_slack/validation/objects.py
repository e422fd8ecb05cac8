"""Block Kit's composition objects: text, option, confirm, and the like."""

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
    record,
    string,
    typed,
)

IDENTIFIER = string(255)
URL = string(3000)


def plain_text(max_length: int) -> Check:
    """A plain_text object."""
    return typed(
        {"plain_text": record({"type": anything, "text": string(max_length)}, {"emoji": flag})},
        also_known=frozenset({"mrkdwn"}),
    )


def any_text(max_length: int) -> Check:
    """A plain_text or a mrkdwn object."""
    return typed(
        {
            "plain_text": record({"type": anything, "text": string(max_length)}, {"emoji": flag}),
            "mrkdwn": record({"type": anything, "text": string(max_length)}, {"verbatim": flag}),
        }
    )


CONFIRM = record(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": choice("primary", "danger")},
)
DISPATCH_CONFIG = record({"trigger_actions_on": listing(choice("on_enter_pressed", "on_character_entered"), 1, 2)})
_OPTION_VALUE = string(150)
SELECT_OPTION = record({"text": plain_text(75), "value": _OPTION_VALUE}, {"description": plain_text(75)})
OVERFLOW_OPTION = record({"text": plain_text(75), "value": _OPTION_VALUE}, {"description": plain_text(75), "url": URL})
CHOICE_OPTION = record({"text": any_text(75), "value": _OPTION_VALUE}, {"description": any_text(75)})
OPTION_GROUP = record({"label": plain_text(75), "options": listing(SELECT_OPTION, 1, 100)})
CONVERSATION_FILTER = record(
    {},
    {
        "include": listing(choice("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)
SLACK_FILE = record({}, {"id": string(255), "url": URL})


def options_of(element: Any) -> list[Any]:
    """The options of an element, those in groups too; whatever is malformed is left out."""
    if not isinstance(element, dict):
        return []
    found = element.get("options")
    options = list(found) if isinstance(found, list) else []
    groups = element.get("option_groups")
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, dict) and isinstance(group.get("options"), list):
            options += group["options"]
    return options


def chosen_exist(element: Any, at: str) -> Iterator[Problem]:
    """What is chosen at first must be among the options, and values must differ."""
    options = options_of(element)
    chosen: list[tuple[str, Any]] = []
    if element.get("initial_option") is not None:
        chosen.append(("initial_option", element["initial_option"]))
    several = element.get("initial_options")
    for index, option in enumerate(several if isinstance(several, list) else []):
        chosen.append((f"initial_options/{index}", option))
    for key, option in chosen:
        if option not in options:
            yield Problem("must match one of the options", f"{at}/{key}")


def one_kind_of_options(element: Any, at: str) -> Iterator[Problem]:
    """Either options or option_groups."""
    if (element.get("options") is None) == (element.get("option_groups") is None):
        yield Problem("must provide either options or option_groups", at)


def with_options(check: Check) -> Check:
    """A check for an element with static options."""

    def consistent(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, dict):
            yield from chosen_exist(value, at)

    return every(check, consistent)
