"""A running workspace with the Bolt app connected, and its people."""

import socket
from pathlib import Path

from bot.local_slack.client import Admin, Person
from bot.local_slack.config import (
    AppConfig,
    ChannelConfig,
    CommandConfig,
    PersonConfig,
    ShortcutConfig,
    WorkspaceConfig,
)
from bot.local_slack.server import LocalSlack

from .bolt_app import BoltApp

PEOPLE = (
    PersonConfig("U0ANNA", "anna.lind", "Anna Lind", "anna@firm.example", "Sales"),
    PersonConfig("U0BEN", "ben.carter", "Ben Carter", "ben@firm.example", "Finance", admin=True),
    PersonConfig("U0GUS", "gus.visitor", "Gus Visitor", "gus@partner.example", "Contractor", guest=True),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def app_config(request_url: str | None = None) -> AppConfig:
    return AppConfig(
        name="Helper",
        request_url=request_url,
        commands=(CommandConfig("/desk", "Your tickets"),),
        shortcuts=(ShortcutConfig("Open a ticket", "open_ticket"), ShortcutConfig("New", "new", "global")),
    )


def workspace_config(
    request_url: str | None = None,
    *,
    retry_delays: tuple[float, ...] = (0.0, 0.12, 0.6),
    state_file: Path | None = None,
) -> WorkspaceConfig:
    channels = (
        ChannelConfig("general"),
        ChannelConfig("it-team", members=("U0BEN", "U0LOCALBOT")),
        ChannelConfig("secret", private=True, members=("U0BEN",)),
    )
    return WorkspaceConfig(
        people=PEOPLE,
        channels=channels,
        apps=(app_config(request_url),),
        retry_delays=retry_delays,
        state_file=state_file,
    )


class Desk:
    """A running workspace with the Bolt app connected in one of the two modes."""

    def __init__(self, mode: str, retry_delays: tuple[float, ...] = (0.0, 0.12, 0.6)) -> None:
        self.mode = mode
        port = free_port()
        url = f"http://127.0.0.1:{port}/slack/events" if mode == "http" else None
        self.slack = LocalSlack(workspace_config(url, retry_delays=retry_delays), port=0, page=False)
        self.slack.start()
        self.app = BoltApp(self.slack.config.app, self.slack.api_url)
        if mode == "http":
            self.app.serve_http(port)
        else:
            self.app.connect_socket(self.slack.api_url)
        self.anna = Person(self.slack.base_url, PEOPLE[0].token)
        self.ben = Person(self.slack.base_url, PEOPLE[1].token)
        self.admin = Admin(self.slack.base_url, self.slack.config.admin_token)

    def close(self) -> None:
        for client in (self.anna, self.ben, self.admin):
            client.close()
        self.app.stop()
        self.slack.stop()
