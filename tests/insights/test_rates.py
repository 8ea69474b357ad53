"""What an hour on each tier costs: managers say it, from a day on, and the figures follow."""

from datetime import date

import pytest

from accounts.models import AccountEvent
from accounts.refusals import Invalid, NotAllowed
from escalation import operations as escalation
from insights.cuts import Cut, Period
from insights.models import FigureSettings, TierRate
from insights.operations.rates import change_figures, set_rate
from insights.queries.figures import costs, figures
from tests.insights.world import follow
from tickets import operations

MONDAY = date(2026, 11, 23)
WEEK = Cut(Period(MONDAY, date(2026, 11, 29)))


@pytest.fixture
def resolved(ticket, mira, dario, network, later):
    """It lay on L1 for an hour of Mira's work, then on L2 for a quarter of Dario's."""
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.log_work(ticket, minutes=60, by=mira, at=later(minutes=65))
    escalation.hand_over(
        ticket, team=network, reason="needs_access", summary="x", by=mira, at=later(minutes=66)
    )
    escalation.accept(ticket, by=dario, at=later(minutes=67))
    operations.log_work(ticket, minutes=15, by=dario, at=later(minutes=80))
    return operations.resolve(ticket, code="fixed", summary="Done.", by=None, at=later(minutes=81))


def test_a_ticket_costs_what_was_logged_on_each_tier_by_its_rate(resolved, max_, at, later):
    follow(later(hours=2))
    assert figures(WEEK)["cost"].value is None
    for level, cents in ((1, 40_00), (2, 60_00)):
        set_rate(level=level, first_day=MONDAY, cents=cents, by=max_, at=at)
    found = costs(WEEK)
    assert [(tier.level, tier.seconds, tier.cents) for tier in found.tiers] == [
        (1, 3600, 4000),
        (2, 900, 1500),
    ]
    assert (found.tickets, found.logged, found.currency) == (1, 1, "EUR")
    assert figures(WEEK)["cost"].value == 55.0


def test_where_nothing_was_logged_the_time_in_the_hands_of_a_tier_counts(ticket, mira, max_, at, later):
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=125))
    follow(later(hours=3))
    set_rate(level=1, first_day=MONDAY, cents=30_00, by=max_, at=at)
    found = costs(WEEK)
    assert [(tier.level, tier.seconds, tier.cents) for tier in found.tiers] == [(1, 7200, 6000)]
    assert found.logged == 0


def test_the_rate_of_the_day_of_the_resolution_counts_and_of_two_for_a_day_the_later_one(
    resolved, max_, at, later
):
    follow(later(hours=2))
    set_rate(level=1, first_day=date(2026, 1, 1), cents=10_00, by=max_, at=at)
    set_rate(level=1, first_day=date(2026, 11, 24), cents=90_00, by=max_, at=at)
    assert costs(WEEK).cents == 1000
    set_rate(level=1, first_day=date(2026, 1, 1), cents=20_00, by=max_, at=later(hours=1))
    assert costs(WEEK).cents == 2000


def test_only_managers_and_administrators_set_rates(lars, at):
    with pytest.raises(NotAllowed):
        set_rate(level=1, first_day=MONDAY, cents=1, by=lars, at=at)
    with pytest.raises(NotAllowed):
        change_figures(hides_names=True, by=lars, at=at)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("level", {"level": 7}),
        ("first_day", {"first_day": date(1999, 12, 31)}),
        ("cents", {"cents": 10_000_01}),
    ],
)
def test_a_wrong_rate_is_refused_at_its_field(max_, at, field, wrong):
    with pytest.raises(Invalid) as refused:
        set_rate(**{"level": 1, "first_day": MONDAY, "cents": 1, "by": max_, "at": at, **wrong})
    assert refused.value.field == field
    assert not TierRate.objects.exists()


def test_a_currency_is_three_letters(max_, at):
    with pytest.raises(Invalid, match="Three capital letters"):
        change_figures(currency="€", by=max_, at=at)
    change_figures(currency="USD", by=max_, at=at)
    assert FigureSettings.load().currency == "USD"


def test_the_page_sets_a_rate_and_tells_who_did_and_since_when(signed_in, max_):
    client = signed_in(max_)
    assert "No tier has a rate yet" in client.get("/insights/rates/").content.decode()
    answer = client.post(
        "/insights/rates/new/", {"level": "1", "money": "42.50", "first_day": "2026-11-23"}, follow=True
    )
    page = answer.content.decode()
    assert "42.50" in page
    assert "in force" in page
    assert "L1: 42.50 an hour from 23 Nov 2026 on" in page
    assert AccountEvent.objects.filter(kind="figures.rate_set", by=max_).count() == 1


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(signed_in, max_):
    answer = signed_in(max_).post("/insights/rates/new/", {"level": "1", "money": "-1", "first_day": "soon"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="-1"' in page
    assert "Enter a valid date." in page


def test_the_page_hides_names(signed_in, max_):
    client = signed_in(max_)
    client.post("/insights/rates/settings/", {"hides_names": "on", "currency": "EUR"})
    assert FigureSettings.load().hides_names
    assert "changed how figures are told" in client.get("/insights/rates/").content.decode()
    assert client.post("/insights/rates/settings/", {"currency": "euro"}).status_code == 422
