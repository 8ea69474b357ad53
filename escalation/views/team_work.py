"""The settings page of a team's way of working: for administrators and the team's leads."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Team
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators_and_leads
from escalation import operations
from escalation.forms.team_work import TeamWorkForm
from escalation.models import TeamWork
from escalation.permissions import may_keep_work
from tickets.refusals import Refused


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def team_work(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    team = get_object_or_404(Team.objects.select_related("tier"), pk=pk)
    if not may_keep_work(request.user, team.pk):
        raise Http404
    work = TeamWork.objects.filter(team=team).first() or TeamWork(team=team)
    initial = {"strategy": work.strategy, "capacity": work.capacity}
    form = TeamWorkForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            operations.change_team_work(team, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("Saved. It holds for what arrives from now on."))
            return redirect("settings-team", team.pk)
    return form_page(request, "escalation/team_work.html", form, team=team)
