"""What a team usually hands up for: the reason that the dialog offers first."""

from collections import Counter

from django.db.models import F

from escalation.models import Handoff, Reason
from tickets.models import Ticket

NEWEST = 1_000
"""Hand-offs of the whole desk that are looked through: the newest, by their key."""


def usual_reason(ticket: Ticket) -> str:
    """Of this team for this category lately, else its last one, else the first of the list. One query."""
    newest = Handoff.objects.order_by("-id").values("pk")[:NEWEST]
    rows = (
        Handoff.objects.filter(pk__in=newest, from_team_id=ticket.team_id, to_tier__gt=F("from_tier"))
        .filter(by__isnull=False, reason__in=dict(Reason.for_people()))
        .order_by("-id")
        .values_list("reason", "ticket__category_id")
    )
    found = list(rows)
    alike = Counter(reason for reason, category in found if category and category == ticket.category_id)
    if alike:
        return alike.most_common(1)[0][0]
    return found[0][0] if found else Reason.values[0]
