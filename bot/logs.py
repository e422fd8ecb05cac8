"""Logs: one JSON line an event on stderr for processes, warnings only for commands; stdout is for answers."""

import logging
import sys

import structlog


def to_stderr(level_name: str) -> None:
    """Send our own events from this level on, and other libraries' warnings, to stderr."""
    level = logging.getLevelNamesMapping().get(level_name.upper(), logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    # At DEBUG, libraries print request bodies; some set their own level, so the handler holds them back.
    handler.setLevel(max(level, logging.WARNING))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
