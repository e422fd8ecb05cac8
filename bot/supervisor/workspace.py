"""The local Slack's workspace: the desk's people, channels and app. The only place that imports the local Slack."""

from dataclasses import replace
from pathlib import Path

from bot.local_slack.config import ChannelConfig, PersonConfig, WorkspaceConfig
from bot.local_slack.config_files import app_from_manifest
from bot.local_slack.server import LocalSlack
from bot.settings import BotSettings
from bot.supervisor.parts import LOCAL_APP_TOKEN, LOCAL_BOT_TOKEN, LOCAL_SIGNING_SECRET
from workers.desk import DeskPerson
from workers.directory.local import second_accounts
from workers.handbook import Handbook, read_handbook
from workers.service_desk import NotSetUp
from workers.settings import Settings

MANIFEST = Path(__file__).parents[2] / "deploy" / "slack_manifest.yaml"


def workspace(settings: Settings, bot: BotSettings) -> WorkspaceConfig:
    """A workspace of the desk's people; the second accounts that codes go to are people of their own."""
    handbook = read_handbook(settings.desk)
    if not handbook.people:
        raise NotSetUp(f"The local Slack shows the people of {settings.desk / 'people.yaml'}; there is no such file.")
    request_url = None
    if bot.local_slack_mode == "http":
        request_url = f"http://127.0.0.1:{bot.port}/slack/events"
    app = replace(
        app_from_manifest(MANIFEST, request_url=request_url),
        bot_token=LOCAL_BOT_TOKEN,
        app_token=LOCAL_APP_TOKEN,
        signing_secret=LOCAL_SIGNING_SECRET,
    )
    return WorkspaceConfig(
        people=tuple(map(_person, (*handbook.people, *second_accounts(handbook.people)))),
        channels=_channels(handbook),
        apps=(app,),
        team_name=handbook.desk.name,
        state_file=settings.home / "local_slack.json",
    )


def serve(settings: Settings, bot: BotSettings) -> None:
    """Serve the workspace until the process is stopped."""
    settings.home.mkdir(parents=True, exist_ok=True)
    LocalSlack(workspace(settings, bot), host=bot.host, port=bot.local_slack_port, page=True).serve()


def _channels(handbook: Handbook) -> tuple[ChannelConfig, ...]:
    agents = tuple(person.id for person in handbook.people if person.role in ("agent", "admin"))
    teams = (ChannelConfig(team.channel, members=agents, topic=team.name) for team in handbook.desk.teams)
    return (ChannelConfig("general"), *teams)


def _person(entry: DeskPerson) -> PersonConfig:
    return PersonConfig(
        id=entry.id,
        handle=entry.handle,
        name=entry.name,
        email=entry.email or "",
        title=entry.title,
        guest=entry.guest,
        admin=entry.role == "admin",
        time_zone=entry.time_zone,
    )
