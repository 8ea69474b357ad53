"""Who may open which page of the workspace."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Team, User
from escalation import operations as escalation
from helpdesk.desk.acts import ACTS
from tickets import operations
from tickets.models import Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]

PAGES = (
    "/desk/",
    "/desk/counts/",
    "/desk/queues/mine/",
    "/desk/queues/mine/export.csv",
    "/desk/filters/",
    "/desk/views/new/",
    "/desk/bulk/take/",
    "/desk/search/?q=vpn",
    "/desk/next/",
    "/desk/new/",
    "/desk/new/person/",
)
FOR_GUESTS = ("/desk/", "/desk/counts/", "/desk/search/?q=vpn")


@pytest.mark.parametrize("who", ["ines", "greta", "otto"])
def test_requesters_cannot_tell_that_the_workspace_exists(
    request: pytest.FixtureRequest, signed_in: SignIn, ticket: Ticket, who: str
) -> None:
    client = signed_in(request.getfixturevalue(who))
    of_ticket = [f"/desk/tickets/{ticket.number}/", f"/desk/tickets/{ticket.number}/resolve/"]
    for address in [*PAGES, *of_ticket]:
        assert client.get(address).status_code == 404, address
    for name in (*ACTS, "write"):
        assert client.post(f"/desk/tickets/{ticket.number}/{name}/").status_code == 404, name


def test_a_stranger_is_asked_to_log_in(client: Any, ticket: Ticket) -> None:
    response = client.get(f"/desk/tickets/{ticket.number}/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


def test_a_vendors_guest_opens_only_what_guests_have(signed_in: SignIn, vera: User) -> None:
    client = signed_in(vera)
    for address in PAGES:
        allowed = address in FOR_GUESTS or address == "/desk/queues/mine/"
        assert client.get(address).status_code in ((200, 302) if allowed else (404,)), address


def test_a_guest_sees_nothing_before_it_is_handed_to_the_vendor(
    signed_in: SignIn, vera: User, ticket: Ticket
) -> None:
    assert signed_in(vera).get(f"/desk/tickets/{ticket.number}/").status_code == 404


@pytest.fixture
def with_vendor(ticket: Ticket, mira: User, vendors: Team, later: Later) -> Ticket:
    operations.reply(ticket, text="We ask the vendor.", by=mira, at=later(minutes=1))
    operations.note(ticket, text="They were slow last time.", by=mira, at=later(minutes=2))
    escalation.hand_over(
        ticket,
        team=vendors,
        reason="needs_vendor",
        summary="Circuit LX-88 is down.",
        by=mira,
        at=later(minutes=3),
    )
    return ticket


def test_a_guest_reads_what_was_shared_and_nothing_else(
    signed_in: SignIn, vera: User, with_vendor: Ticket
) -> None:
    client = signed_in(vera)
    text = client.get(f"/desk/tickets/{with_vendor.number}/").content.decode()
    assert "Circuit LX-88 is down." in text
    for hidden in ("Since Friday", "We ask the vendor.", "They were slow", "Ines", "Mira Kask handed"):
        assert hidden not in text, hidden
    assert with_vendor.number in client.get("/desk/queues/handed/").content.decode()


def test_a_guest_accepts_answers_and_returns(
    signed_in: SignIn, vera: User, service_desk: Team, with_vendor: Ticket
) -> None:
    client = signed_in(vera)
    address = f"/desk/tickets/{with_vendor.number}/"
    client.post(f"{address}accept/")
    client.post(f"{address}message/", {"text": "A technician is on the way."})
    assert with_vendor.messages.get(author=vera).audience == "vendor"
    client.post(f"{address}return/", {"reason": "information_missing", "text": "Which site?"})
    with_vendor.refresh_from_db()
    assert with_vendor.team == service_desk


def test_a_guest_does_nothing_else(signed_in: SignIn, vera: User, with_vendor: Ticket) -> None:
    client = signed_in(vera)
    for name in (set(ACTS) | {"write"}) - {"accept", "return"}:
        response = client.post(f"/desk/tickets/{with_vendor.number}/{name}/", {"kind": "reply", "body": "Hi"})
        assert response.status_code == 404, name


def test_a_guests_refused_return_keeps_the_words(signed_in: SignIn, vera: User, with_vendor: Ticket) -> None:
    response = signed_in(vera).post(
        f"/desk/tickets/{with_vendor.number}/return/", {"reason": "", "text": "Which site?"}
    )
    assert response.status_code == 400
    assert "Which site?" in response.content.decode()


def test_what_may_be_seen_but_not_done_is_a_403(
    signed_in: SignIn, dario: User, mira: User, ticket: Ticket, later: Later
) -> None:
    operations.watch(ticket, user=dario, by=mira, at=later(minutes=1))
    client = signed_in(dario)
    assert client.get(f"/desk/tickets/{ticket.number}/").status_code == 200
    for name in ("take", "release", "confirm-priority"):
        assert client.post(f"/desk/tickets/{ticket.number}/{name}/").status_code == 403, name
    response = client.post(f"/desk/tickets/{ticket.number}/tag/", {"names": "mine"})
    assert response.status_code == 403
    assert "mine" in response.content.decode()


def test_a_manager_reads_everything_and_is_offered_the_acts_of_a_lead(
    signed_in: SignIn, max_: User, ticket: Ticket
) -> None:
    client = signed_in(max_)
    assert client.get(f"/desk/tickets/{ticket.number}/").status_code == 200
    for address in ("/desk/queues/all/", "/desk/queues/tier-1/", "/desk/queues/vendors/", "/desk/counts/"):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("number", ["TD-0", "TD-999999999999999999999", "1", "nonsense", "TD-1%00"])
def test_numbers_that_are_none(signed_in: SignIn, mira: User, number: str) -> None:
    assert signed_in(mira).get(f"/desk/tickets/{number}/").status_code == 404


def test_acts_are_sent_by_post(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    client = signed_in(mira)
    version = ticket.version
    client.get(f"/desk/tickets/{ticket.number}/take/")
    client.get("/desk/next/")
    assert client.get(f"/desk/tickets/{ticket.number}/write/").status_code == 405
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.version) == (None, version)
