"""Clocks as filters: in addresses, in saved views, in exports. What they mean stands in vocabulary_cases.yml."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db.models import Exists, OuterRef
from django.test import Client

from accounts.models import User
from sla.models import Clock, Metric
from tickets import operations
from tickets.models import SavedView, Ticket
from tickets.vocabulary import Facts, add_fact


@pytest.fixture
def late(open_ticket: Callable[..., Ticket], at: datetime) -> Ticket:
    """Its first response is over its time, and nobody has answered yet."""
    ticket = open_ticket("Printer on fire")
    first = Clock.objects.filter(ticket=ticket, metric=Metric.FIRST_RESPONSE)
    first.update(breached_at=at)
    return ticket


@pytest.fixture
def waiting(open_ticket: Callable[..., Ticket], mira: User, later: Callable[..., datetime]) -> Ticket:
    """Its resolution clock rests until the requester has answered."""
    ticket = open_ticket("Which cable?")
    operations.take(ticket, by=mira, at=later(minutes=1))
    return operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=2))


def subjects(client: Client, url: str) -> list[str]:
    page = client.get(url)
    assert page.status_code == 200
    text = page.content.decode()
    return [subject for subject in ("Printer on fire", "Which cable?", "VPN drops") if subject in text]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("breached=true", ["Printer on fire"]),
        ("breached_open=true", ["Printer on fire"]),
        ("breached=false", ["Which cable?", "VPN drops"]),
        ("clock_paused=true", ["Which cable?"]),
        ("clock_paused=true&breached=true", []),
        ("due.within=30d&breached=true", ["Printer on fire"]),
    ],
)
def test_a_list_is_filtered_by_its_clocks_in_the_address(
    query: str, found: list[str], late: Ticket, waiting: Ticket, ticket: Ticket, mira: User, signed_in: Any
) -> None:
    assert subjects(signed_in(mira), f"/desk/queues/all/?{query}") == found


def test_a_breach_that_was_answered_is_breached_for_good_but_no_longer_open(
    late: Ticket, ticket: Ticket, mira: User, signed_in: Any, later: Callable[..., datetime]
) -> None:
    operations.take(late, by=mira, at=later(minutes=1))
    operations.reply(late, text="We come at once", by=mira, at=later(minutes=2))
    client = signed_in(mira)
    assert subjects(client, "/desk/queues/all/?breached=true") == ["Printer on fire"]
    assert subjects(client, "/desk/queues/all/?breached_open=true") == []


def test_a_saved_view_asks_for_clocks(late: Ticket, ticket: Ticket, mira: User, signed_in: Any) -> None:
    view = SavedView.objects.create(
        name="Late", owner=mira, filter={"field": "breached_open", "op": "is", "value": True}
    )
    page = signed_in(mira).get(f"/desk/views/{view.pk}/", follow=True).content.decode()
    assert ("Printer on fire" in page, "VPN drops" in page) == (True, False)


def test_an_export_asks_for_clocks(late: Ticket, ticket: Ticket, mira: User, signed_in: Any) -> None:
    answer = signed_in(mira).get("/desk/queues/all/export.csv?breached=true")
    text = b"".join(answer.streaming_content).decode()
    assert ("Printer on fire" in text, "VPN drops" in text) == (True, False)


def test_what_an_upper_app_knows_comes_with_the_facts_in_the_same_query(
    late: Ticket, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        facts = Facts.of(late)
    told = {name: facts.more[name] for name in ("breached", "breached_open", "clock_paused")}
    assert told == {"breached": True, "breached_open": True, "clock_paused": False}


def test_two_apps_cannot_add_the_same_fact(db: None) -> None:
    with pytest.raises(ValueError, match="already"):
        add_fact("breached", lambda: Exists(Clock.objects.filter(ticket=OuterRef("pk"))))
