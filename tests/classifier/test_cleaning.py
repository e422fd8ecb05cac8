from hypothesis import given
from hypothesis import strategies as st

from classifier.dataset import clean_text


def test_quoted_mail_and_signature_are_cut() -> None:
    reply = "On Mon, 2 Mar 2026 Tim wrote:\n> did you try the other one"
    text = f"Printer on floor 2 is jammed.\n\nBest regards,\nAnna Berg\nSales | +44 1 234\n\n{reply}"
    assert clean_text(text) == "Printer on floor 2 is jammed."


def test_a_forwarded_header_ends_the_request() -> None:
    assert clean_text("please help\nFrom: Tim\nSent: Monday\nTo: me\nold words") == "please help"


def test_a_request_that_is_nothing_but_a_quote_is_kept() -> None:
    assert clean_text("> my VPN is down\n> since noon") == "> my VPN is down > since noon"


def test_a_line_that_begins_with_thanks_for_something_is_no_signature() -> None:
    assert (
        clean_text("Thanks for the new laptop.\nIts dock is broken") == "Thanks for the new laptop. Its dock is broken"
    )


def test_a_from_line_alone_is_part_of_the_request() -> None:
    assert clean_text("route it\nfrom: Leeds to Porto\nby Friday") == "route it from: Leeds to Porto by Friday"


def test_nul_bytes_and_invisible_characters_go() -> None:
    assert clean_text("pass\u00adword\x00lost\u200b") == "password lost"


@given(st.text(max_size=300))
def test_cleaned_text_is_one_printable_line_of_bounded_length(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned) <= 4000 and "\n" not in cleaned and "\x00" not in cleaned
    assert cleaned == cleaned.strip()


@given(
    st.lists(st.sampled_from(["", "my VPN is down", "> old", "Thanks,", "--", "From: a", "To: b", "Anna"]), max_size=9)
)
def test_a_request_with_words_is_never_emptied(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert bool(clean_text(text)) == bool(text.strip())


def test_a_very_long_text_is_capped() -> None:
    assert len(clean_text("word " * 100_000)) <= 4000
