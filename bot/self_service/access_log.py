"""Keeps private links out of the web server's access log."""

import logging
import re

from workers.runbooks.links import PAGES

_TOKEN = re.compile(rf"({PAGES}/)[\w-]{{20,}}")


class HideTokens(logging.Filter):
    """Replaces the token in the path of every access line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_TOKEN.sub(r"\1…", arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def hide_tokens(logger: logging.Logger) -> None:
    """Do so in this logger; again changes nothing."""
    if not any(isinstance(one, HideTokens) for one in logger.filters):
        logger.addFilter(HideTokens())
