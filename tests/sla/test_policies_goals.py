"""Contract goals: how many tickets of a month are judged, kept, breached, and how many more breaches it can bear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from sla.models import Clock, Metric, Policy
from sla.operations.policies import publish
from sla.queries.goals import Standing, month_of, standings
from sla.spec import Goal, from_json
from tickets import operations
from tickets.models import Ticket


@pytest.fixture
def standard(db: None, ada: User, at: datetime) -> Policy:
    """The default policy, with one goal: 80 % of P4."""
    policy = Policy.objects.select_related("current").get(is_default=True)
    assert policy.current is not None
    spec = replace(from_json(policy.current.spec), goals={4: Goal(80, "a free month")})
    return publish(policy, spec=spec, by=ada, at=at)


@pytest.fixture
def resolved(open_ticket: Callable[..., Ticket], mira: User, vpn: Any) -> Callable[[datetime], Ticket]:
    """A ticket that Mira takes and resolves at this time."""

    def make(when: datetime) -> Ticket:
        ticket = open_ticket(at=when - timedelta(minutes=20))
        operations.take(ticket, by=mira, at=when - timedelta(minutes=10))
        return operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=when)

    return make


@pytest.fixture
def breached(open_ticket: Callable[..., Ticket]) -> Callable[[datetime], Ticket]:
    """A ticket whose first response was due at this time, and nobody answered."""

    def make(when: datetime) -> Ticket:
        ticket = open_ticket(at=when - timedelta(hours=1))
        first = Clock.objects.filter(ticket=ticket, metric=Metric.FIRST_RESPONSE)
        first.update(breached_at=when)
        return ticket

    return make


def stand(at: datetime) -> tuple[int, int, int, bool]:
    """Kept, breached, how many more, missed."""
    [found] = standings(at=at)
    return found.kept, found.breached, found.more_breaches, found.is_missed


def test_nothing_is_judged_yet(standard: Policy, ticket: Ticket, at: datetime) -> None:
    [found] = standings(at=at)
    assert (found.policy, found.policy_name, found.priority, found.goal) == (
        standard.pk,
        "Standard",
        4,
        Goal(80, "a free month"),
    )
    assert (found.judged, found.compliance, found.more_breaches, found.is_missed) == (0, None, 0, False)


def test_a_ticket_resolved_without_a_breach_is_kept(
    standard: Policy, resolved: Any, later: Callable[..., datetime]
) -> None:
    for hour in range(1, 5):
        resolved(later(hours=hour))
    [found] = standings(at=later(hours=6))
    assert (found.kept, found.compliance, found.more_breaches) == (4, 100.0, 1)


def test_breaches_use_up_what_the_month_can_bear(
    standard: Policy, resolved: Any, breached: Any, later: Callable[..., datetime]
) -> None:
    for hour in range(1, 5):
        resolved(later(hours=hour))
    breached(later(hours=1))
    assert stand(later(hours=6)) == (4, 1, 0, False)
    breached(later(hours=2))
    assert stand(later(hours=6)) == (4, 2, 0, True)


def test_a_ticket_counts_once_however_many_of_its_clocks_are_breached(
    standard: Policy, breached: Any, later: Callable[..., datetime]
) -> None:
    ticket = breached(later(hours=2))
    resolution = Clock.objects.filter(ticket=ticket, metric=Metric.RESOLUTION)
    resolution.update(breached_at=later(hours=3))
    assert stand(later(hours=4))[:2] == (0, 1)


def test_a_breached_ticket_that_is_resolved_later_stays_breached(
    standard: Policy, breached: Any, mira: User, vpn: Any, later: Callable[..., datetime]
) -> None:
    ticket = breached(later(hours=2))
    operations.take(ticket, by=mira, at=later(hours=3))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=4))
    assert stand(later(hours=5))[:2] == (0, 1)


def test_a_reopened_ticket_is_not_judged_until_it_is_resolved_again(
    standard: Policy, resolved: Any, later: Callable[..., datetime]
) -> None:
    ticket = resolved(later(hours=1))
    operations.reopen(ticket, text="No", by=ticket.requester, at=later(hours=2))
    assert stand(later(hours=3))[:2] == (0, 0)


def test_a_cancelled_ticket_counts_only_if_it_was_breached_before(
    standard: Policy, open_ticket: Any, breached: Any, mira: User, later: Callable[..., datetime]
) -> None:
    answered = open_ticket(at=later())
    operations.take(answered, by=mira, at=later(minutes=1))
    operations.reply(answered, text="Hello", by=mira, at=later(minutes=2))
    for ticket in (answered, breached(later(hours=1))):
        operations.withdraw(ticket, by=ticket.requester, at=later(hours=2))
    assert stand(later(hours=3))[:2] == (0, 1)


def test_what_was_set_aside_as_no_request_uses_up_nothing(
    standard: Policy, breached: Any, mira: User, later: Callable[..., datetime]
) -> None:
    noise, real = breached(later(hours=1)), breached(later(hours=1))
    operations.not_a_request(noise, reason="noise", by=mira, at=later(hours=2))
    assert stand(later(hours=3))[:2] == (0, 1)
    operations.not_a_request(real, reason="spam", by=mira, at=later(hours=4))
    assert stand(later(hours=5))[:2] == (0, 0)
    operations.restore(real, by=mira, at=later(hours=6))
    assert stand(later(hours=7))[:2] == (0, 1)


@pytest.mark.parametrize("outcome", ["void", "merged"])
def test_cycles_that_were_taken_back_or_went_on_elsewhere_count_nowhere(
    outcome: str, standard: Policy, breached: Any, later: Callable[..., datetime]
) -> None:
    ticket = breached(later(hours=2))
    first = Clock.objects.filter(ticket=ticket, metric=Metric.FIRST_RESPONSE)
    first.update(
        state="ended", outcome=outcome, ended_at=later(hours=3), due_at=None, next_at=datetime(9000, 1, 1, tzinfo=UTC)
    )  # fmt: skip
    assert stand(later(hours=4))[:2] == (0, 0)


def test_promises_between_tiers_are_no_contract_with_the_requester(
    standard: Policy, resolved: Any, later: Callable[..., datetime]
) -> None:
    ticket = resolved(later(hours=1))
    Clock.objects.filter(ticket=ticket, metric=Metric.WORK).update(breached_at=later(minutes=50))
    assert stand(later(hours=3))[:2] == (1, 0)


def test_other_priorities_and_policies_do_not_mix(
    standard: Policy, resolved: Any, later: Callable[..., datetime]
) -> None:
    ticket = resolved(later(hours=1))
    Clock.objects.filter(ticket=ticket).update(priority=3)
    assert stand(later(hours=3))[:2] == (0, 0)


def test_a_month_begins_and_ends_where_the_desk_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since, until = month_of(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), berlin)
    assert (since, until) == (datetime(2026, 11, 1, tzinfo=berlin), datetime(2026, 12, 1, tzinfo=berlin))
    since, until = month_of(datetime(2026, 3, 31, 21, 59, tzinfo=UTC), berlin)
    assert (since.astimezone(UTC), until.astimezone(UTC)) == (
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 31, 22, tzinfo=UTC),
    )
    assert month_of(datetime(2026, 12, 5, tzinfo=UTC), berlin)[1] == datetime(2027, 1, 1, tzinfo=berlin)


def test_last_month_is_another_account(
    standard: Policy, resolved: Any, breached: Any, later: Callable[..., datetime]
) -> None:
    resolved(later(days=-30))
    breached(later(days=-31))
    breached(later(hours=1))
    assert (stand(later(hours=2))[:2], stand(later(days=-30))[:2]) == ((0, 1), (1, 1))


@pytest.mark.parametrize(
    ("kept", "breached", "percent", "more", "missed"),
    [
        (95, 0, 95, 5, False),
        (95, 5, 95, 0, False),
        (95, 6, 95, 0, True),
        (19, 0, 95, 1, False),
        (18, 0, 95, 0, False),
        (100, 0, 100, 0, False),
        (100, 1, 100, 0, True),
        (999, 0, 99.9, 1, False),
        (0, 0, 50, 0, False),
        (0, 1, 50, 0, True),
    ],
)
def test_how_many_more_breaches_the_month_can_bear(
    kept: int, breached: int, percent: float, more: int, missed: bool
) -> None:
    found = Standing(1, "Gold", 2, Goal(percent), kept, breached)
    assert (found.more_breaches, found.is_missed) == (more, missed)
    if found.judged and not missed:
        assert 100 * kept / (found.judged + more) >= percent
        assert 100 * kept / (found.judged + more + 1) < percent


def test_goals_are_read_in_three_queries(
    standard: Policy, resolved: Any, later: Callable[..., datetime], django_assert_num_queries: Any
) -> None:
    resolved(later(hours=1))
    with django_assert_num_queries(3):
        standings(at=later(hours=2))
