import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runbooks.files import PasswordRules
from workers.runbooks.passwords import common, is_guessable, normalise, problem, words_of

RULES = PasswordRules(blocked_words=("larkfield",))
ANNA = ("Anna Lind", "anna.lind", "anna.lind@larkfield.example", "Larkfield IT")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "tulip-bridge-velvet",
        "8392017465839201",
        "xK9#mQ2$vL7!pR4z",
        "ich trinke gern kalten Tee",
        "пароль длинный как зима",
        "🦊🌲🚲🎈 und ein Kamel",
        "i dislike mondays and umbrellas",
    ],
)
def test_long_and_unknown_is_enough_whatever_it_is_made_of(password: str) -> None:
    assert problem(normalise(password), RULES, ANNA) is None


@pytest.mark.parametrize(
    "password",
    [
        "Password123456!",
        "P@ssw0rd2024!!!",
        "aaaaaaaaaaaaaa",
        "qwertyuiop123456",
        "abcabcabcabcabc",
        "12345678901234",
        "Summer2024Summer2024",
        "Larkfield2024!Anna",
        "annalind-sales-1",
        "welcomewelcome1!",
        "Ｐａｓｓｗｏｒｄ１２３４５６",
        "lkjhgfdsa-poiuytrewq",
    ],
)
def test_what_attackers_try_first_is_refused(password: str) -> None:
    words = (*ANNA, "sales")
    assert "Too easy to guess" in str(problem(normalise(password), RULES, words))


def test_length_counts_characters_after_normalising() -> None:
    assert "1 more character)" in str(problem("x7Kq-9vTz!mR4", RULES, ()))
    assert problem("x7Kq-9vTz!mR4w", RULES, ()) is None
    composed, decomposed = "Übergroße Käfer", "Übergroße Käfer"
    assert normalise(composed) == normalise(decomposed)


def test_128_characters_are_fine_and_129_are_too_many() -> None:
    text = "the quiet harbour keeps its lanterns lit " * 4
    assert problem(text[:128], RULES, ()) is None
    assert "Too long" in str(problem(text[:129], RULES, ()))


def test_control_characters_are_refused() -> None:
    assert "control character" in str(problem("tulip\tbridge velvet", RULES, ()))


def test_the_shipped_list_is_ready_for_comparison() -> None:
    assert len(common()) > 250
    assert all(len(word) >= 4 and word == word.casefold().strip() for word in common())


def test_names_of_people_and_places_are_split_into_words() -> None:
    assert words_of(("Anna Lind", "anna.lind@larkfield.example", "O'Neil 42")) == {
        "anna", "lind", "larkfield", "example", "neil",
    }  # fmt: skip


@given(st.text(min_size=1, max_size=140))
def test_whatever_is_typed_gets_an_answer_that_does_not_repeat_it(password: str) -> None:
    said = problem(normalise(password), RULES, ANNA)
    if said is not None and len(password) > 6:
        assert password not in said


@given(st.sampled_from(sorted(common())), st.integers(0, 9999), st.sampled_from(["", "!", "?!", "."]))
def test_a_common_word_with_a_year_and_a_sign_stays_guessable(word: str, number: int, sign: str) -> None:
    assert is_guessable(f"{word.capitalize()}{number}{sign}", common())
