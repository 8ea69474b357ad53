"""A refusal names what is legal, to people and to programs."""

from typing import Any

import pytest

from accounts.models import Desk, Tier, User
from tests.test_routes import door
from tickets import operations
from tickets.models import Ticket

PROGRAM = {"Accept": "application/problem+json"}


@pytest.fixture
def resolved(ticket: Ticket, mira: User, vpn: Any, at: Any) -> Ticket:
    Desk.objects.update(is_set_up=True)
    operations.take(ticket, by=mira, at=at)
    return operations.resolve(ticket, code="fixed", summary="Mended", category=vpn, by=mira, at=at)


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        ("resume", {}),
        ("resolve", {"code": "fixed", "summary": "Again"}),
        ("cancel", {"reason_text": "No"}),
        ("wait", {"what": "hold", "reason": "part", "until": "2027-01-01T12:00"}),
        ("hand-over", {"to": "tier:2", "reason": "needs_expertise", "summary": "S"}),
    ],
)
def test_an_illegal_move_is_a_409_for_people_and_for_programs(
    resolved: Ticket, lars: User, vpn: Any, act: str, sent: dict[str, Any]
) -> None:
    client, url = door(lars), f"/desk/tickets/{resolved.number}/{act}/"
    if act == "resolve":
        sent = {**sent, "category": vpn.pk}
    page = client.post(url, sent)
    assert page.status_code == 409
    text = page.content.decode()
    assert "is resolved and cannot become" in text
    document = client.post(url, sent, headers=PROGRAM)
    assert (document.status_code, document["Content-Type"]) == (409, "application/problem+json")
    told = document.json()
    assert told["status"] == 409
    assert set(told["legal"]) == {"open", "closed"}
    assert "is resolved and cannot become" in told["title"]


def test_a_conflict_is_a_problem_document_for_programs(ticket: Ticket, mira: User) -> None:
    Desk.objects.update(is_set_up=True)
    url, sent = f"/desk/tickets/{ticket.number}/write/", {"kind": "reply", "body": "Hello", "version": 0}
    told = door(mira).post(url, sent, headers=PROGRAM).json()
    assert told["type"] == "urn:tierdesk:problem:conflict"


def test_on_the_portal_too(resolved: Ticket, ines: User) -> None:
    response = door(ines).post(f"/requests/{resolved.number}/withdraw/", headers=PROGRAM)
    assert response.status_code == 409
    assert response.json()["legal"]


def test_a_hand_over_to_a_tier_that_is_off_goes_on_and_says_so(
    ticket: Ticket, mira: User, yuki: User, dario: User
) -> None:
    Desk.objects.update(is_set_up=True)
    Tier.objects.filter(level=2).update(is_enabled=False)
    client = door(mira)
    client.post(
        f"/desk/tickets/{ticket.number}/hand-over/",
        {"to": "tier:2", "reason": "needs_expertise", "summary": "S"},
    )
    ticket.refresh_from_db()
    assert ticket.tier_id == 3
    assert (
        "L2 is not in use: handed to L3 instead"
        in client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    )
