"""Canned replies that are everybody's or a team's."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import CannedReply
from tickets.settings import operations, queries
from tickets.settings.forms import CannedReplyForm
from tickets.settings.views.telling import kept


@require_GET
@for_administrators
def replies(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/replies.html", {"replies": queries.shared_replies()})


@require_http_methods(["GET", "POST"])
@for_administrators
def reply(request: AuthenticatedRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(queries.shared_replies(), pk=pk) if pk else None
    form = CannedReplyForm(request.POST or None, instance=row)
    if kept(request, form, row, create=operations.create_reply, change=operations.change_reply):
        return redirect("settings-replies")
    return form_page(
        request,
        "settings/reply.html",
        form,
        title=row.name if row else _("New canned reply"),
        reply=row,
    )


@require_POST
@for_administrators
def delete_reply(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(CannedReply.objects.filter(owner=None).select_related("team"), pk=pk)
    operations.delete_reply(row, by=request.user, at=timezone.now())
    messages.success(request, _("The canned reply is deleted."))
    return redirect("settings-replies")
