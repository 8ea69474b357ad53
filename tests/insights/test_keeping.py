"""Facts and cells follow what happens, and are what a recount gives."""

from datetime import date

import pytest

from insights.models import Cell, Cube, FactState, Grain, HandCell, Spread, TicketFact
from tests.insights.world import differences, follow
from tickets import operations
from tickets.models import Ticket

MONDAY = date(2026, 11, 23)


def month(**which):
    """The one cell of the month in the cube of teams."""
    return Cell.objects.get(cube=Cube.TEAM, grain=Grain.MONTH, **which)


@pytest.fixture
def resolved(ticket, mira, later) -> Ticket:
    operations.take(ticket, by=mira, at=later(minutes=5))
    return operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=65))


def test_what_was_there_before_is_walked_through_and_then_the_feed_is_followed(resolved, open_ticket, at, later):
    follow(at)
    assert FactState.objects.get().is_whole
    assert TicketFact.objects.get().resolution_seconds == 65 * 60
    open_ticket("Another", at=later(hours=2))
    follow(later(hours=3))
    assert [fact.is_open for fact in TicketFact.objects.order_by("pk")] == [False, True]
    assert differences(at) == []


def test_a_resolution_is_counted_in_each_cube_by_day_and_by_month(resolved, at, service_desk, northwind):
    follow(at)
    cells = Cell.objects.filter(resolved=1).order_by("cube", "grain").values_list("cube", "grain", "day", "key")
    policy = TicketFact.objects.get().policy_id or 0
    assert list(cells) == [
        (cube, grain, MONDAY if grain == "day" else MONDAY.replace(day=1), key)
        for cube, key in (
            ("category", 0),
            ("channel", 0),
            ("org", northwind.pk),
            ("policy", policy),
            ("team", service_desk.pk),
        )
        for grain in ("day", "month")
    ]
    cell = month()
    assert (cell.opened, cell.ended, cell.resolved_l1, cell.resolution_seconds) == (1, 1, 1, 65 * 60)
    assert HandCell.objects.get(grain=Grain.DAY, who="tier").seconds == 60 * 60
    assert Spread.objects.filter(measure="resolution_seconds").get().rows == 1
