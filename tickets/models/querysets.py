from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Q

from accounts.models import Sees, User
from tickets.models.choices import NOT_A_REQUEST

if TYPE_CHECKING:
    from tickets.models.ticket import Ticket  # noqa: F401  (named in the annotation below)

NOTHING = Q(pk__in=[])


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Adjectives for tickets. `visible_to` is the only road to them."""

    def visible_to(self, user: User) -> "TicketQuerySet":
        return self.filter(visible(user))

    def open(self) -> "TicketQuerySet":
        return self.filter(in_queue=True)

    def unassigned(self) -> "TicketQuerySet":
        return self.filter(assignee__isnull=True)

    def of_teams(self, team_ids: Iterable[int]) -> "TicketQuerySet":
        return self.filter(team_id__in=list(team_ids))

    def unaccepted(self) -> "TicketQuerySet":
        return self.filter(unaccepted_since__isnull=False)

    def reply_waits(self) -> "TicketQuerySet":
        """Somebody of the desk has written before, and now the requester waits for an answer."""
        return self.filter(requester_waiting_since__isnull=False, last_public_reply_at__isnull=False)

    def countable(self) -> "TicketQuerySet":
        """Without noise, spam and what was not for IT: outside all figures."""
        return self.filter(countable())

    def hold_over(self, at: datetime) -> "TicketQuerySet":
        return self.filter(in_queue=True, hold_until__lte=at)

    def with_people(self) -> "TicketQuerySet":
        """What a row of a list shows, in the same query."""
        return self.select_related("tier", "team", "assignee", "requester", "organisation", "category")


def countable(path: str = "") -> Q:
    """That a ticket is in figures at all: not set aside as noise, spam or not for IT. One that is restored is again.

    Args:
        path: how a row that hangs on a ticket leads to it, such as "ticket".
    """
    column = f"{path}__cancel_reason" if path else "cancel_reason"
    return ~Q(**{f"{column}__in": [str(code) for code in NOT_A_REQUEST]})


def visible(user: User) -> Q:
    """Which tickets this person may open (DESIGN section 4: the only road to tickets).

    Everybody: what they asked for, filed for somebody, work, track or watch. Technicians beside that what
    the tiers they sit on may see; managers and administrators all. A restricted ticket shows only to
    the requester's side and those named, whatever else holds.
    """
    if not user.is_authenticated or not user.is_active:
        return NOTHING
    watch, named = apps.get_model("tickets", "Watch"), apps.get_model("tickets", "Named")
    naming = Q(user=user) | Q(team_id__in=user.team_ids) if user.seats else Q(user=user)
    mine = Q(requester=user) | Q(opened_by=user)
    # Who filed it for a colleague knows what is in it; who took the call at the desk is not meant.
    confided = Q(requester=user) if user.uses_desk else mine
    unrestricted = (
        Q(is_restricted=False) | confided | Q(pk__in=named.objects.filter(naming).values("ticket_id"))
    )
    if user.is_administrator or user.is_manager or sees_everything(user):
        return unrestricted
    seen = mine | Q(pk__in=watch.objects.filter(user=user).values("ticket_id"))
    if user.sees_organisation and user.organisation_id:
        seen |= Q(organisation_id=user.organisation_id)
    if user.seats:
        seen |= Q(assignee=user) | Q(contact=user) | Q(team_id__in=user.team_ids)
        vendors = [seat.vendor_id for seat in user.seats if seat.vendor_id]
        if vendors:
            seen |= Q(vendor_id__in=vendors)
        if any(seat.sees == Sees.SERVED for seat in user.seats):
            seen |= Q(organisation_id__in=user.served_organisation_ids) | Q(organisation__isnull=True)
    return seen & unrestricted


def sees_everything(user: User) -> bool:
    """On a tier that sees all, or in a team that serves everybody (it names no organisation)."""
    return any(
        seat.sees == Sees.EVERYTHING or (seat.sees == Sees.SERVED and seat.team_id not in user.serving)
        for seat in user.seats
    )
