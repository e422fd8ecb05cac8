"""Closed tickets whose label people were asked about."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workers.store.columns import now
from workers.store.tables.base import Base, Name


class LabelReview(Base):
    """One closed ticket that was found doubtful, and what a person said; never changed by a machine after that."""

    __tablename__ = "label_reviews"
    __table_args__ = (
        UniqueConstraint("workspace", "ticket"),
        Index("ix_label_reviews_waiting", "workspace", "decision", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    ticket: Mapped[str] = mapped_column(Name)  # its id among the closed tickets: of a file, or DESK-7
    text: Mapped[str] = mapped_column(Text)  # as it was judged, secrets cut out
    given: Mapped[str | None] = mapped_column(Name)  # the label that it has; none: nobody gave it one
    likely: Mapped[list[Any]]  # [label, probability], best first
    nearest: Mapped[list[Any]]  # {"id", "text"}: alike, and with the likely label
    place: Mapped[int]  # in the order in which they should be looked at
    found_at: Mapped[datetime] = mapped_column(default=now)
    decision: Mapped[str | None] = mapped_column(Name)  # keep, change, drop
    label: Mapped[str | None] = mapped_column(Name)  # the right one, of `keep` and `change`
    decided_by: Mapped[str | None] = mapped_column(Name)
    decided_at: Mapped[datetime | None]

    def likely_labels(self) -> list[tuple[str, float]]:
        """The labels with their probability, best first."""
        return [(str(label), float(share)) for label, share in self.likely]
