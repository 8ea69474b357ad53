"""Hand-offs in a browser: blocked by a checklist, let go, returned, disputed; and out to a vendor and back."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Contract, Organisation, Role, Team, User, VendorContact
from delivery.models import Mail
from escalation.models import Handoff
from escalation.operations import Wanted, create_checklist
from tests.conftest import person, seat
from tests.e2e.conftest import Visit
from tests.e2e.ticket_page import act, give_back, press, resolve, send
from tests.plugins.browser import faults, goto_until, page_follows
from tickets import operations
from tickets.models import Category, Event, Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def filed(ines: User, service_desk: Team) -> Ticket:
    return operations.open_ticket(
        requester=ines,
        subject="VPN drops every 20 minutes",
        description="Since Friday.",
        by=ines,
        at=timezone.now(),
    )


def test_a_checklist_blocks_a_lead_lets_it_go_and_after_two_returns_a_lead_names_who_keeps_it(
    visit: Visit, worker: Any, filed: Ticket, mira: User, lars: User, dario: User, network: Team
) -> None:
    nora = seat(person("Nora Lund"), network, Role.LEAD)
    items = [Wanted("The client's log is attached", True), Wanted("Seen on a second device")]
    create_checklist(tier=network.tier, items=items, by=None, at=timezone.now())
    address = f"/desk/tickets/{filed.number}/"

    # Mira may not: what L2 needs to know is missing, and what she wrote stays.
    l1 = visit(mira)
    l1.goto(address)
    act(l1, "Hand over")
    dialog = l1.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option(label="needs more expertise")
    dialog.get_by_label("Summary").fill("It drops. Line and profile are fine.")
    dialog.get_by_role("button", name="Hand over").click()
    expect(dialog).to_contain_text("L2 asks first: “The client's log is attached”.")
    expect(dialog.get_by_label("Summary")).to_have_value("It drops. Line and profile are fine.")
    assert faults(l1) == []

    # Her lead may, and it is recorded.
    lead = visit(lars)
    lead.goto(address)
    act(lead, "Hand over")
    dialog = lead.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option(label="needs more expertise")
    dialog.get_by_label("Summary").fill("The log follows.")
    dialog.get_by_label("Hand it over with required items missing").check()
    send(lead, "Hand over")
    expect(lead.locator("main")).to_contain_text("with required items of the checklist missing")

    # Dario returns it: a bounce. Mira ticks the item, and he returns it again.
    l2 = visit(dario)
    l2.goto(address)
    give_back(l2, "information missing", "The log is not there.")
    l1.goto(address)
    expect(l1.locator("main")).to_contain_text("1 bounce")
    act(l1, "Hand over")
    dialog = l1.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option(label="needs more expertise")
    dialog.get_by_label("The client's log is attached").check()
    send(l1, "Hand over")
    l2.goto(address)
    give_back(l2, "not ours", "A router at home.")

    # Both leads are told; one of them names who keeps it, and there it stays.
    other = visit(nora)
    goto_until(other, "/desk/notices/", filed.number)
    other.goto(address)
    expect(other.locator("main")).to_contain_text("Returned twice between Service desk and Network.")
    act(other, "Name who keeps it")
    other.get_by_role("dialog").get_by_label("Network").check()
    send(other, "Name who keeps it")
    expect(other.locator("main")).to_contain_text("Nora Lund named Network: it stays there")
    assert faults(other) == []

    filed.refresh_from_db()
    assert (filed.team, filed.bounce_count) == (network, 2)
    handoffs = Handoff.objects.filter(ticket=filed).order_by("pk")
    assert [each.overridden_by for each in handoffs][:2] == [lars, None]
    told = Event.objects.filter(ticket=filed, kind__startswith="escalation.").order_by("id")
    assert [event.kind.removeprefix("escalation.") for event in told] == [
        "handed_over",
        "returned",
        "handed_over",
        "ping_pong",
        "returned",
        "owner_named",
    ]


def test_a_vendor_is_asked_answers_and_fixes_it_and_it_is_confirmed_and_closed(
    visit: Visit,
    worker: Any,
    filed: Ticket,
    ines: User,
    mira: User,
    vera: User,
    ada: User,
    kestrel: Organisation,
    vpn: Category,
) -> None:
    VendorContact.objects.create(vendor=kestrel, name="Nils", email="nils@kestrel.example")
    Contract.objects.create(vendor=kestrel, number="K-1", covers="Lines", starts_on=date(2026, 1, 1))
    address = f"/desk/tickets/{filed.number}/"

    desk = visit(mira)
    desk.goto(address)
    press(desk, "Take")
    desk.locator("main summary", has_text="More").first.click()
    act(desk, "Hand to vendor")
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("K-1: Lines")
    dialog.get_by_label("What you ask the vendor").fill("Is line 4 down?")
    assert faults(desk) == []
    send(desk, "Hand to vendor")
    expect(desk.locator("main")).to_contain_text("Responsible here: Mira Kask")
    desk.goto("/desk/vendors/")
    expect(desk.locator("main")).to_contain_text("VPN drops every 20 minutes")
    assert faults(desk) == []

    # Vera sees what was shared, answers, and thinks that it is fixed.
    guest = visit(vera)
    guest.goto(address)
    expect(guest.locator("main")).to_contain_text("Is line 4 down?")
    expect(guest.locator("main")).not_to_contain_text("Since Friday.")
    guest.get_by_label("Your message").fill("We look at the line card.")
    with page_follows(guest):
        guest.get_by_role("button", name="Send to the desk").click()
    expect(guest.locator(".talk")).to_contain_text("We look at the line card.")
    assert faults(guest) == []
    act(guest, "We think it is fixed")
    guest.get_by_role("dialog").get_by_label("What was done").fill("Line card replaced.")
    send(guest, "We think it is fixed")

    # Before somebody here has tried it, it cannot be resolved.
    desk.goto(address)
    expect(desk.locator("main")).to_contain_text("says that it is fixed: to be confirmed")
    assert faults(desk) == []
    press(desk, "Confirm the fix")
    resolve(desk, "The provider has replaced a card.", vpn.pk)

    portal = visit(ines)
    portal.goto(f"/requests/{filed.number}/")
    expect(portal.locator("main")).to_contain_text("The provider has replaced a card.")
    expect(portal.locator("main")).not_to_contain_text("Is line 4 down?")
    press(portal, "Yes, it works")

    filed.refresh_from_db()
    assert (filed.status, filed.contact) == ("closed", mira)
    # The worker has asked the vendor's contact, who needs no login, by mail.
    goto_until(visit(ada), "/settings/outbox/", "nils@kestrel.example")
    assert filed.number in Mail.objects.get(to="nils@kestrel.example", about_ticket=filed.pk).subject
