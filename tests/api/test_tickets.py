"""Tickets for programs: filed, read, listed."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.api.conftest import Program
from tickets.models import Ticket

TICKETS = "/api/v1/tickets/"


def test_the_smallest_ticket_is_a_subject_and_a_description(
    ines_api: Program, ines: User, service_desk: Any
) -> None:
    answer = ines_api.post(TICKETS, {"subject": "VPN drops", "description": "Since Friday."})
    ticket = Ticket.objects.get()
    assert answer.status_code == 201, answer.json()
    assert answer["Location"] == f"/api/v1/tickets/{ticket.number}/"
    assert answer["ETag"] == f'"{ticket.version}"'
    told = answer.json()
    assert (told["number"], told["subject"], told["description"]) == (
        ticket.number,
        "VPN drops",
        "Since Friday.",
    )
    assert (ticket.requester, ticket.opened_by, ticket.channel) == (ines, ines, "api")
    assert ines_api.get(answer["Location"]).json() == told


def test_an_unknown_field_is_refused_by_name(ines_api: Program) -> None:
    answer = ines_api.post(TICKETS, {"subject": "a", "description": "b", "prio": 1})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["status"], told["field"]) == ("/api/v1/problems/invalid/", 400, "prio")
    assert told["errors"][0]["pointer"] == "/prio"
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("number", ["TD-{pk}", "td-{pk}", "{pk}"])
def test_a_number_is_read_as_people_write_it(mira_api: Program, ticket: Ticket, number: str) -> None:
    answer = mira_api.get(f"{TICKETS}{number.format(pk=ticket.pk)}/")
    assert answer.status_code == 200
    assert answer.json()["number"] == ticket.number


def test_a_stranger_cannot_tell_that_a_ticket_exists(
    program: Callable[..., Program], otto: User, ticket: Ticket
) -> None:
    assert program(otto).get(f"{TICKETS}{ticket.number}/").status_code == 404
    assert program(otto).get(TICKETS).json()["results"] == []


def test_a_list_goes_on_page_by_page_and_back(
    mira_api: Program, open_ticket: Callable[..., Ticket], later: Any
) -> None:
    tickets = [open_ticket(f"Number {n}", at=later(minutes=n)) for n in range(5)]
    seen, url = [], f"{TICKETS}?limit=2&fields=number"
    while url:
        page = mira_api.get(url).json()
        seen += [row["number"] for row in page["results"]]
        back, url = page["previous"], page["next"]
    assert seen == [ticket.number for ticket in reversed(tickets)]
    assert [row["number"] for row in mira_api.get(back).json()["results"]] == seen[2:4]
