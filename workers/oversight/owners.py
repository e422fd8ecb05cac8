"""Tells those who answer for routing."""

from typing import Any

import structlog
from sqlalchemy.orm import Session

from workers import outbox, people
from workers.governance import automations

log = structlog.get_logger(__name__)

LANE = "oversight"


def tell(session: Session, workspace: str, message: dict[str, Any]) -> bool:
    """Put a direct message to the owner of `route` into the outbox; false where nobody owns it."""
    owner = automations.permit(session, workspace, "route").owner
    person = people.named(session, workspace, owner) if owner else None
    if person is None:
        log.warning("nobody_to_tell", workspace=workspace, about=message["text"])
        return False
    outbox.put(session, workspace, "chat.postMessage", message | {"to": f"person:{person.id}"}, lane=LANE)
    return True
