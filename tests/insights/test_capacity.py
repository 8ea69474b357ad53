"""Work due before closing against the hours of who is here, from the tables: hours, shifts, expected work."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache

from accounts.models import Team, User
from escalation.models import Availability, TeamWork
from escalation.queries import cover
from insights.fitting import Source
from insights.models import HandFact, TicketFact
from insights.queries import effort as efforts
from insights.queries.capacity import closing_of, days, teams_that_close
from insights.queries.crew import seats
from insights.queries.effort import ENOUGH, effort
from sla.models import Calendar
from sla.queries.hours import ALWAYS, hours_of
from tests.conftest import MONDAY, person, seat
from tests.sla.conftest import hours
from tickets import operations
from tickets.models import Category, Ticket

Later = Callable[..., datetime]
OpenTicket = Callable[..., Ticket]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _counted_anew() -> Any:
    cache.clear()
    cover.forget()
    yield
    cover.forget()


def due(ticket: Ticket, at: datetime) -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=at)
    return ticket


def calendar(name: str, *intervals: tuple[int, int]) -> Calendar:
    """Monday to Friday, these hours."""
    return hours(name, weekly=[[[start * 60, end * 60] for start, end in intervals]] * 5 + [[], []])


def resolved(ticket: Ticket, *, minutes: int = 0, **fields: Any) -> TicketFact:
    """The facts of a ticket that was resolved on Friday."""
    return TicketFact.objects.create(
        **{
            "ticket": ticket,
            "is_counted": True,
            "is_open": False,
            "kind": "incident",
            "priority": ticket.priority,
            "channel": "portal",
            "status": "resolved",
            "category_id": ticket.category_id,
            "requester_id": ticket.requester_id,
            "team_id": ticket.team_id,
            "level": ticket.tier_id,
            "opened_at": ticket.created_at,
            "opened_on": date(2026, 11, 20),
            "resolved_on": date(2026, 11, 20),
            "minutes_worked": minutes,
            "highest_level": 1,
            **fields,
        }
    )


# --- when a team closes ---

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("weekly", "at", "closes"),
    [
        ([(8, 18)], time(9), MONDAY.replace(hour=18)),
        ([(8, 12), (13, 18)], time(9), MONDAY.replace(hour=18)),
        ([(8, 12), (13, 18)], time(12, 30), MONDAY.replace(hour=18)),
        ([(8, 18)], time(7), MONDAY.replace(hour=18)),
        ([(8, 18)], time(18), None),
        ([(22, 30)], time(23), MONDAY.replace(day=24, hour=6)),
    ],
    ids=[
        "in hours",
        "with a break",
        "in the break",
        "before it opens",
        "closed",
        "a night shift ends tomorrow",
    ],
)
def test_a_team_closes_with_the_last_shift_that_begins_today(
    db: None, weekly: list[tuple[int, int]], at: time, closes: datetime | None
) -> None:
    if weekly == [(22, 30)]:
        night = hours("Night", weekly=[[[22 * 60, 24 * 60]]] + [[[0, 6 * 60], [22 * 60, 24 * 60]]] * 6)
        found = hours_of(night.current_id)
    else:
        found = hours_of(calendar("Hours", *weekly).current_id)
    assert closing_of(found, datetime.combine(MONDAY, at, UTC), UTC) == closes


def test_who_works_around_the_clock_closes_at_midnight_where_the_desk_is() -> None:
    assert closing_of(ALWAYS, MONDAY, BERLIN) == datetime(2026, 11, 24, tzinfo=BERLIN)


def test_the_day_on_which_clocks_change_ends_at_its_midnight() -> None:
    """25 October 2026 has 25 hours in Berlin."""
    early = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    found = closing_of(ALWAYS, early, BERLIN)
    assert found == datetime(2026, 10, 25, 23, tzinfo=UTC)


# --- who is there ---


def test_hours_left_are_those_of_people_who_are_here(
    service_desk: Team, mira: User, sara: User, lars: User, max_: User, later: Later
) -> None:
    """The desk is open until six. Mira is here, Sara comes at one, Lars is away for the day."""
    TeamWork.objects.create(team=service_desk, hours=calendar("Cover", (8, 18)))
    Availability.objects.create(user=sara, hours=calendar("Afternoons", (13, 20)))
    Availability.objects.create(user=lars, is_away=True)
    (found,) = days(max_, [service_desk], at=later())
    assert found.fit is not None
    assert {hand.seat.name: (hand.is_here, hand.left, hand.begins_at) for hand in found.hands} == {
        "Lars Holm": (False, timedelta(0), None),
        "Mira Kask": (True, 9 * HOUR, None),
        "Sara Amin": (False, 5 * HOUR, later(hours=4)),
    }
    assert found.fit.left == 14 * HOUR


def test_who_comes_back_today_counts_from_then_on(
    service_desk: Team, mira: User, max_: User, later: Later
) -> None:
    TeamWork.objects.create(team=service_desk, hours=calendar("Cover", (8, 18)))
    Availability.objects.create(user=mira, is_away=True, away_until=later(hours=7))
    (found,) = days(max_, [service_desk], at=later())
    assert found.fit is not None
    assert found.fit.left == 2 * HOUR


def test_who_can_be_given_nothing_is_not_counted(
    service_desk: Team, mira: User, lars: User, max_: User, later: Later
) -> None:
    Availability.objects.create(user=lars, capacity=0)
    (found,) = days(max_, [service_desk], at=later())
    assert [hand.seat.name for hand in found.hands] == ["Mira Kask"]


def test_who_sits_in_two_teams_is_shared(
    service_desk: Team, network: Team, mira: User, max_: User, later: Later
) -> None:
    seat(mira, network)
    for team in (service_desk, network):
        TeamWork.objects.create(team=team, hours=calendar(f"Hours of {team}", (8, 19)))
    found = days(max_, [service_desk, network], at=later())
    assert [day.fit.left for day in found if day.fit] == [5 * HOUR, 5 * HOUR]
    assert {one.teams for one in seats()} == {2}


def test_a_team_that_is_closed_has_no_day(service_desk: Team, mira: User, max_: User, later: Later) -> None:
    TeamWork.objects.create(team=service_desk, hours=calendar("Mornings", (6, 9)))
    (found,) = days(max_, [service_desk], at=later())
    assert (found.fit, found.missed, found.sources) == (None, [], {})


# --- what is due ---


def test_what_is_due_before_closing_is_worked_in_that_order(
    open_ticket: OpenTicket, service_desk: Team, mira: User, max_: User, later: Later, settings: Any
) -> None:
    TeamWork.objects.create(team=service_desk, hours=calendar("Cover", (8, 18)))
    tomorrow = due(open_ticket("Tomorrow"), later(days=1))
    tight, over, soon = (open_ticket(name) for name in ("Tight", "Over", "Soon"))
    due(tight, later(hours=8, minutes=30)), due(over, later(hours=-1)), due(soon, later(hours=4))
    (found,) = days(max_, [service_desk], at=later())
    assert found.fit is not None
    assert [row.job.ticket for row in found.fit.jobs] == [over.pk, soon.pk, tight.pk]
    assert tomorrow.pk not in {row.job.ticket for row in found.fit.jobs}
    # Nothing is known of such tickets but what L1 has promised for its work: four hours each, and nine are left.
    assert found.sources == {Source.TARGET: 3}
    assert [row.job.ticket for row in found.missed] == [soon.pk, tight.pk]
    assert found.fit.first_breach == later(hours=4)


def test_a_lead_is_told_of_nothing_that_is_hidden_from_them(
    open_ticket: OpenTicket, service_desk: Team, lars: User, ada: User, later: Later
) -> None:
    ticket = due(open_ticket(), later(hours=1))
    operations.restrict(ticket, people=[ada], by=ada, at=later())
    due(ticket, later(hours=1))
    counted = [
        len(day.fit.jobs) for who in (lars, ada) for day in days(who, [service_desk], at=later()) if day.fit
    ]
    assert counted == [0, 1]


def test_vendors_and_teams_out_of_use_have_no_day(service_desk: Team, network: Team, vendors: Team) -> None:
    Team.objects.filter(pk=network.pk).update(is_active=False)
    assert teams_that_close(None) == [service_desk]
    assert teams_that_close({network.pk, vendors.pk}) == []


def test_however_many_teams_the_queries_are_the_same(
    open_ticket: OpenTicket,
    service_desk: Team,
    network: Team,
    mira: User,
    max_: User,
    later: Later,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    due(open_ticket(), later(hours=1))
    days(max_, [service_desk], at=later())  # what is expected is kept, and the rota
    with django_assert_num_queries(4):
        days(max_, [service_desk], at=later())
    every = teams_that_close(None)
    with django_assert_num_queries(4):
        assert len(days(max_, every, at=later())) == 2


# --- what is expected ---


def test_logged_minutes_of_the_same_kind_go_before_all_else(
    open_ticket: OpenTicket, vpn: Category, network: Team
) -> None:
    """A median, which one long evening does not move."""
    tickets = [open_ticket(f"Number {n}", category=vpn) for n in range(ENOUGH)]
    for n, ticket in enumerate(tickets):
        resolved(ticket, minutes=600 if n == 0 else 20 + n % 3)
    priority = tickets[0].priority
    found = effort().of(category=vpn.pk, priority=priority, level=1)
    assert (found.work, found.source, found.n) == (timedelta(minutes=21), Source.MINUTES, ENOUGH)
    others = effort().of(category=None, priority=priority, level=1)
    assert (others.work, others.source) == (timedelta(minutes=21), Source.MINUTES)


def test_too_few_are_no_measure(open_ticket: OpenTicket, vpn: Category) -> None:
    tickets = [open_ticket(f"Number {n}", category=vpn) for n in range(ENOUGH - 1)]
    for ticket in tickets:
        resolved(ticket, minutes=20)
    assert effort().of(category=vpn.pk, priority=tickets[0].priority, level=1).source == Source.TARGET


def test_without_minutes_the_time_with_the_tier_is_taken(open_ticket: OpenTicket, vpn: Category) -> None:
    tickets = [open_ticket(f"Number {n}", category=vpn) for n in range(ENOUGH)]
    for ticket in tickets:
        resolved(ticket)
        HandFact.objects.create(
            ticket=ticket, who="tier", level=1, team_id=ticket.team_id, seconds=9_000, business_seconds=5_400
        )
    of = effort()
    known = of.of(category=vpn.pk, priority=tickets[0].priority, level=1)
    assert (known.work, known.source) == (timedelta(minutes=90), Source.HANDS)
    assert of.of(category=vpn.pk, priority=tickets[0].priority, level=2).source == Source.TARGET


@pytest.mark.parametrize(
    ("level", "work"), [(1, 4 * HOUR), (2, 10 * HOUR), (3, 20 * HOUR)], ids=["L1", "L2", "L3"]
)
def test_else_what_the_tier_has_promised(db: None, level: int, work: timedelta) -> None:
    found = effort().of(category=None, priority=3, level=level)
    assert (found.work, found.source) == (work, Source.TARGET)


def test_where_nothing_is_promised_either_nothing_is_known() -> None:
    found = efforts.Effort().of(category=None, priority=3, level=1)
    assert (found.work, found.source) == (timedelta(0), Source.NOTHING)


# --- the pages ---


def test_the_page_of_a_team_lists_what_will_not_fit(
    signed_in: Callable[[User], Any],
    open_ticket: OpenTicket,
    mira: User,
    lars: User,
    service_desk: Team,
    later: Later,
) -> None:
    TeamWork.objects.create(team=service_desk, hours=calendar("Cover", (8, 18)))
    names = ["First", "Second", "Third"]
    for n, name in enumerate(names):
        due(open_ticket(name), later(hours=8, minutes=n))
    Availability.objects.create(user=lars, is_away=True)
    client = signed_in(lars)
    every = client.get("/insights/capacity/")
    (day,) = every.context["days"]
    answer = client.get(f"/insights/capacity/teams/{service_desk.pk}/")
    missed = [row.ticket.subject for row in answer.context["missed"]]
    assert (len(day.missed), missed) == (1, ["Third"])
    assert [row.ticket.subject for row in answer.context["kept"]] == ["First", "Second"]
    text = answer.content.decode()
    assert "4 h <small" in text
    assert "17:02" in text


def test_a_lead_opens_no_other_teams_page(
    signed_in: Callable[[User], Any], lars: User, mira: User, network: Team, greta: User
) -> None:
    assert signed_in(lars).get(f"/insights/capacity/teams/{network.pk}/").status_code == 404
    assert signed_in(mira).get("/insights/capacity/").status_code == 404
    assert signed_in(greta).get("/insights/capacity/").status_code == 404


def test_somebody_of_another_team_is_not_told_of(service_desk: Team, network: Team, mira: User) -> None:
    seat(person("Noor Haddad"), network)
    assert [one.name for one in seats([service_desk.pk])] == ["Mira Kask"]
