"""The numbers in the side navigation, kept for ten seconds for each person."""

from datetime import datetime

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from helpdesk.desk.filters import tree_of_view
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest
from helpdesk.desk.nav import Navigation, navigation, view_key
from tickets.models import Ticket
from tickets.queries.counting import queue_counts
from tickets.vocabulary import as_q

KEPT_SECONDS = 10
MOST_VIEWS, MOST_COUNTED = 12, 1_000
HOT = ("handed", "replies")
"""What somebody waits for: stressed while it is not nothing."""


@require_safe
@desk_page
def counts(request: DeskRequest) -> HttpResponse:
    nav = navigation(request)
    lines = [*nav.main, *nav.tiers, *nav.views]
    known = counts_of(request.user, nav)
    shown = {line.count: known.get(line.count, 0) for line in lines}
    return render(request, "components/_counts.html", {"counts": shown, "hot": HOT})


def counts_of(user: User, nav: Navigation) -> dict[str, int]:
    key = f"desk:counts:{user.pk}"
    found: dict[str, int] | None = cache.get(key)
    if found is None:
        found = queue_counts(user)
        if not is_guest(user):
            found |= _of_views(user, nav, timezone.now())
        cache.set(key, found, KEPT_SECONDS)
    return found


def forget_counts(user: User) -> None:
    """After the person's own act their numbers are true at once."""
    cache.delete(f"desk:counts:{user.pk}")


def _of_views(user: User, nav: Navigation, at: datetime) -> dict[str, int]:
    """A saved view may find everything, so its count stops at a thousand."""
    rows = Ticket.objects.visible_to(user).order_by()
    return {
        view_key(view): rows.filter(as_q(tree_of_view(view, user), at=at, user=user))[:MOST_COUNTED].count()
        for view in nav.saved[:MOST_VIEWS]
    }
