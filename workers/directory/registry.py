"""The directories that exist: one line for each adapter, chosen by `DESKHAND_DIRECTORY`."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from workers.desk import DeskPerson
from workers.directory import local
from workers.directory.port import Directory, DirectoryTrouble
from workers.directory.settings import DirectorySettings
from workers.settings import Settings
from workers.store.session import Store

ADAPTERS: dict[str, Callable[[Settings, Store], Directory]] = {
    "local": local.from_settings,
}


def open_directory(settings: Settings, store: Store) -> Directory:
    """The directory of this installation. Raises `DirectoryTrouble` for a name that nobody registered."""
    return ADAPTERS[_chosen()](settings, store)


def install(_settings: Settings, session: Session, people: tuple[DeskPerson, ...]) -> None:
    """Make the accounts of the desk's people where we keep them ourselves; other directories have their own."""
    if _chosen() == "local":
        local.install_local_accounts(session, people)


def is_only_a_sample() -> bool:
    """Whether the `local` directory is used because nobody has chosen one."""
    settings = DirectorySettings()
    return settings.adapter == "local" and "adapter" not in settings.model_fields_set


def _chosen() -> str:
    adapter = DirectorySettings().adapter
    if adapter not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise DirectoryTrouble(f"DESKHAND_DIRECTORY is {adapter!r}; there are: {known}. Correct it or unset it.")
    return adapter
