"""Who may do what to a ticket. Checked on every action, whichever way it came in."""

from workers.store.tables import Person, Ticket


class NotAllowed(Exception):
    """The person may not do this; the message can be shown to them."""


def is_agent(person: Person) -> bool:
    """Whether the person works on the service desk."""
    return person.role in ("agent", "admin") and not person.is_outsider


def must_be_agent(person: Person) -> None:
    """Raises `NotAllowed` for everybody who does not work on the service desk."""
    if not is_agent(person):
        raise NotAllowed("Only service-desk agents can do this.")


def must_be_admin(person: Person) -> None:
    """Raises `NotAllowed` for everybody but admins."""
    if person.role != "admin" or person.is_outsider:
        raise NotAllowed("Only admins of the service desk can do this.")


def must_be_requester(person: Person, ticket: Ticket) -> None:
    """Raises `NotAllowed` for everybody but the one who asked."""
    if person.id != ticket.requester_id:
        raise NotAllowed("Only the person who opened this ticket can do this.")


def may_see(person: Person, ticket: Ticket) -> bool:
    """Agents see every ticket, employees their own."""
    return is_agent(person) or person.id == ticket.requester_id
