"""Times, shares and ids as people read them. Pure."""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Tone = Literal["good", "warn", "bad", "calm", "info"]


def span(length: timedelta) -> str:
    """A length of time in its largest sensible unit: 25 min, 3 h, 4 d."""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago: 25 min ago."""
    return "just now" if now - moment < timedelta(minutes=1) else f"{span(now - moment)} ago"


def due(moment: datetime, now: datetime) -> str:
    """A promise as a distance: in 25 min, or 3 h overdue."""
    return f"in {span(moment - now)}" if moment > now else f"{span(now - moment)} overdue"


def clock(moment: datetime, time_zone: str) -> str:
    """A moment on the reader's clock: 23 Nov 2026, 14:05."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):  # Slack's names change; a wrong one must not break a page
        zone = ZoneInfo("UTC")
    return moment.astimezone(zone).strftime("%-d %b %Y, %H:%M")


def share(value: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 as percent; a dash when there is none."""
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def plain(identifier: str) -> str:
    """An identifier as words: in_progress → In progress."""
    words = identifier.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def sentence(text: str) -> str:
    """A message from inside as a sentence: a capital first, a full stop last."""
    text = text.strip()
    end = "" if text.rstrip("”\"'").endswith((".", "!", "?", "…")) else "."
    return text[:1].upper() + text[1:] + end


def first_line(text: str, limit: int = 110) -> str:
    """The beginning of a text on one line, cut at a word where one is near."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[:limit]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit * 0.6 else cut).rstrip(" ,.;:") + "…"
