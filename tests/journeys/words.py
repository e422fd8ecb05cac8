"""Reading what people see in the local Slack."""

from collections.abc import Iterable
from typing import Any

from tests.journeys.running import RunningDesk

Message = dict[str, Any]


def text_of(message: Message) -> str:
    """Everything that can be read in a message: its text and its blocks' texts."""
    return " ".join([str(message.get("text") or ""), *_texts(message.get("blocks") or [])])


def buttons(message: Message) -> dict[str, str]:
    """Button texts and their action ids."""
    found = {}
    for block in message.get("blocks") or []:
        for element in [*block.get("elements", []), block.get("accessory") or {}]:
            if element.get("type") == "button":
                found[element["text"]["text"]] = element["action_id"]
    return found


def with_words(messages: Iterable[Message], *words: str) -> Message | None:
    """The newest message in which all these words stand."""
    fitting = [m for m in messages if all(word.lower() in text_of(m).lower() for word in words)]
    return fitting[-1] if fitting else None


def wait_reply(desk: RunningDesk, who: str, ts: str, *words: str, seconds: float = 20) -> Message:
    """Wait for a message with these words in the person's thread that began at `ts`."""
    person = desk.person(who)
    try:
        return person.wait_for(lambda seen: with_words(seen, *words), seconds, thread_ts=ts)
    except Exception as error:
        seen = [text_of(m) for m in person.messages(thread_ts=ts)]
        raise AssertionError(f"{error}; in the thread: {seen}\n{desk.output()[-4000:]}") from error


def wait_card(desk: RunningDesk, who: str, channel: str, *words: str, seconds: float = 30) -> Message:
    """Wait for a message with these words in a team's channel."""
    person = desk.person(who)
    try:
        return person.wait_for(lambda seen: with_words(seen, *words), seconds, channel=f"#{channel}")
    except Exception as error:
        seen = [text_of(m) for m in person.messages(channel=f"#{channel}")]
        raise AssertionError(f"{error}; in the channel: {seen}\n{desk.output()[-4000:]}") from error


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
