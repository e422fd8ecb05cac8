"""What live use has taught, said to people."""

from bot.knowledge_commands import in_words
from workers.knowledge.feedback import Feedback


def test_feedback_is_told_in_four_sentences() -> None:
    found = Feedback(
        outcomes=12, solved=9, not_solved=3, response_shares={"answer": 0.6, "self_service": 0.25},
        looks=(1.0, 0.5, 0.333), doors={"vpn": 2, "wifi": 1}, evidence=5, evidence_right=4, worth=3.6,
    )  # fmt: skip
    assert in_words(found) == [
        "12 times people said what an article was worth: 9 solved, 3 not.",
        "They say so for 60% of answer, 25% of self service; 100%, 50%, 33% look at the first, second and third "
        "suggestion.",
        "Doors with the next sync: 3 questions to 2 articles.",
        "Evidence for the gate: 5 questions, 4 of them solved; worth as much as 4 of equal weight.",
    ]
    nothing = Feedback(0, 0, 0, {}, (1.0, 0.5, 0.333), {}, 0, 0, 0.0)
    assert "nothing yet" in in_words(nothing)[1]
