"""The one error type of this package."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.data.ticket import Problem


class ClassifierError(Exception):
    """Something a person has to put right; the message says in plain words what, and where.

    `problems` holds the places one by one, where a file is at fault.
    """

    def __init__(self, message: str, problems: "tuple[Problem, ...]" = ()) -> None:
        super().__init__(message)
        self.problems = problems
