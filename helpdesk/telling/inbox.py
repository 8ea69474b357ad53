"""Everybody's own notices, newest first, in the portal; and the way from a notice to what it tells of."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.keys import key_of
from accounts.models import User
from delivery.models import Notice
from delivery.operations import mark_read
from delivery.operations.noticing import mark_ticket_read
from delivery.paging import page_of
from helpdesk.desk.counts import forget_counts
from helpdesk.portal.guard import PortalRequest, member_page
from helpdesk.telling.lines import lines_of
from helpdesk.telling.unread import forget_unread

PAGE = "/notices/"


@require_safe
@member_page
def inbox(request: PortalRequest) -> HttpResponse:
    return render(request, "telling/inbox.html", page_of_notices(request, request.user))


@require_safe
@member_page
def unread(request: PortalRequest) -> HttpResponse:
    """The number in the navigation, for a page that was told that it has changed."""
    forget_unread(request.user)
    return render(request, "telling/_unread.html")


@require_POST
@member_page
def read(request: PortalRequest) -> HttpResponseBase:
    mark_as_asked(request, request.user)
    return redirect(PAGE)


def page_of_notices(request: HttpRequest, person: User) -> dict[str, Any]:
    """A page of somebody's own notices, for the portal and the workspace alike."""
    own = Notice.objects.filter(person=person)
    page = page_of(own, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return {
        "lines": lines_of(page.rows, person),
        "page": page,
        "has_unread": own.filter(read_at__isnull=True).exists(),
    }


def mark_as_asked(request: HttpRequest, person: User) -> None:
    """One notice is read (`notice`), or all; another's is left alone."""
    given = request.POST.get("notice")
    mark_read(by=person, at=timezone.now(), key=None if given is None else key_of(given))
    _forget(person)


@require_GET
@member_page
def follow(request: PortalRequest, pk: int) -> HttpResponseBase:
    """To what it tells of. Whoever goes there has read it, and what else was told of the same ticket."""
    notice = Notice.objects.filter(person=request.user, pk=pk).first()
    if notice is None:
        raise Http404
    line = lines_of([notice], request.user)[0]
    if notice.ticket_number:
        mark_ticket_read(by=request.user, ticket_number=notice.ticket_number, at=timezone.now())
    else:
        mark_read(by=request.user, at=timezone.now(), key=notice.pk)
    _forget(request.user)
    return redirect(line.leads_to or PAGE)


def _forget(user: User) -> None:
    forget_counts(user)
    forget_unread(user)
