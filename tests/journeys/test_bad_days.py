"""Unsigned, replayed and unknown input; a message of 40,000 characters; a locked database; a broken desk folder."""

import hashlib
import hmac
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.supervisor.parts import LOCAL_SIGNING_SECRET
from tests.journeys.running import ROOT, RunningDesk, until
from tests.journeys.words import text_of, wait_reply, with_words


def _signed(body: bytes, at: float | None = None, secret: str = LOCAL_SIGNING_SECRET) -> dict[str, str]:
    stamp = str(int(at or time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
    return headers | {"Content-Type": "application/json"}


def _event(desk: RunningDesk, text: str, ts: str) -> bytes:
    anna = desk.person("anna.lind")
    event = {"type": "message", "channel_type": "im", "channel": anna.dm(), "user": anna.id, "text": text, "ts": ts}
    return json.dumps(
        {
            "type": "event_callback",
            "team_id": anna.me["team_id"],
            "api_app_id": "A0LOCALAPP",
            "event_id": f"Ev{ts}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": anna.me["team_id"], "user_id": "U0LOCALBOT", "is_bot": True}],
            "event": event,
        }
    ).encode()


@pytest.fixture
def http_desk(desk: RunningDesk) -> RunningDesk:
    """The desk that Slack reaches by HTTP; by socket there is no door to knock at."""
    if desk.mode == "socket":
        answer = httpx.post(f"{desk.url}/slack/events", content=b"{}")
        assert answer.status_code in (401, 403, 404), "without a signing secret nobody may send events"
    return desk


def test_an_event_that_is_unsigned_wrongly_signed_or_old_is_refused(http_desk: RunningDesk) -> None:
    url, body = f"{http_desk.url}/slack/events", _event(http_desk, "hello from nobody", "1790000000.000100")
    assert httpx.post(url, content=body, headers={"Content-Type": "application/json"}).status_code in (401, 404)
    assert httpx.post(url, content=body, headers=_signed(body, secret="guess")).status_code in (401, 404)
    assert httpx.post(url, content=body, headers=_signed(body, at=time.time() - 400)).status_code in (401, 404)
    time.sleep(1)
    assert not with_words(http_desk.person("anna.lind").messages(), "hello from nobody", "Tell me")


def test_a_replayed_event_is_acknowledged_and_answered_once(http_desk: RunningDesk) -> None:
    if http_desk.mode == "socket":
        return  # nothing can be replayed into a socket from outside
    anna = http_desk.person("anna.lind")
    ts = anna.say("hiya")
    wait_reply(http_desk, "anna.lind", ts, "Tell me what is wrong")
    body = _event(http_desk, "hiya", ts)
    for _ in range(3):
        assert httpx.post(f"{http_desk.url}/slack/events", content=body, headers=_signed(body)).status_code == 200
    time.sleep(2)
    assert len([m for m in anna.messages(thread_ts=ts) if "Tell me" in text_of(m)]) == 1


def test_a_button_that_nobody_knows_says_so(http_desk: RunningDesk) -> None:
    if http_desk.mode == "socket":
        return  # the payload of a forged button can only come by HTTP
    anna = http_desk.person("anna.lind")
    ts = anna.say("good afternoon")
    message = wait_reply(http_desk, "anna.lind", ts, "Tell me what is wrong")
    payload: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": anna.me["team_id"]},
        "user": {"id": anna.id},
        "channel": {"id": anna.dm()},
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": anna.dm()},
        "message": message,
        "api_app_id": "A0LOCALAPP",
        "trigger_id": "1.2.3",
        "response_url": "",
        "actions": [{"type": "button", "action_id": "launch_rockets", "block_id": "b", "value": "1", "action_ts": "1"}],
    }
    body = httpx.QueryParams({"payload": json.dumps(payload)})
    raw = str(body).encode()
    headers = _signed(raw) | {"Content-Type": "application/x-www-form-urlencoded"}
    assert httpx.post(f"{http_desk.url}/slack/events", content=raw, headers=headers).status_code == 200
    until(lambda: with_words(anna.messages(thread_ts=ts), "does not work any more"))


def test_a_message_of_forty_thousand_characters_is_answered(desk: RunningDesk) -> None:
    ben = desk.person("ben.carter")
    ts = ben.say(("the wifi drops every ten minutes in the Rotterdam office " * 720)[:39_990])
    reply = until(lambda: [m for m in ben.messages(thread_ts=ts) if m["ts"] != ts], 30)
    assert "Something went wrong" not in text_of(reply[0])


def test_an_edit_a_deletion_and_a_link_preview_start_nothing(desk: RunningDesk) -> None:
    dev = desk.person("dev.patel")
    ts = dev.say("hello you")
    wait_reply(desk, "dev.patel", ts, "Tell me what is wrong")
    dev.edit(ts, "hello you, again")
    desk.admin().misbehave("link_preview", channel=dev.dm(), ts=ts, url="https://example.com")
    time.sleep(2)
    assert len([m for m in dev.messages(thread_ts=ts) if "Tell me" in text_of(m)]) == 1


def test_a_locked_database_delays_a_message_and_loses_nothing(file_desk: RunningDesk) -> None:
    desk, anna = file_desk, file_desk.person("anna.lind")
    before = len(desk.cli_json("tickets", "list", "--all"))
    lock = sqlite3.connect(desk.home / "deskhand.db", timeout=30, isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN IMMEDIATE")
    release = threading.Timer(8, lambda: lock.execute("COMMIT"))
    release.start()
    ts = anna.say("open a ticket: the door of the server room in Porto does not lock, somebody must look today")
    wait_reply(desk, "anna.lind", ts, "I've opened", seconds=90)
    release.join()
    lock.close()
    assert len(desk.cli_json("tickets", "list", "--all")) == before + 1


def test_secrets_never_reach_the_database_or_a_log(desk: RunningDesk) -> None:
    ben = desk.person("ben.carter")
    secret = "Tr0ub4dor&3-horse"
    ts = ben.say(f"open a ticket: my password is {secret} and SAP still refuses it, please look at my account")
    wait_reply(desk, "ben.carter", ts, "I've opened")
    time.sleep(1)
    assert secret not in desk.output()
    for file in desk.home.glob("deskhand.db*"):
        assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("file", "breaks", "says"),
    [
        ("desk.yaml", ("P1: {first_response: 15", "P1: {first_response: soon"), "sla.P1.first_response"),
        ("taxonomy.yaml", ("impact: individual", "impact: enormous"), "impact"),
        ("people.yaml", ("role: admin", "role: king"), "role"),
    ],
)
def test_a_broken_desk_file_is_named_with_its_line_and_nothing_starts(
    tmp_path: Path, file: str, breaks: tuple[str, str], says: str
) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(ROOT / "deploy" / "starter", folder)
    text = (folder / file).read_text()
    assert breaks[0] in text
    (folder / file).write_text(text.replace(*breaks, 1))
    done = _cli(tmp_path, folder, "up")
    assert done.returncode == 1
    message = " ".join(done.stderr.split())
    assert file in message and says in message
    assert any(character.isdigit() for character in message.split(file, 1)[1][:6]), "the line is named"


def test_a_broken_article_is_left_out_and_named(file_desk: RunningDesk, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    shutil.copytree(ROOT / "deploy" / "starter" / "articles", folder)
    (folder / "vpn-windows.md").write_text(
        "---\nid: vpn-windows\ntitle: VPN\nowner: jonas.brandt\nupdated: yesterday\naudience: [everyone]\n---\nText"
    )
    before = file_desk.cli_json("served")
    shown = file_desk.cli("kb", "sync", str(folder), "--dry-run")
    assert "vpn-windows.md" in shown and "updated" in shown
    assert file_desk.cli_json("served") == before


def test_a_ticket_file_with_a_mistake_changes_nothing(file_desk: RunningDesk, tmp_path: Path) -> None:
    rows = [
        {"id": "A-1", "text": "screen is black", "label": "laptops_desktops", "closed_at": "2026-01-02T10:00:00Z"},
        {"id": "A-2", "text": "no label here", "label": "gardening"},
    ]
    file = tmp_path / "closed.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = file_desk.cli_json("tickets", "list", "--all")
    said = file_desk.cli("tickets", "import", str(file), check=False)
    assert "closed.jsonl" in said and "2" in said and "gardening" in said
    assert file_desk.cli_json("tickets", "list", "--all") == before


def test_a_full_disk_leaves_what_is_served_as_it_was(file_desk: RunningDesk, tmp_path: Path) -> None:
    before = file_desk.cli_json("served")
    folder = tmp_path / "articles"
    shutil.copytree(ROOT / "deploy" / "starter" / "articles", folder)
    (folder / "new-article.md").write_text(
        (folder / "vpn-windows.md").read_text().replace("id: vpn-windows", "id: new-article")
    )
    command = [sys.executable, "-m", "bot.cli", "kb", "sync", str(folder)]

    def no_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))  # no file may grow beyond this, as on a full disk

    env = file_desk.env | {"PYTHONDONTWRITEBYTECODE": "1"}  # Python keeps a compiled file that was cut off
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, preexec_fn=no_space)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr
    assert file_desk.cli_json("served") == before


def _cli(home: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    import os

    env = os.environ | {"DESKHAND_HOME": str(home / "home"), "DESKHAND_DESK": str(folder), "COLUMNS": "300"}
    command = [sys.executable, "-m", "bot.cli", *words]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
