"""users.*, usergroups.list, bots.info, team.info."""

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.people import Member
from bot.local_slack.web_api.call import Call, paged


async def users_list(call: Call) -> Json:
    page = paged(call, [_shown(call, m) for m in call.hub.workspace.people.all()], "members")
    return page | {"cache_ts": int(call.hub.clock.now())}


async def users_info(call: Call) -> Json:
    return {"user": _shown(call, call.hub.workspace.member(call.required("user")))}


async def lookup_by_email(call: Call) -> Json:
    member = call.hub.workspace.people.by_email(call.required("email"))
    if member is None:
        raise SlackApiError("users_not_found")
    return {"user": _shown(call, member)}


async def profile_get(call: Call) -> Json:
    user = call.text("user") or call.caller.user
    return {"profile": _shown(call, call.hub.workspace.member(user))["profile"]}


async def user_conversations(call: Call) -> Json:
    user = call.text("user") or call.caller.user
    kinds = call.names("types") or ["public_channel"]
    workspace = call.hub.workspace
    found = [
        c
        for c in workspace.channels.all()
        if c.kind in kinds and user in c.members and workspace.may_see(c, call.caller.user)
    ]
    return paged(call, [c.to_api(call.caller.user, workspace.team_id) for c in found], "channels")


async def usergroups_list(call: Call) -> Json:
    return {"usergroups": []}


async def bots_info(call: Call) -> Json:
    wanted = call.text("bot") or (call.caller.app.bot_id if call.caller.app else "")
    app = next((a for a in call.hub.config.apps if a.bot_id == wanted), None)
    if app is None:
        raise SlackApiError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.name, "app_id": app.app_id}
    return {"bot": bot | {"user_id": app.bot_user_id, "icons": {}}}


async def team_info(call: Call) -> Json:
    config = call.hub.config
    team = {"id": config.team_id, "name": config.team_name, "domain": config.domain, "email_domain": ""}
    return {"team": team | {"url": f"{call.hub.base_url}/", "icon": {}}}


def _shown(call: Call, member: Member) -> Json:
    return member.to_api(call.hub.config.team_id, with_email=call.caller.may("users:read.email"))
