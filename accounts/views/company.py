"""The desk's own settings, its tiers, organisations and skills, and the history of all these."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations, queries, versions
from accounts.forms import DeskForm, OrganisationForm, SkillForm, TierForm
from accounts.keys import key_of
from accounts.models import Desk, Organisation, SettingVersion, Skill, Tier
from accounts.paging import page_by_name
from accounts.permissions import may_administer
from accounts.sentences import lines
from accounts.views.answers import attempt, carried_out, form_page
from accounts.views.guards import (
    AuthenticatedRequest,
    for_administrators,
    for_administrators_and_leads,
)


@require_GET
@for_administrators_and_leads
def overview(request: AuthenticatedRequest) -> HttpResponse:
    if not may_administer(request.user):
        return redirect("settings-teams")
    return render(request, "settings/overview.html", {"counts": queries.counts()})


@require_http_methods(["GET", "POST"])
@for_administrators
def company(request: AuthenticatedRequest) -> HttpResponse:
    form = DeskForm(request.POST or None, instance=Desk.load())
    if form.is_valid() and carried_out(
        form, lambda: operations.change_desk(by=request.user, at=timezone.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("settings-company")
    return form_page(request, "settings/form.html", form, title=_("Company"), two=True)


@require_GET
@for_administrators
def tiers(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "settings/tiers.html", {"tiers": queries.tiers_with_teams()})


@require_http_methods(["GET", "POST"])
@for_administrators
def tier(request: AuthenticatedRequest, level: int) -> HttpResponse:
    row = get_object_or_404(Tier, pk=level)
    form = TierForm(request.POST or None, instance=row)
    if form.is_valid() and carried_out(
        form, lambda: operations.change_tier(row, by=request.user, at=timezone.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("settings-tiers")
    return form_page(request, "settings/tier.html", form, tier=get_object_or_404(Tier, pk=level))


@require_POST
@for_administrators
def turn_on(request: AuthenticatedRequest, level: int) -> HttpResponse:
    row = operations.enable_tier(get_object_or_404(Tier, pk=level), by=request.user, at=timezone.now())
    messages.success(request, _("%(tier)s is in use.") % {"tier": row})
    return redirect("settings-tiers")


@require_GET
@for_administrators
def organisations(request: AuthenticatedRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "")[:120]
    rows = queries.organisations_with_sizes()
    if words:
        rows = rows.filter(name__icontains=words)
    page = page_by_name(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return render(request, "settings/organisations.html", {"page": page, "words": words})


@require_http_methods(["GET", "POST"])
@for_administrators
def new_organisation(request: AuthenticatedRequest) -> HttpResponse:
    form = OrganisationForm(request.POST or None)
    if form.is_valid():
        made = attempt(
            form,
            lambda: operations.create_organisation(by=request.user, at=timezone.now(), **form.cleaned_data),
        )
        if made is not None:
            messages.success(request, _("%(name)s is added.") % {"name": made})
            return redirect("settings-organisations")
    return _organisation_form(request, form, _("New organisation"))


@require_http_methods(["GET", "POST"])
@for_administrators
def organisation(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Organisation, pk=pk)
    form = OrganisationForm.of(row, request.POST or None)
    if form.is_valid() and carried_out(
        form,
        lambda: operations.change_organisation(row, by=request.user, at=timezone.now(), **form.cleaned_data),
    ):
        messages.success(request, _("Saved."))
        return redirect("settings-organisations")
    branding = f"/settings/organisations/{row.pk}/branding/"
    return _organisation_form(request, form, row.name, also_url=branding, also_label=_("How it looks"))


def _organisation_form(
    request: AuthenticatedRequest, form: OrganisationForm, title: str, **also: str
) -> HttpResponse:
    return form_page(
        request,
        "settings/form.html",
        form,
        title=title,
        back="settings-organisations",
        back_label=_("Organisations"),
        two=True,
        **also,
    )


@require_http_methods(["GET", "POST"])
@for_administrators
def skills(request: AuthenticatedRequest) -> HttpResponse:
    form = SkillForm(request.POST or None)
    if form.is_valid():
        operations.create_skill(by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("settings-skills")
    return form_page(request, "settings/skills.html", form, skills=queries.skills_with_sizes())


@require_http_methods(["GET", "POST"])
@for_administrators
def skill(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Skill, pk=pk)
    form = SkillForm(request.POST or None, instance=row)
    if form.is_valid():
        operations.rename_skill(row, by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("settings-skills")
    return form_page(
        request, "settings/form.html", form, title=row.name, back="settings-skills", back_label=_("Skills")
    )


@require_POST
@for_administrators
def delete_skill(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    operations.delete_skill(get_object_or_404(Skill, pk=pk), by=request.user, at=timezone.now())
    messages.success(request, _("The skill is deleted."))
    return redirect("settings-skills")


@require_GET
@for_administrators
def history(request: AuthenticatedRequest) -> HttpResponse:
    rows = list(queries.history_before(key_of(request.GET.get("after", "")) or None)[:51])
    kept = SettingVersion.objects.filter(
        event__in=[row.pk for row in rows], subject__in=versions.told()
    ).values_list("event", "subject", "key", "number")
    pages = {event: {"subject": subject, "key": key, "number": n} for event, subject, key, n in kept}
    older = rows[49].pk if len(rows) > 50 else None
    return render(
        request,
        "settings/history.html",
        {"lines": [(line, pages.get(line.event.pk)) for line in lines(rows[:50])], "older": older},
    )
