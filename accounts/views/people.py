from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations, queries
from accounts.forms import InviteForm, PeopleFilter, PersonForm, SkillLevelForm
from accounts.invitations import invite
from accounts.models import Skill, User
from accounts.paging import page_by_name
from accounts.permissions import leads_person, may_administer
from accounts.sentences import lines
from accounts.views.answers import attempt, carried_out, form_page
from accounts.views.guards import (
    AuthenticatedRequest,
    for_administrators,
    for_administrators_and_leads,
)


@require_GET
@for_administrators
def people(request: AuthenticatedRequest) -> HttpResponse:
    form = PeopleFilter(request.GET)
    page = page_by_name(
        form.apply(queries.people_with_places()),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {"form": form, "page": page, "is_filtered": form.is_narrow}
    return render(request, "settings/people.html", context)


@require_http_methods(["GET", "POST"])
@for_administrators
def new_person(request: AuthenticatedRequest) -> HttpResponse:
    me = request.user
    initial = {"timezone": me.timezone, "language": me.language, "organisation": me.organisation_id}
    form = PersonForm(request.POST or None, initial=initial)
    asks = InviteForm(request.POST or None)
    if form.is_valid() and asks.is_valid():
        now = timezone.now()
        person = attempt(form, lambda: operations.create_person(by=me, at=now, **form.cleaned_data))
        if person is not None:
            if asks.cleaned_data["invite"]:
                invite([person], by=me, at=now)
            messages.success(request, _("%(name)s is added.") % {"name": person})
            return redirect("settings-person", person.pk)
    return form_page(request, "settings/person_new.html", form, asks=asks)


@require_http_methods(["GET", "POST"])
@for_administrators
def person(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    somebody = get_object_or_404(User.objects.select_related("organisation", "manager"), pk=pk)
    form = PersonForm.of(somebody, request.POST or None)
    if form.is_valid() and carried_out(
        form,
        lambda: operations.change_person(somebody, by=request.user, at=timezone.now(), **form.cleaned_data),
    ):
        messages.success(request, _("Saved."))
        return redirect("settings-person", pk)
    context = {
        "person": somebody,
        "memberships": queries.memberships_of(somebody),
        "skills": queries.skills_of(somebody),
        "history": lines(queries.recent_history_of(somebody)),
    }
    return form_page(request, "settings/person.html", form, **context)


@require_POST
@for_administrators
def reactivate(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=pk)
    operations.reactivate(somebody, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s can log in again.") % {"name": somebody})
    return redirect("settings-person", pk)


@require_POST
@for_administrators
def send_invitation(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=pk)
    if invite([somebody], by=request.user, at=timezone.now()):
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": somebody.email})
    else:
        messages.error(request, _("Somebody who is deactivated cannot be invited."))
    return redirect("settings-person", pk)


@require_POST
@for_administrators
def log_out(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=pk)
    count = operations.log_out(somebody, by=request.user, at=timezone.now())
    messages.success(
        request, _("%(name)s is logged out everywhere (%(count)d).") % {"name": somebody, "count": count}
    )
    return redirect("settings-person", pk)


@require_http_methods(["GET", "POST"])
@for_administrators_and_leads
def skills(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What somebody is good at; leads say it of the members of their teams."""
    somebody = _led_person(request, pk)
    form = SkillLevelForm(request.POST or None)
    if form.is_valid() and carried_out(
        form,
        lambda: operations.set_skill(somebody, by=request.user, at=timezone.now(), **form.cleaned_data),
    ):
        messages.success(request, _("Saved."))
        return redirect("settings-person-skills", pk)
    context = {"person": somebody, "skills": queries.skills_of(somebody)}
    return form_page(request, "settings/person_skills.html", form, **context)


@require_POST
@for_administrators_and_leads
def drop_skill(request: AuthenticatedRequest, pk: int, skill: int) -> HttpResponse:
    somebody = _led_person(request, pk)
    row = get_object_or_404(Skill, pk=skill)
    operations.drop_skill(somebody, skill=row, by=request.user, at=timezone.now())
    return redirect("settings-person-skills", pk)


def _led_person(request: AuthenticatedRequest, pk: int) -> User:
    somebody = get_object_or_404(User, pk=pk)
    if not (may_administer(request.user) or leads_person(request.user, somebody)):
        raise Http404
    return somebody
