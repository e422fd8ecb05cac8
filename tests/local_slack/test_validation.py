"""What Slack refuses in blocks and views, also deep inside them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ContextActionsBlock,
    ContextBlock,
    DividerBlock,
    FeedbackButtonsElement,
    HeaderBlock,
    InputBlock,
    MarkdownBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import FeedbackButtonObject
from slack_sdk.models.views import View

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.validation.blocks import message_block_problems, view_block_problems
from bot.local_slack.validation.messages import require_content
from bot.local_slack.validation.views import view_problems


def section(words: str = "Hello", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}, **more}


def button(action_id: str = "go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": "Go"}, **more}


def option(value: str = "a", words: str = "A") -> Json:
    return {"text": {"type": "plain_text", "text": words}, "value": value}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def field(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": {"type": "plain_text", "text": "What"}, "element": element, **more}


WRONG: list[tuple[str, list[Json], str, str]] = [
    ("over-long section", [section("x" * 3001)], "must be less than 3001 characters", "/blocks/0/text/text"),
    ("empty text", [section("")], "must be more than 0 characters", "/blocks/0/text/text"),
    ("unknown block", [{"type": "banner"}], "unsupported type: banner", "/blocks/0/type"),
    ("no type", [{"text": "hi"}], "missing required field: type", "/blocks/0"),
    ("section without text", [{"type": "section"}], "missing required field: text", "/blocks/0"),
    ("too many fields", [{"type": "section", "fields": [section()["text"]] * 11}], "no more than 10 items", "/fields"),
    ("header in mrkdwn", [{"type": "header", "text": section()["text"]}], "mrkdwn is not allowed here", "/text/type"),
    (
        "over-long header",
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        "less than 151",
        "/blocks/0/text/text",
    ),
    ("51 blocks", [{"type": "divider"}] * 51, "no more than 50 items allowed", "/blocks"),
    ("26 buttons", [actions(*(button(f"b{i}") for i in range(26)))], "no more than 25 items", "/elements"),
    ("no elements", [actions()], "no fewer than 1 items", "/blocks/0/elements"),
    ("same block_id", [section(block_id="a"), section(block_id="a")], "block_id already exists: a", "/blocks/1"),
    ("same action_id", [actions(button(), button())], "action_id already exists: go", "/blocks/0/elements/1"),
    ("disabled button", [actions(button(disabled=True))], "invalid additional property: disabled", "/elements/0"),
    ("button value", [actions(button(value="x" * 2001))], "must be less than 2001", "/elements/0/value"),
    ("button style", [actions(button(style="green"))], "must be one of: primary, danger", "/style"),
    (
        "confirm without deny",
        [actions(button(confirm={"title": button()["text"], "text": button()["text"], "confirm": button()["text"]}))],
        "missing required field: deny",
        "/elements/0/confirm",
    ),
    ("long option", [actions(select(options=[option("a", "x" * 76)]))], "less than 76", "/options/0/text/text"),
    ("101 options", [actions(select(options=[option(str(i)) for i in range(101)]))], "no more than 100", "/options"),
    ("no options", [actions({"type": "static_select", "action_id": "p"})], "options or option_groups", "/elements/0"),
    (
        "initial option that is not there",
        [actions(select(initial_option=option("z")))],
        "must match one of the options",
        "/initial_option",
    ),
    ("input in actions", [actions({"type": "plain_text_input", "action_id": "t"})], "not allowed here", "/elements/0"),
    ("button in input", [field(button())], "button is not allowed here", "/blocks/0/element/type"),
    ("text in accessory", [section(accessory={"type": "url_text_input"})], "not allowed here", "/accessory/type"),
    ("long action_id", [actions(button("x" * 256))], "less than 256", "/elements/0/action_id"),
    ("emoji in mrkdwn", [section() | {"text": {"type": "mrkdwn", "text": "a", "emoji": True}}], "emoji", "/text"),
    ("11 context elements", [{"type": "context", "elements": [section()["text"]] * 11}], "no more than 10", "/elem"),
    ("long markdown", [{"type": "markdown", "text": "x" * 12001}], "less than 12001", "/blocks/0/text"),
    (
        "markdown in all",
        [{"type": "markdown", "text": "x" * 7000}, {"type": "markdown", "text": "x" * 7000}],
        "less than 12001 characters in all",
        "/blocks",
    ),
    (
        "broken rich text",
        [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "txt"}]}]}],
        "unsupported type: txt",
        "/elements/0/elements/0/type",
    ),
    ("two tables", [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2, "only one table", "/bl"),
    ("not a list", "text", "must provide an array", "/blocks"),  # type: ignore[list-item]  # what a caller may send
]


@pytest.mark.parametrize(("blocks", "message", "pointer"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_slack_refuses_and_says_what_and_where(blocks: list[Json], message: str, pointer: str) -> None:
    found = [str(p) for p in message_block_problems(blocks)]
    assert any(message in p and pointer in p for p in found), found


def test_what_the_sdk_builds_is_accepted() -> None:
    thumbs = FeedbackButtonsElement(
        action_id="f",
        positive_button=FeedbackButtonObject(text="Good", value="1"),
        negative_button=FeedbackButtonObject(text="Bad", value="0"),
    )
    choose = StaticSelectElement(action_id="s", placeholder="Team", options=[Option(value="a", label="A")])
    blocks = [
        HeaderBlock(text="INC-1"),
        SectionBlock(text="*Hi*", fields=["a", "b"], accessory=ButtonElement(text="Go", action_id="x", value="1")),
        DividerBlock(),
        ActionsBlock(elements=[choose, ButtonElement(text="Go", action_id="y", url="https://a.example")]),
        ContextBlock(elements=[MarkdownTextObject(text="small")]),
        MarkdownBlock(text="**hi**"),
        ContextActionsBlock(elements=[thumbs]),
    ]
    assert message_block_problems([b.to_dict() for b in blocks]) == []
    form = InputBlock(label="What", element=PlainTextInputElement(action_id="t", multiline=True))
    view = View(type="modal", title="New", submit="Send", close="Close", blocks=[form], private_metadata="{}")
    assert view_problems(view.to_dict(), "modal") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": None}, "missing required field: title"),
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "must be less than 25 characters"),
        ({"submit": None}, "missing required field: submit"),
        ({"private_metadata": "x" * 3001}, "must be less than 3001 characters"),
        ({"callback_id": "x" * 256}, "must be less than 256 characters"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items allowed"),
        ({"blocks": []}, "no fewer than 1 items allowed"),
        ({"blocks": [{"type": "markdown", "text": "a"}]}, "markdown is not allowed here"),
        ({"type": "home"}, "must be a modal view"),
        ({"colour": "red"}, "invalid additional property: colour"),
    ],
)
def test_a_modal_is_checked_as_a_whole(change: Json, message: str) -> None:
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "New"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [field({"type": "plain_text_input", "action_id": "t"})],
    }
    assert view_problems(view, "modal") == []
    assert any(message in str(p) for p in view_problems({**view, **change}, "modal"))


def test_a_home_has_no_submit() -> None:
    home = {"type": "home", "blocks": [section()]}
    assert view_problems(home, "home") == []
    assert view_problems({**home, "submit": {"type": "plain_text", "text": "Send"}}, "home")


def test_two_elements_cannot_both_have_the_focus() -> None:
    one = {"type": "plain_text_input", "action_id": "t", "focus_on_load": True}
    assert [str(p) for p in view_block_problems([field(one), field(one)])]


@pytest.mark.parametrize(
    ("text", "blocks", "error"),
    [
        ("", None, "no_text"),
        ("  \n", [], "no_text"),
        ("x" * 40_001, None, "msg_too_long"),
        ("x", {"type": "section"}, "invalid_blocks_format"),
        ("x", [section("")], "invalid_blocks"),
        (7, None, "invalid_arguments"),
    ],
)
def test_a_message_needs_content_slack_takes(text: Any, blocks: Any, error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        require_content(text, blocks)
    assert refused.value.error == error


def test_a_message_of_40_000_characters_passes() -> None:
    assert require_content("x" * 40_000, None)[0] == "x" * 40_000


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "element", "options", "block_id", "action_id", "accessory"])
            | st.text(max_size=5),
            children
            | st.sampled_from(["section", "actions", "input", "button", "static_select", "plain_text", "rich_text"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON_VALUES)
def test_no_input_breaks_the_checks(value: Any) -> None:
    for problems in (message_block_problems(value), view_block_problems(value), view_problems(value, "modal")):
        assert all(str(p).startswith("[ERROR] ") for p in problems)


TEXT_OBJECTS = st.builds(
    lambda kind, words: {"type": kind, "text": words},
    st.sampled_from(["mrkdwn", "plain_text"]),
    st.text(min_size=1, max_size=60),
)
GOOD_BLOCKS = st.lists(
    st.builds(lambda text: {"type": "section", "text": text}, TEXT_OBJECTS)
    | st.just({"type": "divider"})
    | st.builds(lambda n: actions(*(button(f"b{i}") for i in range(n))), st.integers(1, 25)),
    max_size=50,
)


@given(GOOD_BLOCKS, st.data())
def test_one_fault_anywhere_in_good_blocks_is_found(blocks: list[Json], data: st.DataObject) -> None:
    assert message_block_problems(blocks) == []
    broken = json.loads(json.dumps(blocks))
    at = data.draw(st.integers(0, len(broken)))
    broken.insert(at, data.draw(st.sampled_from([{"type": "nothing"}, section("x" * 3001), {"type": "header"}])))
    assert any(f"/blocks/{at}" in str(p) for p in message_block_problems(broken))
