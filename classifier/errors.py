"""The one error type of this package."""


class ClassifierError(Exception):
    """Something a person has to put right; the message says in plain words what, and where."""
