"""What technicians are asked to read: their list, one of them to read and confirm, and who has not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.keys import key_of
from accounts.models import User
from accounts.paging import page_in
from delivery.operations import mark_read
from delivery.paging import NEWEST_FIRST
from helpdesk.announcement_notices import notice_key
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import Outcome, done, once, toast
from knowledgebase.models import Announcement, Confirmation
from knowledgebase.operations import announcing, reminding
from knowledgebase.permissions import oversees, sees_readers
from knowledgebase.queries import reading
from knowledgebase.queries.announcing import asked
from tickets.refusals import Refused

PAGE = "/desk/announcements/"
NEWEST = replace(NEWEST_FIRST, column="at")
TO_READ, READ, ALL = "", "read", "all"


@require_safe
@technicians_page
def announcements(request: DeskRequest) -> HttpResponse:
    """What waits to be read; `?show=read` what one has confirmed, `?show=all` every one, for leads."""
    show = request.GET.get("show", TO_READ)
    if show not in (TO_READ, READ, ALL) or (show == ALL and not oversees(request.user)):
        raise Http404
    rows = _rows(request.user, show).select_related("article", "version", "by")
    page = page_in(NEWEST, rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {"show": show, "page": page, "rows": page.rows, "may_see_all": oversees(request.user)}
    return render(request, "desk/announcements/list.html", context)


@require_safe
@technicians_page
def announcement(request: DeskRequest, key: int) -> HttpResponse:
    row = _announcement_or_404(request.user, key)
    is_asked = Announcement.objects.unread_by(request.user).filter(pk=row.pk).exists()
    context = {
        "announcement": row,
        "article": row.article,
        "reading": reading.read(row.article, request.user),
        "is_asked": is_asked,
        "confirmed": Confirmation.objects.filter(announcement=row, person=request.user).first(),
    }
    if sees_readers(request.user, row):
        people = asked(row)
        context |= {
            "sees_readers": True,
            "missing": [each for each in people if not each.has_read],
            "read_by": [each for each in people if each.has_read],
        }
    return render(request, "desk/announcements/one.html", context)


@require_POST
@technicians_page
def confirm(request: DeskRequest, key: int) -> HttpResponseBase:
    """Read and understood. The notice that told of it is read with it."""
    row = _announcement_or_404(request.user, key)
    version = row.article.versions.filter(pk=key_of(request.POST.get("version", ""))).first()

    def carry_out(at: datetime) -> Outcome:
        announcing.confirm(row, by=request.user, at=at, version=version)
        mark_read(by=request.user, at=at, event_id=notice_key(row.pk))
        return {"told": _("Thank you: “%(title)s” is read and understood.") % {"title": row.article.title}}

    return _act(request, carry_out, to=PAGE)


@require_POST
@technicians_page
def remind(request: DeskRequest, key: int) -> HttpResponseBase:
    """Those who have not read it hear of it once more."""
    row = _announcement_or_404(request.user, key)
    if not sees_readers(request.user, row):
        raise Http404

    def carry_out(at: datetime) -> Outcome:
        reminding.remind_readers(row, by=request.user, at=at)
        return {"told": _("They are reminded.")}

    return _act(request, carry_out, to=f"{PAGE}{row.pk}/")


# --- below ---


def _act(request: DeskRequest, carry_out: Callable[[datetime], Outcome], *, to: str) -> HttpResponseBase:
    """Once, and told; a refusal is a toast where the page stays open."""
    try:
        outcome = once(request, carry_out)
    except Refused as refused:
        if request.htmx:
            return toast(refused)
        raise
    return done(request, outcome, to=to)


def _announcement_or_404(user: User, key: int) -> Announcement:
    rows = Announcement.objects.visible_to(user).select_related(
        "article__published", "article__section", "article__owner", "version", "by"
    )
    found = rows.filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _rows(user: User, show: str) -> QuerySet[Announcement]:
    if show == ALL:
        return Announcement.objects.current().visible_to(user).annotate(readers=Count("confirmations"))
    if show == READ:
        return Announcement.objects.visible_to(user).filter(
            pk__in=Confirmation.objects.filter(person=user).values("announcement_id")
        )
    return Announcement.objects.unread_by(user)
