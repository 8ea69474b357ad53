"""How long it will take: what such requests took lately, else what is promised, and never a figure of nobody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from helpdesk.portal.expecting import about, expectation, of_tiles
from helpdesk.portal.promises import promised
from insights.models import TicketFact
from insights.queries import usual as figures
from tickets.models import Category, Ticket, rebuild_category_tree

HOUR = 3600


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def solved(open_ticket: Callable[..., Ticket]) -> Callable[..., list[Ticket]]:
    """So many requests of a category that were solved today, the n-th answered after n hours and solved after 2 n."""

    def make(
        count: int, category: Category | None = None, *, days_ago: int = 0, **facts: Any
    ) -> list[Ticket]:
        today = timezone.localdate() - timedelta(days=days_ago)
        tickets = [open_ticket(f"request {n}", category=category) for n in range(count)]
        TicketFact.objects.bulk_create(
            TicketFact(
                ticket=ticket,
                is_counted=True,
                is_open=False,
                kind=ticket.kind,
                priority=ticket.priority,
                channel=ticket.channel,
                status="closed",
                category=category,
                requester=ticket.requester,
                team=ticket.team,
                level=1,
                highest_level=1,
                opened_at=ticket.created_at,
                opened_on=today,
                resolved_on=today,
                **{"response_seconds": n * HOUR, "resolution_seconds": 2 * n * HOUR, **facts},
            )
            for n, ticket in enumerate(tickets, start=1)
        )
        return tickets

    return make


def test_enough_requests_tell_their_medians(solved: Callable[..., Any], ines: User, vpn: Category) -> None:
    solved(21, vpn)

    assert expectation(ines, vpn, at=timezone.now()) == (
        "In the last 30 days half of such requests were answered within 11 h and solved within 22 h."
    )
    assert of_tiles([vpn], at=timezone.now()) == {vpn.pk: "usually answered in 11 h"}


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, 5), (4, 5), (61, 65), (120, 120), (121, 150), (209, 210), (600, 600)]
)
def test_an_expectation_is_no_more_exact_than_it_may_sound(minutes: int, said: int) -> None:
    assert about(timedelta(minutes=minutes)) == timedelta(minutes=said)


def test_before_a_category_is_chosen_all_requests_tell(
    solved: Callable[..., Any], ines: User, vpn: Category
) -> None:
    solved(21, vpn)

    assert expectation(ines, None, at=timezone.now()) == (
        "In the last 30 days half of all requests were answered within 11 h and solved within 22 h."
    )


def test_those_below_a_category_count_for_it(solved: Callable[..., Any], vpn: Category) -> None:
    below = Category.objects.create(name="Certificates", parent=vpn)
    rebuild_category_tree()
    solved(21, below)

    assert of_tiles([vpn], at=timezone.now()) == {vpn.pk: "usually answered in 11 h"}


def test_too_few_say_nothing_of_themselves(solved: Callable[..., Any], ines: User, vpn: Category) -> None:
    solved(19, vpn)

    assert "half of such requests" not in expectation(ines, vpn, at=timezone.now())
    assert of_tiles([vpn], at=timezone.now()) == {}


def test_long_ago_imported_and_restricted_ones_do_not_count(
    solved: Callable[..., list[Ticket]], vpn: Category
) -> None:
    solved(21, vpn, days_ago=31)
    solved(21, vpn, is_imported=True)
    solved(21, vpn, is_restricted=True)

    assert of_tiles([vpn], at=timezone.now()) == {}


def test_without_figures_it_says_what_the_request_will_be_promised(
    ticket: Ticket, ines: User, vpn: Category, at: Any
) -> None:
    assert promised(ticket, at=at).lines[0] == "We answer by 17:00 today."
    for category in (vpn, None):
        said = expectation(ines, category, at=at)
        assert said == "If you send it now, we answer by 17:00 today at the latest."


def test_the_line_follows_the_chosen_category(
    as_ines: Client, solved: Callable[..., Any], vpn: Category
) -> None:
    solved(21, vpn)

    answer = as_ines.get(f"/requests/new/expect/?category={vpn.pk}&kind=incident")
    assert "answered within 11 h" in answer.content.decode()
    for nonsense in ("?category=x&kind=y", ""):
        assert as_ines.get(f"/requests/new/expect/{nonsense}").status_code == 200
    assert "answered within 11 h" in as_ines.get("/requests/new/", {"category": vpn.pk}).content.decode()
    assert "usually answered in 11 h" in as_ines.get("/").content.decode()


def test_a_month_is_read_once_in_a_while(
    solved: Callable[..., Any], vpn: Category, django_assert_num_queries: Any
) -> None:
    solved(21, vpn)
    figures.usual([vpn.pk], today=timezone.localdate())

    with django_assert_num_queries(0):
        figures.usual([vpn.pk], today=timezone.localdate())


def test_who_comes_for_the_first_time_reads_how_it_works(as_ines: Client, open_ticket: Any) -> None:
    assert "How it works" in as_ines.get("/").content.decode()
    open_ticket("first")
    assert "How it works" not in as_ines.get("/").content.decode()


def test_what_is_awaited_from_me_stands_on_top(as_ines: Client, resolved: Ticket) -> None:
    page = as_ines.get("/").content.decode()
    assert page.index("Waiting for you") < page.index('role="search"') < page.index("My open requests")
