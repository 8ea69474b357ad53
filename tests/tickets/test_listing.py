"""Pages by key, in every order, both ways; and that the database serves them from an index."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Team, User
from tickets.models import FAR, Ticket, TicketQuerySet
from tickets.queries.listing import SORTS, page
from tickets.queries.queues import queue_named
from tickets.refusals import Invalid

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def rows(number: int, requester: User, teams: list[Team], people: list[User], **columns: Any) -> None:
    """Plain rows: one in ten open, few due times, many equal keys."""

    def one(n: int) -> Ticket:
        team = teams[n % len(teams)]
        at = NOW - timedelta(minutes=n // 3)
        given: dict[str, Any] = {
            "subject": f"Ticket {n}",
            "requester": requester,
            "team": team,
            "tier_id": team.tier_id,
            "assignee": people[n // 10 % len(people)] if n % 3 == 0 else None,
            "status": "open" if n % 10 == 0 else "closed",
            "closed_at": None if n % 10 == 0 else at,
            "priority": 1 + n % 4,
            "next_due_at": NOW + timedelta(minutes=n % 500) if n % 4 else FAR,
            "created_at": at,
            "changed_at": at,
            "tier_since": at,
            "status_since": at,
        }
        return Ticket(**given | columns)

    Ticket.objects.bulk_create([one(n) for n in range(number)], batch_size=2_000)


def walk(queryset: TicketQuerySet, sort: str, size: int = 7) -> Iterator[list[int]]:
    """Every page forward, then every page back again."""
    found = page(queryset, sort=sort, scope="test", size=size)
    while True:
        yield [ticket.pk for ticket in found.tickets]
        if not found.next:
            break
        found = page(queryset, sort=sort, scope="test", size=size, cursor=found.next)
    while found.previous:
        found = page(queryset, sort=sort, scope="test", size=size, cursor=found.previous)
        yield [ticket.pk for ticket in found.tickets]


@pytest.mark.parametrize("sort", SORTS)
def test_every_ticket_comes_once_forward_and_once_back(sort, ines, service_desk, mira):
    rows(31, ines, [service_desk], [mira], requester_waiting_since=NOW, last_public_reply_at=NOW)
    order = SORTS[sort]
    everything = Ticket.objects.all()
    pages = list(walk(everything, sort))
    forward = [key for each in pages[:5] for key in each]
    sign = "-" if order.descending else ""
    ordered = everything.annotate(reply_since=SORTS["replies"].expression)
    assert forward == list(ordered.order_by(f"{sign}{order.key}", f"{sign}id").values_list("pk", flat=True))
    assert pages[5:] == pages[3::-1]


def test_tickets_that_arrive_and_leave_shift_nothing(ines, service_desk, mira):
    rows(20, ines, [service_desk], [mira])
    first = page(Ticket.objects.all(), sort="newest", size=5)
    after = page(Ticket.objects.all(), sort="newest", size=5, cursor=first.next)
    rows(3, ines, [service_desk], [mira], created_at=NOW + timedelta(hours=1))
    first.tickets[0].delete()
    again = page(Ticket.objects.all(), sort="newest", size=5, cursor=first.next)
    assert [ticket.pk for ticket in again.tickets] == [ticket.pk for ticket in after.tickets]


def test_waiting_replies_come_first_the_longest_wait_on_top(open_ticket, later):
    quiet, late, early = (open_ticket(subject) for subject in ("quiet", "late", "early"))
    for ticket, minutes in ((late, 20), (early, 10)):
        Ticket.objects.filter(pk=ticket.pk).update(
            requester_waiting_since=later(minutes=minutes), last_public_reply_at=later()
        )
    assert page(Ticket.objects.all(), sort="replies").tickets == [early, late, quiet]


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "WzFd", "bnVsbA", "eyJhIjoxfQ", "A" * 5_000, "ü", "WyJkdWUiLDAsMSwxXQ", "\x00"]
)
def test_a_broken_cursor_is_refused_and_named(db, cursor):
    with pytest.raises(Invalid) as refused:
        page(Ticket.objects.all(), cursor=cursor)
    assert refused.value.field == "cursor"


def test_a_cursor_of_another_list_or_order_is_refused(ines, service_desk, mira):
    rows(5, ines, [service_desk], [mira])
    cursor = page(Ticket.objects.all(), sort="newest", scope="mine", size=2).next
    for other in ({"sort": "newest", "scope": "all"}, {"sort": "changed", "scope": "mine"}):
        with pytest.raises(Invalid, match="another list"):
            page(Ticket.objects.all(), cursor=cursor, **other)


def test_an_unknown_sort_is_refused_with_the_known_ones(db):
    with pytest.raises(Invalid, match="due, newest, oldest") as refused:
        page(Ticket.objects.all(), sort="subject")
    assert refused.value.field == "sort"


def test_a_page_is_two_queries_and_never_more_than_a_hundred_rows(
    ines, service_desk, mira, kept_names, django_assert_num_queries
):
    """One for the tickets, one for their people; the names of teams and the like are at hand."""
    rows(120, ines, [service_desk], [mira], assignee=mira)
    page(Ticket.objects.all())
    with django_assert_num_queries(2):
        found = page(Ticket.objects.all(), size=10_000)
        assert {str(ticket.assignee) + str(ticket.team.tier_id) for ticket in found.tickets} == {"Mira Kask1"}
    assert len(found.tickets) == 100


def plan(queryset: TicketQuerySet) -> str:
    """How PostgreSQL answers what `page` asks."""
    asked: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'FROM "tickets_ticket"' in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
                asked.extend(line for (line,) in cursor.fetchall())
        return execute(sql, params, many, context)

    first = page(queryset, sort="due")
    with connection.execute_wrapper(explain):
        page(queryset, sort="due", cursor=first.next)
    return "\n".join(asked)


@pytest.fixture
def twenty_thousand(ines, service_desk, network, platform, mira, dario) -> None:
    rows(20_000, ines, [service_desk, network, platform], [mira, dario])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")


@pytest.mark.long
def test_queue_pages_come_from_an_index_that_is_in_order(twenty_thousand, network, mira, sara, dario):
    for reader, name, index in (
        (mira, "tier-2", "tkt_tier_due"),
        (mira, f"team-{network.pk}", "tkt_team_due"),
        (dario, "mine", "tkt_asg_due"),
    ):
        queue = queue_named(name, reader)
        assert queue is not None
        found = plan(queue.queryset)
        assert index in found, found
        assert "Sort" not in found, found
    everything = plan(Ticket.objects.visible_to(sara).open())
    assert "tkt_open_due" in everything
    assert "Sort" not in everything
