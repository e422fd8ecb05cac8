"""What a new password must be: NIST SP 800-63B-4, section 3.1.1 — length and a blocklist, no composition rules.

The directory has the last word. Passwords go into no message and no log.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from workers.runbooks.files import PasswordRules

LEFT_OVER = 6  # characters that must remain when everything that attackers try first is taken out
ADVICE = "Three or four unrelated words are good. Spaces and every kind of character are welcome."
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm")
_YEAR = re.compile(r"(?:19|20)\d\d")
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}")
_SUBSTITUTIONS = str.maketrans("@4013$5!7+€", "aaoiessitte")


def normalise(password: str) -> str:
    """The form that is measured and hashed: NFKC, so that every keyboard gives the same."""
    return unicodedata.normalize("NFKC", password)


def problem(password: str, rules: PasswordRules, personal: Iterable[str]) -> str | None:
    """What is wrong with a normalised password, in words for the person; none when it may be used.

    `personal` are texts about the person and the organisation: names, user name, mail address.
    """
    if len(password) < rules.shortest:
        missing = rules.shortest - len(password)
        more = f"{missing} more character{'s' if missing > 1 else ''}"
        return f"Too short: use at least {rules.shortest} characters ({more}). {ADVICE}"
    if len(password) > rules.longest:
        return f"Too long: use at most {rules.longest} characters."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        return "It contains a control character, which no keyboard can type at the sign-in screen."
    words = common() | {word.casefold() for word in rules.blocked_words} | words_of(personal)
    if is_guessable(password, words):
        return (
            "Too easy to guess: it is made of names, common passwords, dates or rows of keys, which attackers "
            f"try first. {ADVICE}"
        )
    return None


def is_guessable(password: str, words: Iterable[str]) -> bool:
    """Whether little remains once blocked words, rows of keys, years and repetitions are taken out."""
    plain = password.casefold()
    blocked = _any_of(frozenset(words))
    return any(
        len(_without_patterns(blocked.sub("", text))) < LEFT_OVER or len(set(text)) < LEFT_OVER
        for text in (plain, plain.translate(_SUBSTITUTIONS))
    )


def words_of(texts: Iterable[str]) -> set[str]:
    """The words of three letters or more in names, handles and addresses."""
    return {word for text in texts for word in re.findall(r"[^\W\d_]{3,}", text.casefold())}


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """The shipped blocklist."""
    text = (resources.files("workers.runbooks") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=64)
def _any_of(words: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(re.escape(word) for word in longest_first) or r"(?!)")


def _without_patterns(text: str) -> str:
    text = _YEAR.sub("", text)
    text = _rows().sub("", text)
    return re.sub(r"[\W_]", "", _REPEATED.sub(r"\1", text))


@lru_cache(maxsize=1)
def _rows() -> re.Pattern[str]:
    """Three or more neighbours on the keyboard or in the alphabet, in either direction."""
    pieces = {
        row[start:end]
        for line in _ROWS
        for row in (line, line[::-1])
        for start in range(len(row))
        for end in range(start + 3, len(row) + 1)
    }
    return _any_of(frozenset(pieces))
