from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowledge_base.answering import Answerer
from knowledge_base.chunking import sentences, sentences_in, split
from knowledge_base.documents import Article, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.quoting import best_parts, marked, parts_of, portions, reads_alike, shown, unmarked

STEPS = """Before you begin, close Outlook.

1. Open *Settings* > Network. Choose the VPN page.
2. Press **Connect** and wait; it takes `10 * 2` seconds.
   - If it fails, see [the VPN. Page](https://intranet.example/vpn?a=1*2*3).
   - Otherwise you are done.

```
ping gw1 ** 2
```

| Gateway | Where it stands |
|---|:--|
| gw1 | Leeds, *behind* the `a \\| b` door |
| gw2 | Porto on the third floor |

Write to <it@larkfield.example> if it stays so. They answer 5 * 8 hours a day.
"""
TEXT_BLOCKS = (
    "Restart the laptop twice. Then sign in again, e.g. with your card. It helps **nearly** always!",
    "A line that was\nwrapped by hand. Its second sentence\nends here.",
    "> Somebody **said this. In bold.** And then that\n> over two lines. And more of it.",
    "- one thing to do\n- **the whole of it is bold**\n  - a nested step with *stress* and __more__",
    "- [a link. Or two](x.md) begins it\n- and this is the end of the list",
    "| a | b |\n|---|---|\n| **first** cell | second of it |\n| third [x](y.md) | `|` |",
    "```sh\necho **no mark here** and there\n```",
    "    indented code is left as it is",
    "***both at once*** and 2 ** 3 ** 4 and snake_case_word. A _last_ one.",
    "<b>HTML is here.</b> It is text for Slack. So it stays.",
    "See [that page][1] first. Then ![a picture. Of it](p.png) and go on.\n\n[1]: https://x.example/a_b_c",
    "1986\\. A year, not a step. What \\*is\\* this?",
    "* * *",
)


def bold_text(markdown: str) -> str:
    """What is shown in bold."""
    found, depth = [], 0
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        for child in token.children or ():
            depth += {"strong_open": 1, "strong_close": -1}.get(child.type, 0)
            if depth and child.type in ("text", "code_inline"):
                found.append(child.content)
    return " ".join(found)


def nearest(passage: str, *texts: str) -> dict[str, float]:
    """Nearness as if the sentences that begin with these texts answered, the first one best."""
    order = {text: 0.9 - place / 100 for place, text in enumerate(texts)}
    return {
        said: next((near for text, near in order.items() if said.startswith(text)), 0.1)
        for said in sentences_in(passage)
    }


def test_the_nearest_sentence_is_marked_and_nothing_else() -> None:
    text = "Your account is locked. Wait for 15 minutes. Then sign in again. Ask us if it stays so."
    marks = best_parts(text, nearest(text, "Wait for"))
    assert (
        marked(text, marks)
        == "Your account is locked. **Wait for 15 minutes.** Then sign in again. Ask us if it stays so."
    )
    assert unmarked(marked(text, marks), marks) == text


def test_a_step_is_marked_whole_and_keeps_its_number_and_what_is_bold_in_it() -> None:
    text = marked(STEPS, best_parts(STEPS, nearest(STEPS, "Choose the VPN", "Press Connect")))
    assert "1. **Open *Settings* > Network. Choose the VPN page.**\n" in text
    assert "2. **Press** **Connect** **and wait; it takes `10 * 2` seconds.**\n" in text


def test_a_table_row_keeps_its_pipes() -> None:
    text = marked(STEPS, best_parts(STEPS, nearest(STEPS, "gw1 Leeds")))
    assert "| **gw1** | **Leeds, *behind* the `a \\| b` door** |\n" in text
    assert "| Gateway | Where it stands |" in text


def test_a_sentence_that_ends_inside_a_link_is_not_cut_there() -> None:
    text = "See [the page. It helps](x.md) before you ask. Other words stand here. And some more of them."
    parts = [part.text for part in parts_of(text)]
    assert parts[0] == "See [the page. It helps](x.md) before you ask."


def test_code_blocks_and_table_heads_are_never_marked() -> None:
    said = [part.text for part in parts_of(STEPS)]
    assert not any("ping" in text or "Where it stands" in text for text in said)
    assert "They answer 5 * 8 hours a day." in said


@pytest.mark.parametrize("text", ["Only one sentence stands here.", "```\ncode alone\n```", "", "# A heading alone"])
def test_a_passage_of_one_part_is_the_quote_as_it_stands(text: str) -> None:
    assert best_parts(text, nearest(text, "Only")) == ()


def test_nothing_is_marked_where_the_nearest_sentence_stands_elsewhere_in_the_article() -> None:
    text = "Your account is locked. Wait for 15 minutes. Then sign in again."
    here = nearest(text, "Wait for")
    assert best_parts(text, here) != ()
    assert best_parts(text, here | {"A sentence of another passage.": 0.97}) == ()


def test_at_most_three_parts_and_at_most_half_are_marked() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(9))
    same = dict.fromkeys(sentences_in(text), 0.5)
    assert len(best_parts(text, same)) == 3
    two = "The first of two. The second of two."
    assert len(best_parts(two, dict.fromkeys(sentences_in(two), 0.5))) == 1


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("See [a page. And](x.md) more.", ((0, 12),)),  # half of a link
        ("Type `a b c` now.", ((0, 8),)),  # half of a code span
        ("| a | b |\n|---|---|\n| c | d |", ((20, 29),)),  # pipes
        ("```\ncode\n```", ((4, 8),)),
        ("- one\n- two", ((0, 5),)),  # a step's own sign
        ("a ** b", ((2, 6),)),
    ],
)
def test_a_mark_that_changes_what_is_read_is_found_out(text: str, marks: tuple[tuple[int, int], ...]) -> None:
    assert not reads_alike(text, marks)


@settings(max_examples=150, deadline=None)
@given(
    blocks=st.lists(st.sampled_from(TEXT_BLOCKS) | st.text(alphabet="ab .*_`[]()|>-\\\n1!<&", max_size=60), max_size=5),
    seeds=st.lists(st.floats(0, 1), min_size=1, max_size=12),
)
@example(blocks=list(TEXT_BLOCKS), seeds=[0.5])
def test_whatever_is_marked_reads_the_same_and_unmarked_is_the_article(blocks: list[str], seeds: list[float]) -> None:
    text = "\n\n".join(blocks)
    near = {said: seeds[place % len(seeds)] for place, said in enumerate(sentences_in(text))}
    marks = best_parts(text, near)
    assert unmarked(marked(text, marks), marks) == text
    assert reads_alike(text, marks)
    assert all(start < end for start, end in marks)
    assert all(before[1] <= after[0] for before, after in pairwise(marks))


@pytest.mark.parametrize("block", TEXT_BLOCKS[:6])
def test_every_part_can_be_marked_alone(block: str) -> None:
    text = f"{block}\n\nAn end that says nothing. Another end of it."
    for part in parts_of(text):
        assert reads_alike(text, part.spans)
        assert len(bold_text(marked(text, part.spans))) > len(bold_text(text))


def test_every_sentence_of_the_small_desks_passages_is_found_again(articles: tuple[Article, ...]) -> None:
    for article in articles:
        known = set(sentences(article))
        for passage in split(article):
            said = [text for part in parts_of(passage.text) for text in sentences_in(part.text)]
            assert said
            assert set(said) <= known


def test_a_hit_is_marked_where_it_answers(index: Index, encoder: Encoder) -> None:
    answerer = Answerer(index, encoder, PRIOR)
    hit = answerer.search("I forgot my password", frozenset())[0]
    assert hit.article_id == "password"
    assert hit.marks
    assert "**Open the self-service page and choose** **Forgot password**" in marked(hit.passage, hit.marks)
    assert hit.content_hash == next(a.content_hash for a in index.articles if a.id == "password")
    assert answerer.passage_of("password", "I forgot my password", frozenset()) == hit
    assert answerer.passage_of("salary-letters", "print the salary letters", frozenset()) is None


# length


def test_a_long_passage_is_cut_between_blocks_and_says_so() -> None:
    blocks = [f"Block {number} of many words." for number in range(40)]
    text = "\n\n".join(["First block. That is the answer.", *blocks])
    marks = best_parts(text, nearest(text, "That is"))
    cut, is_whole = shown(text, marks, 200)
    assert cut.startswith("First block. **That is the answer.**\n\nBlock 0")
    assert cut.endswith("of many words.")
    assert not is_whole
    assert len(cut) <= 200
    assert shown(text, marks, 4000) == (marked(text, marks), True)


def test_a_table_is_cut_between_rows_under_its_head_and_a_code_block_is_closed() -> None:
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| row {number} | x |" for number in range(30))
    pieces = portions(table, 150)
    assert len(pieces) > 2
    assert all(piece.startswith("| a | b |\n|---|---|\n| row") for piece in pieces)
    code = portions("```sh\n" + "echo hello\n" * 30 + "```", 120)
    assert all(piece.startswith("```sh\necho") and piece.endswith("\n```") for piece in code)


@settings(max_examples=100, deadline=None)
@given(blocks=st.lists(st.sampled_from(TEXT_BLOCKS) | st.text(max_size=200), max_size=6), limit=st.integers(60, 300))
def test_portions_keep_to_the_limit_and_lose_no_word(blocks: list[str], limit: int) -> None:
    text = make_article(id="a", title="", body="\n\n".join(blocks).replace("\r", " ")).body
    pieces = portions(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    for word in "\n\n".join(block for block in blocks if block in TEXT_BLOCKS and len(block) < limit).split():
        assert word in " ".join(pieces)
