"""What must be there before the first message: the workspace, the index, and a first classifier."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from workers.knowledge import indexing
from workers.service_desk import NotSetUp, ServiceDesk
from workers.serving import served
from workers.training import challenger, versions


def prepare(desk: ServiceDesk, console: Console) -> None:
    """Bring everything up to date; quick when nothing has changed. Raises `NotSetUp`."""
    workspace = _workspace(desk)
    desk.set_up(workspace)
    _index(desk, workspace, console)
    with desk.store.read() as session:
        champion = served(session, "classifier")
    if champion is not None and not versions.can_be_served(desk, champion):
        console.print(f"The classifier {champion} cannot be loaded by this release; training anew.", style="yellow")
        champion = None
    if champion is None:
        _train(desk, workspace, console)


def _workspace(desk: ServiceDesk) -> str:
    token = desk.settings.slack_bot_token
    if token is None:
        raise NotSetUp("SLACK_BOT_TOKEN is not set.")
    try:
        me = WebClient(token=token.get_secret_value(), base_url=desk.settings.slack_api_url).auth_test()
    except (SlackApiError, OSError) as error:
        raise NotSetUp(f"Slack did not take SLACK_BOT_TOKEN at {desk.settings.slack_api_url}: {error}") from error
    return str(me["team_id"])


def _index(desk: ServiceDesk, workspace: str, console: Console) -> None:
    if indexing.is_up_to_date(desk):
        return
    with _bar(console, "Indexing articles") as bar:
        task = bar.add_task("Indexing articles", total=None)

        def progress(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        done = indexing.sync_articles(desk, workspace, "deskhand", progress=progress)
    if done.version is not None:
        indexing.note_up_to_date(desk, done.version)
    for problem in done.problems:
        console.print(f"left out: {problem}", style="yellow", markup=False)


def _train(desk: ServiceDesk, workspace: str, console: Console) -> None:
    tickets: Path = desk.settings.desk / "tickets"
    if not tickets.is_dir():
        console.print("No closed tickets yet: every new ticket goes to triage.", style="yellow")
        return
    with _bar(console, "Training the first classifier; this takes some minutes") as bar:
        task = bar.add_task("Training the first classifier", total=1.0)

        def progress(share: float, message: str) -> None:
            bar.update(task, description=f"Training the first classifier: {message}", completed=share)

        challenger.train_first(desk, workspace, progress)


def _bar(console: Console, what: str) -> Progress:
    if not console.is_terminal:
        console.print(f"{what} …")  # in a log file, a bar shows nothing before its end
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)
