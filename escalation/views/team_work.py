"""The settings pages of a team's way of working: for administrators and the team's leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from escalation.forms.team_work import CoverForm, TeamWorkForm
from escalation.models import TeamWork
from escalation.operations.covering import rota_with
from escalation.permissions import may_keep_work
from escalation.queries.cover import Rota, read_rota
from tickets.refusals import Refused

LOOKED_AHEAD = timedelta(days=7)


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def team_work(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    team, work = _team_or_404(request, pk)
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


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def team_cover(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """When a team works and who covers it, with a look at the next days: as it is, or as it would be."""
    team, work = _team_or_404(request, pk)
    at = timezone.now()
    initial = {"hours": work.hours_id, "covered_by": work.covered_by_id}
    form = CoverForm(request.POST or None, initial=initial, team=team)
    rota = read_rota()
    if form.is_valid():
        try:
            if "look" in request.POST:
                operations.require_possible_cover(team, at=at, **form.cleaned_data)
                rota = rota_with(team, **form.cleaned_data)
            else:
                operations.change_cover(team, by=request.user, at=at, **form.cleaned_data)
                messages.success(request, _("Saved. It holds for what arrives from now on."))
                return redirect("settings-team-cover", team.pk)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    context = {
        "team": team,
        "spans": _shown(rota, team, at),
        "is_draft": form.is_bound and form.is_valid(),
        "covers": TeamWork.objects.filter(covered_by=team).select_related("team"),
    }
    return form_page(request, "escalation/team_cover.html", form, **context)


def _team_or_404(request: AuthenticatedRequest, pk: int) -> tuple[Team, TeamWork]:
    team = get_object_or_404(Team.objects.select_related("tier"), pk=pk)
    if not may_keep_work(request.user, team.pk):
        raise Http404
    return team, TeamWork.objects.filter(team=team).first() or TeamWork(team=team)


@dataclass(frozen=True)
class Shown:
    """Who has what arrives from one moment to the next; nobody where it waits."""

    since: datetime
    until: datetime
    team: Team | None
    is_own: bool


def _shown(rota: Rota, team: Team, at: datetime) -> Sequence[Shown]:
    spans = rota.spans(team.pk, since=at, until=at + LOOKED_AHEAD)
    teams = Team.objects.in_bulk({span.team for span in spans if span.team is not None})
    return [Shown(span.since, span.until, teams.get(span.team or 0), span.team == team.pk) for span in spans]
