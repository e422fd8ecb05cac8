"""People and bot users."""

from dataclasses import dataclass

from bot.local_slack.config import AppConfig, PersonConfig, WorkspaceConfig
from bot.local_slack.jsontypes import Json


@dataclass(frozen=True)
class Member:
    """A person or a bot user of the team."""

    id: str
    handle: str
    name: str
    email: str
    title: str
    guest: bool
    admin: bool
    time_zone: str
    app: AppConfig | None = None

    @property
    def is_bot(self) -> bool:
        return self.app is not None

    def to_api(self, team_id: str, *, with_email: bool) -> Json:
        """The `user` object of users.info; the e-mail only for callers who hold users:read.email."""
        profile: Json = {
            "title": self.title,
            "real_name": self.name,
            "real_name_normalized": self.name,
            "display_name": self.handle,
            "display_name_normalized": self.handle,
            "first_name": self.name.split(" ")[0],
            "last_name": " ".join(self.name.split(" ")[1:]),
            "status_text": "",
            "status_emoji": "",
            "team": team_id,
        }
        if with_email and self.email:
            profile["email"] = self.email
        if self.app:
            profile |= {"bot_id": self.app.bot_id, "api_app_id": self.app.app_id}
        return {
            "id": self.id,
            "team_id": team_id,
            "name": self.handle,
            "real_name": self.name,
            "deleted": False,
            "tz": self.time_zone,
            "tz_label": self.time_zone,
            "profile": profile,
            "is_admin": self.admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }


class People:
    """All members by id, with look-ups by handle, e-mail and token."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._by_id = {p.id: _of_person(p) for p in config.people}
        self._by_id |= {a.bot_user_id: _of_app(a) for a in config.apps}
        self._token_to_id = {p.token: p.id for p in config.people}
        self._tokens = {p.id: p.token for p in config.people}

    def get(self, user_id: str) -> Member | None:
        return self._by_id.get(user_id)

    def all(self) -> list[Member]:
        return list(self._by_id.values())

    def humans(self) -> list[Member]:
        return [m for m in self._by_id.values() if not m.is_bot]

    def by_handle(self, handle: str) -> Member | None:
        return next((m for m in self._by_id.values() if m.handle == handle), None)

    def by_email(self, email: str) -> Member | None:
        wanted = email.strip().lower()
        return next((m for m in self._by_id.values() if m.email and m.email.lower() == wanted), None)

    def by_token(self, token: str) -> Member | None:
        return self._by_id.get(self._token_to_id.get(token, ""))

    def token_of(self, user_id: str) -> str:
        """The token of a person (a KeyError for a bot user)."""
        return self._tokens[user_id]


def _of_person(p: PersonConfig) -> Member:
    return Member(p.id, p.handle, p.name, p.email, p.title, p.guest, p.admin, p.time_zone)


def _of_app(a: AppConfig) -> Member:
    return Member(a.bot_user_id, a.handle, a.name, "", "", False, False, "UTC", app=a)
