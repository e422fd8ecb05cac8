"""Cut from a request what says nothing about its subject, in the same way for training and for serving."""

import re
import unicodedata

LONGEST_TEXT = 4000
"""Characters that the classifier reads; what matters stands at the beginning of a request."""

LONGEST_INPUT = 40_000
"""Characters that are looked at for quotes and signatures before the cap."""

_SIGN_OFF_LINES = 8

_QUOTE_STARTS = (
    re.compile(r"^-{2,}\s?(original message|forwarded message|original appointment)\s?-{2,}", re.IGNORECASE),
    re.compile(r"^_{10,}$"),
    re.compile(r"^on\b.{5,200}\bwrote:$", re.IGNORECASE),
    re.compile(r"^am\b.{5,200}\bschrieb\b.{0,200}:$", re.IGNORECASE),
)
_MAIL_HEADER = re.compile(r"^\*?(from|von|de):\*?\s", re.IGNORECASE)
_MAIL_HEADER_NEXT = re.compile(r"^\*?(sent|date|to|subject|gesendet|an|betreff):\*?\s", re.IGNORECASE)
_SIGN_OFF = re.compile(
    r"^(best|kind|warm|many)?\s?(regards|wishes|thanks|thank you|thanks in advance|cheers|sincerely|br|kr)"
    r"(\s(in advance|and (kind|best) regards|a lot|so much|very much))?\s?[,.!]*$",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"^(sent from my \w[\w ]{0,30}|get outlook for \w+|"
    r"(this e-?mail|this message|the information in this).{0,60}(confidential|intended).*|"
    r"\[?external( e-?mail| sender)?\]?[:!]?)\.?$",
    re.IGNORECASE,
)


def clean_text(text: str) -> str:
    """The request itself: no control characters, quoted mail, signature or legal footer, single spaces.

    At most `LONGEST_TEXT` characters. A text that consists of nothing but quotes and signature is kept whole, since
    a forwarded mail without a word of one's own is still a request. Cleaning what is clean changes nothing.
    """
    whole = _plain(text[:LONGEST_INPUT])
    lines = [line.strip() for line in whole.split("\n")]
    kept = _without_sign_off(_without_quotes(lines))
    cleaned = _spaced(kept) or _spaced(lines)
    return cleaned[:LONGEST_TEXT].strip()


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character == "\n" or category[0] != "C":
        return character
    return " " if category == "Cc" else ""  # a soft hyphen or a joiner stands inside a word, a tab between two


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for number, line in enumerate(lines):
        if any(start.match(line) for start in _QUOTE_STARTS) or _begins_mail_header(lines, number):
            break
        if not line.startswith(">") and not _BOILERPLATE.match(line):
            kept.append(line)
    return kept


def _begins_mail_header(lines: list[str], number: int) -> bool:
    if not _MAIL_HEADER.match(lines[number]):
        return False
    return any(_MAIL_HEADER_NEXT.match(line) for line in lines[number + 1 : number + 4])


def _without_sign_off(lines: list[str]) -> list[str]:
    written = [number for number, line in enumerate(lines) if line]
    last = set(written[-_SIGN_OFF_LINES:])
    for number, line in enumerate(lines):
        if line == "--" or (number in last and _SIGN_OFF.match(line)):
            return lines[:number]
    return lines


def _spaced(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
