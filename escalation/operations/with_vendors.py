"""What a hand-off to or from a vendor keeps: who stays responsible here, when to chase, what has come of it.

For the operations that move tickets; none of this is an act of its own.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from escalation.models import Fix, Handoff
from escalation.queries.vendors import VENDOR_TIER, chase_after
from tickets.models import Ticket
from tickets.operations.waiting import put_with_vendor
from tickets.permissions import is_desk
from tickets.refusals import Invalid


def leave(ticket: Ticket, *, is_fix: bool) -> None:
    """A locked ticket goes away from the vendor that has it: with a fix to be confirmed, or without."""
    if ticket.tier_id == VENDOR_TIER:
        awaited = Handoff.objects.filter(ticket=ticket, fix=Fix.AWAITED)
        awaited.update(fix=Fix.CLAIMED if is_fix else "", next_chase_at=None)


def enter(
    handoff: Handoff,
    ticket: Ticket,
    *,
    responsible: User | None,
    reference: str,
    by: User | None,
    at: datetime,
) -> None:
    """A locked ticket is about to go to a vendor by this hand-off, which is not saved yet.

    Whoever hands it over stays responsible, unless somebody is named; for a rule, its assignee or contact.
    """
    vendor = handoff.to_team.organisation_id
    Handoff.objects.filter(ticket=ticket, fix__in=[Fix.AWAITED, Fix.CLAIMED]).update(
        fix="", next_chase_at=None
    )
    handoff.responsible = responsible or _nearest(ticket, by)
    handoff.fix = Fix.AWAITED
    handoff.next_chase_at = chase_after(vendor, at=at, day=timezone.localdate(at))
    put_with_vendor(ticket, vendor, reference=reference)


def again(ticket: Ticket, team: Team, *, at: datetime) -> None:
    """It is given back to the vendor: as it was when it was handed over, with the same person responsible."""
    if team.tier_id != VENDOR_TIER:
        return
    put_with_vendor(ticket, team.organisation_id)
    handoff = Handoff.objects.filter(ticket=ticket, to_team=team).order_by("-id").first()
    if handoff is not None:
        handoff.fix = Fix.AWAITED
        handoff.next_chase_at = chase_after(team.organisation_id, at=at, day=timezone.localdate(at))
        handoff.save(update_fields=["fix", "next_chase_at"])


def require_responsible(person: User, *, field: str = "responsible") -> None:
    """Raises: Invalid: somebody who does not work for the desk, or no longer."""
    if not person.is_active or not is_desk(person):
        raise Invalid(_("%(name)s does not work for the desk.") % {"name": person}, field=field)


def _nearest(ticket: Ticket, by: User | None) -> User | None:
    for person in (by, ticket.assignee, ticket.contact):
        if person is not None and person.is_active and is_desk(person):
            return person
    return None
