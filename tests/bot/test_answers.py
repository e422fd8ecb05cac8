"""What an employee sees as an answer."""

from bot.views import answers
from knowledge_base.answering import Hit
from workers.slack import notices


def hit(passage: str, marks: tuple[tuple[int, int], ...] = ()) -> Hit:
    return Hit(
        "wifi", "Wi-Fi drops", passage, 1, marks, "4f1a", ("everyone",), None, "mira.holt", "2026-01-02", 0.9, 0.9, {}
    )


def markdown(view: answers.View) -> list[str]:
    return [block["text"] for block in view["blocks"] if block["type"] == "markdown"]


def test_an_answer_shows_the_passage_with_what_answers_in_bold() -> None:
    view = answers.answer(hit("The Wi-Fi drops.\n\n1. Restart it.\n2. Wait.", ((21, 32),)), 7)
    assert markdown(view) == ["The Wi-Fi drops.\n\n1. **Restart it.**\n2. Wait."]
    assert view["text"] == "Wi-Fi drops: The Wi-Fi drops.\n\n1. Restart it.\n2. Wait."
    assert f"'{notices.READ_ARTICLE}'" in str(view)


def test_a_passage_longer_than_a_message_should_be_is_cut_between_blocks_and_says_so() -> None:
    blocks = [f"Block {number}: " + "word " * 100 for number in range(20)]
    view = answers.answer(hit("\n\n".join(blocks)), 7)
    (shown,) = markdown(view)
    assert len(shown) <= answers.MARKDOWN_LIMIT
    assert shown.rstrip() == "\n\n".join(blocks[: shown.count("Block")]).rstrip()
    assert "read the whole article" in str(view["blocks"][2])


def test_a_suggestion_shows_the_beginning_of_what_answers_in_it() -> None:
    found = [hit("The Wi-Fi drops.\n\n1. Restart <it>, **twice**.\n2. Wait.", ((21, 34),)), hit("No marks *here*.")]
    view = answers.suggestions(found, 7)
    teasers = [block["text"]["text"] for block in view["blocks"][1:3]]
    assert teasers == ["*Wi-Fi drops*\nRestart &lt;it&gt;, twice. Wait.", "*Wi-Fi drops*\nNo marks *here*."]


def test_the_whole_article_is_cut_between_blocks_where_slack_would_not_take_it_at_once() -> None:
    table = "| code | meaning |\n|---|---|\n" + "\n".join(f"| {number} | {'word ' * 20}|" for number in range(60))
    parts = markdown(answers.article("Codes", table, "mira.holt", "2 January 2026"))
    assert len(parts) == answers.VIEW_PORTIONS
    assert all(part.startswith("| code | meaning |\n|---|---|\n") and len(part) <= 3000 for part in parts)
