"""The pages' tests stand on the runbooks' world."""

from tests.runbooks.conftest import template, world

__all__ = ["template", "world"]
