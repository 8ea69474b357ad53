"""A leaver: what they have open is shown, then goes back to its teams, and they are let in no more."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import operations as accounts
from accounts.models import User
from accounts.refusals import Refused as AccountRefused
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets import operations as tickets
from tickets.models import Ticket, TicketQuerySet

SHOWN = 100


@dataclass(frozen=True)
class Belongings:
    """The open tickets of somebody, by what they are to each."""

    works: TicketQuerySet
    tracks: TicketQuerySet
    asked_for: TicketQuerySet

    @classmethod
    def of(cls, person: User) -> "Belongings":
        open_ = Ticket.objects.open().order_by("id")
        return cls(
            works=open_.filter(assignee=person),
            tracks=open_.filter(contact=person),
            asked_for=open_.filter(requester=person),
        )


@require_http_methods(["GET", "POST"])
@for_administrators
def deactivate(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.active(), pk=pk)
    if request.method == "POST":
        return _deactivate(request, person)
    belongings = Belongings.of(person)
    # A restricted ticket counts, and goes back to its team, but shows only to those who may open it.
    context = {
        "person": person,
        "works": belongings.works.visible_to(request.user).with_people()[:SHOWN],
        "works_count": belongings.works.count(),
        "tracks_count": belongings.tracks.count(),
        "asked_for_count": belongings.asked_for.count(),
    }
    return render(request, "settings/deactivate.html", context)


def _deactivate(request: AuthenticatedRequest, person: User) -> HttpResponse:
    try:
        released = let_go(person, by=request.user, at=timezone.now())
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("settings-person", person.pk)
    words = ngettext(
        "%(name)s is deactivated. %(count)d ticket is back in its queue.",
        "%(name)s is deactivated. %(count)d tickets are back in their queues.",
        released,
    )
    messages.success(request, words % {"name": person, "count": released})
    return redirect("settings-person", person.pk)


@transaction.atomic
def let_go(person: User, *, by: User, at: datetime) -> int:
    """Deactivate somebody and free what they had; answers how many tickets went back to their teams."""
    accounts.deactivate(person, by=by, at=at)
    belongings = Belongings.of(person)
    tracked, worked = list(belongings.tracks), list(belongings.works)
    for ticket in tracked:
        tickets.set_contact(ticket, to=None, by=by, at=at)
    for ticket in worked:
        tickets.release(ticket, by=by, at=at)
    return len(worked)
