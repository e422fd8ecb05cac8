"""The private link: made when it is sent, so that neither the store nor the outbox ever holds it."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.outbox import Sender
from workers.runbooks import messages, records, states
from workers.runbooks.errors import RunbookError
from workers.runbooks.files import Runbook
from workers.slack import addresses
from workers.slack.messenger import SlackTrouble
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import Delivery, RunbookRun

log = structlog.get_logger(__name__)

PAGES: Final = "/self-service"
IN_DOUBT_AFTER = timedelta(seconds=30)  # longer than a call to Slack may take
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def hash_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


def address_of_pages(public_url: str) -> str:
    """Where the pages are. Raises `RunbookError` when a password would travel there unencrypted."""
    url = urlsplit(public_url)
    if url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK):
        return public_url.rstrip("/") + PAGES
    raise RunbookError(
        f"DESKHAND_PUBLIC_URL is {public_url}: passwords are typed there, so it must begin with https://."
    )


def due_links(session: Session, limit: int = 50) -> Sequence[RunbookRun]:
    """Runs whose link is to be sent and that nobody is sending now, oldest first."""
    free = RunbookRun.link_claimed_at.is_(None) | (RunbookRun.link_claimed_at < now() - IN_DOUBT_AFTER)
    due = select(RunbookRun).where(RunbookRun.state == states.LINK_DUE, RunbookRun.expires_at > now(), free)
    return session.scalars(due.order_by(RunbookRun.id).limit(limit)).all()


def deliver_due_links(store: Store, sender: Sender, runbooks: Mapping[str, Runbook], public_url: str) -> int:
    """Send every link that is due; gives the number sent."""
    with store.read() as session:
        due = [(run.id, run.runbook) for run in due_links(session)]
    return sum(
        deliver_link(store, sender, run_id, runbooks[name], public_url) for run_id, name in due if name in runbooks
    )


def deliver_link(store: Store, sender: Sender, run_id: int, runbook: Runbook, public_url: str) -> bool:
    """Make a run's link and send it to the requester in private; tells whether it was sent.

    Safe in many processes at once. After a crash on the way the next call makes a new link, and the one that
    may have been sent is dead.
    """
    pages = address_of_pages(public_url)
    token = secrets.token_urlsafe(32)
    with store.begin() as session:
        deadline = _claim(session, run_id, runbook, hash_of(token))
        if deadline is None:
            return False
        run = records.get(session, run_id)
        message = messages.private_link(run, runbook, f"{pages}/{token}")
        payload = addresses.resolve(session, Delivery(payload=message | {"to": f"person:{run.requester_id}"}))
    try:
        # Negative: the outbox counts its own messages upwards.
        sender.send(-run_id, "chat.postMessage", payload)
    except SlackTrouble as trouble:
        _not_sent(store, run_id, hash_of(token), deadline, trouble)
        return False
    with store.begin() as session:
        run = records.get(session, run_id)
        if run.state == states.LINK_DUE and run.link_hash == hash_of(token):
            records.move(session, run, "link_sent", records.automation_of(run), "link_sent")
    return True


def _claim(session: Session, run_id: int, runbook: Runbook, link_hash: str) -> datetime | None:
    """Give the run its link; gives the moment until which sending was to be tried, or none when it is not due."""
    run, moment = records.get(session, run_id), now()
    is_free = run.link_claimed_at is None or run.link_claimed_at < moment - IN_DOUBT_AFTER
    if run.state != states.LINK_DUE or run.expires_at is None or run.expires_at <= moment or not is_free:
        return None
    if not records.may_go_on(session, run):
        return None
    deadline, run.expires_at = run.expires_at, moment + timedelta(minutes=runbook.link_minutes)
    run.link_hash, run.link_claimed_at = link_hash, moment
    return deadline


def _not_sent(store: Store, run_id: int, link_hash: str, deadline: datetime, trouble: SlackTrouble) -> None:
    log.warning("link_not_sent", run=run_id, why=str(trouble), again=trouble.can_retry)
    with store.begin() as session:
        run = records.get(session, run_id)
        if run.state != states.LINK_DUE or run.link_hash != link_hash:
            return
        run.link_hash, run.expires_at = None, deadline
        if trouble.can_retry:  # claimed until it is in doubt: the next try comes then
            return
        records.cancel(session, run, records.automation_of(run), f"the link could not be sent: {trouble}")
        records.tell(session, run, messages.stopped(run))


def expire_old(store: Store, limit: int = 200) -> int:
    """End runs whose time is over; gives their number. Who may still be waiting is told."""
    old = (RunbookRun.state.in_(states.LIVE), RunbookRun.expires_at < now())
    query = select(RunbookRun).where(*old).with_for_update(of=RunbookRun, skip_locked=True).limit(limit)
    with store.read() as session:
        if session.scalar(select(RunbookRun.id).where(*old).limit(1)) is None:
            return 0
    with store.begin() as session:
        runs = session.scalars(query).all()
        for run in runs:
            _expire(session, run)
    return len(runs)


def _expire(session: Session, run: RunbookRun) -> None:
    was = run.state
    if was == states.CHANGING:
        run.refused_why = "interrupted while the password was being changed; look at the account"
        records.tell(session, run, messages.interrupted(run))
    elif was in (states.AWAITING_APPROVAL, states.LINK_DUE):
        run.refused_why = "nobody decided in time" if was == states.AWAITING_APPROVAL else "the link was never sent"
        records.tell(session, run, messages.stopped(run))
    records.move(session, run, "expire", records.automation_of(run), "run_expired", was=was)
