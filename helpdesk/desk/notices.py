"""A technician's own notices, newest first, in the workspace."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.keys import key_of
from delivery.models import Notice
from delivery.operations import mark_read
from delivery.paging import page_of
from helpdesk.desk.counts import forget_counts
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.telling.lines import lines_of

PAGE = "/desk/notices/"


@require_safe
@technicians_page
def notices(request: DeskRequest) -> HttpResponse:
    own = Notice.objects.filter(person=request.user)
    page = page_of(own, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "lines": lines_of(page.rows, request.user),
        "page": page,
        "has_unread": own.filter(read_at__isnull=True).exists(),
    }
    return render(request, "desk/notices.html", context)


@require_POST
@technicians_page
def read(request: DeskRequest) -> HttpResponseBase:
    """One notice is read (`notice`), or all; another's is left alone."""
    given = request.POST.get("notice")
    mark_read(by=request.user, at=timezone.now(), key=None if given is None else key_of(given))
    forget_counts(request.user)
    return redirect(PAGE)
