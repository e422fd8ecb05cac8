"""Act as a person of the local Slack from a script or a test."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from bot.local_slack.errors import LocalSlackError
from bot.local_slack.jsontypes import Json

Predicate = Callable[[list[Json]], Any]


class OperationRefused(LocalSlackError):
    """An operation failed; `answer` is the whole answer with `error` and what goes with it."""

    def __init__(self, operation: str, answer: Json) -> None:
        super().__init__(f"{operation}: {answer.get('error')} {answer.get('detail') or ''}".strip())
        self.answer = answer

    @property
    def error(self) -> str:
        return str(self.answer.get("error"))


class _Client:
    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=70,
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, operation: str, **arguments: Any) -> Json:
        given = {key: value for key, value in arguments.items() if value is not None}
        answer: Json = self._http.post(f"/local/{operation}", json=given).json()
        if not answer.get("ok"):
            raise OperationRefused(operation, answer)
        return answer


class Person(_Client):
    """One person. `channel` is an id, `#name` or `@handle`; None is the direct message with the app.

    Every method raises OperationRefused when the workspace, or the app behind it, refuses.
    """

    def __init__(self, base_url: str, token: str) -> None:
        super().__init__(base_url, token)
        self._me: Json | None = None

    @property
    def me(self) -> Json:
        """`user_id`, `name`, `team_id`, `apps`."""
        if self._me is None:
            self._me = self._post("whoami")
        return self._me

    @property
    def id(self) -> str:
        return str(self.me["user_id"])

    def dm(self) -> str:
        """The id of the direct message with the app."""
        return str(self.me["apps"][0]["channel"])

    def say(self, text: str, channel: str | None = None, thread_ts: str | None = None) -> str:
        """Type and send; returns the ts of the message."""
        return str(self._post("say", text=text, channel=channel, thread_ts=thread_ts)["ts"])

    def edit(self, ts: str, text: str, channel: str | None = None) -> None:
        self._post("edit", channel=channel or self.dm(), ts=ts, text=text)

    def delete(self, ts: str, channel: str | None = None) -> None:
        self._post("delete", channel=channel or self.dm(), ts=ts)

    def react(self, ts: str, name: str, channel: str | None = None) -> None:
        self._post("react", channel=channel or self.dm(), ts=ts, name=name)

    def click(
        self,
        action_id: str,
        *,
        ts: str | None = None,
        channel: str | None = None,
        view_id: str | None = None,
        block_id: str | None = None,
        value: Any = None,
    ) -> Json:
        """Use a button, select, overflow, feedback ... of a message (`ts`) or an open view (`view_id`)."""
        return self._post(
            "click",
            action_id=action_id,
            ts=ts,
            channel=None if view_id else channel or self.dm(),
            view_id=view_id,
            block_id=block_id,
            value=value,
        )

    def command(self, command: str, text: str = "", channel: str | None = None) -> Json:
        """Run a slash command."""
        return self._post("command", command=command, text=text, channel=channel)

    def shortcut(self, callback_id: str, *, ts: str | None = None, channel: str | None = None) -> Json:
        """Use a shortcut, with `ts` on a message."""
        return self._post("shortcut", callback_id=callback_id, ts=ts, channel=channel)

    def open_home(self, tab: str = "home") -> Json | None:
        """Open the app's home; the view, when it was published before."""
        view: Json | None = self._post("open_home", tab=tab)["view"]
        return view

    def home(self) -> Json | None:
        """The Home tab of the app as it is now."""
        view: Json | None = self._post("views")["homes"].get(self.me["apps"][0]["app_id"])
        return view

    def modals(self) -> list[Json]:
        """The open modals, the one on top last."""
        stack: list[Json] = self._post("views")["modals"]
        return stack

    def fill(self, view_id: str, values: dict[str, dict[str, Any]]) -> Json:
        """Put values into a form: block_id → action_id → value."""
        return self._post("fill", view_id=view_id, values=values)

    def submit(self, view_id: str, values: dict[str, dict[str, Any]] | None = None) -> Json:
        """Send a form in. Wrong fields raise OperationRefused with `answer["errors"]`."""
        return self._post("submit", view_id=view_id, values=values or {})

    def close_modal(self, view_id: str, *, everything: bool = False) -> None:
        self._post("close", view_id=view_id, everything=everything)

    def messages(self, channel: str | None = None, thread_ts: str | None = None) -> list[Json]:
        """What this person sees, oldest first, with what only they see (`is_ephemeral`)."""
        seen: list[Json] = self._post("read", channel=channel, thread_ts=thread_ts)["messages"]
        return seen

    def status(self, thread_ts: str, channel: str | None = None) -> Json:
        """The agent's status line, title and prompts for a thread (`""`: above the conversation)."""
        threads = self._post("read", channel=channel)["agent_threads"]
        found: Json = threads.get(thread_ts, {})
        return found

    def channels(self) -> list[Json]:
        """The sidebar: conversations with `unread_count`."""
        listed: list[Json] = self._post("channels")["channels"]
        return listed

    def join(self, channel: str) -> None:
        self._post("join", channel=channel)

    def invite(self, channel: str, user: str) -> None:
        self._post("invite", channel=channel, user=user)

    def look_at(self, channel: str) -> None:
        self._post("look_at", channel=channel)

    def web(self, method: str, **arguments: Any) -> Json:
        """Call the Web API as this person; the answer as it is, also when `ok` is false."""
        answer: Json = self._http.post(f"/api/{method}", json=arguments).json()
        return answer

    def wait_for(
        self,
        predicate: Predicate,
        timeout: float = 10.0,
        *,
        channel: str | None = None,
        thread_ts: str | None = None,
    ) -> Any:
        """Wait until `predicate(messages)` gives something true, and return that."""
        return self.until(lambda: predicate(self.messages(channel, thread_ts)), timeout)

    def wait_for_modal(self, timeout: float = 10.0, *, title: str | None = None) -> Json:
        """Wait until a modal (with this title) is on top."""

        def on_top() -> Json | None:
            stack = self.modals()
            fits = bool(stack) and title in (None, (stack[-1]["title"] or {}).get("text"))
            return stack[-1] if fits else None

        found: Json = self.until(on_top, timeout)
        return found

    def until(self, look: Callable[[], Any], timeout: float = 10.0) -> Any:
        """Look again after every change in the workspace until `look()` gives something true.

        Raises LocalSlackError after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        version = -1
        while True:
            left = deadline - time.monotonic()
            version = int(self._post("wait", version=version, timeout=max(min(left, 1.0), 0.0))["version"])
            found = look()
            if found:
                return found
            if left <= 0:
                raise LocalSlackError(f"nothing of the kind within {timeout:g} s")


class Admin(_Client):
    """Whoever holds the admin token: faults on order, the check of request URLs, and the journal."""

    def verify_request_url(self) -> None:
        """Challenge the request URLs as Slack does when one is entered; OperationRefused when one fails."""
        self._post("verify_request_url")

    def misbehave(self, kind: str, **order: Any) -> Json:
        """See `acting/misbehaving.py` for the kinds and what goes with them."""
        return self._post("misbehave", kind=kind, **order)

    def log(self, kind: str | None = None, after: int = 0) -> list[Json]:
        """Entries of the journal: `api`, `delivery`, `response_url`, `bad_answer`."""
        query: dict[str, str | int] = {"after": after} | ({"kind": kind} if kind else {})
        answer: Json = self._http.get("/local/log", params=query).json()
        if not answer.get("ok"):
            raise OperationRefused("log", answer)
        entries: list[Json] = answer["entries"]
        return entries
