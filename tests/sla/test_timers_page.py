"""The page on which those who answer for the desk see whether deadlines fire, and what /readyz says of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Desk, User
from delivery.models import Delivery, Heartbeat
from sla.models import Clock, Firing, Recompute
from sla.operations.firing import fire_due
from sla.queries import timers
from tests.sla.conftest import policy
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
SignIn = Callable[[User], Any]


@pytest.fixture
def promised(db: None) -> None:
    policy(resolution=100)


def page(client: Any) -> str:
    response = client.get("/desk/timers/")
    assert response.status_code == 200
    text: str = response.content.decode()
    return " ".join(text.split())


def test_a_quiet_desk_says_that_nothing_is_late(signed_in: SignIn, max_: User) -> None:
    text = page(signed_in(max_))
    assert "nothing is late" in text
    assert "0 warnings, 0 breaches" in text
    assert "nothing fired" in text
    assert "Nothing failed." in text


def test_what_waits_to_fire_is_named_with_its_lateness(
    signed_in: SignIn, max_: User, promised: None, ticket: Ticket, at: datetime
) -> None:
    Clock.objects.update(next_at=at - timedelta(minutes=10))
    text = page(signed_in(max_))
    assert "the oldest by 10 min" in text
    assert "longer than the 60 s that are allowed" in text
    assert f'<span class="num">{ticket.number}</span>' in text


def test_a_restricted_ticket_is_counted_and_not_named(
    signed_in: SignIn, max_: User, promised: None, ticket: Ticket, at: datetime
) -> None:
    Clock.objects.update(next_at=at - timedelta(minutes=10))
    Ticket.objects.update(is_restricted=True)
    text = page(signed_in(max_))
    assert "the oldest by 10 min" in text
    assert ticket.number not in text


def test_what_fired_is_counted_with_its_lag(
    signed_in: SignIn,
    max_: User,
    promised: None,
    open_ticket: Callable[..., Ticket],
    later: Later,
    at: datetime,
) -> None:
    open_ticket()
    open_ticket(at=later(minutes=1))
    fire_due(at=later(minutes=75, seconds=1))
    fire_due(at=later(minutes=102))
    Firing.objects.update(at=at - timedelta(minutes=5))
    Firing.objects.filter(warned=1).update(lags=[1000])
    Firing.objects.filter(breached=2).update(lags=[2000, 9000])
    fired = timers.fired_since(at - timedelta(hours=1))
    assert (fired.warned, fired.breached, fired.p50, fired.p99, fired.worst) == (1, 2, 2000, 9000, 9000)
    text = page(signed_in(max_))
    assert "1 warning, 2 breaches" in text
    assert "median 2000 ms, 99 of 100 within 9000 ms, worst 9000 ms" in text


def test_what_should_have_followed_and_failed_leads_to_its_delivery(
    signed_in: SignIn, max_: User, ada: User, promised: None, ticket: Ticket, later: Later
) -> None:
    fire_due(at=later(minutes=101))
    row = Delivery.objects.get(payload__reaction="helpdesk.sla_notices.tell_of_deadline")
    Delivery.objects.filter(pk=row.pk).update(state="dead", last_error="KeyError: 'x'")
    link = f'<a href="/settings/deliveries/{row.pk}/">'
    assert link in page(signed_in(ada))
    text = page(signed_in(max_))
    assert "1 delivery of a warning or a breach" in text
    assert link not in text


def test_holds_closings_jobs_and_machinery_are_shown(
    signed_in: SignIn,
    max_: User,
    mira: User,
    vpn: Any,
    open_ticket: Callable[..., Ticket],
    at: datetime,
    later: Later,
) -> None:
    held, done = open_ticket("Held", at=later(days=-20)), open_ticket("Done", at=later(days=-20))
    operations.hold(held, reason="part", until=later(days=-1), by=mira, at=later(days=-19))
    operations.resolve(done, code="fixed", summary="Done", category=vpn, by=mira, at=later(days=-19))
    Recompute.objects.all().delete()
    Recompute.objects.create(
        revision=2, reason="Office was saved", at=at, state="running", total=200, seen=50
    )
    Heartbeat.objects.create(name="beat", at=timezone.now())
    days = Desk.load().days_until_closed
    assert (timers.holds_over(at), timers.closings_due(at, days), timers.closings_due(at, 0)) == (1, 1, 0)
    text = page(signed_in(max_))
    assert '<dt>Holds that have ended</dt><dd class="num">1</dd>' in text
    assert '<dt>Tickets to close</dt><dd class="num">1</dd>' in text
    assert "running: 50 of 200 tickets" in text
    assert '<span class="chip ok">answers</span>' in text
    assert text.count('<span class="chip bad">silent</span>') == 2


def test_the_page_costs_a_fixed_number_of_queries(
    signed_in: SignIn,
    max_: User,
    promised: None,
    open_ticket: Callable[..., Ticket],
    at: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(5):
        open_ticket(f"Ticket {number}")
    Clock.objects.update(next_at=at - timedelta(minutes=10))
    client = signed_in(max_)
    with django_assert_max_num_queries(24):
        page(client)


def test_readyz_is_degraded_while_deadlines_wait_longer_than_the_limit(
    client: Any, promised: None, ticket: Ticket, at: datetime, settings: Any
) -> None:
    Heartbeat.objects.bulk_create(Heartbeat(name=name, at=timezone.now()) for name in Heartbeat.Name.values)
    Clock.objects.update(next_at=timezone.now() - timedelta(seconds=50))
    assert client.get("/readyz").json()["checks"]["timers lag"] == "ok"
    settings.TIMERS_LAG_LIMIT_SECONDS = 30
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["timers lag"].startswith("the oldest deadline waits for 5")
