"""Facts and cells follow what happens, and are what a recount gives."""

import logging
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalation import operations as escalation
from insights.cuts import Cut, Period, Scope
from insights.models import Cell, Cube, DeskCell, FactState, Grain, PromiseFact, TicketFact, Told, Touched
from insights.operations import causes, keeping, surveying
from insights.queries.cells import bucket_of, covering
from insights.queries.figures import figures
from sla.models import Clock, Metric, Policy, PolicyVersion
from sla.operations import recomputing
from sla.operations.repairing import repair
from tests.insights.world import differences, follow, own_transaction
from tests.sla.conftest import hours, policy
from tickets import operations
from tickets.models import Event, Link, LinkType, Ticket
from tickets.operations.feeding import renew_epoch
from tickets.operations.retaining import purge

MONDAY = date(2026, 11, 23)
MONTH = MONDAY.replace(day=1)
HOUR = 3_600


def counted(column="resolved", **which):
    """What the cube of teams counts in the month."""
    cells = Cell.objects.filter(cube=Cube.TEAM, grain=Grain.MONTH, day=MONTH, **which)
    return cells.aggregate(n=Sum(column, default=0))["n"]


@pytest.fixture
def resolved(ticket, mira, later) -> Ticket:
    operations.take(ticket, by=mira, at=later(minutes=5))
    return operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=65))


# --- following ---


def test_what_was_there_before_is_walked_through_and_then_the_feed_is_followed(
    resolved, open_ticket, at, later
):
    follow(at)
    assert FactState.objects.get().is_whole
    assert TicketFact.objects.get().resolution_seconds == 65 * 60
    open_ticket("Another", at=later(hours=2))
    follow(later(hours=3))
    assert [fact.is_open for fact in TicketFact.objects.order_by("pk")] == [False, True]
    assert differences(at) == []


def test_a_ticket_that_is_restricted_leaves_the_figures_of_leads_and_comes_back(
    resolved, mira, service_desk, at, later
):
    led = Cut(Period(MONDAY, MONDAY), Scope(teams=frozenset({service_desk.pk})))
    told = []
    for act in (None, operations.restrict, operations.unrestrict):
        if act is not None:
            act(
                resolved, by=mira, at=later(hours=3), **({"people": []} if act is operations.restrict else {})
            )
        follow(at)
        assert differences(at) == []
        told.append((figures(led)["resolved"].n, figures(led.within(scope=Scope()))["resolved"].n))
    assert told == [(1, 1), (0, 1), (1, 1)]


def test_where_nothing_happened_nothing_is_written(resolved, at, later):
    follow(at)
    before = FactState.objects.values().get()
    step = keeping.follow(at=at, before=own_transaction() + 1)
    assert (step.events, step.written, step.has_more) == (0, 0, False)
    assert FactState.objects.values().get() == before
    keeping.follow(at=later(minutes=1), before=own_transaction() + 1)
    assert FactState.objects.get().followed_at == later(minutes=1)


def test_an_event_that_changes_no_fact_writes_no_fact(resolved, at, mira, later):
    follow(at)
    operations.tag(resolved, names=["vpn"], by=mira, at=later(hours=2))
    step = keeping.follow(at=later(hours=2), before=own_transaction() + 1)
    assert (step.events, step.written) == (1, 0)


def test_a_batch_asks_as_many_questions_for_many_tickets_as_for_one(open_ticket, at):
    follow(at)
    asked = []
    for batch in (1, 8):
        for number in range(batch):
            open_ticket(f"Ticket {number}")
        with CaptureQueriesContext(connection) as queries:
            follow(at)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_batch_ends_with_so_many_tickets_however_many_events_they_have(open_ticket, mira, at):
    follow(at)
    for number in range(3):
        operations.take(open_ticket(f"Ticket {number}"), by=mira, at=at)
    steps = [keeping.follow(at=at, before=own_transaction() + 1, size=1) for _batch in range(4)]
    assert [(step.events, step.written, step.has_more) for step in steps] == [
        (2, 1, True),
        (2, 1, True),
        (2, 1, False),
        (0, 0, False),
    ]
    assert differences(at) == []


def test_more_events_than_are_read_at_once_are_read_in_turn(ticket, mira, at, monkeypatch):
    monkeypatch.setattr(keeping, "EVENTS", 2)
    follow(at)
    for minutes in range(1, 6):
        operations.log_work(ticket, minutes=minutes, by=mira, at=at)
    follow(at)
    assert TicketFact.objects.get().minutes_worked == 15


def test_a_ticket_that_cannot_be_read_holds_up_no_other(resolved, open_ticket, at, later, caplog):
    Event.objects.create(
        ticket=resolved, kind="ticket.changed", at=later(hours=2), changes={"created_at": ["", "no time"]}
    )
    open_ticket("Another")
    with caplog.at_level(logging.CRITICAL):
        assert differences(at) == [f"{resolved.number} its facts cannot be worked out; the log says why"]
    assert TicketFact.objects.count() == 1


# --- cells ---


def test_a_resolution_is_counted_in_each_cube_by_day_and_by_month(resolved, at, service_desk, northwind):
    follow(at)
    cells = (
        Cell.objects.filter(resolved=1).order_by("cube", "grain").values_list("cube", "grain", "day", "key")
    )
    assert list(cells) == [
        (cube, grain, MONDAY if grain == "day" else MONTH, key)
        for cube, key in (
            ("category", 0),
            ("channel", 0),
            ("org", northwind.pk),
            ("policy", TicketFact.objects.get().policy_id or 0),
            ("team", service_desk.pk),
        )
        for grain in ("day", "month")
    ]
    cell = Cell.objects.get(cube=Cube.TEAM, grain=Grain.MONTH)
    assert (cell.opened, cell.ended, cell.resolved_l1, cell.resolution_seconds) == (1, 1, 1, 65 * 60)
    assert DeskCell.objects.get(told=Told.HANDS, grain=Grain.DAY, name="tier_1").seconds == HOUR
    took = f"resolution_seconds_{bucket_of(65 * 60)}"
    told = DeskCell.objects.filter(told=Told.TOOK, name__startswith="resolution_seconds")
    assert set(told.values_list("cube", "grain", "name")) == {
        ("", Grain.DAY, took),
        *((cube, Grain.MONTH, took) for cube in ("", Cube.TEAM, Cube.ORGANISATION, Cube.CHANNEL)),
    }


def test_what_was_opened_in_one_month_and_resolved_in_the_next_stands_in_both(ticket, mira, at, later):
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(days=9))
    follow(at)
    months = Cell.objects.filter(cube=Cube.TEAM, grain=Grain.MONTH).order_by("day")
    assert list(months.values_list("day", "opened", "resolved")) == [(MONTH, 1, 0), (date(2026, 12, 1), 0, 1)]


def test_a_reopened_ticket_is_no_resolution_until_it_is_resolved_again(resolved, ines, mira, at, later):
    follow(at)
    assert counted() == 1
    operations.reopen(resolved, text="It is back.", by=ines, at=later(hours=3))
    follow(at)
    assert (counted(), counted("opened"), counted("ended")) == (0, 1, 0)
    assert not DeskCell.objects.filter(told=Told.TOOK).exists()
    assert not Cell.objects.filter(rows=0).exists()
    operations.resolve(Ticket.objects.get(), code="fixed", summary="Now.", by=mira, at=later(hours=4))
    assert differences(at) == []
    assert (counted(), counted("reopened"), counted("resolution_seconds")) == (1, 1, 4 * HOUR)


def test_what_is_cancelled_ends_and_is_no_resolution(ticket, mira, at, later):
    operations.cancel(ticket, reason_text="Twice.", by=mira, at=later(hours=1))
    follow(at)
    assert (counted("opened"), counted("ended"), counted("cancelled"), counted()) == (1, 1, 1, 0)


def test_what_is_set_aside_as_no_request_is_in_no_cell_until_it_is_restored(ticket, mira, at, later):
    operations.not_a_request(ticket, reason="spam", by=mira, at=later(hours=1))
    follow(at)
    assert (TicketFact.objects.get().is_counted, Cell.objects.count()) == (False, 0)
    operations.restore(ticket, by=mira, at=later(hours=2))
    assert differences(at) == []
    assert counted("opened") == 1


def test_every_cube_adds_up_to_the_same(resolved, open_ticket, at, vpn, otto, network, ada, mira, later):
    other = open_ticket("Mail", requester=otto, category=vpn, kind="request", impact=1)
    escalation.hand_over(other, tier=2, reason="needs_expertise", summary="x", by=mira, at=later(hours=1))
    operations.resolve(other, code="fixed", summary="Done.", by=ada, at=later(days=8))
    follow(at)
    values = [name for name in keeping.COUNTED[0].values if name != "rows"]
    sums = {
        (cube, grain): Cell.objects.filter(cube=cube, grain=grain).aggregate(**{n: Sum(n) for n in values})
        for cube in Cube.values
        for grain in Grain.values
    }
    first = sums["team", "day"]
    assert (first["opened"], first["resolved"], first["handoffs_up"]) == (2, 2, 1)
    assert all(other == first for other in sums.values())


def test_a_period_is_covered_once_whatever_days_it_begins_and_ends_on(resolved, open_ticket, mira, at, later):
    for days in (0, 8, 9, 40, 70):
        ticket = open_ticket(f"After {days} days", at=later(days=days))
        operations.resolve(ticket, code="fixed", summary="x", by=mira, at=later(days=days, hours=1))
    follow(at)
    facts = TicketFact.objects.all()
    for first in (MONTH, MONDAY, MONDAY + timedelta(days=9)):
        for last in (MONDAY + timedelta(days=days) for days in (9, 10, 39, 71)):
            cells = Cell.objects.filter(covering(Period(first, last)), cube=Cube.ORGANISATION)
            expected = facts.filter(resolved_on__gte=first, resolved_on__lte=last).count()
            assert cells.aggregate(n=Sum("resolved", default=0))["n"] == expected


# --- what no event of the ticket tells ---


def test_a_follow_up_takes_the_first_contact_away_from_the_ticket_before_it(
    open_ticket, mira, ines, at, later
):
    first = open_ticket(by=mira, channel="phone", requester=ines)
    operations.resolve(first, code="fixed", summary="Done.", by=mira, at=later(minutes=3))
    follow(at)
    assert counted("first_contact") == 1
    again = open_ticket("It is back", at=later(days=1))
    operations.link(again, other=first, type=LinkType.FOLLOW_UP, by=mira, at=later(days=1))
    assert differences(at) == []
    assert counted("first_contact") == 0
    operations.unlink(again, link=Link.objects.get(), by=mira, at=later(days=2))
    assert differences(at) == []
    assert counted("first_contact") == 1


def test_a_publication_that_moves_no_due_time_is_followed(open_ticket, ada, at, later):
    promised = policy(resolution=240)
    open_ticket()
    follow(at)
    before, spec = Event.objects.count(), promised.current.spec
    again = PolicyVersion.objects.create(policy=promised, number=99, spec=spec, at=at)
    Policy.objects.filter(pk=promised.pk).update(current=again)
    recomputing.run(recomputing.ask(reason="Again", by=ada, at=later(hours=1)), at=later(hours=1))
    assert Event.objects.count() == before
    assert differences(at) == []
    assert PromiseFact.objects.get(metric=Metric.RESOLUTION).policy_id == again.pk
    assert not Touched.objects.exists()


def test_clocks_that_are_repaired_are_followed(ticket, at, later):
    follow(at)
    Clock.objects.filter(metric=Metric.RESOLUTION).update(target=timedelta(minutes=1))
    keeping.touch([ticket.pk])
    follow(at)
    assert PromiseFact.objects.get(metric=Metric.RESOLUTION).target_seconds == 60
    assert repair(ticket.pk, by=None, at=later(hours=1))
    assert differences(at) == []
    assert PromiseFact.objects.get(metric=Metric.RESOLUTION).target_seconds > 60


def test_an_agreed_exception_is_counted_beside_the_broken_promise(open_ticket, mira, max_, at, later):
    policy(resolution=240)
    ticket = open_ticket()
    operations.resolve(ticket, code="fixed", summary="Late.", by=mira, at=later(hours=5))
    follow(at)
    assert (counted("broken_resolution"), counted("excepted_resolution")) == (1, 0)
    which = {"metric": "resolution", "by": max_, "at": later(days=21)}
    causes.agree_exception(ticket, reason="The site was closed.", **which)
    assert differences(at) == []
    assert (counted("broken_resolution"), counted("excepted_resolution")) == (1, 1)
    causes.withdraw_exception(ticket, **which)
    assert differences(at) == []
    assert (counted("broken_resolution"), counted("excepted_resolution")) == (1, 0)


def test_that_somebody_was_asked_how_it_went_is_counted_though_no_event_tells(resolved, at, later):
    follow(at)
    assert counted("surveyed") == 0
    assert surveying.begin(Event.objects.get(kind="ticket.resolved"), at=later(hours=2)).asked_at
    assert differences(at) == []
    assert counted("surveyed") == 1


def test_what_retention_deletes_leaves_the_figures(resolved, open_ticket, ines, ada, at, later):
    operations.confirm(resolved, by=ines, at=later(hours=2))
    open_ticket("Still open")
    follow(at)
    assert purge(closed_before=later(days=400), reason="kept one year", by=ada, at=later(days=800))
    assert (TicketFact.objects.count(), counted("opened"), counted()) == (1, 1, 0)
    assert differences(at) == []


# --- beginning anew ---


def spoil() -> None:
    TicketFact.objects.update(resolution_seconds=1)
    PromiseFact.objects.all().delete()


def test_after_a_restore_all_is_worked_out_anew(resolved, at, later):
    follow(at)
    spoil()
    renew_epoch(at=later(days=1))
    assert differences(later(days=1)) == []
    assert (FactState.objects.get().rebuilt_at, counted("resolution_seconds")) == (later(days=1), 65 * 60)


def test_other_definitions_are_counted_anew(resolved, at, later, monkeypatch):
    follow(at)
    spoil()
    monkeypatch.setattr(keeping, "VERSION", keeping.VERSION + 1)
    assert differences(later(days=1)) == []
    assert FactState.objects.get().version == keeping.VERSION


def test_days_of_another_zone_are_counted_anew(ticket, mira, at, later, settings):
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(hours=14, minutes=30))
    follow(at)
    assert TicketFact.objects.get().resolved_on == MONDAY
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.get_default_timezone.cache_clear()
    try:
        assert differences(later(days=1)) == []
        assert TicketFact.objects.get().resolved_on == MONDAY + timedelta(days=1)
    finally:
        settings.TIME_ZONE = "UTC"
        timezone.get_default_timezone.cache_clear()


def test_another_calendar_of_the_desk_counts_the_business_time_of_tickets_without_clocks_anew(
    open_ticket, mira, at, later
):
    policy(accept=240)
    ticket = open_ticket()
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(hours=24))
    follow(at)
    assert TicketFact.objects.get().resolution_business_seconds == 24 * HOUR
    policy(accept=240, calendar=hours("Office"))
    assert differences(later(days=2)) == []
    assert TicketFact.objects.get().resolution_business_seconds == 10 * HOUR
    hours("Office", weekly=[[]] * 7)  # another version of it
    assert differences(later(days=2)) == []
    assert TicketFact.objects.get().resolution_business_seconds == 10 * HOUR


def test_a_walk_is_done_in_batches_and_goes_on_where_it_was(open_ticket, at, monkeypatch):
    monkeypatch.setattr(keeping, "WALK", 2)
    for number in range(5):
        open_ticket(f"Ticket {number}")
    seen = []
    while not FactState.objects.filter(rebuilt_at__isnull=False).exists():
        assert keeping.follow(at=at, before=own_transaction() + 1).has_more
        seen.append(TicketFact.objects.count())
    assert seen == [2, 4, 5, 5, 5, 5]
    assert differences(at) == []


# --- what readers are told of it ---


def test_pages_say_while_not_all_is_counted_and_when_nothing_new_was_for_long(
    open_ticket, max_, signed_in, at, later, monkeypatch
):
    monkeypatch.setattr(keeping, "WALK", 1)
    for number in range(3):
        open_ticket(f"Ticket {number}")

    def page():
        return signed_in(max_).get("/insights/").content.decode()

    assert "Figures are being counted: 0 % of the tickets so far." in page()
    keeping.follow(at=at, before=own_transaction() + 1)
    assert "Figures are being counted: 33 % of the tickets so far." in page()
    follow(at)
    assert "Figures are being counted" not in page()
    assert "Nothing new was counted" not in page()
    FactState.objects.update(followed_at=later(minutes=-6))
    assert "Nothing new was counted since" in page()
