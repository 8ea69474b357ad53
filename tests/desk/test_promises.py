"""What the workspace says about promises: the chip of a row, the ticket's panel, a clock's whole life."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from helpdesk.desk.promises import panel_of
from helpdesk.desk.rows import metrics_for, rows_of
from helpdesk.templatetags.ui import clock_chip
from sla.cycles import NOTHING
from sla.models import Book, Clock, ClockEvent, Metric, PolicyVersion
from sla.queries.clocks import Standing, clocks_of, next_of, open_clocks, standing
from sla.queries.hours import hours_of
from sla.queries.life import Happening, Stretch, lives_of
from sla.spec import from_json, to_json
from tickets import operations
from tickets.models import Event, Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]


def page(client: Any, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


def due_next(ticket: Ticket, at: datetime) -> Standing:
    cycle = next_of(open_clocks([ticket.pk])[ticket.pk])
    assert cycle is not None
    return standing(cycle, at=at)


# --- Which clock, and how it stands ---


def test_what_is_due_first_is_due_next(ticket: Ticket, mira: User, later: Later) -> None:
    assert due_next(ticket, later()).cycle.metric == Metric.ACCEPT
    operations.take(ticket, by=mira, at=later(minutes=5))
    assert due_next(ticket, later(minutes=6)).cycle.metric == Metric.WORK
    operations.reply(ticket, text="We have it.", by=mira, at=later(minutes=7))
    operations.reply(ticket, text="And now?", by=ticket.requester, at=later(hours=5))
    assert due_next(ticket, later(hours=5)).cycle.metric == Metric.WORK


def test_where_nothing_runs_the_resolution_is_what_rests(ticket: Ticket, mira: User, later: Later) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=10))
    clock = due_next(ticket, later(hours=3))
    assert (clock.cycle.metric, clock.is_paused, clock.used) == (
        Metric.RESOLUTION,
        True,
        timedelta(minutes=10),
    )


def test_time_left_is_told_in_business_time_and_by_the_clock(ticket: Ticket, later: Later) -> None:
    [clock] = [one for one in clocks_of(ticket.pk) if one.metric == Metric.RESOLUTION]
    evening = standing(clock, at=later(hours=12))  # the desk closed at six
    assert (evening.used, evening.left) == (timedelta(hours=9), timedelta(hours=41))
    assert evening.left_by_the_clock == timedelta(days=7) - timedelta(hours=12)
    assert evening.share == pytest.approx(9 / 50)


@pytest.mark.parametrize(
    ("minutes", "is_short", "is_late"),
    [(0, False, False), (44, False, False), (45, True, False), (61, False, True)],
)
def test_it_is_short_from_its_first_threshold_on(
    ticket: Ticket, later: Later, minutes: int, is_short: bool, is_late: bool
) -> None:
    clock = due_next(ticket, later(minutes=minutes))
    assert (clock.is_short, clock.is_late) == (is_short, is_late)
    assert clock.warning == timedelta(minutes=15)


def test_the_countdown_paces_to_the_share_used(ticket: Ticket, later: Later) -> None:
    """A quarter of the accept clock is used: a line from this beginning to the due time says so too."""
    clock = due_next(ticket, later(minutes=15))
    assert (clock.share, clock.paced_from) == (0.25, later())


# --- In lists ---


def chip(ticket: Ticket, at: datetime, paused: str = "") -> str:
    return str(clock_chip(due_next(ticket, at), paused=paused))


def test_a_chip_says_its_state_by_shape_and_word(ticket: Ticket, mira: User, later: Later) -> None:
    assert 'class="chip ok"' in chip(ticket, later())
    assert "59 min left</span> · accept" in chip(ticket, later())
    Clock.objects.filter(ticket=ticket, metric=Metric.ACCEPT).update(due_at=later(minutes=-34))
    late = chip(ticket, later())
    assert 'class="chip bad"' in late
    assert "34 min over</span> · accept" in late
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=2))
    assert chip(ticket, later(minutes=3), "requester") == '<span class="chip rest">paused · requester</span>'
    assert str(clock_chip(None)) == '<span class="chip none">no promise</span>'


def test_a_breached_clock_that_rests_says_both(ticket: Ticket, mira: User, later: Later) -> None:
    operations.take(ticket, by=mira, at=later(minutes=1))
    Clock.objects.filter(ticket=ticket, metric=Metric.RESOLUTION).update(breached_at=later())
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=2))
    assert "paused · requester · already over" in chip(ticket, later(minutes=3), "requester")


def test_a_row_of_the_queue_carries_its_clock(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    text = page(signed_in(mira), "/desk/queues/tier-1/?columns=due&columns=metric&columns=breached")
    assert "59 min left</span> · accept" in text
    assert '<td data-label="Promise" data-phone="no">accept</td>' in text


def test_a_guest_of_a_vendor_sees_the_clocks_of_the_vendors_contract_alone(
    ticket: Ticket, mira: User, vera: User, vendors: Team, kestrel: Organisation, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.wait_for_vendor(ticket, vendor=kestrel, text="Please look.", by=mira, at=later(minutes=2))
    first = Clock.objects.filter(ticket=ticket, metric=Metric.FIRST_RESPONSE)
    first.update(due_at=later(minutes=10))
    fresh = Ticket.objects.get(pk=ticket.pk)
    [row] = rows_of([fresh], at=later(minutes=3), metrics=metrics_for(vera))
    assert row.clock is not None
    assert row.clock.cycle.metric == Metric.VENDOR_RESPONSE
    [ours] = rows_of([fresh], at=later(minutes=3), metrics=metrics_for(mira))
    assert ours.clock is not None
    assert ours.clock.cycle.metric == Metric.FIRST_RESPONSE


def test_an_export_says_which_promise_and_whether_it_is_broken(
    signed_in: SignIn, mira: User, ticket: Ticket, later: Later
) -> None:
    Clock.objects.filter(ticket=ticket, metric=Metric.ACCEPT).update(due_at=later(minutes=-5))
    response = signed_in(mira).get("/desk/queues/tier-1/export.csv")
    head, line = b"".join(response.streaming_content).decode().lstrip("\ufeff").splitlines()
    row = dict(zip(head.split(","), line.split(","), strict=True))
    assert (row["due_metric"], row["clock"], row["breached"]) == ("accept", "over", "yes")


# --- On the ticket page ---


def words(ticket: Ticket, at: datetime) -> dict[str, str]:
    return {row.label: row.words for row in panel_of(Ticket.objects.get(pk=ticket.pk), at=at).clocks}


def test_the_panel_tells_every_clock(ticket: Ticket, mira: User, later: Later) -> None:
    operations.take(ticket, by=mira, at=later(minutes=22))
    operations.reply(ticket, text="We have it.", by=mira, at=later(minutes=40))
    assert words(ticket, later(hours=1)) == {
        "Work": "3 h 22 min left of 4 h",
        "Resolution": "49 h left of 50 h",
        "First response": "met, 40 min of 8 h",
        "Accept": "met, 22 of 60 min",
    }
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(hours=2))
    assert words(ticket, later(hours=3))["Resolution"] == "paused, 2 h of 50 h used"


def test_the_panel_tells_what_is_late_and_what_was(ticket: Ticket, mira: User, later: Later) -> None:
    assert words(ticket, later(minutes=94))["Accept"] == "34 min over, target 1 h"
    operations.take(ticket, by=mira, at=later(minutes=94))
    assert words(ticket, later(minutes=95))["Accept"] == "done late, 94 of 60 min"


def test_the_page_leads_to_the_whole_life_and_to_an_own_promise(
    signed_in: SignIn, mira: User, ticket: Ticket
) -> None:
    text = page(signed_in(mira), f"/desk/tickets/{ticket.number}/")
    assert f'href="/desk/tickets/{ticket.number}/clocks/"' in text
    assert f'href="/desk/tickets/{ticket.number}/promise/"' in text


def test_an_own_promise_is_made_in_a_dialog(
    signed_in: SignIn, mira: User, ticket: Ticket, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=-5))
    client = signed_in(mira)
    address = f"/desk/tickets/{ticket.number}/promise/"
    assert "Promise an update" in page(client, address)
    assert client.post(address, {"due": "2026-11-23T11:30"}).status_code == 302
    clock = Clock.objects.get(ticket=ticket, metric=Metric.PROMISE)
    assert clock.due_at == later(hours=2, minutes=30)
    refused = client.post(address, {"due": "2026-11-23T08:00"})
    assert refused.status_code == 400
    assert "This time has passed" in refused.content.decode()
    assert 'value="2026-11-23T08:00"' in refused.content.decode()


# --- A clock's whole life ---


def test_the_lines_of_a_life_add_up_to_what_its_clock_shows(
    ticket: Ticket, mira: User, dario: User, network: Team, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=22))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(hours=3))
    operations.reply(ticket, text="That one.", by=ticket.requester, at=later(days=1))
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(days=1, hours=1)
    )
    operations.override_priority(ticket, priority=2, reason="Boss", by=dario, at=later(days=1, hours=2))
    at = later(days=2)
    lives = lives_of(ClockEvent.objects.filter(ticket=ticket).order_by("id"), hours_of, at=at)
    rows = {(row.metric, row.scope, row.cycle): row for row in clocks_of(ticket.pk)}
    assert len(lives) == len(rows)
    for life in lives:
        row = rows[life.cycle.metric, life.cycle.scope, life.cycle.cycle]
        sums = [line.worked for line in life.lines if isinstance(line, Stretch) and line.is_counted]
        told = [line.total for line in life.lines if isinstance(line, Happening)]
        used = row.used_at(at, hours_of) if row.is_open else row.used
        assert told[0] + sum(sums, NOTHING) == used, life.cycle
        rests = [line for line in life.lines if isinstance(line, Stretch) and not line.is_counted]
        assert all(line.worked == NOTHING for line in rests)


def test_the_page_of_a_life_names_calendar_policy_and_causes(
    signed_in: SignIn, mira: User, ticket: Ticket, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=-22))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=-10))
    text = page(signed_in(mira), f"/desk/tickets/{ticket.number}/clocks/")
    assert "Business hours v1 · UTC" in text
    assert "Standard v1" in text
    assert "Mira Kask took it" in text
    assert "paused, counts nothing" in text


def test_a_long_run_is_broken_down_by_day(
    signed_in: SignIn, mira: User, open_ticket: Any, later: Later
) -> None:
    ticket = open_ticket(at=later(days=-4, hours=7))  # Thursday at four
    text = page(signed_in(mira), f"/desk/tickets/{ticket.number}/clocks/")
    assert "ran, on 3 working days" in text
    for day, worked in (("Thu 19 Nov", "2 h"), ("Fri 20 Nov", "10 h"), ("Mon 23 Nov", "1 h")):
        assert f'<span>{day}</span><span class="num">{worked}</span>' in text


def test_a_ticket_without_clocks_says_so(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket]
) -> None:
    spec = from_json(PolicyVersion.objects.get().spec)
    PolicyVersion.objects.update(spec=to_json(replace(spec, targets={}, tiers={}, vendors={})))
    Book.objects.update(stamp=uuid.uuid4())
    ticket = open_ticket()
    client = signed_in(mira)
    assert "No clock runs" in page(client, f"/desk/tickets/{ticket.number}/")
    assert "No clock has run here" in page(client, f"/desk/tickets/{ticket.number}/clocks/")


def test_the_bar_says_in_whose_hands_the_promise_was_spent(
    ticket: Ticket, mira: User, dario: User, network: Team, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=30))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(hours=1))
    operations.reply(ticket, text="That one.", by=ticket.requester, at=later(hours=3))
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(hours=4)
    )
    escalation.accept(ticket, by=dario, at=later(hours=5))
    events = Event.objects.filter(ticket=ticket).order_by("id")
    panel = panel_of(Ticket.objects.get(pk=ticket.pk), at=later(hours=8), events=events)
    assert panel.spent is not None
    assert panel.spent.words == (
        "Of 50 h: waiting for L1 30 min, L1 1 h 30 min, requester 2 h, not counted, waiting for L2 1 h, L2 3 h"
    )
    assert [(part.look, part.share) for part in panel.spent.bar] == [
        ("t1 handoff", 0),
        ("t1", 0),
        ("t1", 0),
        ("t2 handoff", 0),
        ("t2", 5),
    ]
