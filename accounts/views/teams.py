from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations, queries
from accounts.forms import MemberForm, NewTeamForm, RoleForm, ScopeForm, TeamForm
from accounts.models import Team, User
from accounts.permissions import leads_team, may_administer
from accounts.views.answers import attempt, carried_out, form_page
from accounts.views.guards import (
    AuthenticatedRequest,
    for_administrators,
    for_administrators_and_leads,
)


@require_GET
@for_administrators_and_leads
def teams(request: AuthenticatedRequest) -> HttpResponse:
    rows = queries.teams_with_sizes()
    if not may_administer(request.user):
        rows = rows.filter(pk__in=request.user.led_team_ids)
    return render(request, "settings/teams.html", {"teams": rows})


@require_http_methods(["GET", "POST"])
@for_administrators
def new_team(request: AuthenticatedRequest) -> HttpResponse:
    form = NewTeamForm(request.POST or None)
    if form.is_valid():
        made = attempt(
            form, lambda: operations.create_team(by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("%(team)s is made. Now give it members.") % {"team": made})
            return redirect("settings-team", made.pk)
    return form_page(
        request,
        "settings/form.html",
        form,
        title=_("New team"),
        back="settings-teams",
        back_label=_("Teams"),
        submit=_("Make the team"),
    )


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def team(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """A team with its members. Its lead changes what it takes; everything else is the administrator's."""
    row = _team_within_reach(request, pk)
    administers = may_administer(request.user)
    if administers:
        form: TeamForm | ScopeForm = TeamForm.of(row, request.POST or None)
    else:
        form = ScopeForm(request.POST or None, initial={"takes": row.takes, "takes_not": row.takes_not})
    if form.is_valid() and carried_out(
        form,
        lambda: operations.change_team(row, by=request.user, at=timezone.now(), **form.cleaned_data),
    ):
        messages.success(request, _("Saved."))
        return redirect("settings-team", pk)
    context = {
        "team": row,
        "members": queries.members_of(row),
        "member_form": MemberForm(),
        "administers": administers,
    }
    return form_page(request, "settings/team.html", form, **context)


@require_POST
@for_administrators
def add_member(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Team, pk=pk)
    form = MemberForm(request.POST)
    if form.is_valid():
        person = form.cleaned_data["person"]
        operations.join_team(
            person, team=row, role=form.cleaned_data["role"], by=request.user, at=timezone.now()
        )
        messages.success(request, _("%(name)s is in %(team)s.") % {"name": person, "team": row})
    else:
        messages.error(request, _("Choose a person, then a role."))
    return redirect("settings-team", pk)


@require_POST
@for_administrators
def member(request: AuthenticatedRequest, pk: int, person: int) -> HttpResponse:
    """Change a member's role, or take them out (`leave`)."""
    row, somebody = get_object_or_404(Team, pk=pk), get_object_or_404(User, pk=person)
    if "leave" in request.POST:
        operations.leave_team(somebody, team=row, by=request.user, at=timezone.now())
        messages.success(
            request,
            _("%(name)s has left %(team)s. What they had open there stays with the team.")
            % {"name": somebody, "team": row},
        )
        return redirect("settings-team", pk)
    form = RoleForm(request.POST)
    if form.is_valid():
        operations.join_team(
            somebody, team=row, role=form.cleaned_data["role"], by=request.user, at=timezone.now()
        )
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose a role from the list."))
    return redirect("settings-team", pk)


@require_POST
@for_administrators
def revive(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Team, pk=pk)
    operations.revive_team(row, by=request.user, at=timezone.now())
    messages.success(request, _("%(team)s is in use again.") % {"team": row})
    return redirect("settings-team", pk)


def _team_within_reach(request: AuthenticatedRequest, pk: int) -> Team:
    row = get_object_or_404(Team.objects.select_related("tier", "organisation"), pk=pk)
    if not (may_administer(request.user) or leads_team(request.user, row)):
        raise Http404
    return row
