from typing import Any

from django.db.models import Q
from django.db.models.query import QuerySet

from accounts.models import User
from tickets.models import Named, Ticket, Watch


def tied_to(user: User, *, is_open: bool = False) -> Q:
    """Every ticket that `visible_to` shows for the person's own sake: asked for, filed, tracked, watched.

    A union, since each part has its index: the same as one OR makes PostgreSQL read every ticket.
    """
    rows = Ticket.objects.open() if is_open else Ticket.objects.all()
    rows = rows.order_by()
    named = Named.objects.filter(Q(user=user) | Q(team_id__in=user.team_ids))
    parts: list[QuerySet[Any, Any]] = [
        rows.filter(opened_by=user).values("pk"),
        Watch.objects.filter(user=user).values("ticket_id"),
        named.values("ticket_id"),
    ]
    if user.works_tickets:
        parts.append(rows.open().filter(contact=user).values("pk"))
        parts.append(rows.open().filter(assignee=user).values("pk"))
    vendors = [seat.vendor_id for seat in user.seats if seat.vendor_id]
    if vendors:
        parts.append(rows.filter(vendor_id__in=vendors).values("pk"))
    if user.is_vendor_guest:
        parts.append(Ticket.objects.open().order_by().filter(team_id__in=user.team_ids).values("pk"))
    if user.sees_organisation and user.organisation_id:
        parts.append(rows.filter(organisation_id=user.organisation_id).values("pk"))
    return Q(pk__in=rows.filter(requester=user).values("pk").union(*parts, all=True))
