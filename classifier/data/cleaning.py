"""Cut from a request what says nothing about its subject, in the same way for training and for serving.

Secrets and personal data, quoted mail, signatures, disclaimers: in the languages of most mail programs.
"""

import re
import unicodedata
from collections.abc import Iterator

from classifier.data.personal_data import cut_personal_data
from classifier.data.redaction import redact

LONGEST_TEXT = 4000
"""Characters that the classifier reads; what matters stands at the beginning of a request."""

LONGEST_INPUT = 40_000
"""Characters that are looked at for quotes and signatures before the cap."""

_SIGN_OFF_LINES = 8

_QUOTE_STARTS = (
    re.compile(
        r"^-{2,20}\s?(original (message|appointment)|forwarded message|ursprüngliche nachricht|"
        r"weitergeleitete nachricht|message (d'origine|transféré)|mensaje (original|reenviado)|messaggio originale|"
        r"oorspronkelijk bericht|ursprungligt meddelande|mensagem original)\s?-{2,20}",
        re.IGNORECASE,
    ),
    re.compile(r"^_{10,}$"),
    re.compile(r"^(begin forwarded message|anfang der weitergeleiteten nachricht|début du message transféré):$", re.I),
    re.compile(r"^on\b.{5,200}\bwrote\s?:$", re.IGNORECASE),
    re.compile(r"^am\b.{5,200}\bschrieb\b.{0,200}:$", re.IGNORECASE),
    re.compile(r"^le\b.{5,200}\ba écrit\s?:$", re.IGNORECASE),
    re.compile(r"^el\b.{5,200}\bescribió\s?:$", re.IGNORECASE),
    re.compile(r"^il\b.{5,200}\bha scritto\s?:$", re.IGNORECASE),
    re.compile(r"^op\b.{5,200}\bschreef\b.{0,200}:$", re.IGNORECASE),
    re.compile(r"^(den|em)\b.{5,200}\b(skrev|escreveu)\b.{0,200}:$", re.IGNORECASE),
)
_QUOTE_MAY_START = re.compile(r"^(on|am|le|el|il|op|den|em)\b.*\d", re.IGNORECASE)
_MAIL_HEADER = re.compile(r"^\*?(from|von|de|da|van|från|fra):\*?\s", re.IGNORECASE)
_MAIL_HEADER_NEXT = re.compile(
    r"^\*?(sent|date|to|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado( el)?|fecha|para|asunto|inviato|a|"
    r"oggetto|verzonden|aan|onderwerp|skickat|till|ämne)\s?:\*?\s",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^((best|kind|warm|many)?\s?(regards|wishes|thanks|thank you|thanks in advance|cheers|sincerely|br|kr)"
    r"(\s(in advance|and (kind|best) regards|a lot|so much|very much))?"
    r"|(mit )?(freundlichen?|besten?|vielen?|herzlichen?|schönen?|liebe)\s(grüße?n?|gruß|dank)"
    r"(\s(im voraus|und .{3,30}))?"
    r"|mfg|vg|lg|danke( (schön|im voraus))?|(bien )?cordialement|merci( (d'avance|beaucoup))?"
    r"|(un )?saludos?( cordial(es)?)?"
    r"|(muchas )?gracias|cordiali saluti|grazie( mille)?|met vriendelijke groet(en)?|groeten"
    r"|med vänliga? hälsning(ar)?)"
    r"\s?[,.!]*$",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"^(sent from my \w[\w ]{0,30}|von meinem \w[\w ]{0,30} gesendet|envoyé de mon \w[\w ]{0,30}|get outlook for \w+|"
    r"\[?external( e-?mail| sender)?\]?[:!]?)\.?$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\W{0,5}((this e-?mail|this message|the information in this).{0,60}(confidential|intended)|"
    r"confidentiality notice|legal disclaimer|"
    r"diese (e-?mail|nachricht).{0,60}(vertraulich|bestimmt)|ce (message|courriel).{0,60}confidentiel|"
    r"este (mensaje|correo).{0,60}confidencial|questo messaggio.{0,60}(riservat|confidenzial)|"
    r"(please|bitte).{0,40}(environment|umwelt).{0,60}(print|druck)|"
    r"caution: ?(this )?(e-?mail|message).{0,40}(outside|external))",
    re.IGNORECASE,
)


def clean_text(text: str) -> str:
    """The request itself: no secrets, personal data, quoted mail, signature or legal footer, single spaces.

    At most `LONGEST_TEXT` characters. A text that consists of nothing but quotes and signature is kept whole, since
    a forwarded mail without a word of one's own is still a request. Cleaning what is clean changes nothing.
    """
    whole = _plain(text[:LONGEST_INPUT])
    lines = [line.strip() for line in whole.split("\n")]
    kept = _without_sign_off(list(_without_disclaimers(_without_quotes(lines))))
    return _harmless(_spaced(kept) or _spaced(lines))[:LONGEST_TEXT].strip()


def _harmless(line: str) -> str:
    """Cut on one line: a secret may be broken by a line's end. What is cut may bring another to light."""
    while (cut := cut_personal_data(redact(line).text)) != line:
        line = _spaced([cut])
    return line


def _plain(text: str) -> str:
    text = "".join(map(_visible, text.replace("\r\n", "\n").replace("\r", "\n")))
    return unicodedata.normalize("NFC", text)  # last: a mark may have stood behind something invisible


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character == "\n" or category[0] != "C":
        return character
    return " " if category == "Cc" else ""  # a soft hyphen or a joiner stands inside a word, a tab between two


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for number, line in enumerate(lines):
        if _begins_quote(lines, number) or _begins_mail_header(lines, number):
            break
        if not line.startswith(">"):
            kept.append(line)
    return kept


def _begins_quote(lines: list[str], number: int) -> bool:
    line = lines[number]
    if any(start.match(line) for start in _QUOTE_STARTS):
        return True
    if len(line) > 300 or not _QUOTE_MAY_START.match(line) or number + 1 == len(lines):
        return False
    broken = f"{line} {lines[number + 1]}"  # Gmail breaks the line before "wrote:"
    return any(start.match(broken) for start in _QUOTE_STARTS)


def _without_disclaimers(lines: list[str]) -> Iterator[str]:
    in_disclaimer = False
    for line in lines:
        in_disclaimer = bool(line) and (in_disclaimer or bool(_DISCLAIMER.match(line)))
        if not in_disclaimer and not _BOILERPLATE.match(line):
            yield line


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
