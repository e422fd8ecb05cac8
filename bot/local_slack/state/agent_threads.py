"""What an agent shows around its threads: status line, title, suggested prompts."""

from dataclasses import dataclass, field

from bot.local_slack.jsontypes import Json


@dataclass
class AgentThread:
    """One thread of a person with an agent. Prompts under `thread_ts` "" stand above the conversation."""

    status: str = ""
    loading_messages: list[str] = field(default_factory=list)
    title: str = ""
    session_status: str = ""
    prompts_title: str = ""
    prompts: list[Json] = field(default_factory=list)

    def to_api(self) -> Json:
        return {
            "status": self.status,
            "loading_messages": self.loading_messages,
            "title": self.title,
            "session_status": self.session_status,
            "prompts_title": self.prompts_title,
            "prompts": self.prompts,
        }


class AgentThreads:
    """Agent threads by channel and thread ts."""

    def __init__(self) -> None:
        self._threads: dict[tuple[str, str], AgentThread] = {}

    def at(self, channel: str, thread_ts: str) -> AgentThread:
        """The thread's state, empty when nothing was set yet."""
        return self._threads.setdefault((channel, thread_ts), AgentThread())

    def in_channel(self, channel: str) -> dict[str, AgentThread]:
        return {ts: thread for (where, ts), thread in self._threads.items() if where == channel}

    def answered(self, channel: str, thread_ts: str) -> None:
        """The app wrote into the thread: its status line goes away by itself."""
        thread = self._threads.get((channel, thread_ts))
        if thread:
            thread.status, thread.loading_messages = "", []
