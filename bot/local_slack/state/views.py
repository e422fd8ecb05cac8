"""Modals (a stack per person, at most three deep) and App Home tabs."""

from dataclasses import dataclass, field

from bot.local_slack.clock import new_id
from bot.local_slack.jsontypes import Blocks, Json

Values = dict[str, dict[str, Json]]

MAX_STACK = 3
_KEPT = ("title", "submit", "close", "callback_id", "private_metadata", "external_id")


@dataclass
class View:
    """One view as it stands now. `values` is what the person has filled in: block_id → action_id → value."""

    id: str
    user: str
    app_id: str
    bot_id: str
    team_id: str
    kind: str
    hash: str
    root_id: str
    previous_id: str | None = None
    title: Json | None = None
    submit: Json | None = None
    close: Json | None = None
    blocks: Blocks = field(default_factory=list)
    callback_id: str = ""
    private_metadata: str = ""
    external_id: str = ""
    clear_on_close: bool = False
    notify_on_close: bool = False
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def fill(self, payload: Json, stamp: str) -> None:
        """Take over a checked view payload (its blocks already carry ids)."""
        for key in _KEPT:
            default = "" if key in ("callback_id", "private_metadata", "external_id") else None
            setattr(self, key, payload.get(key) or default)
        self.blocks = payload["blocks"]
        self.clear_on_close = bool(payload.get("clear_on_close"))
        self.notify_on_close = bool(payload.get("notify_on_close"))
        self.hash = stamp
        self.errors = {}

    def to_api(self) -> Json:
        return {
            "id": self.id,
            "team_id": self.team_id,
            "type": self.kind,
            "blocks": self.blocks,
            "private_metadata": self.private_metadata,
            "callback_id": self.callback_id,
            "state": {"values": self.values},
            "hash": self.hash,
            "title": self.title,
            "clear_on_close": self.clear_on_close,
            "notify_on_close": self.notify_on_close,
            "close": self.close,
            "submit": self.submit,
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": self.app_id,
            "external_id": self.external_id,
            "app_installed_team_id": self.team_id,
            "bot_id": self.bot_id,
        }


class Views:
    """Every person's open modals and homes."""

    def __init__(self) -> None:
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[tuple[str, str], View] = {}

    def stack(self, user: str) -> list[View]:
        """The open modals of a person, the one on top last."""
        return list(self._stacks.get(user, []))

    def home(self, user: str, app_id: str) -> View | None:
        return self._homes.get((user, app_id))

    def homes(self) -> list[View]:
        return list(self._homes.values())

    def set_home(self, view: View) -> None:
        self._homes[(view.user, view.app_id)] = view

    def find(self, view_id: str | None, external_id: str | None = None) -> View | None:
        """An open modal or a home by id or external id."""
        open_now = [v for stack in self._stacks.values() for v in stack] + self.homes()
        for view in open_now:
            if (view_id and view.id == view_id) or (external_id and view.external_id == external_id):
                return view
        return None

    def open(self, view: View) -> list[View]:
        """Show a modal as the only one; returns those that it closed."""
        closed = self.stack(view.user)
        self._stacks[view.user] = [view]
        return closed

    def push(self, view: View) -> None:
        stack = self._stacks[view.user]
        view.previous_id, view.root_id = stack[-1].id, stack[0].id
        stack.append(view)

    def is_full(self, user: str) -> bool:
        return len(self._stacks.get(user, [])) >= MAX_STACK

    def pop(self, view: View) -> None:
        """Close this modal and those above it."""
        stack = self._stacks.get(view.user, [])
        if view in stack:
            del stack[stack.index(view) :]

    def clear(self, user: str) -> None:
        self._stacks[user] = []


def new_view(*, user: str, app_id: str, bot_id: str, team_id: str, kind: str) -> View:
    """An empty view with an id of its own, being its own root."""
    view_id = new_id("V0")
    return View(view_id, user, app_id, bot_id, team_id, kind, hash="", root_id=view_id)
