"""The recommendation at the end of a training."""

import pytest

from classifier.learning.learning_curve import Gain, LearningCurve
from workers.training.advice import advise


def curve(*gains: Gain) -> LearningCurve:
    return LearningCurve((100, 200), 80, 1, {"words": (0.6, 0.7)}, {"words": ()}, "words", gains)


THIN = Gain("printing", 12, 20, (0.4, 0.5), 0.1, 0.04, 0.15, 1.2)
UNSURE = Gain("vpn", 80, 20, (0.7, 0.8), 0.05, -0.02, 0.1, 0.6)
SMALL = Gain("mail", 90, 20, (0.9, 0.9), 0.01, 0.005, 0.02, 0.1)


@pytest.mark.parametrize(
    ("verdict", "gains", "verb"),
    [
        ("better", (THIN,), "promote"),
        ("worse", (THIN,), "keep"),
        ("as good", (THIN,), "label"),
        ("as good", (UNSURE, SMALL), "keep"),
        ("cannot tell", (), "label"),
    ],
)
def test_it_follows_from_the_comparison_and_from_what_more_tickets_would_bring(
    verdict: str, gains: tuple[Gain, ...], verb: str
) -> None:
    advice = advise({"recommendation": verdict, "reasons": ["p = 0.4"]}, curve(*gains))
    assert advice.verb == verb
    assert "p = 0.4" in advice.reasons


def test_it_names_whose_tickets_would_help_and_says_that_this_is_extrapolated() -> None:
    advice = advise({"recommendation": "as good", "reasons": []}, curve(THIN, UNSURE), lambda label: label.title())
    (reason,) = advice.reasons
    assert "Printing (12 now): about 1.2 more of 100 tickets right" in reason and "Extrapolated" in reason
    assert "Vpn" not in reason


def test_tickets_that_were_perhaps_filed_wrongly_are_among_the_reasons_whatever_the_verdict() -> None:
    doubt = "9 of 12 tickets under “Printing” seem to be “Network & VPN”."
    for verdict in ("better", "worse", "as good", "cannot tell"):
        assert doubt in advise({"recommendation": verdict, "reasons": ["p = 0.4"]}, None, doubts=[doubt]).reasons


def test_the_first_model_and_one_that_was_not_compared_get_a_sentence_too() -> None:
    first = advise({"recommendation": "better", "why": "There is no champion yet."}, None)
    assert (first.verb, first.reasons) == ("promote", ("There is no champion yet.",))
    assert advise(None, None).verb == "label"
