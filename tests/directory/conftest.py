"""The directory's tests stand on the runbooks' world."""

from runbooks.conftest import template, world

__all__ = ["template", "world"]
