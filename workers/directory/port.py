"""What self-service needs of a directory. Every adapter passes `tests/directory/contract.py`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Undo = dict[str, Any]
"""What `restore` needs to take a change back; goes into the store, so it holds no password and no hash."""


class DirectoryTrouble(Exception):
    """The directory could not do it; the message says what to do. It never contains a password or a code."""


class DirectoryRefused(DirectoryTrouble):
    """The directory does not take this password; the message can be shown to the person who chose it."""


@dataclass(frozen=True)
class Account:
    """A person's account, found by the stable id that binds it to their Slack account."""

    id: str
    username: str
    name: str
    privileged: bool = False  # may change other accounts or systems
    vip: bool = False
    second_channel: str | None = None  # where codes go, in words for the person; none: no code can be sent
    second_channel_changed_at: datetime | None = None
    other_slack_ids: frozenset[str] = frozenset()  # other registered Slack accounts of the same person


class Directory(Protocol):
    """A directory of accounts. Every method raises `DirectoryTrouble` when the directory cannot be reached.

    Call the changing methods outside of a transaction on the store: an adapter may keep its accounts there.
    """

    def account_of(self, slack_id: str) -> Account | None:
        """The account bound to this Slack id; never looked up by name or e-mail."""

    def set_password(self, account_id: str, password: str) -> Undo:
        """Change the password; lifts a lock that wrong attempts had caused.

        Raises `DirectoryRefused` for a password against the directory's own rules; then nothing has changed.
        """

    def restore(self, undo: Undo) -> None:
        """Put back what was before. Raises `DirectoryTrouble` when the password was changed again since."""

    def send_code(self, account: Account, code: str) -> None:
        """Send a one-time code over the second channel, at once; the code is stored nowhere on the way."""

    def tell(self, account: Account, text: str, run_id: int) -> None:
        """Tell the person something over the second channel.

        A channel that can carry a button offers “This wasn't me” for the run.
        """

    def end_sessions(self, account_id: str) -> None:
        """Sign the account out everywhere."""
