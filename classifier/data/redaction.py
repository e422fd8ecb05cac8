"""Cuts secrets out of what people type, before it is stored, logged, indexed or trained on. Pure."""

import re
from dataclasses import dataclass

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
    ),
    ("token", re.compile(r"\bxox[abeprs]-[\w-]{8,}|\bxapp-[\w-]{8,}")),
    ("token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}")),
    ("token", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bsk-[A-Za-z0-9_-]{20,}")),
    ("token", re.compile(r"\beyJ[\w-]{8,4000}+\.[\w-]{8,}\.[\w-]*")),  # JSON Web Token
    ("token", re.compile(r"(?i)\b(?:bearer|authorization:)\s+[\w.~+/-]{16,}=*")),
    ("password", re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")),  # user:password@host in an address
)
# "my password is X", "pwd: X", "pass = X"; not "password is wrong", "password: expired".
_SAID_PASSWORD = re.compile(
    r"""(?ix)
    (?P<lead>\b(?:pass(?:(?:word|wort|code|phrase)s?)?|pwd|pw|pin|secret)\b
       (?:\s+(?:(?:for|to|of|on|in|at)\s+(?:(?:the|my|our)\s+)?\S+|now|again|still))?
       \s*(?:\b(?:is|are|was|were)\b\s*[:=]?|=|:|->)\s*(?:now\s+)?)
    (?:["'`“‘](?P<quoted>[^"'`”’\n]{4,80})["'`”’]
       |(?P<plain>[^\s"'`“‘](?:[^\s,;]|[,;](?=\S)){3,}))
    """
)
# What people say about a password: only a word that is none of these can be one.
_NOT_A_SECRET = frozenset(
    """a able about accepted actually again already also always and apparently are asked asking at attached been being
    below blocked broken but by case changed changing compromised correct could currently definitely denied
    different disabled done due empty entered exactly expired expires expiring fine for forgotten from getting
    given going gone good hello help hidden however identical in incorrect invalid issued it just known leaked
    least locked longer lost maybe missing my need needed never no none not nothing now of off okay old older on
    only or other outdated please pls plz probably public really refused rejected required reset right safe same
    saved secure see sensitive sent set shared short shorter shown simply solved some somehow something
    somewhere stale still stolen stored strong supposed synced thank thanks that the then there this to too
    typed unclear unknown unlocked unsafe used very visible was weak what when where which whose with without
    working would written wrong yesterday you your"""
    .split()
)  # fmt: skip
_CARD = re.compile(r"\b[2-6](?:[ -]?\d){12,18}\b")
# Digits of a payment card's number, by how it begins; an IMEI has a right check digit too.
_CARD_BEGINS = {13: ("4",), 14: ("30", "36", "38", "39"), 15: ("34", "37"), 16: ("2", "35", "4", "5", "6")}
_ONE_TIME_CODE = re.compile(
    r"(?i)(?P<lead>(?:\b(?P<sort>[a-z]+)\s+)?\b(?:code|otp|passcode|authenticator|mfa)\b[^\d\[\]]{0,20}?)"
    r"\b\d{3}\s?\d{3,5}\b"
)
_OTHER_CODES = frozenset(
    "area center centre commodity country error event exit post product reason status stop zip".split()
)


@dataclass(frozen=True)
class Redacted:
    """The text without its secrets, and which kinds were cut."""

    text: str
    kinds: tuple[str, ...]


def redact(text: str) -> Redacted:
    """Replace each secret by `[kind removed]`. Running it again changes nothing."""
    kinds: list[str] = []

    def cut(kind: str, lead: str = "") -> str:
        kinds.append(kind)
        return f"{lead}[{kind} removed]"

    def said(match: re.Match[str]) -> str:
        secret = match["quoted"] or match["plain"]
        if secret.startswith("[") or (match["plain"] and _is_ordinary(secret)):
            return match[0]
        return cut("password", match["lead"])

    def code(match: re.Match[str]) -> str:
        return match[0] if (match["sort"] or "").lower() in _OTHER_CODES else cut("one-time code", match["lead"])

    def card(match: re.Match[str]) -> str:
        return cut("card number") if _is_card(match[0]) else match[0]

    text = text.replace("\x00", "")
    for kind, pattern in _PATTERNS:
        text = pattern.sub(lambda _, kind=kind: cut(kind), text)  # type: ignore[misc]  # binds the loop's value
    text = _SAID_PASSWORD.sub(said, text)
    text = _ONE_TIME_CODE.sub(code, text)
    text = _CARD.sub(card, text)
    return Redacted(text, tuple(dict.fromkeys(kinds)))


def _is_ordinary(words: str) -> bool:
    """Whether this says something about a password, such as `wrong/expired!`, rather than being one."""
    said = re.findall(r"[^\W_]+", words.lower())
    return bool(said) and all(word in _NOT_A_SECRET for word in said)


def _is_card(number: str) -> bool:
    """Whether a payment card can have this number: how it begins, and its check digit (ISO/IEC 7812-1)."""
    digits = [int(c) for c in number if c.isdigit()]
    begins = _CARD_BEGINS.get(len(digits), ("4", "5", "6"))
    if not "".join(map(str, digits)).startswith(begins):
        return False
    doubled = [sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
