"""What pages carry so that they can be live, and for whom."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client

from accounts.models import User
from delivery.operations.noticing import notify
from tickets.models import Ticket


def test_who_is_logged_in_is_told_where_the_live_process_is(
    client: Client, signed_in: Callable[[User], Any], ines: User, settings: Any
) -> None:
    settings.LIVE_ADDRESS = "/live/"
    meta = '<meta name="live" content="/live/">'
    assert meta not in client.get("/help/").content.decode()
    assert meta in signed_in(ines).get("/").content.decode()
    settings.LIVE_ADDRESS = ""
    assert meta not in client.get("/").content.decode()


def test_a_requesters_page_asks_for_what_requesters_are_shown(
    signed_in: Callable[[User], Any], ines: User, ticket: Ticket
) -> None:
    page = signed_in(ines).get(f"/requests/{ticket.number}/").content.decode()
    assert f'data-live-ticket="{ticket.pk}" data-live-as="request"' in page
    assert 'data-version="1"' in page


def test_the_number_of_notices_is_true_when_it_is_asked_for(
    signed_in: Callable[[User], Any], ines: User, ticket: Ticket, at: datetime
) -> None:
    client = signed_in(ines)
    assert ">1<" not in client.get("/notices/count/").content.decode()
    notify([ines], kind="answers", ticket_number=ticket.pk, event_id=7, at=at)
    assert ">1<" in client.get("/notices/count/").content.decode()
