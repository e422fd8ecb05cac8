"""What was shown, chosen and solved of each article, added up on both databases."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.documents import make_article
from tests.workers.asked import SALARY, VPN, WIFI, ask, choose, judge, rows
from tests.workers.office import BEN, WORKSPACE, Office
from workers.knowledge import examination
from workers.knowledge.examination import LEAST, Clicks, estimate
from workers.knowledge.health import ArticleHealth, article_health, stale
from workers.store.columns import now


def health(office: Office, days: float = 90) -> dict[str, ArticleHealth]:
    with office.store.read() as session:
        found = article_health(session, WORKSPACE, [VPN, WIFI, SALARY], now() - timedelta(days=days))
    return {row.article_id: row for row in found}


def test_an_articles_answers_and_what_people_said_are_counted(office: Office) -> None:
    for solved in (True, True, False):
        judge(office, ask(office, "vpn drops", VPN), VPN, solved)
    ask(office, "vpn again", VPN)
    vpn = health(office)["vpn"]
    assert (vpn.shown, vpn.answered, vpn.suggested, vpn.solved, vpn.not_solved) == (4, 4, 0, 2, 1)
    assert vpn.wrong_share == pytest.approx(1 / 3)
    assert 0.8 < vpn.wrong_at_most < 0.9  # Clopper-Pearson of 1 in 3 at 90 %
    assert vpn.last_used is not None
    assert now() - vpn.last_used < timedelta(minutes=1)


def test_suggestions_count_where_they_were_chosen(office: Office) -> None:
    receipt = ask(office, "it drops", VPN, WIFI, decision="suggestions")
    ask(office, "it drops again", VPN, WIFI, decision="clarify", by=BEN)
    choose(office, receipt, WIFI)
    judge(office, receipt, WIFI, solved=True)
    found = health(office)
    assert (found["vpn"].suggested, found["vpn"].chosen, found["vpn"].solved) == (2, 0, 0)
    assert (found["wifi"].suggested, found["wifi"].chosen, found["wifi"].solved) == (2, 1, 1)
    assert found["vpn"].last_used is None
    assert not found["vpn"].never_used


def test_what_was_never_quoted_cannot_be_judged(office: Office) -> None:
    receipt = ask(office, "it drops", VPN, WIFI, decision="suggestions")
    judge(office, receipt, WIFI, solved=False)  # a button of a message that is gone
    assert health(office)["wifi"].not_solved == 0


def test_the_last_word_counts(office: Office) -> None:
    receipt = ask(office, "vpn drops", VPN)
    judge(office, receipt, VPN, solved=True)
    judge(office, receipt, VPN, solved=False)
    assert (health(office)["vpn"].solved, health(office)["vpn"].not_solved) == (0, 1)


def test_an_article_that_nobody_saw_in_the_period_was_never_used(office: Office) -> None:
    ask(office, "wifi drops", WIFI, days_ago=100)
    assert health(office)["wifi"].never_used
    assert not health(office, days=120)["wifi"].never_used
    nothing = health(office)["salary"]
    assert (nothing.never_used, nothing.wrong_share, nothing.wrong_at_most) == (True, None, 1.0)


def test_another_workspaces_answers_do_not_count(office: Office) -> None:
    ask(office, "vpn drops", VPN)
    with office.store.read() as session:
        (found,) = article_health(session, "T0OTHER", [VPN])
    assert found.never_used


def test_a_text_of_last_year_is_stale() -> None:
    old = make_article(id="a", title="A", body="text", updated=date(2025, 1, 1))
    assert stale(old, date(2026, 1, 1)) == ""
    assert stale(old, date(2026, 1, 2)) == "not updated for 366 days"


def test_a_text_that_expires_within_a_month_or_has_expired_is_stale() -> None:
    ends = make_article(id="a", title="A", body="text", updated=date(2026, 1, 1), expires=date(2026, 6, 30))
    assert stale(ends, date(2026, 5, 30)) == ""
    assert stale(ends, date(2026, 6, 30)) == "expires on 30 June 2026"
    assert stale(ends, date(2026, 7, 1)) == "expired on 30 June 2026"


# examination


def test_a_decision_keeps_the_chance_that_each_suggestion_is_looked_at(office: Office) -> None:
    answered = ask(office, "vpn drops", VPN)
    suggested = ask(office, "it drops", VPN, WIFI, SALARY, decision="suggestions")
    with office.store.read() as session:
        assert [row.propensity for row in rows(session, answered)] == [1.0]
        assert [row.propensity for row in rows(session, suggested)] == pytest.approx([1, 1 / 2, 1 / 3])


def test_people_who_click_below_as_often_look_below_as_often(office: Office) -> None:
    for _ in range(40):
        receipt = ask(office, "it drops", VPN, WIFI, decision="suggestions", probabilities=(0.5, 0.5))
        choose(office, receipt, VPN)
        choose(office, receipt, WIFI)
    with office.store.read() as session:
        seen = examination.clicks(session, WORKSPACE)
        assert seen[:2] == (Clicks(40, 20.0, 40), Clicks(40, 20.0, 40))
        first, second, third = examination.shares(session, WORKSPACE).by_place
    assert (first, third) == (1.0, pytest.approx(1 / 3, abs=0.2))
    assert 0.8 < second < 1.0


def test_with_many_clicks_the_share_of_looks_is_found_whatever_was_assumed() -> None:
    looks = (1.0, 0.6, 0.25)
    seen = tuple(Clicks(20_000, 6_000.0, round(6_000 * share)) for share in looks)
    assert estimate(seen).by_place == pytest.approx(looks, abs=0.01)


@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=3))
def test_shares_stay_between_the_least_and_one(numbers: list[tuple[int, float, float]]) -> None:
    seen = tuple(Clicks(number, number * chance, round(number * chosen)) for number, chance, chosen in numbers)
    shares = estimate(seen)
    assert shares.by_place[0] == 1.0
    assert all(LEAST <= share <= 1 for share in shares.by_place)
    assert shares.at(9) == shares.by_place[-1]
