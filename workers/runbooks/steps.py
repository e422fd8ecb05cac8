"""The steps that a runbook can be made of, and what takes each one back."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from workers.desk import Strict

MachineDo = Literal["send_link", "confirm_code", "set_password", "end_sessions", "tell_person"]
PeopleDo = Literal[
    "identify_person",
    "unlock_account",
    "ask_manager",
    "ask_group_owner",
    "add_to_group",
    "check_licences",
    "assign_licence",
    "install_software",
    "check_device",
    "renew_certificate",
    "push_vpn_profile",
]
Do = MachineDo | PeopleDo

BY_MACHINE: Mapping[MachineDo, str] = {
    "send_link": "cancel_link",
    "confirm_code": "cancel_link",
    "set_password": "restore_password",
    "end_sessions": "sign_in_again",
    "tell_person": "nothing_to_undo",
}
"""What Deskhand can do itself, in the order in which it does it, each with what takes it back."""

OPTIONAL: frozenset[MachineDo] = frozenset({"end_sessions"})

BY_PEOPLE: Mapping[PeopleDo, str] = {
    "identify_person": "nothing_to_undo",
    "unlock_account": "lock_account",
    "ask_manager": "nothing_to_undo",
    "ask_group_owner": "nothing_to_undo",
    "add_to_group": "remove_from_group",
    "check_licences": "nothing_to_undo",
    "assign_licence": "withdraw_licence",
    "install_software": "uninstall_software",
    "check_device": "nothing_to_undo",
    "renew_certificate": "revoke_certificate",
    "push_vpn_profile": "restore_vpn_profile",
}
"""What no adapter does yet: a runbook with one of these stays on tier suggest, and people do all of it."""

UNDO_OF: Mapping[str, str] = dict([*BY_MACHINE.items(), *BY_PEOPLE.items()])


class Step(Strict):
    """One step in the order in which it happens, and what takes it back."""

    do: Do
    undo: str
    says: str = Field(min_length=1, max_length=200)  # for the person who approves a run, or does the step


def wrong_steps(steps: tuple[Step, ...]) -> str | None:
    """What is wrong with a runbook's steps, if anything.

    Those that the machine does are the password reset's, all of them in their order; with one step for people,
    people do all of it, and the order is the file's.
    """
    done = [step.do for step in steps]
    if not for_people(steps):
        wanted = [do for do in BY_MACHINE if do in done or do not in OPTIONAL]
        if done != wanted:
            return f"steps must be {', '.join(wanted)}, in this order, or have one that people do"
    for step in steps:
        if step.undo != UNDO_OF[step.do]:
            return f"{step.do} is undone by {UNDO_OF[step.do]}, not by {step.undo}"
    return None


def for_people(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The steps that no adapter does yet."""
    return tuple(step.do for step in steps if step.do in BY_PEOPLE)
