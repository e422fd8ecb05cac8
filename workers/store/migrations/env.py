"""Alembic's entry: runs the migrations on the connection that `workers.store.schema` hands over."""

from typing import Any, Literal

from alembic import context

from workers.store.columns import UtcDateTime
from workers.store.tables import Base


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our moment as the plain column that it is, so that old migrations never depend on new code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
