"""The numbers in the side navigation, kept for ten seconds for each person."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from delivery.models import Notice
from helpdesk.desk.filters import tree_of_view
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest
from helpdesk.desk.nav import Navigation, navigation, view_key
from knowledgebase.models import Announcement
from tickets.models import Ticket
from tickets.queries.counting import queue_counts
from tickets.queries.queues import Queue
from tickets.vocabulary import as_q

KEPT_SECONDS = 10
KEPT_UNTIL = "kept until"
SOON = timedelta(hours=2)
MOST_DUE = 500
MOST_VIEWS, MOST_COUNTED = 12, 1_000
NOTICES, ANNOUNCEMENTS = "notices", "announcements"
HOT = ("handed", "replies", "proposals", NOTICES, ANNOUNCEMENTS)
"""What somebody waits for: stressed while it is not nothing."""


@require_safe
@desk_page
def counts(request: DeskRequest) -> HttpResponse:
    nav = navigation(request)
    forget_older(request.user, request.GET.get("since", ""))
    lines = [*nav.main, *nav.tiers, *nav.views]
    known = counts_of(request.user, nav)
    places = [line.count for line in lines] + ([] if nav.is_guest else [NOTICES, ANNOUNCEMENTS])
    shown = {name: known.get(name, 0) for name in places}
    return render(request, "components/_counts.html", {"counts": shown, "hot": HOT})


def counts_of(user: User, nav: Navigation) -> dict[str, int]:
    found: dict[str, int] | None = cache.get(_key(user))
    if found is None:
        at = timezone.now()
        found = queue_counts(user) | {NOTICES: _unread(user), KEPT_UNTIL: int(at.timestamp()) + KEPT_SECONDS}
        if not is_guest(user):
            found |= _of_views(user, nav, at) | {ANNOUNCEMENTS: _to_read(user)}
        _keep(user, found, at=at)
    return found


def counts_of_queue(user: User, nav: Navigation, queue: Queue, *, at: datetime) -> tuple[int, int, int]:
    """How many are open in this queue, over their time, and due soon; as old as the numbers beside it."""
    known = counts_of(user, nav)
    over, soon = f"over:{queue.name}", f"soon:{queue.name}"
    if over not in known:
        known[over], known[soon] = _due(queue, at)
        _keep(user, known, at=at)
    return known.get(queue.name, 0), known[over], known[soon]


def known_of_queue(user: User, queue: Queue) -> tuple[int, int, int] | None:
    """The same where it was asked a moment ago, without asking: a page does not wait for its numbers."""
    known: dict[str, int] = cache.get(_key(user)) or {}
    over = f"over:{queue.name}"
    return (known.get(queue.name, 0), known[over], known[f"soon:{queue.name}"]) if over in known else None


def forget_counts(user: User) -> None:
    """After the person's own act their numbers are true at once."""
    cache.delete(_key(user))


def forget_older(user: User, since: str) -> None:
    """Numbers that were counted before the page was told of a change are not shown once more.

    `since` is when that was, in seconds since 1970; what is no time is passed over.
    """
    at, _point, _fraction = since.partition(".")
    if not (at.isascii() and at.isdecimal() and len(at) < 12):
        return
    known: dict[str, int] | None = cache.get(_key(user))
    if known is not None and known.get(KEPT_UNTIL, 0) - KEPT_SECONDS <= int(at):
        forget_counts(user)


def at_most(n: int) -> str:
    return f"{MOST_DUE}+" if n > MOST_DUE else str(n)


def _key(user: User) -> str:
    return f"desk:counts:{user.pk}"


def _keep(user: User, found: dict[str, int], *, at: datetime) -> None:
    """What is added later does not make the rest live longer."""
    left = found.get(KEPT_UNTIL, 0) - int(at.timestamp())
    if left > 0:
        cache.set(_key(user), found, left)


def _due(queue: Queue, at: datetime) -> tuple[int, int]:
    """Only the first of what is due is read, so this costs the same in any queue."""
    due = queue.queryset.filter(next_due_at__lt=at + SOON).order_by("next_due_at", "id")
    first = due.values("next_due_at")[: MOST_DUE + 1]
    found = first.aggregate(all=Count("next_due_at"), over=Count("next_due_at", filter=Q(next_due_at__lt=at)))
    return found["over"], found["all"] - found["over"]


def _unread(user: User) -> int:
    return Notice.objects.filter(person=user, read_at__isnull=True)[:MOST_COUNTED].count()


def _to_read(user: User) -> int:
    return Announcement.objects.unread_by(user).order_by()[:MOST_COUNTED].count()


def _of_views(user: User, nav: Navigation, at: datetime) -> dict[str, int]:
    """A saved view may find everything, so its count stops at a thousand."""
    rows = Ticket.objects.visible_to(user).order_by()
    return {
        view_key(view): rows.filter(as_q(tree_of_view(view, user), at=at, user=user))[:MOST_COUNTED].count()
        for view in nav.saved[:MOST_VIEWS]
    }
