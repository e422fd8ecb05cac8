"""Tickets out of a JSON document of any size, one after the other: only one of them is in memory at a time."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

LISTS = ("records", "result", "issues", "tickets")
"""Names under which ServiceNow (export, Table API), Jira's search and Zendesk put their tickets."""

CHUNK = 1 << 16
LARGEST_RECORD = 16_000_000
"""Characters of one ticket, above which the file is not what it seems."""

_DECODER = json.JSONDecoder()
_NEAR_THE_END = 12  # of what was read: the longest escape or word that can be cut in two


class JsonTrouble(Exception):
    """The document is broken here."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def records(handle: TextIO) -> Iterator[tuple[int, Any]]:
    """Every ticket with the line that it begins on.

    Takes a list of tickets, an object with such a list under one of the names in `LISTS`, or objects that follow one
    another (Zendesk's full export: one a line, in a file called `.json`). Raises `JsonTrouble`.
    """
    text = _Text(handle)
    while beginning := text.peek():
        if beginning == "[":
            yield from _elements(text)
        elif beginning == "{":
            yield from _object(text)
        else:
            raise JsonTrouble(text.line, "must begin with { or [")


def _elements(text: "_Text") -> Iterator[tuple[int, Any]]:
    text.take("[")
    while text.peek() != "]":
        line = text.line
        yield line, text.value()
        if text.peek() != "]":
            text.take(",")
    text.take("]")


def _object(text: "_Text") -> Iterator[tuple[int, Any]]:
    line, values, has_list = text.line, {}, False
    text.take("{")
    while text.peek() != "}":
        name = text.value()
        text.take(":")
        if name in LISTS and text.peek() == "[":
            has_list = True
            yield from _elements(text)
        else:
            values[str(name)] = text.value()
        if text.peek() != "}":
            text.take(",")
    text.take("}")
    if not has_list:
        yield line, values


class _Text:
    """The part of the file that is being looked at."""

    def __init__(self, handle: TextIO) -> None:
        self._handle, self._text, self._at = handle, "", 0
        self._line, self._counted = 1, 0

    @property
    def line(self) -> int:
        """Where we are; only what is new since the last time is counted."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def peek(self) -> str:
        """The next character that is no space, without taking it; empty at the end."""
        while True:
            while self._at < len(self._text):
                if not self._text[self._at].isspace():
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Go on behind this character."""
        found = self.peek()
        if found != wanted:
            raise JsonTrouble(
                self.line, f"is not valid JSON: {wanted} expected, {found or 'the end of the file'} found"
            )
        self._at += 1

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._is_cut_off(error):
                    raise JsonTrouble(self.line, f"is not valid JSON: {error.msg}") from error
                if not self._more():
                    message = "ends in the middle of a ticket; was it cut off on its way?"
                    raise JsonTrouble(self.line, message) from error
            except RecursionError as error:
                raise JsonTrouble(self.line, "is not valid JSON: nested too deeply") from error
            else:
                if end < len(self._text) or not self._more():  # a number at the end may go on
                    self._at = end
                    return value

    def _is_cut_off(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_THE_END

    def _more(self) -> bool:
        rest = len(self._text) - self._at
        if rest > LARGEST_RECORD:
            raise JsonTrouble(self.line, f"one ticket has more than {LARGEST_RECORD:,} characters")
        part = self._handle.read(max(CHUNK, rest))  # twice as much each time: a long ticket is not read over and over
        if not part:
            return False
        _ = self.line  # counted before it is let go
        self._text, self._at, self._counted = self._text[self._at :] + part, 0, 0
        return True
