"""Whether a run may go on by itself. One pure decision over everything that is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.directory.port import Account
from workers.governance.automations import Permit
from workers.runbooks.files import Runbook
from workers.runbooks.limits import Counts, is_burst, too_often


@dataclass(frozen=True)
class Facts:
    """What was looked up about the requester and the runbook."""

    is_outsider: bool
    role: str  # of the requester in the desk
    account: Account | None  # the requester's own, bound by Slack id
    directory_trouble: str | None
    permit: Permit
    counts: Counts
    moment: datetime


@dataclass(frozen=True)
class Refusal:
    """Why the machine does not do it. The words are for agents; the requester reads the same as ever."""

    code: str
    why: str
    hand_over: bool = True  # a person does it instead: open a ticket


def refusal(facts: Facts, runbook: Runbook) -> Refusal | None:
    """The first reason against the run; none when it may go on."""
    account = facts.account
    limit = too_often(facts.counts, runbook.limits)
    is_first = facts.counts.refused_last_day == 0  # whoever keeps on asking gets one ticket, not a heap
    reasons = (
        (facts.is_outsider, Refusal("outsider", "guest, or from another organisation", hand_over=False)),
        (not facts.permit.allowed, Refusal("switched_off", facts.permit.why)),
        (is_burst(facts.counts, runbook.limits), Refusal("burst", _burst(facts.counts), is_first)),
        (limit is not None, Refusal("limit", str(limit), is_first)),
        (facts.directory_trouble is not None, Refusal("directory", str(facts.directory_trouble))),
        (account is None, Refusal("no_account", "no account in the directory is bound to this Slack account")),
        (_is_privileged(facts), Refusal("privileged", "privileged account: people only")),
        (account is not None and account.vip, Refusal("vip", "VIP: people only")),
        (
            account is not None and account.second_channel is None,
            Refusal("no_second_channel", "no second channel is registered, so nobody can be identified"),
        ),
        (_is_cooling_off(facts, runbook), Refusal("cooling_off", _cooling(runbook))),
        (bool(runbook.for_people), Refusal("no_adapter", f"people do it: {', '.join(runbook.for_people)}")),
        (facts.permit.tier == "suggest", Refusal("suggest", "the runbook is on tier suggest: people do it")),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _is_privileged(facts: Facts) -> bool:
    return facts.role == "admin" or (facts.account is not None and facts.account.privileged)


def _is_cooling_off(facts: Facts, runbook: Runbook) -> bool:
    changed = facts.account.second_channel_changed_at if facts.account else None
    return changed is not None and facts.moment - changed < timedelta(days=runbook.cooling_off_days)


def _cooling(runbook: Runbook) -> str:
    return f"the second channel was changed less than {runbook.cooling_off_days} days ago"


def _burst(counts: Counts) -> str:
    return f"{counts.people_last_hour} different people asked within an hour"
