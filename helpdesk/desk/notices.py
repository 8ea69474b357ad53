"""A technician's own notices, newest first, in the workspace."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.telling.inbox import mark_as_asked, page_of_notices

PAGE = "/desk/notices/"


@require_safe
@technicians_page
def notices(request: DeskRequest) -> HttpResponse:
    return render(request, "desk/notices.html", page_of_notices(request, request.user))


@require_POST
@technicians_page
def read(request: DeskRequest) -> HttpResponseBase:
    mark_as_asked(request, request.user)
    return redirect(PAGE)
