"""The one error type of this package."""


class RunbookError(Exception):
    """Something asked of a run that cannot be done; the message can be shown to the person who asked."""
