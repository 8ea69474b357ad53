"""Rules that wait: due by the business time of a calendar, found once, asked under the lock, fired once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Team, User
from escalation import operations as escalation
from escalation.models import Arming, Firing, Rule, TimePass
from escalation.operations import rules as rule_operations
from escalation.operations.ticking import fire_waiting, tick
from escalation.rules import waiting
from escalation.rules.book import rules_in_force
from escalation.rules.engine import LONGEST_CHAIN
from escalation.rules.waiting import due_tickets
from escalation.rules.whynot import Because, why_not
from escalation.tasks import time_tick
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar
from tests.escalation.rule_book import NOTE, TO_L2, is_, rule, says, tag
from tickets import operations
from tickets.models import Event, Message, Ticket
from tickets.state import check

Later = Callable[..., datetime]


def handed_over(ticket: Ticket, by: User, at: datetime) -> Ticket:
    return escalation.hand_over(ticket, tier=2, reason="needs_access", summary="Please.", by=by, at=at).ticket


def test_it_fires_when_it_has_been_so_for_long_enough_and_once(
    ticket: Ticket, mira: User, network: Team, dario: User, later: Later
) -> None:
    rule("Unaccepted", tag("late"), waits=("unaccepted_since", 30), when=is_("tier", 2))
    handed_over(ticket, mira, later(minutes=1))
    ticks = [tick(at=later(minutes=30, seconds=59)), tick(at=later(minutes=31)), tick(at=later(minutes=32))]
    assert ticks == [0, 1, 0]
    (firing,) = Firing.objects.all()
    assert (firing.ticket, firing.event, firing.state, firing.depth) == (ticket, None, "done", 1)
    assert firing.why[0] == {
        "field": "unaccepted_since",
        "op": "since",
        "value": ["30"],
        "found": later(minutes=1).isoformat(),
        "held": True,
    }
    assert Arming.objects.get().occasion == "since:2026-11-23T09:01:00.000000Z"
    ticket.refresh_from_db()
    assert check(ticket) == []


def test_another_span_is_another_occasion(
    ticket: Ticket, mira: User, network: Team, dario: User, later: Later
) -> None:
    rule("Unaccepted", tag("late"), waits=("unaccepted_since", 30))
    handed_over(ticket, mira, later(minutes=1))
    tick(at=later(minutes=40))
    escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=50))
    handed_over(ticket, mira, later(minutes=51))
    assert [tick(at=later(minutes=60)), tick(at=later(minutes=90))] == [0, 1]
    assert Firing.objects.count() == 2


def test_time_is_counted_in_the_hours_of_the_calendar(ticket: Ticket, later: Later) -> None:
    office = Calendar.objects.get(name=BUSINESS_HOURS)
    rule("New for long", tag("late"), waits=("status_since", 600, office.pk))
    # Filed on Monday at nine; open from 8 to 18: nine hours on Monday, the tenth on Tuesday from 8 to 9.
    assert [tick(at=later(hours=23, minutes=59)), tick(at=later(hours=24))] == [0, 1]


def test_a_condition_that_comes_true_later_is_seen_with_the_change(
    ticket: Ticket, mira: User, later: Later
) -> None:
    rule("P1", tag("late"), waits=("tier_since", 30), when=is_("priority", 1))
    assert [tick(at=later(minutes=31)), tick(at=later(minutes=32))] == [0, 0]
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=32, seconds=2))
    assert tick(at=later(minutes=32, seconds=5)) == 1


def test_a_condition_that_comes_true_by_time_alone_is_seen_within_a_minute(
    ticket: Ticket, later: Later
) -> None:
    rule("Old", tag("old"), waits=("tier_since", 1), when=is_("created", "2h", op="older_than"))
    found = {minute: tick(at=later(minutes=minute)) for minute in (5, 119, 120, 121)}
    assert found == {5: 0, 119: 0, 120: 0, 121: 1}


def test_only_open_tickets_are_looked_at(ticket: Ticket, vpn: Any, mira: User, later: Later) -> None:
    row = rule("Resolved", NOTE, waits=("status_since", 5))
    operations.resolve(ticket, code="fixed", summary="Done.", category=vpn, by=mira, at=later(minutes=1))
    assert tick(at=later(hours=1)) == 0
    ticket.refresh_from_db()
    assert why_not(row, ticket, at=later(hours=1)).because == Because.NOT_OPEN


def test_what_changed_between_finding_and_firing_is_asked_anew(
    ticket: Ticket, mira: User, later: Later
) -> None:
    rule("New for long", tag("late"), waits=("status_since", 5), when=is_("status", "new"))
    (live,) = rules_in_force().by_time
    ((key,),) = due_tickets([(live, None)], at=later(minutes=6)).by_rule.values()
    operations.take(ticket, by=mira, at=later(minutes=6))
    assert fire_waiting(live, key, at=later(minutes=6)) is None
    assert Firing.objects.count() == 0


def test_what_the_rule_itself_wrote_does_not_begin_another_span(
    ticket: Ticket, mira: User, later: Later
) -> None:
    row = rule("No update", NOTE, waits=("changed_at", 60))
    assert [tick(at=later(hours=n)) for n in (1, 2, 3)] == [1, 0, 0]
    ticket.refresh_from_db()
    assert why_not(row, ticket, at=later(hours=4)).because == Because.OWN_DOING
    operations.note(ticket, text="I had a look.", by=mira, at=later(hours=4))
    assert [tick(at=later(hours=5)), tick(at=later(hours=6))] == [1, 0]


def test_two_rules_that_wait_and_undo_each_other_end(
    ticket: Ticket, mira: User, lars: User, network: Team, dario: User, later: Later
) -> None:
    handed_over(ticket, mira, later())
    rule(
        "Down",
        ("move", {"tier": 1, "reason": "no_capacity"}),
        waits=("unaccepted_since", 10),
        when=is_("tier", 2),
    )
    rule("Up", TO_L2, waits=("unaccepted_since", 10), when=is_("tier", 1))
    for n in range(1, 3 * LONGEST_CHAIN):
        tick(at=later(minutes=11 * n))
    states = [row.state for row in Firing.objects.order_by("pk")]
    assert states == ["done"] * 2 * LONGEST_CHAIN + ["limited"]
    assert Event.objects.filter(ticket=ticket, kind="escalation.chain_stopped").count() == 1


def test_pending_requester_is_reminded_twice_and_resolved_as_no_answer(
    ticket: Ticket, mira: User, later: Later
) -> None:
    for recipe in ("No answer: first reminder", "No answer: last reminder", "No answer: resolve"):
        rule_operations.enable_rule(Rule.objects.get(name=recipe), by=None, at=later())
    operations.wait_for_requester(ticket, question="Which one?", by=mira, at=later(minutes=1))
    days = {n: tick(at=later(days=n, minutes=1)) for n in (0, 1, 2, 3, 4)}
    assert days == {0: 0, 1: 1, 2: 1, 3: 1, 4: 0}
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution_code) == ("resolved", "no_answer")
    said = Message.objects.filter(ticket=ticket, from_desk=True).exclude(author=mira)
    assert [row.body.split(",")[0] for row in said] == ["Hello Ines"] * 3
    operations.reply(ticket, text="I was away!", by=ticket.requester, at=later(days=4))
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_rule_that_changed_is_asked_of_everything_again(ticket: Ticket, later: Later) -> None:
    row = rule("Late", tag("late"), waits=("tier_since", 10), when=is_("priority", 1))
    tick(at=later(minutes=20))
    rule_operations.publish_rule(
        row, spec=says(tag("late"), waits=("tier_since", 10)), by=None, at=later(minutes=20)
    )
    assert tick(at=later(minutes=20, seconds=5)) == 1


def test_a_tick_that_has_no_time_left_goes_on_where_it_stopped(
    open_ticket: Callable[..., Ticket], later: Later
) -> None:
    rule("Late", tag("late"), waits=("tier_since", 10))
    for _n in range(3):
        open_ticket()
    turns = iter([True, True, True, False])
    assert tick(at=later(minutes=20), goes_on=lambda: next(turns)) == 2
    assert tick(at=later(minutes=20, seconds=5)) == 1
    assert TimePass.objects.get().at == later(minutes=20, seconds=5)


def test_one_ticket_that_fails_keeps_no_other_from_its_turn(
    open_ticket: Callable[..., Ticket], later: Later
) -> None:
    rule("Late", tag("late"), waits=("tier_since", 10))
    broken, fine = open_ticket(), open_ticket()
    Ticket.objects.filter(pk=broken.pk).update(words=[1])  # a row that no act can begin with
    assert tick(at=later(minutes=20)) == 1
    assert Firing.objects.get().ticket == fine


def test_where_thousands_change_at_once_all_that_are_due_have_their_turn(
    open_ticket: Callable[..., Ticket], later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 2)
    rule("Late", tag("late"), waits=("tier_since", 10))
    for _n in range(5):
        open_ticket()
    ticks = [tick(at=later(minutes=20, seconds=5 * n)) for n in range(5)]
    assert ticks == [2, 2, 1, 0, 0]


def test_the_doorbell_asks_what_is_due(ticket: Ticket, later: Later) -> None:
    rule("New", tag("late"), waits=("tier_since", 10))
    Ticket.objects.filter(pk=ticket.pk).update(tier_since=later(minutes=-11))
    time_tick(published_by="another version")
    assert Firing.objects.count() == 1


@pytest.mark.parametrize(
    ("minutes", "because"),
    [(5, Because.NOT_LONG_ENOUGH), (11, Because.WAITS)],
)
def test_why_a_rule_that_waits_has_not_fired(
    ticket: Ticket, minutes: int, because: Because, later: Later
) -> None:
    row = rule("New", tag("late"), waits=("tier_since", 10))
    assert why_not(row, ticket, at=later(minutes=minutes)).because == because
