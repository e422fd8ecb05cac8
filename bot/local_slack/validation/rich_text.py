"""The elements inside a rich_text block."""

from collections.abc import Iterator
from typing import Any

from bot.local_slack.validation.checks import (
    Check,
    Problem,
    anything,
    choice,
    flag,
    listing,
    mapping_of_anything,
    number,
    record,
    string,
    typed,
)

_STYLE: dict[str, Check] = {"style": mapping_of_anything}
_T: dict[str, Check] = {"type": anything}
_ID = string(255)

_INLINE = typed(
    {
        "text": record(_T | {"text": string(40_000)}, _STYLE),
        "link": record(_T | {"url": string(3000)}, _STYLE | {"text": string(40_000, 0), "unsafe": flag}),
        "emoji": record(_T | {"name": _ID}, _STYLE | {"unicode": _ID, "skin_tone": number(1, 6)}),
        "user": record(_T | {"user_id": _ID}, _STYLE),
        "usergroup": record(_T | {"usergroup_id": _ID}, _STYLE),
        "channel": record(_T | {"channel_id": _ID}, _STYLE),
        "broadcast": record(_T | {"range": choice("here", "channel", "everyone")}, _STYLE),
        "color": record(_T | {"value": _ID}, _STYLE),
        "date": record(_T | {"timestamp": number(0), "format": string(255)}, {"url": string(3000), "fallback": _ID}),
    }
)
_INLINES = listing(_INLINE, 0, 10_000)
_SECTION = record(_T | {"elements": _INLINES})


def _sections(value: Any, at: str) -> Iterator[Problem]:
    yield from listing(typed({"rich_text_section": _SECTION}), 0, 10_000)(value, at)


_ELEMENT = typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": record(
            _T | {"style": choice("bullet", "ordered"), "elements": _sections},
            {"indent": number(0, 8), "offset": number(0), "border": number(0, 1)},
        ),
        "rich_text_preformatted": record(_T | {"elements": _INLINES}, {"border": number(0, 1), "language": _ID}),
        "rich_text_quote": record(_T | {"elements": _INLINES}, {"border": number(0, 1)}),
    }
)

RICH_TEXT = record(_T | {"elements": listing(_ELEMENT, 0, 10_000)}, {"block_id": _ID})
