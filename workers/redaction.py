"""Cuts secrets out of what people type, before it is stored, logged, indexed or trained on."""

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
    ("token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),  # JSON Web Token
    ("token", re.compile(r"(?i)\b(?:bearer|authorization:)\s+[\w.~+/-]{16,}=*")),
    ("password", re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")),  # user:password@host in an address
)
# "my password is X", "pwd: X", "pass = X"; not "password is wrong", "password: expired".
_SAID_PASSWORD = re.compile(
    r"""(?ix)
    (?P<lead>\b(?:pass(?:word|wort|code|phrase)?|pwd|pw|pin|secret)\b
       (?:\s+(?:for\s+\S+|now|again|still|to\s+\S+))?
       \s*(?:is|was|=|:|->)\s*(?:now\s+)?)
    (?P<quote>["'`“‘]?)(?P<secret>[^\s"'`”’,;]{4,})
    """
)
_NOT_A_SECRET = re.compile(
    r"(?i)^(?:(?:not?|the|and|but|very|just|still|always|also|this|that|what|when|where|which|wrong|expired|locked|"
    r"incorrect|correct|invalid|refused|rejected|accepted|required|needed|missing|unknown|same|different|empty|"
    r"being|been|about|going|reset|working|broken|forgotten|disabled|blocked|gone|lost|good|fine|okay|your|asked|"
    r"asking|changed|changing|supposed|never|every|probably|too|right|saved|synced|case)\b|n't)"
)
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_ONE_TIME_CODE = re.compile(
    r"(?i)(?P<lead>\b(?:code|otp|passcode|authenticator|mfa)\b\D{0,20}?)(?P<secret>\b\d{3}\s?\d{3,5}\b)"
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
        secret = match["secret"]
        if secret.startswith("[") or (not match["quote"] and _NOT_A_SECRET.match(secret)):
            return match[0]
        return cut("password", match["lead"])

    def card(match: re.Match[str]) -> str:
        return cut("card number") if _passes_luhn(match[0]) else match[0]

    text = text.replace("\x00", "")
    for kind, pattern in _PATTERNS:
        text = pattern.sub(lambda _, kind=kind: cut(kind), text)  # type: ignore[misc]  # binds the loop's value
    text = _SAID_PASSWORD.sub(said, text)
    text = _ONE_TIME_CODE.sub(lambda m: cut("one-time code", m["lead"]), text)
    text = _CARD.sub(card, text)
    return Redacted(text, tuple(dict.fromkeys(kinds)))


def _passes_luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
