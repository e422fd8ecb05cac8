from classifier.model.explain import MOST_PARTS, explain
from tests.classifier.conftest import Trained


def test_the_word_that_decides_carries_the_label(trained: Trained) -> None:
    why = explain(trained.classifier, "hello there the toner is empty today")
    assert why.label == "printing" and why.runner_up != "printing"
    assert [word for word, _ in why.words] == "hello there the toner is empty today".split()
    assert max(why.words, key=lambda pair: pair[1])[0] in ("toner", "empty")


def test_a_long_request_is_explained_in_runs_of_words(trained: Trained) -> None:
    text = " ".join(f"word{number}" for number in range(400)) + " printer"
    why = explain(trained.classifier, text)
    assert len(why.words) <= MOST_PARTS
    assert " ".join(run for run, _ in why.words) == text


def test_an_empty_request_has_no_words_to_show(trained: Trained) -> None:
    assert explain(trained.classifier, "").words == ()
