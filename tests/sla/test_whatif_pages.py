"""The pages of what-if, of recomputations, of tickets without clocks and of the audit."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest

from accounts.models import User
from delivery import handlers
from delivery.models import Delivery
from sla.models import Clock, Recompute, Simulation
from sla.operations import simulating
from sla.operations.recomputing import ask, run
from tests.sla.test_recompute import publish
from tests.sla.test_whatif import FAST
from tickets import operations
from tickets.models import Ticket

DAY = "2026-11-23"


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def asked(ticket: Ticket, mira: User, vpn: Any, max_: User, later: Callable[..., datetime]) -> Simulation:
    """What Max has asked about a ticket that was resolved after three hours."""
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=3))
    day = later().date()
    return simulating.ask_what_if(text=FAST, since=day, until=day, by=max_, at=later(hours=4))


def work_off(at: datetime) -> None:
    """What the worker does: every delivery of a simulation."""
    for delivery in Delivery.objects.filter(kind=simulating.KIND):
        handlers.handler_for(delivery.kind)(delivery.payload, delivery, at)


def test_a_manager_asks_and_reads_the_answer(
    ticket: Ticket, mira: User, vpn: Any, max_: User, signed_in: Any, later: Callable[..., datetime]
) -> None:
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=3))
    client = signed_in(max_)
    sent = client.post("/settings/what-if/", {"since": DAY, "until": DAY, "text": FAST})
    row = Simulation.objects.get()
    assert (sent.status_code, sent.url) == (302, f"/settings/what-if/{row.pk}/")
    waiting = text_of(client.get(sent.url))
    assert "0 of 1 tickets" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    work_off(later(hours=4))
    page = text_of(client.get(sent.url))
    assert 'hx-trigger="every 2s"' not in page
    assert f"/desk/tickets/{ticket.number}/" in page
    assert "120.0 min over" in page
    answer = json.loads(client.get(f"{sent.url}answer.json").content)
    assert answer["metrics"]["resolution"]["would_be"]["breached"] == 1


def test_a_policy_in_force_can_be_begun_with(max_: User, signed_in: Any) -> None:
    client = signed_in(max_)
    page = text_of(client.get("/settings/what-if/"))
    assert "Standard" in page
    policy = page.split('href="?policy=')[1].split('"')[0]
    assert "name: Standard" in text_of(client.get(f"/settings/what-if/?policy={policy}"))
    assert client.get("/settings/what-if/?policy=none").status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text": "name: ["}, "no YAML"),
        ({"text": FAST.replace("1h", "soon")}, "Line 6"),
        ({"until": "2026-11-20"}, "lies before the first"),
        ({"since": "1971-01-01"}, "at most five years"),
        ({"until": "9999-12-31"}, "Choose a day between 1970 and 2199"),
        ({"since": "yesterday"}, "Write a day such as 2026-09-30"),
        ({"text": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_kept(
    typed: dict[str, str], said: str, max_: User, signed_in: Any
) -> None:
    response = signed_in(max_).post("/settings/what-if/", {"since": DAY, "until": DAY, "text": FAST} | typed)
    assert response.status_code == 422
    assert said in text_of(response)
    assert "resolution:" in text_of(response) or typed.get("text") is not None
    assert Simulation.objects.count() == 0


def test_tickets_that_one_may_not_open_are_not_listed(
    asked: Simulation, ticket: Ticket, max_: User, signed_in: Any, later: Callable[..., datetime]
) -> None:
    simulating.run(asked, at=later(hours=4))
    Ticket.objects.filter(pk=ticket.pk).update(is_restricted=True)
    client = signed_in(max_)
    page = text_of(client.get(f"/settings/what-if/{asked.pk}/"))
    assert ticket.number not in page
    assert "tickets that you may not open" in page
    assert json.loads(client.get(f"/settings/what-if/{asked.pk}/answer.json").content)["changed"] == []


def test_a_publication_in_between_makes_the_answer_begin_anew(
    asked: Simulation, later: Callable[..., datetime]
) -> None:
    assert simulating.step(asked.pk, at=later(hours=4), goes_on=lambda: False) is True
    publish(later(hours=4), resolution=(4, 60))
    run(Recompute.objects.latest("pk"), at=later(hours=4))
    simulating.run(asked, at=later(hours=4))
    assert asked.answer is not None
    assert (asked.state, asked.answer["tickets"], asked.seen) == ("done", 1, 1)


def test_one_that_fails_three_times_says_so(
    asked: Simulation, max_: User, signed_in: Any, at: datetime
) -> None:
    Simulation.objects.filter(pk=asked.pk).update(asked={**asked.asked, "text": "name: nothing: else"})
    delivery = Delivery.objects.get(kind=simulating.KIND)
    delivery.attempts = delivery.max_attempts
    with pytest.raises(Exception, match="no YAML"):
        handlers.handler_for(delivery.kind)(delivery.payload, delivery, at)
    page = text_of(signed_in(max_).get(f"/settings/what-if/{asked.pk}/"))
    assert "There is no answer" in page


def test_only_managers_and_administrators_ask(lars: User, signed_in: Any) -> None:
    assert signed_in(lars).get("/settings/what-if/").status_code == 404


def test_a_recomputation_is_watched_and_tells_what_it_breached(
    ticket: Ticket, max_: User, signed_in: Any, later: Callable[..., datetime]
) -> None:
    client = signed_in(max_)
    assert "Nothing has been recomputed yet" in text_of(client.get("/settings/recomputes/"))
    job = publish(later(hours=3), resolution=(4, 60))
    assert 'hx-trigger="every 2s"' in text_of(client.get("/settings/recomputes/"))
    run(job, at=later(hours=3))
    assert 'hx-trigger="every 2s"' not in text_of(client.get("/settings/recomputes/"))
    page = text_of(client.get(f"/settings/recomputes/{job.pk}/"))
    listed = page.split("Breached by the new judgement")[1]
    assert (listed.count(ticket.number) > 0, "resolution" in listed, "accept" in listed) == (
        True,
        True,
        False,
    )


def test_a_recomputation_tells_nothing_of_tickets_that_one_may_not_open(
    ticket: Ticket, max_: User, signed_in: Any, later: Callable[..., datetime]
) -> None:
    job = run(publish(later(hours=3), resolution=(4, 60)), at=later(hours=3))
    Ticket.objects.filter(pk=ticket.pk).update(is_restricted=True)
    assert ticket.number not in text_of(signed_in(max_).get(f"/settings/recomputes/{job.pk}/"))


def test_an_administrator_counts_first_and_starts_then(
    ticket: Ticket, ada: User, signed_in: Any, at: datetime
) -> None:
    client = signed_in(ada)
    assert "Every open ticket has its clocks" in text_of(client.get("/settings/start-clocks/"))
    Clock.objects.all().delete()
    page = text_of(client.get("/settings/start-clocks/"))
    assert 'value="start"' not in page
    client.post("/settings/start-clocks/", {"act": "count"})
    assert "0 of 1 tickets" in text_of(client.get("/settings/start-clocks/"))
    work_off(at)
    page = text_of(client.get("/settings/start-clocks/"))
    assert 'value="start"' in page
    sent = client.post("/settings/start-clocks/", {"act": "start"})
    job = Recompute.objects.get()
    assert (sent.url, job.starts_missing, job.by) == (f"/settings/recomputes/{job.pk}/", True, ada)


def test_the_audit_lists_groups_and_exports(
    open_ticket: Callable[..., Ticket], mira: User, lars: User, signed_in: Any, later: Callable[..., datetime]
) -> None:
    ticket = open_ticket(subject="=1+1", impact=1, urgency=1)
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.reply(ticket, text="I am on it", by=mira, at=later(minutes=2))
    operations.cancel(ticket, reason_text="Duplicate", by=mira, at=later(hours=3, minutes=30))
    client = signed_in(lars)
    page = text_of(client.get("/settings/audit/"))
    assert (page.count("cancelled in the last quarter"), ticket.number in page, "30m" in page) == (
        3,
        True,
        True,
    )
    assert "Nothing came suspiciously" in text_of(client.get("/settings/audit/?finding=lowered"))
    exported = client.get("/settings/audit/export.csv").getvalue().decode()
    rows = list(csv.reader(StringIO(exported.removeprefix("\ufeff"))))
    assert rows[1][1:] == [
        ticket.number,
        "'=1+1",
        "Mira Kask",
        "cancelled in the last quarter",
        "",
        "resolution",
        "87",
        "30",
        "240",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "since=x",
        "since=2026-12-01&until=2026-01-01",
        "minutes=0",
        "person=0",
        "finding=theft",
        "until=9999-12-31",
    ],
)
def test_an_audit_of_nonsense_says_what_is_wrong(query: str, lars: User, signed_in: Any) -> None:
    client = signed_in(lars)
    assert client.get(f"/settings/audit/?{query}").status_code == 422
    assert client.get(f"/settings/audit/export.csv?{query}").status_code == 422


def test_a_second_job_takes_over_on_the_page_too(
    ticket: Ticket, max_: User, signed_in: Any, at: datetime
) -> None:
    first = ask(reason="Import", by=None, at=at)
    ask(reason="Calendar", by=None, at=at)
    assert "taken over by a newer one" in text_of(signed_in(max_).get(f"/settings/recomputes/{first.pk}/"))
