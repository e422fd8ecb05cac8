"""Put the page on the workspace's own port."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from bot.local_slack.hub import Hub
from bot.local_slack.page.layout import Page
from bot.local_slack.page.screen import Screen
from bot.local_slack.state.people import Member

COOKIE = "local_slack_person"


def mount_page(app: FastAPI, hub: Hub) -> None:
    """Serve the page at `/` and permalinks at `/archives/...`."""

    @app.get("/archives/{channel_id}/{link}")
    async def permalink(channel_id: str, link: str, thread_ts: str = "") -> RedirectResponse:
        digits = link.removeprefix("p")
        ts = f"{digits[:-6]}.{digits[-6:]}"
        return RedirectResponse(f"/?channel={channel_id}&ts={ts}&thread_ts={thread_ts}")

    # NiceGUI reads the parameter names of a page from the query; `as` is a word of Python's.
    @ui.page("/", title=hub.config.team_name, response_timeout=20)
    async def workspace(request: Request) -> None:
        query = request.query_params
        person = _person(hub, query.get("as") or request.cookies.get(COOKIE) or "")
        screen = Screen.of(hub, person)
        channel = hub.workspace.channels.get(query.get("channel", ""))
        if channel and hub.workspace.may_see(channel, person.id):
            screen.channel = channel
            screen.found_ts = query.get("ts")
            screen.thread_ts = query.get("thread_ts") or None
        Page(screen)
        await ui.context.client.connected()
        ui.run_javascript(f"document.cookie = '{COOKIE}={person.id}; path=/; SameSite=Lax'")
        if channel is None:
            await screen.show(screen.channel)

    ui.run_with(app, title=hub.config.team_name, favicon="💬", show_welcome_message=False, reconnect_timeout=10)


def _person(hub: Hub, user_id: str) -> Member:
    member = hub.workspace.people.get(user_id)
    return member if member and not member.is_bot else hub.workspace.people.humans()[0]
