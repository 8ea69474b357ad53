"""What a clock is measured against, and what happens when that changes: docs/sla.md, rule by rule."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from escalation import operations as escalation
from sla.models import Calendar, Clock, ClockEvent
from sla.operations.firing import fire_due
from sla.spec import SHIPPED_THRESHOLDS, Threshold
from tests.sla.conftest import Life, hours, policy, promise
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


def prioritise(life: Life, priority: int, by: User, at: datetime) -> None:
    operations.override_priority(life.ticket, priority=priority, reason="Agreed.", by=by, at=at)


@pytest.fixture
def graded(open_ticket: Open, mira: User) -> Life:
    """Mira's ticket of Monday 9:00, P4: resolved within eight hours, as P3 within four, as P1 never promised."""
    promise(resolution={4: 480, 3: 240, 2: 60})
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=life.ticket.created_at)
    life.news()
    return life


# --- another target ---


def test_a_higher_priority_keeps_the_time_used_and_moves_the_due_time(
    graded: Life, mira: User, later: Later
) -> None:
    prioritise(graded, 3, mira, later(hours=2))
    assert graded.rows() == {"resolution": "running, 2:00, due 13:00"}
    assert graded.news() == ["11:00 resolution retargeted (ticket.priority_overridden)"]
    assert graded.timeline() == [("sla.retargeted", "11:00")]


def test_a_lower_priority_keeps_the_time_used_and_moves_the_due_time(
    graded: Life, mira: User, later: Later
) -> None:
    prioritise(graded, 3, mira, later(hours=1))
    prioritise(graded, 4, mira, later(hours=2))
    assert graded.rows() == {"resolution": "running, 2:00, due 17:00"}


def test_the_matrix_retargets_as_the_hand_does(graded: Life, mira: User, later: Later) -> None:
    operations.change(graded.ticket, urgency=1, by=mira, at=later(hours=1))
    graded.ticket.refresh_from_db()
    assert graded.ticket.priority == 3
    assert graded.rows() == {"resolution": "running, 1:00, due 13:00"}


def test_pauses_are_carried_over_a_change_of_target(
    graded: Life, mira: User, ines: User, later: Later
) -> None:
    operations.wait_for_requester(graded.ticket, question="Which?", by=mira, at=later(hours=1))
    prioritise(graded, 3, mira, later(hours=5))
    assert graded.rows() == {"resolution": "paused, 1:00"}
    operations.reply(graded.ticket, text="That one.", by=ines, at=later(hours=6))
    assert graded.rows() == {"resolution": "running, 1:00, due 18:00"}
    assert graded.news() == [
        "10:00 resolution paused (ticket.waits_for_requester)",
        "14:00 resolution retargeted (ticket.priority_overridden)",
        "15:00 resolution resumed (ticket.replied)",
    ]


def test_what_is_past_its_new_target_breaches_now(graded: Life, mira: User, later: Later) -> None:
    prioritise(graded, 3, mira, later(hours=5))
    assert graded.rows() == {"resolution": "running, 5:00, breached 14:00, due 14:00"}
    assert graded.news() == [
        "14:00 resolution retargeted (ticket.priority_overridden)",
        "14:00 resolution breached (ticket.priority_overridden)",
    ]
    assert graded.timeline() == [("sla.retargeted", "14:00"), ("sla.breached", "14:00")]


def test_what_rests_past_its_new_target_breaches_now(graded: Life, mira: User, later: Later) -> None:
    operations.wait_for_requester(graded.ticket, question="Which?", by=mira, at=later(hours=2))
    prioritise(graded, 2, mira, later(hours=5))
    assert graded.rows() == {"resolution": "paused, 2:00, breached 14:00"}
    assert graded.news()[1:] == [
        "14:00 resolution retargeted (ticket.priority_overridden)",
        "14:00 resolution breached (ticket.priority_overridden)",
    ]


def test_a_breach_stays_whatever_changes_later(graded: Life, mira: User, later: Later) -> None:
    prioritise(graded, 3, mira, later(hours=5))
    prioritise(graded, 4, mira, later(hours=6))
    assert graded.rows() == {"resolution": "running, 6:00, breached 14:00, due 17:00"}
    fire_due(at=later(hours=20))
    operations.resolve(graded.ticket, code="no_answer", summary="x", by=mira, at=later(hours=21))
    assert graded.rows() == {"resolution": "met, 21:00, breached 14:00"}
    assert [line for line in graded.news() if "breached" in line] == [
        "14:00 resolution breached (ticket.priority_overridden)"
    ]


def test_a_promise_that_no_longer_exists_ends_its_clock(graded: Life, mira: User, later: Later) -> None:
    prioritise(graded, 1, mira, later(hours=1))
    assert graded.rows() == {"resolution": "cancelled, 1:00"}
    assert graded.due() == "never"


def test_a_promise_that_comes_back_counts_as_if_it_had_always_been(
    graded: Life, mira: User, ines: User, later: Later
) -> None:
    """The hour in which it waited for the requester counts no more than it would have."""
    prioritise(graded, 1, mira, later(hours=1))
    operations.wait_for_requester(graded.ticket, question="Which?", by=mira, at=later(hours=2))
    operations.reply(graded.ticket, text="That one.", by=ines, at=later(hours=3))
    prioritise(graded, 3, mira, later(hours=4))
    assert graded.row("resolution 2") == "running, 3:00, due 14:00"
    assert graded.news()[1:] == ["13:00 resolution 2 started (ticket.priority_overridden)"]


def test_a_promise_that_comes_late_counts_from_the_beginning(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution={2: 240}, first_response={2: 60}, next_response={2: 60}, update={2: 60}, work={2: 60})
    life = Life(open_ticket())
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(hours=1))
    operations.reply(life.ticket, text="That one.", by=ines, at=later(hours=2))
    assert life.rows() == {}
    prioritise(life, 2, mira, later(hours=2, minutes=30))
    assert life.rows() == {
        "next_response": "running, 0:00, due 12:00",
        "resolution": "running, 1:30, due 14:00",
        "update": "running, 0:00, due 12:30",
    }
    assert life.news() == [
        "11:30 resolution started (ticket.priority_overridden)",
        "11:00 next_response started (ticket.priority_overridden)",
        "11:30 update started (ticket.priority_overridden)",
    ]
    began = Clock.objects.get(ticket=life.ticket, metric="resolution").started_at
    assert began == life.ticket.created_at


def test_a_first_response_that_comes_late_counts_from_the_beginning(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(first_response={2: 60})
    life = Life(open_ticket())
    prioritise(life, 2, mira, later(hours=2))
    assert life.rows() == {"first_response": "running, 0:00, breached 10:00, due 10:00"}


def test_a_tier_that_promises_late_counts_the_time_it_had(
    open_ticket: Open, mira: User, dario: User, later: Later
) -> None:
    promise(first_response=600)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=10))
    escalation.hand_over(
        life.ticket, tier=2, reason="needs_expertise", summary="x", by=mira, at=later(minutes=20)
    )
    escalation.return_(life.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=50))
    life.news()
    promise(work=60, accept=30)
    operations.tag(life.ticket, names=["vip"], by=mira, at=later(minutes=60))
    assert life.rows() == {"first_response": "cancelled, 1:00", "work L1": "running, 0:20, due 10:40"}
    assert life.news() == [
        "10:00 first_response cancelled (ticket.tagged)",
        "10:00 work L1 started (ticket.tagged)",
    ]


def test_a_policy_without_some_targets_runs_no_clock_for_them(open_ticket: Open) -> None:
    promise(resolution={1: 60})
    life = Life(open_ticket())
    assert (life.rows(), life.due()) == ({}, "never")


# --- another policy or calendar ---


def test_a_tag_can_bring_another_policy(open_ticket: Open, mira: User, later: Later) -> None:
    promise(resolution=480)
    policy("For people of weight", resolution=60, when={"field": "tag", "op": "is", "value": "vip"})
    life = Life(open_ticket())
    operations.tag(life.ticket, names=["vip"], by=mira, at=later(minutes=30))
    assert life.rows() == {"resolution": "running, 0:30, due 10:00"}
    operations.untag(life.ticket, name="vip", by=mira, at=later(minutes=40))
    assert life.rows() == {"resolution": "running, 0:40, due 17:00"}
    names = [row.policy.policy.name for row in Clock.objects.filter(ticket=life.ticket) if row.policy]
    assert names == ["Standard"]


def test_another_organisation_can_bring_another_policy(
    open_ticket: Open, mira: User, otto: User, later: Later
) -> None:
    promise(resolution=480)
    policy(
        "Harbour",
        resolution=60,
        when={"field": "organisation", "op": "is", "value": otto.organisation_id},
    )
    life = Life(open_ticket())
    operations.change(life.ticket, requester=otto, by=mira, at=later(minutes=30))
    assert life.rows() == {"resolution": "running, 0:30, due 10:00"}


def test_a_new_version_of_a_calendar_moves_what_is_open_from_then_on(
    open_ticket: Open, mira: User, office: Calendar, later: Later
) -> None:
    """Time used stays as it was counted; only what is left is counted in the new hours."""
    promise(resolution=600, calendar=office)
    life = Life(open_ticket())
    assert life.rows() == {"resolution": "running, 0:00, due Tue 09:00"}
    hours("Office", weekly=[[[8 * 60, 12 * 60]]] * 5 + [[], []])
    operations.take(life.ticket, by=mira, at=later(hours=2))
    assert life.rows() == {"resolution": "running, 2:00, due Wed 11:00"}
    assert life.news()[1:] == ["11:00 resolution retargeted (ticket.taken)"]


def test_a_finished_cycle_is_never_rewritten(graded: Life, mira: User, ines: User, later: Later) -> None:
    operations.resolve(graded.ticket, code="no_answer", summary="x", by=mira, at=later(hours=3))
    before = Clock.objects.filter(ticket=graded.ticket).values().get()
    prioritise(graded, 2, mira, later(hours=4))
    promise(resolution=30)
    operations.confirm(graded.ticket, by=ines, at=later(hours=5))
    assert Clock.objects.filter(ticket=graded.ticket).values().get() == before


def test_each_cycle_freezes_what_it_is_judged_by(graded: Life, mira: User, ines: User, later: Later) -> None:
    operations.resolve(graded.ticket, code="no_answer", summary="x", by=mira, at=later(hours=1))
    first = Clock.objects.get(ticket=graded.ticket)
    promise(resolution=240, calendar=hours())
    operations.reopen(graded.ticket, text="No.", by=ines, at=later(hours=2))
    second = Clock.objects.get(ticket=graded.ticket, cycle=2)
    assert (first.priority, first.target, first.calendar_id) == (4, timedelta(hours=8), None)
    assert (second.priority, second.target) == (4, timedelta(hours=4))
    assert second.policy_id != first.policy_id
    assert second.calendar is not None
    assert second.calendar.calendar.name == "Office"


# --- breach and warnings ---


def test_breach_time_is_the_due_time_not_the_moment_somebody_noticed(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(first_response=60)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Sorry.", by=mira, at=later(hours=7))
    assert life.rows() == {"first_response": "met, 7:00, breached 10:00"}
    assert life.news()[1:] == [
        "10:00 first_response breached (ticket.replied)",
        "16:00 first_response met (ticket.replied)",
    ]
    assert life.timeline() == [("sla.breached", "10:00")]


def test_stopping_exactly_at_the_due_moment_is_in_time(open_ticket: Open, mira: User, later: Later) -> None:
    promise(first_response=60)
    life = Life(open_ticket())
    assert fire_due(at=later(hours=1)) == 0
    operations.reply(life.ticket, text="Just so.", by=mira, at=later(hours=1))
    assert life.rows() == {"first_response": "met, 1:00"}


def test_a_microsecond_later_is_late(open_ticket: Open, mira: User, later: Later) -> None:
    promise(first_response=60)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Alas.", by=mira, at=later(hours=1, microseconds=1))
    assert life.rows() == {"first_response": "met, 1:00 1e-06s, breached 10:00"}


def test_a_clock_breaches_once(open_ticket: Open, mira: User, ines: User, later: Later) -> None:
    promise(resolution=60)
    life = Life(open_ticket())
    fire_due(at=later(hours=2))
    fire_due(at=later(hours=3))
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(hours=4))
    operations.reply(life.ticket, text="That one.", by=ines, at=later(hours=5))
    fire_due(at=later(hours=9))
    assert life.news() == [
        "09:00 resolution started (ticket.opened)",
        "10:00 resolution breached",
        "13:00 resolution paused (ticket.waits_for_requester)",
        "14:00 resolution resumed (ticket.replied)",
    ]
    assert life.rows() == {"resolution": "running, 4:00, breached 10:00, due 10:00"}


def test_warnings_come_at_shares_of_the_target(open_ticket: Open, later: Later) -> None:
    policy(resolution=100, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    for minutes in (74, 76, 91, 101):
        fire_due(at=later(minutes=minutes))
    assert life.news()[1:] == [
        "10:15 resolution warned 75",
        "10:30 resolution warned 90",
        "10:40 resolution breached",
    ]


def test_a_share_is_told_once_over_a_pause(open_ticket: Open, mira: User, ines: User, later: Later) -> None:
    policy(resolution=100, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    fire_due(at=later(minutes=80))
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=80))
    operations.reply(life.ticket, text="That one.", by=ines, at=later(minutes=90))
    fire_due(at=later(minutes=101))
    assert [line for line in life.news() if "warned" in line] == [
        "10:15 resolution warned 75",
        "10:40 resolution warned 90",
    ]


def test_of_shares_that_a_new_target_has_passed_the_highest_is_told(
    open_ticket: Open, mira: User, later: Later
) -> None:
    policy(resolution={4: 1000, 3: 100}, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    prioritise(life, 3, mira, later(minutes=95))
    assert life.news()[1:] == [
        "10:35 resolution retargeted (ticket.priority_overridden)",
        "10:35 resolution warned 90 (ticket.priority_overridden)",
    ]
    assert life.rows() == {"resolution": "running, 1:35, due 10:40"}


def test_a_share_that_a_longer_target_takes_back_is_told_again(
    open_ticket: Open, mira: User, later: Later
) -> None:
    policy(resolution={4: 100, 3: 200}, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    fire_due(at=later(minutes=80))
    prioritise(life, 3, mira, later(minutes=80))
    fire_due(at=later(minutes=151))
    assert life.news()[1:] == [
        "10:15 resolution warned 75",
        "10:20 resolution retargeted (ticket.priority_overridden)",
        "11:30 resolution warned 75",
    ]


def test_what_was_told_already_is_not_told_again_by_other_shares(
    open_ticket: Open, mira: User, later: Later
) -> None:
    policy(resolution=100, thresholds=SHIPPED_THRESHOLDS)
    life = Life(open_ticket())
    fire_due(at=later(minutes=92))
    policy(resolution=100, thresholds=(Threshold(50), Threshold(80), Threshold(95), Threshold(100)))
    operations.take(life.ticket, by=mira, at=later(minutes=92))
    fire_due(at=later(minutes=96))
    assert life.news()[1:] == [
        "10:15 resolution warned 75",
        "10:30 resolution warned 90",
        "10:32 resolution retargeted (ticket.taken)",
        "10:35 resolution warned 95",
    ]


# --- time itself ---


def test_two_acts_in_the_same_microsecond(open_ticket: Open, mira: User, ines: User, later: Later) -> None:
    promise(next_response=60, resolution=240)
    life = Life(open_ticket())
    now = later(minutes=10)
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=now)
    operations.reply(life.ticket, text="That one.", by=ines, at=now)
    operations.reply(life.ticket, text="Thanks.", by=mira, at=now)
    assert life.rows() == {"next_response": "met, 0:00", "resolution": "running, 0:10, due 13:00"}
    assert life.news()[1:] == [
        "09:10 resolution paused (ticket.waits_for_requester)",
        "09:10 next_response started (ticket.replied)",
        "09:10 resolution resumed (ticket.replied)",
        "09:10 next_response met (ticket.replied)",
    ]


def test_an_act_stamped_before_the_last_one_happened_right_after_it(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=240)
    life = Life(open_ticket())
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=10))
    operations.reply(life.ticket, text="That one.", by=ines, at=later(minutes=8))
    assert life.rows() == {"resolution": "running, 0:10, due 13:00"}
    assert life.news()[1:] == [
        "09:10 resolution paused (ticket.waits_for_requester)",
        "09:10 resolution resumed (ticket.replied)",
    ]


def test_an_act_stamped_before_a_breach_that_was_told_leaves_it(
    open_ticket: Open, mira: User, later: Later
) -> None:
    """It lost the race for the ticket's lock; what people have been told stays."""
    promise(first_response=60)
    life = Life(open_ticket())
    fire_due(at=later(minutes=61))
    operations.reply(life.ticket, text="Almost.", by=mira, at=later(minutes=59))
    assert life.rows() == {"first_response": "met, 1:00, breached 10:00"}


def test_stop_beats_pause_beats_start(open_ticket: Open, mira: User, later: Later) -> None:
    """One question to the requester: it answers, it lets the resolution rest, and it starts an update that rests."""
    promise(first_response=60, update=30, resolution=240, pauses_responses=True)
    life = Life(open_ticket())
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=10))
    assert life.rows() == {
        "first_response": "met, 0:10",
        "resolution": "paused, 0:10",
        "update": "paused, 0:00",
    }
    assert life.news()[2:] == [
        "09:10 first_response met (ticket.waits_for_requester)",
        "09:10 update started (ticket.waits_for_requester)",
        "09:10 resolution paused (ticket.waits_for_requester)",
        "09:10 update paused (ticket.waits_for_requester)",
    ]


def test_what_an_event_ends_is_not_judged_anew_by_it(open_ticket: Open, mira: User, later: Later) -> None:
    """A shorter target was published, and nobody had told the clock before the answer came."""
    promise(first_response=60, resolution=600)
    life = Life(open_ticket())
    promise(first_response=10, resolution=240)
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=20))
    assert life.rows() == {"first_response": "met, 0:20", "resolution": "running, 0:20, due 13:00"}
    assert life.news()[2:] == [
        "09:20 first_response met (ticket.replied)",
        "09:20 resolution retargeted (ticket.replied)",
    ]


def test_a_ticket_created_outside_hours_counts_from_their_beginning(
    open_ticket: Open, office: Calendar, later: Later
) -> None:
    promise(first_response=60, calendar=office)
    life = Life(open_ticket(at=later(days=-1)))
    assert life.rows() == {"first_response": "running, 0:00, due 09:00"}


def test_every_event_names_its_cause_and_time_alone_has_none(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(first_response=60)
    life = Life(open_ticket())
    fire_due(at=later(hours=2))
    operations.reply(life.ticket, text="Sorry.", by=mira, at=later(hours=3))
    causes = [event.cause and event.cause.kind for event in ClockEvent.objects.filter(ticket=life.ticket)]
    assert causes == ["ticket.opened", None, "ticket.replied"]


def test_the_ticket_is_due_with_the_first_of_its_clocks(open_ticket: Open, mira: User, later: Later) -> None:
    promise(first_response=60, resolution=240)
    life = Life(open_ticket())
    assert life.due() == "10:00"
    operations.reply(life.ticket, text="Hello", by=mira, at=later(minutes=5))
    assert life.due() == "13:00"
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=6))
    assert life.due() == "never"
