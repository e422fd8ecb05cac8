"""What becomes of typed text, and what of text on the page."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local_slack.composing import compose, escape
from bot.local_slack.page import markdown, mrkdwn, rich_text
from bot.local_slack.page.mrkdwn import Names

PEOPLE = {"anna.lind": "U0ANNA"}
NAMES = Names({"U0ANNA": "Anna Lind"}.get, {"C0GEN": "general"}.get)
SAFE_TAGS = set("b i s code pre a span br blockquote div ul ol li p h1 h2 h3 h4 h5 h6 em strong hr".split()) | {
    "table", "thead", "tbody", "tr", "th", "td", "del",
}  # fmt: skip


class Tags(HTMLParser):
    """Collects the tags and link targets of a piece of HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel> wake up", "&lt;!channel&gt; wake up"),
        ("@channel wake up", "<!channel> wake up"),
        ("hi @anna.lind, ok", "hi <@U0ANNA>, ok"),
        ("hi @nobody", "hi @nobody"),
        ("in #general!", "in <#C0GEN|general>!"),
        ("see https://a.example/x?y=1&z=2.", "see <https://a.example/x?y=1&amp;z=2>."),
        ("mail anna@firm.example", "mail <mailto:anna@firm.example|anna@firm.example>"),
    ],
)
def test_typed_text_is_sent_as_slacks_client_does(typed: str, sent: str) -> None:
    assert compose(typed, PEOPLE.get, {"general": "C0GEN"}.get).text == sent


@given(st.text(max_size=80))
def test_nothing_is_lost_between_the_text_and_its_rich_text_block(typed: str) -> None:
    composed = compose(typed, PEOPLE.get, {"general": "C0GEN"}.get)
    parts = composed.blocks[0]["elements"][0]["elements"]
    plain = "".join(escape(p["text"]) for p in parts if p["type"] == "text")
    assert re.sub(r"<[^>]*>", "", composed.text) == plain


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("*bold* _it_ ~no~", "<b>bold</b> <i>it</i> <s>no</s>"),
        ("2 * 3 * 4 snake_case_name", "2 * 3 * 4 snake_case_name"),
        ("`*code* &lt;b&gt;`", "<code>*code* &lt;b&gt;</code>"),
        ("a\n&gt; quote\n&gt; more\nb", "a<br><blockquote>quote<br>more</blockquote>b"),
        (
            "<@U0ANNA> in <#C0GEN>",
            '<span class="ls-mention">@Anna Lind</span> in <span class="ls-mention">#general</span>',
        ),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        ("<b>raw</b> :eyes:", "&lt;b&gt;raw&lt;/b&gt; 👀"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it(text: str, markup: str) -> None:
    assert mrkdwn.to_html(text, NAMES) == markup


def test_a_link_opens_elsewhere_and_keeps_its_label() -> None:
    shown = mrkdwn.to_html("<https://a.example/?q=1&amp;r=2|the *page*>", NAMES)
    assert shown.startswith('<a href="https://a.example/?q=1&amp;r=2" target="_blank"') and "the *page*</a>" in shown


HOSTILE = st.text(alphabet="<>&\"'`*_~!@#|\x00\n :/abcjsx=()U0N", max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        '<https://a" onmouseover="alert(1)|x>',
        "&lt;img src=x onerror=alert(1)&gt;",
        "![x](https://tracker.example/p.png)",
        "```<script>```",
        "\x000\x00",
    ]
)


@given(HOSTILE)
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    block = {"elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}
    link = {"elements": [{"type": "rich_text_section", "elements": [{"type": "link", "url": text, "text": text}]}]}
    for markup in (
        mrkdwn.to_html(text, NAMES),
        mrkdwn.plain_to_html(text),
        markdown.to_html(text),
        rich_text.to_html(block, NAMES),
        rich_text.to_html(link, NAMES),
    ):
        seen = Tags(markup)
        assert seen.tags <= SAFE_TAGS
        assert {name for name, _ in seen.attributes} <= {"href", "target", "rel", "class", "start", "style", "title"}
        targets = [value or "" for name, value in seen.attributes if name == "href"]
        assert all(t.lower().startswith(("http://", "https://", "mailto:")) for t in targets)
