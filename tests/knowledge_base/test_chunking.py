from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.chunking import HARD_MAX_WORDS, passage_text, plain, sentences, split
from knowledge_base.documents import make_article


def passages(body: str) -> list[tuple[tuple[str, ...], str]]:
    return [(passage.title_path, passage.text) for passage in split(make_article(id="a", title="T", body=body))]


def test_passages_follow_the_headings_and_carry_their_title_path() -> None:
    assert passages("intro\n\n# One\n\ntext\n\n## Two\n\nmore\n\n# Three\n\nlast") == [
        (("T",), "intro"),
        (("T", "One"), "text"),
        (("T", "One", "Two"), "more"),
        (("T", "Three"), "last"),
    ]


def test_a_list_of_steps_and_a_table_stay_whole() -> None:
    steps = "\n".join(f"{n}. {'word ' * 20}step {n}" for n in range(1, 11))
    table = "| code | do |\n| --- | --- |\n" + "\n".join(f"| E{n} | {'word ' * 15}|" for n in range(12))
    texts = [text for _, text in passages(f"{steps}\n\n{table}")]
    assert [text.split("\n")[0][:2] for text in texts] == ["1.", "| "]
    assert "step 10" in texts[0]
    assert "E11" in texts[1]


def test_what_is_longer_than_the_encoder_reads_is_cut() -> None:
    texts = [text for _, text in passages("word " * 2000)]
    assert len(texts) > 5
    assert max(len(text.split()) for text in texts) <= HARD_MAX_WORDS


def test_the_encoded_text_has_the_title_path_in_front_and_no_marks() -> None:
    (passage,) = split(make_article(id="a", title="T", body="## Steps\n\n1. Open **[the page](https://x.example)**"))
    assert passage_text(passage) == "T > Steps. Open the page"


def test_sentences_are_steps_and_rows_without_headings() -> None:
    body = "# A long heading here\n\nFirst of all this. Then do that.\n\n1. Open the page\n\n| SC542 | wait a minute |"
    assert sentences(make_article(id="a", title="T", body=body)) == (
        "First of all this.", "Then do that.", "Open the page", "SC542 wait a minute",
    )  # fmt: skip


WORDS = st.text(alphabet="abc", min_size=1, max_size=6)
BLOCKS = st.lists(
    st.one_of(
        st.lists(WORDS, min_size=1, max_size=30).map(" ".join),
        st.lists(WORDS, min_size=1, max_size=9).map(lambda words: "\n".join(f"- {word}" for word in words)),
        WORDS.map(lambda word: f"## {word}"),
    ),
    min_size=1,
    max_size=20,
)


@given(BLOCKS)
def test_no_word_of_a_body_is_lost_and_none_comes_twice(blocks: list[str]) -> None:
    found = split(make_article(id="a", title="", body="\n\n".join(blocks)))
    text = [block for block in blocks if not block.startswith("#")]
    if text:
        assert plain("\n".join(passage.text for passage in found)).split() == plain("\n\n".join(text)).split()
    assert [passage.number for passage in found] == list(range(1, len(found) + 1))


@given(st.text(max_size=400))
def test_any_body_gives_passages_and_plain_text(body: str) -> None:
    assert isinstance(plain(body), str)
    article = make_article(id="a", title="T", body=body or "x")
    assert len(split(article)) >= 1
