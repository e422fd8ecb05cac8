"""HTML → Markdown: what a reader sees of a page, and nothing else of it.

Runs in the converting process (`conversion`): a page may be made to hang a parser.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.dammit import UnicodeDammit
from bs4.element import NavigableString, PreformattedString
from markdownify import ATX, MarkdownConverter

from knowledge_base.sources.conversion import Converted
from knowledge_base.sources.markdown import take_title

MAX_DEPTH = 50  # of elements; below that only the words are kept
LINKS = ("http", "https", "mailto")
# In one pass from left to right, as a browser reads: a parser may take an unclosed comment for text.
_UNSEEN = re.compile(
    r"<(script|style|template|noscript|iframe|svg|math|object)\b.*?(?:</\1\s*>|\Z)|<!--(?:-?>|.*?(?:--!?>|\Z))",
    re.DOTALL | re.IGNORECASE,
)
_DROPPED = (
    "script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "svg", "math", "canvas", "audio",
    "video", "input", "select", "textarea", "button", "datalist", "dialog", "link", "meta", "base", "nav", "frame",
    "frameset", "head", "title",
)  # fmt: skip
_AROUND = ("header", "footer", "aside")  # of a page that does not say where its main part is
_HIDDEN = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?:px|em|%)?\s*(?:;|!|$))",
    re.IGNORECASE,
)
_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
_DATES = ("last-modified", "article:modified_time", "dcterms.modified", "dc.date.modified", "revised", "date")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNSAFE_LINK = re.compile(r"\]\(\s*<?\s*(?:javascript|vbscript|data|file)\s*:[^)\n]*\)?", re.IGNORECASE)
# Controls, soft hyphens, zero-width spaces, and marks that turn the direction of text around.
_INVISIBLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def convert_page(raw: bytes) -> Converted:
    """A whole page: title, date and language from its head, its main part as Markdown."""
    soup = parse(UnicodeDammit(raw, is_html=True).unicode_markup or raw.decode("utf-8", "replace"))
    root = soup.find("html")
    title = soup.find("title")
    language = root.get("lang") if isinstance(root, Tag) else None
    said = " ".join(title.get_text().split()) if title else ""
    updated = _date(soup)
    text = markdown_of(_main_part(soup))
    return with_title(text, said, updated, language if isinstance(language, str) else "")


def convert_fragment(html: str) -> Converted:
    """The body of an article, as help centres export it; its title stands elsewhere."""
    return Converted(markdown_of(parse(html)))


def with_title(text: str, title: str, updated: str = "", language: str = "") -> Converted:
    """A whole document: its first heading is its title where it has no other, and is not said twice."""
    heading, rest = take_title(text)
    if heading and (not title or _same(heading, title)):
        text = rest
    return Converted(text, title or heading, updated, language)


def markdown_of(part: Tag) -> str:
    """What a reader sees of a parsed page, as Markdown. Changes `part`."""
    clean(part)
    return tidy(to_markdown(part))


def parse(html: str) -> BeautifulSoup:
    """The tree of a page, without scripts, styles and comments."""
    return BeautifulSoup(_UNSEEN.sub(" ", html.replace("\0", "")), "lxml")


def clean(part: Tag) -> None:
    """Take away what a reader does not see, and what Markdown cannot say."""
    for text in part.find_all(string=lambda string: isinstance(string, PreformattedString)):
        text.extract()
    for tag in part.find_all(_unseen):
        tag.extract()
    _flatten(part)
    for panel in part.find_all(class_="confluence-information-macro"):
        panel.name = "blockquote"
    for image in part.find_all("img"):
        image.replace_with(_attribute(image, "alt"))
    for link in part.find_all("a"):
        if not _leads_somewhere(_attribute(link, "href")):
            link.unwrap()
        else:
            link.attrs = {"href": _attribute(link, "href").strip()}
    _simplify_tables(part)
    # A line of the file is not a line of the page; sentences are told apart by lines later.
    for words in part.find_all(string=_LINE_BREAK):
        if words.find_parent("pre") is None:
            words.replace_with(NavigableString(_LINE_BREAK.sub(" ", words)))


def _unseen(tag: Tag) -> bool:
    if tag.name in _DROPPED or "hidden" in tag.attrs or tag.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN.search(_attribute(tag, "style")))


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else ""


def _leads_somewhere(address: str) -> bool:
    try:
        return urlsplit(address.strip()).scheme.lower() in LINKS
    except ValueError:
        return False


def _flatten(part: Tag) -> None:
    """The converter calls itself for each level, so very deep elements become their words."""
    waiting = [(part, 0)]
    while waiting:
        tag, depth = waiting.pop()
        if depth >= MAX_DEPTH:
            tag.replace_with(NavigableString(tag.get_text(" ")))
        else:
            waiting += [(child, depth + 1) for child in tag.children if isinstance(child, Tag)]


def _simplify_tables(part: Tag) -> None:
    for table in part.find_all("table"):
        if table.find_parent(("td", "th")):
            table.replace_with(NavigableString(" ".join(table.get_text(" ").split())))
    for cell in part.find_all(("td", "th")):
        for text in cell.find_all(string=re.compile(r"\|")):
            text.replace_with(NavigableString(text.replace("|", "\\|")))


def to_markdown(part: Tag) -> str:
    """Headings, lists, tables and code of a cleaned tree as Markdown."""
    converter = MarkdownConverter(
        heading_style=ATX,
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        table_infer_header=True,
        code_language_callback=_language_of,
    )
    return str(converter.convert_soup(part))


def _language_of(code: Tag) -> str | None:
    inner = code.find("code")
    for tag in (code, inner):
        classes = tag.get("class") if isinstance(tag, Tag) else None
        named = [*(classes if isinstance(classes, list) else ()), str(code.get("data-syntaxhighlighter-params", ""))]
        for name in named:
            if match := re.match(r"(?:language-|lang-|brush:)\s*([a-z0-9+#-]{1,20})(?:;|$)", name, re.IGNORECASE):
                return match[1].lower()
    return None


def tidy(markdown: str) -> str:
    """Without invisible characters, trailing spaces, runs of empty lines, and links that run scripts."""
    text = _INVISIBLE.sub("", markdown.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    text = _UNSAFE_LINK.sub("]", text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _main_part(soup: BeautifulSoup) -> Tag:
    for found in (soup.find("main"), soup.find(None, {"role": "main"}), soup.find(id="main-content")):
        if isinstance(found, Tag):
            return found
    articles = soup.find_all("article", limit=2)
    if len(articles) == 1:
        return articles[0]
    for around in soup.find_all(_AROUND):
        around.extract()
    return soup.find("body") or soup


def _date(soup: BeautifulSoup) -> str:
    named = {
        (_attribute(meta, "name") or _attribute(meta, "property") or _attribute(meta, "http-equiv")).lower(): meta
        for meta in soup.find_all("meta")
    }
    for name in _DATES:
        if name in named and (match := _ISO_DATE.match(_attribute(named[name], "content").strip())):
            return match[0]
    return ""


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) in " ".join(other.casefold().split())
