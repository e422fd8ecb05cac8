"""`deskhand doctor`: every setting and connection, and what to do about what is wrong."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from redis.exceptions import RedisError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.sources import read_articles
from workers import heartbeat, serving
from workers.desk import DeskError
from workers.directory import registry as directories
from workers.folder.starting import STARTER, unchanged
from workers.governance import audit
from workers.handbook import read_handbook
from workers.runbooks.files import read_runbooks
from workers.settings import Settings, SettingsError
from workers.store import schema
from workers.store.session import Store

State = Literal["ok", "warning", "wrong"]
LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `do` says what helps."""

    what: str
    state: State
    says: str
    do: str = ""


def examine() -> list[Finding]:
    """Look at everything; nothing is changed."""
    try:
        settings = Settings()
    except SettingsError as error:
        return [Finding("settings", "wrong", str(error), "Correct it, then run `deskhand doctor` again.")]
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _disk, _desk_folder, _starter, _runbooks, _articles, _database, _audit, _served, _queue, _slack, _public_url
    )  # fmt: skip
    return [check(settings) for check in checks]


def _disk(settings: Settings) -> Finding:
    home = settings.home.resolve()
    folder = next(place for place in (home, *home.parents) if place.exists())
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "wrong", f"only {free / 1e6:.0f} MB are free at {folder}", "Free some space.")
    return Finding("disk", "ok", f"{free / 1e9:.1f} GB free at {folder}")


def _desk_folder(settings: Settings) -> Finding:
    try:
        handbook = read_handbook(settings.desk)
    except DeskError as error:
        return Finding("desk folder", "wrong", str(error), "Correct these lines.")
    unowned = [rule.name for rule in handbook.desk.automations if not rule.owner]
    if unowned:
        do = "Name an owner in desk.yaml; without one they do not run."
        return Finding("desk folder", "warning", f"nobody owns {', '.join(unowned)}", do)
    labels, teams = len(handbook.taxonomy.labels), len(handbook.desk.teams)
    return Finding("desk folder", "ok", f"{settings.desk}: {teams} teams, {labels} labels")


def _starter(settings: Settings) -> Finding:
    """What nobody has made the organisation's own yet."""
    if settings.desk.resolve() == STARTER:
        do = "Make your own with `deskhand init FOLDER`, and set DESKHAND_DESK to it."
        state: State = "warning" if settings.slack_is_real else "ok"
        return Finding("starter", state, "this is the starter desk itself, of a company that does not exist", do)
    names = unchanged(settings.desk)
    if not names:
        return Finding("starter", "ok", "nothing is the starter's any more" if names == [] else "a desk of your own")
    says = "still the starter's: " + "; ".join(_in_words(names))
    do = "Edit or delete what does not fit you; articles name the sample company's sites, drives and numbers."
    return Finding("starter", "warning", says, do)


def _in_words(names: Sequence[str]) -> Iterator[str]:
    """Files by their folder; the few that are named one by one stand first."""
    folders = Counter(name.partition("/")[0] for name in names if "/" in name)
    yield from (name for name in names if "/" not in name)
    yield from (f"{count} of the {folder}" for folder, count in folders.items())


def _runbooks(settings: Settings) -> Finding:
    try:
        found = read_runbooks(settings.desk / "runbooks")
    except DeskError as error:
        return Finding("runbooks", "wrong", str(error), "Correct these lines.")
    by_machine = [name for name, runbook in found.items() if not runbook.for_people]
    if by_machine and settings.slack_is_real and directories.is_only_a_sample():
        do = "Set DESKHAND_DIRECTORY to the directory that holds your accounts."
        says = f"{', '.join(by_machine)} not offered: only the sample directory is there"
        return Finding("runbooks", "warning", says, do)
    return Finding("runbooks", "ok", ", ".join(sorted(found)) or "none")


def _articles(settings: Settings) -> Finding:
    try:
        found = read_articles(settings.desk / "articles", cache=settings.home / "converted")
    except KnowledgeBaseError as error:
        return Finding("articles", "wrong", str(error), "Set DESKHAND_DESK to the desk's folder.")
    if found.problems:
        says = "\n".join(map(str, found.problems[:10]))
        do = "Correct them, then run `deskhand kb sync`; until then they are left out."
        return Finding("articles", "warning", says, do)
    return Finding("articles", "ok", f"{len(found.articles)} articles")


class _NoStore(Exception):
    """The database cannot be looked at."""


@contextmanager
def _stored(settings: Settings) -> Iterator[tuple[Store, Session]]:
    """The store to look at, without making one. Raises `_NoStore` when it is not there or cannot be reached."""
    file = settings.database_url.removeprefix("sqlite:///")
    if file != settings.database_url and not Path(file).exists():
        raise _NoStore("it is not there yet")
    try:
        store = Store(settings.database_url)
    except (SQLAlchemyError, ImportError) as error:  # an address of no kind, or of a database that has no driver here
        raise _NoStore(str(error)) from error
    try:
        with store.read() as session:
            yield store, session
    except SQLAlchemyError as error:
        raise _NoStore(f"{type(error).__name__}: {getattr(error, 'orig', error)}") from error
    finally:
        store.close()


def _database(settings: Settings) -> Finding:
    try:
        with _stored(settings) as (store, session):
            session.execute(text("SELECT 1"))
            current, kind = schema.is_current(store), store.engine.dialect.name
    except _NoStore as trouble:
        do = "Check DATABASE_URL, or start `deskhand up` once to create the local one."
        return Finding("database", "wrong" if settings.database else "warning", str(trouble), do)
    if not current:
        return Finding("database", "warning", f"{kind}: not the newest schema", "Any start of Deskhand brings it up.")
    return Finding("database", "ok", f"{kind}, schema up to date")


def _audit(settings: Settings) -> Finding:
    try:
        with _stored(settings) as (_, session):
            verdict = audit.verify(session)
    except _NoStore:
        return Finding("audit", "warning", "not there yet")
    if not verdict.intact:
        do = "Somebody changed the database by hand; compare with a backup."
        return Finding("audit", "wrong", f"entry {verdict.broken_at} {verdict.why}", do)
    return Finding("audit", "ok", f"{verdict.entries} entries, chain intact")


def _served(settings: Settings) -> Finding:
    try:
        with _stored(settings) as (_, session):
            model, index = serving.served(session, "classifier"), serving.served(session, "knowledge")
    except _NoStore:
        model = index = None
    if index is None:
        return Finding("served", "warning", "no article index yet", "Start `deskhand up`, or run `deskhand kb sync`.")
    if model is None:
        return Finding("served", "warning", "no classifier yet: all tickets go to triage", "Train one.")
    return Finding("served", "ok", f"index {index}, classifier {model}")


def _queue(settings: Settings) -> Finding:
    try:
        with heartbeat.connect(settings) as redis:
            redis.ping()
    except (RedisError, OSError, ValueError) as error:  # a ValueError for an address of no kind
        do = "Start `deskhand up`, or check REDIS_URL. Tickets wait in the database meanwhile."
        return Finding("queue", "warning", f"Redis cannot be reached: {error}", do)
    silent = heartbeat.seconds_since_consumed(settings)
    if silent is None or silent > 60:
        since = "never" if silent is None else f"not for {silent:.0f} s"
        return Finding("queue", "warning", f"Redis answers, but a worker has {since} consumed", "Start a worker.")
    return Finding("queue", "ok", f"a worker consumed {silent:.0f} s ago")


def _slack(settings: Settings) -> Finding:
    if settings.slack_bot_token is None:
        return Finding("slack", "ok", "no token: `deskhand up` uses the local Slack")
    client = WebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=5)
    try:
        me = client.auth_test()
    except (SlackApiError, OSError, httpx.HTTPError) as error:
        return Finding("slack", "wrong", str(error), "Check SLACK_BOT_TOKEN and SLACK_API_URL.")
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        do = "Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)."
        return Finding("slack", "wrong", "the token works, but events cannot come in", do)
    return Finding("slack", "ok", f"{me['user']} in {me['team']}")


def _public_url(settings: Settings) -> Finding:
    url = settings.public_url
    if url.startswith("https://") or url.startswith(("http://127.0.0.1", "http://localhost")):
        return Finding("public address", "ok", url)
    do = "Put a TLS proxy in front and set DESKHAND_PUBLIC_URL to its https address: passwords are typed there."
    return Finding("public address", "wrong", url, do)
