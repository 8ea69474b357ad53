"""The list of all that lies with vendors: what one may see of it, what is due first, and the same as a file."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import Contract, Organisation, Team, User
from escalation import operations as escalation
from helpdesk.desk.vendors import at_vendors
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]


@pytest.fixture
def three(
    open_ticket: Callable[..., Ticket],
    mira: User,
    vendors: Team,
    kestrel: Organisation,
    at: datetime,
    later: Later,
) -> list[Ticket]:
    """Two that were handed to Kestrel, the second a P1; a third that stayed and waits for its answer."""
    promise(vendor_response=600, vendor_resolve={0: 6000})
    Contract.objects.create(vendor=kestrel, number="K-1", covers="Lines", starts_on=date(2026, 1, 1))
    slow, urgent, waits = (open_ticket(name) for name in ("Slow", "Urgent", "Waits"))
    escalation.hand_to_vendor(slow, team=vendors, summary="Look.", by=mira, at=later(hours=2))
    escalation.hand_to_vendor(urgent, team=vendors, summary="Now!", reference="=KN", by=mira, at=at)
    operations.wait_for_vendor(waits, vendor=kestrel, text="And?", by=mira, at=later(hours=3))
    return [slow, urgent, waits]


def test_by_vendor_and_due_time_with_contract_responsible_and_chases(
    three: list[Ticket], mira: User, later: Later
) -> None:
    escalation.chase(three[0], by=mira, at=later(hours=3))
    rows, is_cut = at_vendors(mira, at=later(hours=4))
    assert not is_cut
    assert [row.ticket.subject for row in rows] == ["Urgent", "Slow", "Waits"]
    assert {row.contract_words for row in rows} == {"K-1"}
    assert [row.responsible for row in rows] == [mira, mira, None]
    assert [row.chases for row in rows] == [0, 1, 0]
    assert [row.age for row in rows] == ["4 h", "2 h", "1 h"]
    assert [row.last.body for row in rows if row.last] == ["Now!", "Look.", "And?"]


def test_the_page_and_the_file_show_what_one_may_see(
    three: list[Ticket], mira: User, signed_in: SignIn
) -> None:
    operations.restrict(three[2], people=[mira], by=mira, at=three[2].created_at)
    client = signed_in(mira)
    page = client.get("/desk/vendors/").content.decode()
    assert "Kestrel Networks" in page
    assert three[1].number in page
    file = b"".join(client.get("/desk/vendors/export.csv").streaming_content).decode()
    assert "'=KN" in file  # a spreadsheet must not take it for a formula
    assert "Urgent" in file
    assert 'href="/desk/vendors/"' in client.get("/desk/queues/vendors/").content.decode()


def test_what_is_restricted_is_on_nobody_elses_list(
    three: list[Ticket], mira: User, dario: User, ada: User, later: Later
) -> None:
    operations.restrict(three[2], people=[mira], by=mira, at=later(hours=3))
    seen = [row.ticket.subject for row in at_vendors(dario, at=later(hours=4))[0]]
    assert "Waits" not in seen


def test_the_page_asks_no_more_for_many(
    three: list[Ticket], mira: User, later: Later, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        at_vendors(mira, at=later(hours=4))
