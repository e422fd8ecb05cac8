"""api.test, auth.test, apps.connections.open."""

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.web_api.call import Call


async def api_test(call: Call) -> Json:
    error = call.text("error")
    if error:
        raise SlackApiError(error, args=call.arguments)
    return {"args": call.arguments}


async def auth_test(call: Call) -> Json:
    config = call.hub.config
    user = call.hub.workspace.member(call.caller.user)
    answer: Json = {
        "url": f"{call.hub.base_url}/",
        "team": config.team_name,
        "user": user.handle,
        "team_id": config.team_id,
        "user_id": user.id,
        "enterprise_id": None,
        "is_enterprise_install": False,
    }
    if call.caller.app:
        answer |= {"bot_id": call.caller.app.bot_id, "app_id": call.caller.app.app_id}
    return answer


async def connections_open(call: Call) -> Json:
    app = call.app
    if app.request_url:
        # An app with a request URL has Socket Mode switched off.
        raise SlackApiError("access_denied")
    ticket = call.hub.deliverer.sockets.give_ticket(app.app_id)
    base = call.hub.base_url.replace("http", "ws", 1)
    return {"url": f"{base}/link/?ticket={ticket}&app_id={app.app_id}"}
