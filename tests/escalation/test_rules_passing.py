"""Rules that pass a ticket on: to the vendor who takes such things, and with a checklist."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Organisation, Team, Tier, User
from escalation import operations as escalation
from escalation.models import AskedChecklist, Checklist, ChecklistItem, Firing, HandoffItem, VendorFor
from escalation.rules.engine import evaluate
from tests.escalation.rule_book import is_, rule
from tickets import operations
from tickets.models import Category, Event, Ticket
from tickets.refusals import Invalid
from tickets.state import check

Later = Callable[..., datetime]


def asked(ticket: Ticket, at: datetime) -> Firing:
    (firing,) = evaluate(Event.objects.filter(ticket=ticket, kind="ticket.opened").get(), at=at)
    ticket.refresh_from_db()
    return firing


def test_the_vendor_who_takes_the_category_gets_it(
    open_ticket: Callable[..., Ticket],
    vpn: Category,
    vendors: Team,
    kestrel: Organisation,
    mira: User,
    at: datetime,
) -> None:
    VendorFor.objects.create(team=vendors, category=vpn.parent)
    rule("To the provider", ("vendor", {}), on=("created",), when=is_("category", vpn.pk))
    ticket = open_ticket(category=vpn)
    firing = asked(ticket, at)
    assert (ticket.team, ticket.vendor, firing.state) == (vendors, kestrel, "done")
    assert ticket.handoffs.get().firing == firing
    assert check(ticket) == []


def test_a_product_that_the_ticket_names_finds_its_vendor(
    open_ticket: Callable[..., Ticket], vendors: Team, mira: User, at: datetime
) -> None:
    VendorFor.objects.create(team=vendors, product="Laser Jet")
    rule("To the provider", ("vendor", {}), on=("created",))
    ticket = open_ticket("The laser jet on floor 2 is dark")
    asked(ticket, at)
    assert ticket.team == vendors


def test_where_no_vendor_takes_it_the_firing_says_so(
    open_ticket: Callable[..., Ticket], vendors: Team, mira: User, at: datetime
) -> None:
    rule("To the provider", ("vendor", {}), on=("created",))
    firing = asked(open_ticket(), at)
    assert (firing.state, firing.effects) == (
        "failed",
        [{"do": "vendor", "done": False, "code": "no_vendor"}],
    )


def test_only_a_vendors_team_is_a_vendor(network: Team, db: None) -> None:
    with pytest.raises(Invalid, match="Choose a team of a vendor"):
        rule("Wrong", ("vendor", {"team": network.pk}), on=("created",))


@pytest.fixture
def major(tiers: dict[int, Tier]) -> Checklist:
    """A checklist of L3: nobody on the way to L2 is asked it, unless a rule says so."""
    checklist = Checklist.objects.create(tier=tiers[3])
    ChecklistItem.objects.create(checklist=checklist, text="Who is told?", is_required=True)
    return checklist


def test_a_checklist_that_a_rule_puts_on_is_asked_at_the_next_hand_over_and_once(
    open_ticket: Callable[..., Ticket], major: Checklist, network: Team, mira: User, dario: User, later: Later
) -> None:
    rule("Major", ("checklist", {"checklist": major.pk}), on=("created",))
    ticket = open_ticket()
    assert asked(ticket, later()).effects == [{"do": "checklist", "done": True, "checklist": major.pk}]
    up: dict[str, Any] = {"tier": 2, "reason": "needs_access", "summary": "Please look.", "by": mira}
    with pytest.raises(Invalid, match="Who is told"):
        escalation.hand_over(ticket, **up, at=later(minutes=1))
    (item,) = ChecklistItem.objects.filter(checklist=major)
    handoff = escalation.hand_over(ticket, **up, items=[item.pk], at=later(minutes=2)).handoff
    assert HandoffItem.objects.get().is_done is True
    assert AskedChecklist.objects.get().handoff == handoff
    escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=3))
    escalation.hand_over(ticket, **up, at=later(minutes=4))
    assert HandoffItem.objects.count() == 1


def test_a_checklist_that_is_retired_meanwhile_is_told_and_harms_nothing(
    open_ticket: Callable[..., Ticket], major: Checklist, mira: User, later: Later
) -> None:
    rule("Major", ("checklist", {"checklist": major.pk}), on=("created",))
    Checklist.objects.update(is_active=False)
    ticket = open_ticket()
    assert asked(ticket, later()).effects == [{"do": "checklist", "done": False, "code": "gone"}]
    operations.note(ticket, text="Going on.", by=mira, at=later(minutes=1))
