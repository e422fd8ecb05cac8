"""The payloads of events and interactions, exactly as Slack sends them."""

from bot.local_slack.config import AppConfig
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.people import Member

VERIFICATION_TOKEN = "local-verification-token"


def event_callback(app: AppConfig, team_id: str, event: Json, event_id: str, event_time: int) -> Json:
    """The outer event of the Events API."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team_id,
        "context_team_id": team_id,
        "context_enterprise_id": None,
        "api_app_id": app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team_id,
                "user_id": app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def _who(app: AppConfig, team_id: str, domain: str, person: Member) -> Json:
    return {
        "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": team_id},
        "api_app_id": app.app_id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": team_id, "domain": domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_brief(channel: Channel) -> Json:
    """The `channel` of an interaction: a direct message is called `directmessage` there."""
    return {"id": channel.id, "name": "directmessage" if channel.is_direct else channel.name}


def block_actions(
    app: AppConfig, team_id: str, domain: str, person: Member, *, place: Json, trigger_id: str, action: Json
) -> Json:
    """A click. `place` is what differs between message and view (container, channel, message, view ...)."""
    return {
        "type": "block_actions",
        **_who(app, team_id, domain, person),
        "trigger_id": trigger_id,
        **place,
        "actions": [action],
    }


def view_submission(app: AppConfig, team_id: str, domain: str, person: Member, *, view: Json, trigger_id: str) -> Json:
    """A modal sent in."""
    return {
        "type": "view_submission",
        **_who(app, team_id, domain, person),
        "trigger_id": trigger_id,
        "view": view,
        "response_urls": [],
    }


def view_closed(app: AppConfig, team_id: str, domain: str, person: Member, *, view: Json, is_cleared: bool) -> Json:
    """A modal dismissed, told only to views with notify_on_close."""
    return {
        "type": "view_closed",
        **_who(app, team_id, domain, person),
        "view": view,
        "is_cleared": is_cleared,
    }


def message_shortcut(
    app: AppConfig,
    team_id: str,
    domain: str,
    person: Member,
    *,
    callback_id: str,
    channel: Channel,
    message: Json,
    trigger_id: str,
    response_url: str,
    action_ts: str,
) -> Json:
    """A shortcut from a message's menu."""
    return {
        "type": "message_action",
        **_who(app, team_id, domain, person),
        "action_ts": action_ts,
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "message_ts": message["ts"],
        "channel": channel_brief(channel),
        "message": message,
    }


def global_shortcut(
    app: AppConfig, team_id: str, domain: str, person: Member, *, callback_id: str, trigger_id: str, action_ts: str
) -> Json:
    """A shortcut from the lightning menu."""
    return {
        "type": "shortcut",
        **_who(app, team_id, domain, person),
        "action_ts": action_ts,
        "callback_id": callback_id,
        "trigger_id": trigger_id,
    }


def slash_command(
    app: AppConfig,
    team_id: str,
    domain: str,
    person: Member,
    *,
    channel: Channel,
    command: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> Json:
    """A slash command; the fields of a form."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team_id,
        "team_domain": domain,
        "channel_id": channel.id,
        "channel_name": channel_brief(channel)["name"],
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": text,
        "api_app_id": app.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }
