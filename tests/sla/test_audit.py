"""Pauses, priorities and ends that came suspiciously in time, by person and reason."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from sla.queries.audit import Audited, acts, groups
from tickets import operations
from tickets.models import Ticket

ALL = ["before_breach", "over_reply", "lowered", "recategorised", "cancelled"]


@pytest.fixture
def urgent(open_ticket: Callable[..., Ticket], mira: User, later: Callable[..., datetime]) -> Ticket:
    """P1: around the clock, resolved within four hours, answered within fifteen minutes. Mira has taken it."""
    ticket = open_ticket(impact=1, urgency=1)
    assert ticket.priority == 1
    ticket = operations.take(ticket, by=mira, at=later(minutes=1))
    return operations.reply(ticket, text="I am on it", by=mira, at=later(minutes=2))


@pytest.fixture
def audited(later: Callable[..., datetime]) -> Audited:
    return Audited(since=later(hours=-1), until=later(days=2))


def found(user: User, audited: Audited) -> list[tuple[str, str, int]]:
    """What was found, by whom, and how much of the target was used in percent; newest first."""
    rows, _after = acts(user, audited)
    return [(act.row.finding, act.person.name, act.share) for act in rows]


def test_a_pause_shortly_before_the_due_time_is_found(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.wait_for_requester(urgent, question="Which?", by=mira, at=later(hours=3, minutes=50))
    assert found(max_, audited) == [("before_breach", "Mira Kask", 95)]
    (act,), _after = acts(max_, audited)
    assert (act.left, act.why, act.clock) == (timedelta(minutes=10), "pending requester", "resolution")


def test_an_early_pause_is_nobodys_business(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.wait_for_requester(urgent, question="Which?", by=mira, at=later(hours=1))
    operations.reply(urgent, text="That one", by=urgent.requester, at=later(hours=2))
    assert found(max_, audited) == []


def test_a_pause_after_the_breach_hides_nothing(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.wait_for_requester(urgent, question="Which?", by=mira, at=later(hours=5))
    assert found(max_, audited) == []


def test_a_pause_over_an_unanswered_reply_is_found(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.reply(urgent, text="It is worse now", by=urgent.requester, at=later(hours=1))
    operations.hold(urgent, reason="appointment", until=later(hours=9), by=mira, at=later(hours=2))
    assert found(max_, audited) == [("over_reply", "Mira Kask", 50)]


def test_a_reply_during_a_pause_that_goes_on_is_found(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.hold(urgent, reason="appointment", until=later(hours=9), by=mira, at=later(hours=2))
    assert found(max_, audited) == []
    operations.reply(urgent, text="Come earlier", by=urgent.requester, at=later(hours=3))
    assert found(max_, audited) == [("over_reply", "Mira Kask", 50)]
    (act,), _after = acts(max_, audited)
    assert act.why == "on hold: an appointment is made"


def test_a_priority_lowered_in_the_last_quarter_is_found_and_one_raised_is_not(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.override_priority(
        urgent, priority=3, reason="Not so bad", by=mira, at=later(hours=3, minutes=10)
    )
    assert ("lowered", "Mira Kask", 79) in found(max_, audited)
    operations.override_priority(urgent, priority=1, reason="It is", by=mira, at=later(hours=3, minutes=20))
    assert {row[0] for row in found(max_, audited)} == {"lowered"}
    assert [(group.person, group.finding, group.acts) for group in groups(max_, audited)] == [
        ("Mira Kask", "lowered", 1)
    ]


def test_a_priority_lowered_early_is_nobodys_business(
    urgent: Ticket, mira: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.override_priority(urgent, priority=3, reason="Not so bad", by=mira, at=later(minutes=10))
    assert found(max_, audited) == []


def test_a_ticket_cancelled_in_the_last_quarter_is_found_and_one_withdrawn_is_not(
    urgent: Ticket,
    open_ticket: Callable[..., Ticket],
    mira: User,
    max_: User,
    audited: Audited,
    later: Callable[..., datetime],
) -> None:
    other = open_ticket(impact=1, urgency=1)
    operations.withdraw(other, by=other.requester, at=later(minutes=14))
    operations.cancel(urgent, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30))
    assert found(max_, audited) == [("cancelled", "Mira Kask", 87)]


def test_what_the_period_leaves_out_is_not_found(
    urgent: Ticket, mira: User, max_: User, later: Callable[..., datetime]
) -> None:
    operations.cancel(urgent, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30))
    assert found(max_, Audited(since=later(hours=4), until=later(hours=9))) == []


def test_only_acts_on_tickets_that_one_may_see_are_found(
    urgent: Ticket,
    mira: User,
    otto: User,
    ines: User,
    ada: User,
    audited: Audited,
    later: Callable[..., datetime],
) -> None:
    operations.cancel(urgent, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30))
    assert (found(otto, audited), len(found(ines, audited)), len(found(ada, audited))) == ([], 1, 1)
    assert groups(otto, audited) == []


def test_a_restricted_ticket_is_not_told_of(
    urgent: Ticket, mira: User, max_: User, ada: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.cancel(urgent, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30))
    Ticket.objects.filter(pk=urgent.pk).update(is_restricted=True)
    assert found(max_, audited) == []


def test_pages_follow_each_other_without_gap_or_double(
    open_ticket: Callable[..., Ticket],
    mira: User,
    max_: User,
    audited: Audited,
    later: Callable[..., datetime],
) -> None:
    for number in range(5):
        ticket = open_ticket(impact=1, urgency=1)
        operations.take(ticket, by=mira, at=later(minutes=1))
        operations.reply(ticket, text="I am on it", by=mira, at=later(minutes=2))
        operations.cancel(
            ticket, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30 + number % 2)
        )
    seen: list[int] = []
    after, rounds = "", 0
    while rounds == 0 or after:
        page, after = acts(max_, audited, after=after, many=2)
        seen += [act.row.id for act in page]
        rounds += 1
    assert (len(seen), len(set(seen)), rounds) == (5, 5, 3)
    assert acts(max_, audited, after="nonsense")[0][0].row.id == seen[0]


def test_the_list_can_be_narrowed_to_a_finding_and_a_person(
    urgent: Ticket, mira: User, lars: User, max_: User, audited: Audited, later: Callable[..., datetime]
) -> None:
    operations.cancel(urgent, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30))

    def narrowed(**to: Any) -> int:
        return len(found(max_, Audited(audited.since, audited.until, **to)))

    assert [narrowed(finding=name) for name in ALL] == [0, 0, 0, 0, 1]
    assert (narrowed(person=mira.pk), narrowed(person=lars.pk)) == (1, 0)
