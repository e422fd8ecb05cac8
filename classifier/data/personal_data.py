"""Cuts from a text what points at a person: addresses, phone numbers, personal numbers. Sorting needs none.

Patterns are bounded and begin where no other match can have begun before, so that time grows with the length only.
"""

import re

CUT = "…"
"""Stands where something was cut, so that its neighbours do not become one number."""

_PATTERNS = (
    re.compile(r"(?<![\w.+-])[\w.+-]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    re.compile(r"<@[UW][A-Z0-9]{2,20}(?:\|[^<>\n]{0,80})?>"),  # somebody mentioned in Slack
    re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"),  # US social security
)
_PHONES = (
    re.compile(r"(?<![\w+./-])(?:\+|00)[1-9]\d{0,2}[ ./()-]{0,3}(?:\d[ ./()-]{0,2}){6,12}\d(?!\w)"),
    re.compile(r"(?<![\w+./-])\(?0\d{2,4}\)?[ /-]\d{3,8}(?:[ -]\d{2,5}){0,2}(?![\w-])"),
    re.compile(r"(?<![\w+./-])\(?[2-9]\d{2}\)?[ .-]\d{3}[.-]\d{4}(?![\w-])"),
)
FEWEST_DIGITS = 9
"""Of a phone number; "period 012 2025" is none."""
_SAID = re.compile(
    r"(?i)(?P<lead>\b(?:(?:employee|staff|personnel|personal|payroll|badge)[ -]?(?:id|no\.?|number|nummer|nr\.?)"
    r"|tel(?:ephone|efon)?|phone|mobile|handy|fax)[ .:#]{1,3}(?:is )?)(?=[A-Za-z/ ()-]{0,6}\d)[\w/()+-]{3,24}"
    r"(?: \d[\d/()-]{0,12}){0,5}"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")


def cut_personal_data(text: str) -> str:
    """The text with `CUT` in place of each. Running it again changes nothing."""
    text = _IBAN.sub(lambda found: CUT if _is_iban(found[0]) else found[0], text)  # first: it holds numbers
    text = _SAID.sub(lambda found: found["lead"] + CUT, text)
    for pattern in _PATTERNS:
        text = pattern.sub(CUT, text)
    for pattern in _PHONES:
        text = pattern.sub(lambda found: CUT if sum(map(str.isdigit, found[0])) >= FEWEST_DIGITS else found[0], text)
    return text


def _is_iban(text: str) -> bool:
    """ISO 13616: the remainder by 97 is 1."""
    number = text.replace(" ", "")
    if not 15 <= len(number) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1
