"""App Home: my tickets; for agents their queue; for admins what is suspended."""

from typing import Any

from slack_sdk import WebClient

from bot.context import BotContext
from bot.views import home, talk
from workers.governance import automations
from workers.store.tables import Person
from workers.tickets import queries, states
from workers.tickets.permissions import is_agent
from workers.training import news


def on_opened(event: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """Home tab: publish the view. Messages tab: offer first questions."""
    bot: BotContext = context["bot"]
    if event.get("tab") == "messages":
        prompts = [{"title": title, "message": message} for title, message in talk.PROMPTS]
        client.assistant_threads_setSuggestedPrompts(
            channel_id=event["channel"], thread_ts=event.get("thread_ts"), prompts=prompts, title="Try one of these"
        )
        return
    person = bot.person(client, event["user"])
    client.views_publish(user_id=person.slack_id, view=view_for(bot, person))


def view_for(bot: BotContext, person: Person) -> dict[str, Any]:
    """The Home of this person."""
    with bot.store.read() as session:
        own = queries.of_requester(session, person)
        queue = (
            queries.queue(session, bot.workspace, teams=person.teams, statuses=states.OPEN, limit=10)
            if is_agent(person)
            else ()
        )
        is_admin = person.role == "admin"
        rows = automations.all_of(session, bot.workspace) if is_admin else ()
        trained = news.overview(session, bot.desk, bot.workspace)["blocks"] if is_admin else ()
    return home.view(bot.desk.handbook.desk.name, person, own, queue, rows, trained, bot.desk.settings.public_url)
