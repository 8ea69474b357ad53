"""What people complain about in other helpdesks' clocks: each would fail here as it does there.

The numbers are those of the list that the product was designed from; each test says what went wrong.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from sla.book import rules_in_force
from sla.cycles import Cycle, replay
from sla.models import Calendar, Clock, ClockEvent
from sla.operations.firing import fire_due
from sla.operations.judging import judge_all
from sla.operations.keeping import COLUMNS
from sla.queries.clocks import clocks_of, standing
from sla.queries.hours import hours_of
from sla.queries.life import Happening, Stretch, days_of, lives_of
from sla.spec import SHIPPED_THRESHOLDS
from tests.sla.conftest import Life, hours, policy, promise, span
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


def test_complaint_01_a_shorter_update_time_overrules_the_first_response(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(first_response=60, update=30)
    life = Life(open_ticket())
    fire_due(at=later(minutes=45))
    assert life.rows() == {"first_response": "running, 0:00, due 10:00"}
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=50))
    assert life.rows() == {"first_response": "met, 0:50", "update": "running, 0:00, due 10:20"}


def test_complaint_02_tickets_escalate_that_were_answered(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(first_response=60, next_response=60)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=10))
    operations.reply(life.ticket, text="Thanks, and...", by=ines, at=later(minutes=20))
    operations.reply(life.ticket, text="Like this.", by=mira, at=later(minutes=30))
    assert fire_due(at=later(days=3)) == 0
    assert life.timeline() == []


@pytest.mark.parametrize("channel", ["api", "portal", "mail"])
def test_complaint_03_results_stay_empty_until_a_ticket_is_reopened(
    open_ticket: Open, mira: User, later: Later, channel: str
) -> None:
    promise(first_response=60, resolution=240)
    life = Life(open_ticket(by=None, channel=channel))
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=10))
    operations.take(life.ticket, by=mira, at=later(minutes=10))
    operations.resolve(life.ticket, code="no_answer", summary="x", by=mira, at=later(hours=1))
    assert life.rows() == {"first_response": "met, 0:10", "resolution": "met, 1:00"}


def test_complaint_04_a_figure_measures_something_else_than_its_name(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    """There “update” was the time from creation to whatever happened last."""
    promise(next_response=60)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=10))
    operations.reply(life.ticket, text="And now?", by=ines, at=later(hours=5))
    operations.reply(life.ticket, text="Soon.", by=mira, at=later(hours=5, minutes=20))
    operations.note(life.ticket, text="x", by=mira, at=later(hours=9))
    operations.tag(life.ticket, names=["later"], by=mira, at=later(hours=10))
    assert life.rows() == {"next_response": "met, 0:20"}


def test_complaint_05_nobody_can_see_why_it_is_due_then(open_ticket: Open, later: Later) -> None:
    """There two days of an imported feed were holidays. Here the days that count are listed, and add up."""
    calendar = hours("With a day off", days={date(2026, 11, 24): []})
    promise(resolution=900, calendar=calendar)
    life = Life(open_ticket())
    assert life.rows() == {"resolution": "running, 0:00, due Wed 14:00"}
    [told] = lives_of(ClockEvent.objects.filter(ticket=life.ticket), hours_of, at=later(days=2, hours=5))
    [started, counted] = told.lines
    assert isinstance(started, Happening)
    assert isinstance(counted, Stretch)
    days = list(days_of(counted, hours_of(counted.calendar), ZoneInfo("UTC")))
    assert [(f"{day:%a}", span(worked)) for day, worked in days] == [("Mon", "9:00"), ("Wed", "6:00")]
    assert span(counted.total) == "15:00"


def test_complaint_06_reminders_come_at_midnight_and_on_weekends(
    open_ticket: Open, office: Calendar, later: Later
) -> None:
    policy(resolution=600, calendar=office, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket(at=later(days=4, hours=7)))  # Friday, 16:00
    for hour in range(72):
        fire_due(at=later(days=4, hours=8 + hour))
    assert life.news()[1:] == [
        "30 Nov 13:30 resolution warned 75",
        "30 Nov 15:00 resolution warned 90",
    ]


def test_complaint_07_the_second_reminder_of_a_day_is_lost(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    policy(next_response=20, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Hello", by=mira, at=later())
    for hour in (1, 2):
        operations.reply(life.ticket, text="And now?", by=ines, at=later(hours=hour))
        for minutes in (16, 19, 21):
            fire_due(at=later(hours=hour, minutes=minutes))
        operations.reply(life.ticket, text="Soon.", by=mira, at=later(hours=hour, minutes=30))
    assert life.timeline() == [
        ("sla.warned", "10:15"),
        ("sla.warned", "10:18"),
        ("sla.breached", "10:20"),
        ("sla.warned", "11:15"),
        ("sla.warned", "11:18"),
        ("sla.breached", "11:20"),
    ]


def test_complaint_08_pauses_are_lost_when_another_policy_takes_over(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=480)
    policy("Important", resolution=240, when={"field": "tag", "op": "is", "value": "vip"})
    life = Life(open_ticket())
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(hours=1))
    operations.reply(life.ticket, text="That one.", by=ines, at=later(hours=4))
    operations.tag(life.ticket, names=["vip"], by=mira, at=later(hours=5))
    assert life.rows() == {"resolution": "running, 2:00, due 16:00"}


def test_complaint_09_a_promise_breaks_while_the_ticket_is_pending(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(resolution=60, work=60)
    life = Life(open_ticket())
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=59))
    assert fire_due(at=later(days=30)) == 0
    assert life.rows() == {"resolution": "paused, 0:59", "work L1": "paused, 0:00"}
    operations.tag(life.ticket, names=["waits"], by=mira, at=later(days=30))
    assert life.timeline() == []


def test_complaint_10_the_warning_comes_at_midnight_instead_of_in_the_hours(
    open_ticket: Open, office: Calendar, later: Later
) -> None:
    policy(resolution=660, calendar=office, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    assert life.rows() == {"resolution": "running, 0:00, due Tue 10:00"}
    fire_due(at=later(days=1, hours=2))
    assert life.news()[1:] == [
        "17:15 resolution warned 75",
        "Tue 08:54 resolution warned 90",
        "Tue 10:00 resolution breached",
    ]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Asia/Kolkata", "America/New_York", "Europe/Berlin"])
def test_complaint_11_calendars_are_ignored_and_tickets_escalate_at_creation(
    open_ticket: Open, later: Later, zone: str
) -> None:
    promise(first_response=60, calendar=hours("There", zone=zone))
    for hour in range(0, 24, 3):
        life = Life(open_ticket(at=later(hours=hour)))
        due = Clock.objects.get(ticket=life.ticket).due_at
        assert due is not None
        there = (due - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
        assert (there.weekday() < 5, 8 <= there.hour < 18) == (True, True)
        assert fire_due(at=later(hours=hour, minutes=59)) == 0
        operations.withdraw(life.ticket, by=life.ticket.requester, at=later(hours=hour, minutes=59))
        assert life.timeline() == []


def test_complaint_12_only_the_first_level_fires_and_at_the_wrong_clocks_time(
    open_ticket: Open, later: Later
) -> None:
    policy(accept=100, resolution=200, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    for minutes in range(0, 210, 5):
        fire_due(at=later(minutes=minutes, seconds=1))
    assert life.news()[2:] == [
        "10:15 accept L1 warned 75",
        "10:30 accept L1 warned 90",
        "10:40 accept L1 breached",
        "11:30 resolution warned 75",
        "12:00 resolution warned 90",
        "12:20 resolution breached",
    ]


def test_complaint_13_time_on_hold_counts_when_it_is_resolved_from_there(
    open_ticket: Open, mira: User, later: Later
) -> None:
    """There half a year on hold was a resolution of weeks. And times were read in the zone of who looked."""
    promise(resolution=240)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=10))
    operations.hold(life.ticket, reason="appointment", until=later(days=300), by=mira, at=later(minutes=30))
    operations.resolve(life.ticket, code="no_answer", summary="x", by=mira, at=later(days=200))
    assert life.rows() == {"resolution": "met, 0:30"}
    row, event = Clock.objects.get(ticket=life.ticket), ClockEvent.objects.filter(ticket=life.ticket)[0]
    assert (row.started_at.tzinfo, event.at.tzinfo) == (UTC, UTC)


def test_complaint_14_a_hold_over_a_holiday_moves_the_due_time_by_too_much(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    """And lunch hours are counted."""
    day = [[8 * 60, 12 * 60], [13 * 60, 17 * 60]]
    calendar = hours("With lunch", weekly=[day] * 5 + [[], []], days={date(2026, 11, 24): []})
    promise(resolution=480, calendar=calendar)
    life = Life(open_ticket())
    assert life.rows() == {"resolution": "running, 0:00, due Wed 09:00"}
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(hours=5))
    operations.reply(life.ticket, text="That one.", by=ines, at=later(days=2, hours=5))
    assert life.rows() == {"resolution": "running, 4:00, due Thu 09:00"}


def test_complaint_15_i_answered_and_it_still_went_overdue(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    """No pause by status, no hours, and no clock that begins with the last message."""
    promise(first_response=60, next_response=60, resolution=240, calendar=hours())
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=59))
    operations.reply(life.ticket, text="And now?", by=ines, at=later(hours=8, minutes=30))
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(days=1))
    assert fire_due(at=later(days=9)) == 0
    assert life.rows() == {
        "first_response": "met, 0:59",
        "next_response": "met, 1:30, breached Tue 08:30",
        "resolution": "paused, 10:00, breached 13:00",
    }


def test_complaint_16_a_new_policy_reaches_open_tickets_only_with_their_next_event(
    open_ticket: Open, later: Later
) -> None:
    """And a target in business hours is shown as if it were counted on the wall: here both can be shown."""
    promise(resolution=600, calendar=hours())
    life = Life(open_ticket())
    promise(resolution=120, calendar=hours())
    judge_all([Ticket.objects.get(pk=life.ticket.pk)], rules_in_force(), at=later(hours=1))
    assert life.rows() == {"resolution": "running, 1:00, due 11:00"}
    promise(resolution=600, calendar=hours())
    judge_all([Ticket.objects.get(pk=life.ticket.pk)], rules_in_force(), at=later(hours=2))
    [cycle] = clocks_of(life.ticket.pk)
    seen = standing(cycle, at=later(hours=9))
    assert (seen.left, seen.left_by_the_clock) == (timedelta(hours=1), timedelta(hours=15))


def test_complaint_17_a_repair_rewrites_what_was_met_and_broken(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    """There a rebuild judges finished work by today's goals. Here a clock is the replay of what was written then."""
    promise(resolution=240, next_response=60)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=5))
    operations.resolve(life.ticket, code="no_answer", summary="x", by=mira, at=later(hours=3))
    operations.reopen(life.ticket, text="No.", by=ines, at=later(hours=4))
    operations.resolve(life.ticket, code="no_answer", summary="x", by=mira, at=later(hours=4, minutes=30))
    rows = stored(life)
    promise(resolution=60, next_response=10, calendar=hours())
    judge_all([Ticket.objects.get(pk=life.ticket.pk)], rules_in_force(), at=later(hours=5))
    assert stored(life) == rows
    rebuilt = replay(ClockEvent.objects.filter(ticket=life.ticket), hours_of)
    assert rebuilt == {(row.metric, row.scope, row.cycle): replace(row, revision=0) for row in rows}


def stored(life: Life) -> list[Cycle]:
    rows = Clock.objects.filter(ticket=life.ticket).order_by("id")
    return [Cycle(*row) for row in rows.values_list(*COLUMNS)]


def test_complaint_18_a_change_of_priority_alters_the_targets_of_the_past(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(next_response={4: 120, 1: 15})
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Hello", by=mira, at=later())
    operations.reply(life.ticket, text="And now?", by=ines, at=later(hours=1))
    operations.reply(life.ticket, text="Soon.", by=mira, at=later(hours=2))
    operations.override_priority(life.ticket, priority=1, reason="x", by=mira, at=later(hours=3))
    operations.reply(life.ticket, text="And now?", by=ines, at=later(hours=4))
    assert life.rows() == {
        "next_response": "met, 1:00",
        "next_response 2": "running, 0:00, due 13:15",
    }
    judged = Clock.objects.filter(ticket=life.ticket).order_by("cycle").values_list("priority", "target")
    assert list(judged) == [(4, timedelta(hours=2)), (1, timedelta(minutes=15))]
