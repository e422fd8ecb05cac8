"""Open, push, replace and close views, keeping what people have filled in."""

from bot.local_slack.config import AppConfig
from bot.local_slack.filling import initial_values
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.posting import with_ids
from bot.local_slack.state.views import View, new_view


def open_modal(hub: Hub, app: AppConfig, user: str, payload: Json) -> View:
    """Show a checked modal to a person, in place of whatever is open."""
    view = _new(hub, app, user)
    replace(hub, view, payload)
    hub.workspace.views.open(view)
    hub.changed()
    return view


def push_modal(hub: Hub, app: AppConfig, user: str, payload: Json) -> View:
    """Show a checked modal on top of the one that is open."""
    view = _new(hub, app, user)
    replace(hub, view, payload)
    hub.workspace.views.push(view)
    hub.changed()
    return view


def replace(hub: Hub, view: View, payload: Json) -> None:
    """Give a view new content. Inputs that keep block_id and action_id keep what was filled in."""
    before = view.values
    view.fill({**payload, "blocks": with_ids(payload["blocks"])}, f"{hub.clock.ts()}.{view.id[-6:].lower()}")
    view.values = initial_values(view.blocks)
    for block_id, actions in view.values.items():
        for action_id, fresh in actions.items():
            kept = before.get(block_id, {}).get(action_id)
            if kept is not None and kept.get("type") == fresh.get("type"):
                actions[action_id] = kept
    hub.changed()


def _new(hub: Hub, app: AppConfig, user: str) -> View:
    return new_view(user=user, app_id=app.app_id, bot_id=app.bot_id, team_id=hub.config.team_id, kind="modal")
