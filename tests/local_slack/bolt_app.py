"""A small Bolt app that uses what the local Slack offers; the tests talk to it through the workspace."""

import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from slack_bolt import Ack, App
from slack_bolt.adapter.asgi import SlackRequestHandler
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.local_slack.config import AppConfig
from bot.local_slack.jsontypes import Json


def text(kind: str, words: str) -> Json:
    return {"type": kind, "text": words}


def button(action_id: str, label: str, value: str = "") -> Json:
    return {"type": "button", "action_id": action_id, "text": text("plain_text", label), "value": value}


def modal(title: str, callback_id: str, **more: Any) -> Json:
    field = {"type": "plain_text_input", "action_id": "text"}
    blocks = [{"type": "input", "block_id": "what", "label": text("plain_text", "What?"), "element": field}]
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": text("plain_text", title),
        "submit": text("plain_text", "Send"),
        "blocks": blocks,
        **more,
    }


class BoltApp:
    """The app and what it has heard."""

    def __init__(self, config: AppConfig, api_url: str) -> None:
        self.config = config
        self.heard: list[Json] = []
        self.clicks: list[Json] = []
        self.stopped: list[Callable[[], None]] = []
        self.client = WebClient(token=config.bot_token, base_url=api_url)
        self.bolt = App(client=self.client, signing_secret=config.signing_secret, process_before_response=False)
        _messages(self)
        _clicks(self)
        _forms(self)

    def connect_socket(self, api_url: str) -> SocketModeHandler:
        handler = SocketModeHandler(
            self.bolt, self.config.app_token, web_client=WebClient(base_url=api_url), ping_interval=1
        )
        handler.connect()
        self.stopped.append(handler.close)
        return handler

    def serve_http(self, port: int) -> None:
        asgi = SlackRequestHandler(self.bolt, path="/slack/events")
        server = uvicorn.Server(uvicorn.Config(asgi, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(timeout=10)

        self.stopped.append(stop)

    def stop(self) -> None:
        for stop in self.stopped:
            stop()


def _messages(app: BoltApp) -> None:
    @app.bolt.event("message")
    def message(event: Json, body: Json, client: WebClient, request: Any) -> None:
        app.heard.append({**event, "event_id": body["event_id"], "headers": dict(request.headers)})
        if event.get("subtype") or event["channel_type"] != "im":
            return
        thread = event.get("thread_ts") or event["ts"]
        client.assistant_threads_setStatus(channel_id=event["channel"], thread_ts=thread, status="is thinking...")
        blocks = [
            {"type": "section", "text": text("mrkdwn", f"You said: {event['text']}")},
            {"type": "actions", "block_id": "choose", "elements": [button("solved", "This solved it", "yes")]},
        ]
        client.chat_postMessage(channel=event["channel"], thread_ts=thread, text="You said", blocks=blocks)

    @app.bolt.event("app_mention")
    def mention(event: Json) -> None:
        app.heard.append(event)

    @app.bolt.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        app.heard.append(event)
        if event["tab"] == "home":
            blocks = [
                {"type": "header", "text": text("plain_text", "Home")},
                {"type": "actions", "elements": [button("from_home", "New")]},
            ]
            client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.bolt.event("reaction_added")
    def reaction(event: Json) -> None:
        app.heard.append(event)

    @app.bolt.event("member_joined_channel")
    def joined(event: Json) -> None:
        app.heard.append(event)

    @app.bolt.event("app_context_changed")
    def context(event: Json) -> None:
        app.heard.append(event)


def _clicks(app: BoltApp) -> None:
    @app.bolt.action("solved")
    def solved(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        app.clicks.append(body)
        blocks = [{"type": "section", "text": text("mrkdwn", "Glad to hear.")}]
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Glad", blocks=blocks)

    @app.bolt.action("feedback")
    def feedback(ack: Ack, body: Json, respond: Any) -> None:
        ack()
        app.clicks.append(body)
        respond("Thank you", replace_original=False)

    @app.bolt.action("from_home")
    def from_home(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        app.clicks.append(body)
        client.views_open(trigger_id=body["trigger_id"], view=modal("New ticket", "new_ticket"))

    @app.bolt.action("more")
    def more(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_push(trigger_id=body["trigger_id"], view=modal("Details", "details", notify_on_close=True))

    @app.bolt.action("slow")
    def slow(ack: Ack, body: Json) -> None:
        app.clicks.append(body)


def _forms(app: BoltApp) -> None:
    @app.bolt.command("/desk")
    def desk(ack: Ack, command: Json, client: WebClient) -> None:
        if command["text"] == "form":
            ack()
            more = {"type": "actions", "block_id": "go", "elements": [button("more", "More")]}
            view = modal("New ticket", "new_ticket")
            client.views_open(trigger_id=command["trigger_id"], view={**view, "blocks": [*view["blocks"], more]})
        else:
            ack(f"You have no tickets, {command['user_name']}")

    @app.bolt.view("new_ticket")
    def new_ticket(ack: Ack, view: Json, body: Json, client: WebClient) -> None:
        said = view["state"]["values"]["what"]["text"]["value"]
        if said == "short":
            ack(response_action="errors", errors={"what": "Say more, please."})
        elif said == "update":
            ack(response_action="update", view=modal("Second step", "new_ticket"))
        elif said == "push":
            ack(response_action="push", view=modal("On top", "details"))
        elif said == "broken":
            ack(response_action="update", view={"type": "modal", "title": text("plain_text", "x" * 30), "blocks": []})
        else:
            ack()
            client.chat_postMessage(channel=body["user"]["id"], text=f"Opened: {said}")

    @app.bolt.view("details")
    def details(ack: Ack) -> None:
        ack(response_action="clear")

    @app.bolt.view_closed("details")
    def closed(ack: Ack, body: Json) -> None:
        ack()
        app.clicks.append(body)

    @app.bolt.shortcut("open_ticket")
    def shortcut(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        app.clicks.append(body)
        client.views_open(trigger_id=body["trigger_id"], view=modal("From message", "new_ticket"))
