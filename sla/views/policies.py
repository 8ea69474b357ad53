"""The settings pages of policies: administrators change them, managers read them."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.keys import key_of
from accounts.permissions import may_administer
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators, for_overseers
from sla import advice, exchange
from sla.book import read_rules
from sla.comparing import condition_words, differences
from sla.conditions import steady_fields
from sla.explaining import judged_now, try_policies
from sla.forms.conditions import ConditionRow
from sla.forms.exchange import ImportForm, TestForm
from sla.forms.policies import (
    COUNTED,
    PolicyForm,
    as_typed,
    form_of,
    new_form,
)
from sla.forms.rows import typed_row
from sla.models import Policy
from sla.operations import policies as operations
from sla.queries import policies as queries
from sla.queries.named import Named, named
from sla.spec import PolicySpec, from_json
from sla.views import acts
from sla.views.answers import attempt
from tickets.models import NUMBER_PREFIX, Ticket


@require_GET
@for_overseers
def policies(request: AuthenticatedRequest) -> HttpResponse:
    unreached = advice.reach(read_rules().rules)
    lines = [
        {
            "policy": policy,
            "words": condition_words(spec.when),
            "row": queries.at_a_glance(spec),
            "unreached": unreached.get(policy.pk, ""),
        }
        for policy, spec in queries.policies_with_specs()
    ]
    return render(request, "sla/policies.html", {"lines": lines} | _rights(request))


@require_http_methods(["GET", "POST"])
@for_administrators
def new_policy(request: AuthenticatedRequest) -> HttpResponse:
    known, at = named(), timezone.now()
    if grow := acts.grows(request, COUNTED):
        form = as_typed(request.POST, known=known, is_default=False, grow=grow)
        return _editor(request, form, _("New policy"))
    form = new_form(request.POST if request.method == "POST" else None, known)
    if form.is_valid():
        if "look" in request.POST:
            return _editor(request, form, _("New policy"), look=_look(None, form.spec, known))
        made = attempt(
            form,
            lambda: operations.create_policy(
                name=form.cleaned_data["name"],
                spec=form.spec,
                note=form.cleaned_data["note"],
                by=request.user,
                at=at,
            ),
        )
        if made is not None:
            messages.success(
                request, _("%(name)s is in use, before the default policy.") % {"name": made.name}
            )
            _warn(request, form.spec, known)
            return redirect("settings-policies")
    return _editor(request, form, _("New policy"))


@require_http_methods(["GET", "POST"])
@for_overseers
def policy(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.policies(), pk=pk)
    if not may_administer(request.user):
        return redirect("settings-policy-versions", pk)
    known, at = named(), timezone.now()
    if grow := acts.grows(request, COUNTED):
        form = as_typed(request.POST, known=known, is_default=row.is_default, grow=grow)
        return _editor(request, form, row.name, policy=row)
    form = form_of(row, request.POST if request.method == "POST" else None, known)
    if form.is_valid():
        if "look" in request.POST:
            return _editor(request, form, row.name, policy=row, look=_look(row, form.spec, known))
        saved = attempt(
            form,
            lambda: operations.publish(
                row,
                spec=form.spec,
                name=form.cleaned_data["name"],
                note=form.cleaned_data["note"],
                seen=form.cleaned_data["seen"],
                by=request.user,
                at=at,
            ),
        )
        if saved is not None:
            messages.success(request, _saved(row, saved))
            _warn(request, form.spec, known)
            return redirect("settings-policy", pk)
    extra = {"warnings": advice.warnings(_spec(row), known)} if request.method == "GET" else {}
    return _editor(request, form, row.name, policy=row, **extra)


@require_GET
@for_administrators
def condition(request: AuthenticatedRequest) -> HttpResponse:
    """One row of the condition, drawn anew after its field or comparison was changed."""
    prefix = f"c{key_of(request.GET.get('row', '').removeprefix('c'))}"
    known = {field.name: field for field in steady_fields()}
    row = ConditionRow(prefix=prefix, initial=typed_row(request.GET, prefix), known=known)
    return render(request, "sla/_policy_condition.html", {"row": row})


@require_GET
@for_overseers
def versions(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.policies(), pk=pk)
    known, spec = named(), _spec(row)
    context = {
        "policy": row,
        "history": queries.history(row, known),
        "condition": condition_words(spec.when),
        "promises": queries.promises(spec, known),
        "rests": queries.rests(spec),
        "acts": queries.acts(spec),
        "spec": spec,
        "warnings": advice.warnings(spec, known),
        "unreached": advice.reach(read_rules().rules).get(pk, ""),
    }
    return render(request, "sla/policy_versions.html", context | _rights(request))


@require_GET
@for_overseers
def export(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.policies(), pk=pk)
    answer = HttpResponse(
        exchange.write(row.name, _spec(row)), content_type="application/yaml; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{slugify(row.name) or "policy"}.yml"'
    return answer


@require_http_methods(["GET", "POST"])
@for_administrators
def import_policy(request: AuthenticatedRequest) -> HttpResponse:
    """A policy of this name gets another version; a name that is new makes a new policy."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if not form.is_valid() or form.draft is None:
        return form_page(request, "sla/policy_import.html", form)
    draft, known, at = form.draft, named(), timezone.now()
    row = queries.policies().filter(name__iexact=draft.name).first()
    if "look" in request.POST:
        return form_page(
            request,
            "sla/policy_import.html",
            form,
            look=_look(row, draft.spec, known),
            policy=row,
            draft=draft,
        )
    saved = attempt(form, lambda: _import(request, row, draft, form.cleaned_data["note"], at))
    if saved is None:
        return form_page(request, "sla/policy_import.html", form)
    messages.success(request, _("%(name)s is imported.") % {"name": saved.name})
    _warn(request, draft.spec, known)
    return redirect("settings-policy", saved.pk)


def _import(
    request: AuthenticatedRequest, row: Policy | None, draft: exchange.Draft, note: str, at: datetime
) -> Policy:
    if row is None:
        return operations.create_policy(name=draft.name, spec=draft.spec, note=note, by=request.user, at=at)
    return operations.publish(row, spec=draft.spec, note=note, by=request.user, at=at)


@require_GET
@for_overseers
def test(request: AuthenticatedRequest) -> HttpResponse:
    """Which policy matches a ticket and why; only tickets that the reader may see."""
    form = TestForm(request.GET if "ticket" in request.GET else None)
    context: dict[str, Any] = {}
    if form.is_valid():
        number = form.cleaned_data["ticket"].upper().removeprefix(NUMBER_PREFIX)
        ticket = Ticket.objects.visible_to(request.user).filter(pk=key_of(number)).first()
        if ticket is None:
            form.add_error("ticket", _("There is no such ticket, or it is not yours to see."))
        else:
            context = _tested(request, ticket)
    return form_page(request, "sla/policy_test.html", form, **context)


def _tested(request: AuthenticatedRequest, ticket: Ticket) -> dict[str, Any]:
    tried = try_policies(ticket, read_rules(), reader=request.user, at=timezone.now())
    match = next((each.rule for each in tried if each.matches), None)
    return {"ticket": ticket, "tried": tried, "match": match, "judged": judged_now(ticket, match)}


# --- acts of one button ---


@require_POST
@for_administrators
def move(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Policy, pk=pk)
    return acts.moved(request, row, operations.move_policy, back="settings-policies")


@require_POST
@for_administrators
def use(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Policy, pk=pk)
    enable, disable = operations.enable_policy, operations.disable_policy
    return acts.put_to_use(request, row, enable, disable, back="settings-policies")


@require_POST
@for_administrators
def copy(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return acts.copied(request, get_object_or_404(Policy, pk=pk), operations.duplicate, to="settings-policy")


@require_POST
@for_administrators
def delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Policy, pk=pk)
    return acts.deleted(
        request, row, operations.delete_policy, back="settings-policies", page="settings-policy"
    )


@require_POST
@for_administrators
def restore(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.policies(), pk=pk)
    number = key_of(request.POST.get("version", ""))
    get_object_or_404(row.versions, number=number)
    if acts.tried(request, lambda at: operations.restore(row, number=number, by=request.user, at=at)):
        messages.success(request, _saved(row, queries.policies().get(pk=pk)))
    return redirect("settings-policy-versions", pk)


# --- below ---


def _rights(request: AuthenticatedRequest) -> dict[str, Any]:
    return {"may_change": may_administer(request.user)}


def _spec(row: Policy) -> PolicySpec:
    return from_json(row.current.spec) if row.current else PolicySpec()


def _editor(request: AuthenticatedRequest, form: PolicyForm, title: str, **context: Any) -> HttpResponse:
    return form_page(request, "sla/policy.html", form, title=title, **context)


def _look(row: Policy | None, spec: PolicySpec, known: Named) -> dict[str, Any]:
    """What a publication would change, and what to look at twice."""
    return {
        "differences": differences(_spec(row), spec, known) if row else [],
        "promises": [] if row else queries.promises(spec, known),
        "warnings": advice.warnings(spec, known),
        "tickets": queries.open_tickets_judged_by(row) if row else None,
    }


def _saved(before: Policy, after: Policy) -> str:
    if before.current_id == after.current_id:
        return _("Saved. It promises what it did.")
    number = after.current.number if after.current else 0
    return _("Saved. Version %(n)d holds; open tickets are judged anew in the background.") % {"n": number}


def _warn(request: AuthenticatedRequest, spec: PolicySpec, known: Named) -> None:
    for warning in advice.warnings(spec, known):
        messages.warning(request, warning)
