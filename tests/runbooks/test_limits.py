from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.runbooks.world import STARTER
from workers.directory.port import Account
from workers.governance.automations import Permit
from workers.runbooks.eligibility import Facts, refusal
from workers.runbooks.files import Limits, read_runbooks
from workers.runbooks.limits import Counts, is_burst, too_often
from workers.store.columns import now

RUNBOOK = read_runbooks(STARTER / "runbooks")["password_reset"]
NUMBERS = st.integers(0, 50)
FINE = Facts(
    is_outsider=False,
    role="employee",
    account=Account("a1", "anna.lind", "Anna Lind", second_channel="a phone"),
    directory_trouble=None,
    permit=Permit(RUNBOOK.automation, True, "auto", 0.01, "tomas.reyes", "runs"),
    counts=Counts(),
    moment=now(),
)


@given(st.builds(Counts, NUMBERS, NUMBERS, NUMBERS, st.integers(1, 50), NUMBERS), st.builds(Limits))
def test_one_more_run_never_makes_a_broken_limit_whole(counts: Counts, limits: Limits) -> None:
    more = replace(counts, by_requester_last_day=counts.by_requester_last_day + 1)
    assert too_often(counts, limits) is None or too_often(more, limits) is not None
    crowd = replace(counts, people_last_hour=counts.people_last_hour + 1)
    assert not is_burst(counts, limits) or is_burst(crowd, limits)


def test_an_ordinary_request_for_ones_own_account_may_go_on() -> None:
    assert refusal(FINE, RUNBOOK) is None


def test_each_reason_alone_is_enough_to_refuse() -> None:
    account = FINE.account
    assert account is not None
    lately = FINE.moment - timedelta(days=1)
    cases = {
        "outsider": replace(FINE, is_outsider=True),
        "switched_off": replace(FINE, permit=replace(FINE.permit, allowed=False)),
        "burst": replace(FINE, counts=Counts(people_last_hour=RUNBOOK.limits.alarm_accounts_per_hour)),
        "limit": replace(FINE, counts=Counts(on_account_last_day=RUNBOOK.limits.per_requester_per_day)),
        "directory": replace(FINE, account=None, directory_trouble="away"),
        "no_account": replace(FINE, account=None),
        "privileged": replace(FINE, account=replace(account, privileged=True)),
        "vip": replace(FINE, account=replace(account, vip=True)),
        "no_second_channel": replace(FINE, account=replace(account, second_channel=None)),
        "cooling_off": replace(FINE, account=replace(account, second_channel_changed_at=lately)),
        "suggest": replace(FINE, permit=replace(FINE.permit, tier="suggest")),
    }
    for code, facts in cases.items():
        found = refusal(facts, RUNBOOK)
        assert found is not None and found.code == code
    admin = refusal(replace(FINE, role="admin"), RUNBOOK)
    assert admin is not None and admin.code == "privileged"
