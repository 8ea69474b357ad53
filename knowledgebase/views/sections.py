"""The settings pages of sections: leads, managers and administrators."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_leads_and_overseers
from knowledgebase.forms.editing import SectionForm
from knowledgebase.models import Section
from knowledgebase.operations import sections as operations
from knowledgebase.views.answers import attempt, tried


@require_safe
@for_leads_and_overseers
def sections(request: AuthenticatedRequest) -> HttpResponse:
    rows = Section.objects.annotate(number=Count("articles")).prefetch_related("reviewers").order_by("path")
    return render(request, "knowledgebase/editing/sections.html", {"sections": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_leads_and_overseers
def new_section(request: AuthenticatedRequest) -> HttpResponse:
    form = SectionForm(request.POST or None)
    if form.is_valid():
        made = attempt(
            form, lambda: operations.create_section(by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("The section is there."))
            return redirect("settings-sections")
    return form_page(request, "knowledgebase/editing/section.html", form, title=_("New section"))


@require_http_methods(["GET", "HEAD", "POST"])
@for_leads_and_overseers
def section(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Section, pk=pk)
    names = ("name", "slug", "parent", "hint", "position", "is_review_required")
    known = {name: getattr(row, name) for name in names}
    known |= {"ticket_categories": row.ticket_categories.all(), "reviewers": row.reviewers.all()}
    form = SectionForm(request.POST or None, initial=known)
    if form.is_valid():
        saved = attempt(
            form,
            lambda: operations.change_section(row, by=request.user, at=timezone.now(), **form.cleaned_data),
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("settings-sections")
    return form_page(request, "knowledgebase/editing/section.html", form, title=row.full_name, section=row)


@require_POST
@for_leads_and_overseers
def delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Section, pk=pk)
    done = _("The section is gone.")
    gone = tried(request, lambda: operations.delete_section(row, by=request.user, at=timezone.now()), done)
    return redirect("settings-sections") if gone else redirect("settings-section", pk)
