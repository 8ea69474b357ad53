"""The settings pages of rules: managers and administrators write them, leads read them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.keys import key_of
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_leads_and_overseers, for_overseers
from escalation.forms.rule_rows import ActionRow, RuleConditionRow, asked_fields
from escalation.forms.rules import (
    COUNTED,
    RuleForm,
    RulesImportForm,
    WhyNotForm,
    as_typed,
    form_of,
    new_form,
    typed_action,
)
from escalation.models import Rule
from escalation.operations import rules as operations
from escalation.operations.taking_in import take_in
from escalation.permissions import may_write_rules
from escalation.queries import rules as queries
from escalation.rules import exchange
from escalation.rules.checking import readable
from escalation.rules.explaining import say
from escalation.rules.saying import differences, if_words, then_words, when_words
from escalation.rules.spec import RuleSpec, from_json
from escalation.rules.whynot import why_not
from sla.forms.rows import typed_row
from sla.queries.named import Named, named
from sla.views import acts
from sla.views.answers import attempt
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.refusals import Invalid
from tickets.vocabulary import as_q

PAGE = 50


@require_GET
@for_leads_and_overseers
def rules(request: AuthenticatedRequest) -> HttpResponse:
    known = named()
    lines = [
        {"rule": rule, "spec": (spec := _spec(rule)), **_words(spec, known)}
        for rule in queries.rules_with_deeds(at=timezone.now())
    ]
    return render(request, "escalation/rules.html", {"lines": lines} | _rights(request))


@require_http_methods(["GET", "POST"])
@for_overseers
def new_rule(request: AuthenticatedRequest) -> HttpResponse:
    known, at = named(), timezone.now()
    if grow := acts.grows(request, COUNTED):
        return _editor(request, as_typed(request.POST, known=known, grow=grow), _("New rule"))
    form = new_form(request.POST if request.method == "POST" else None, known)
    if form.is_valid():
        said = form.cleaned_data
        made = attempt(
            form,
            lambda: operations.create_rule(
                name=said["name"],
                spec=form.spec,
                note=said["note"],
                why=said["why"],
                owner=said["owner"],
                by=request.user,
                at=at,
            ),
        )
        if made is not None:
            messages.success(
                request,
                _("%(name)s is made. Try it on the past, then put it into use.") % {"name": made.name},
            )
            return redirect("settings-rule-versions", made.pk)
    return _editor(request, form, _("New rule"))


@require_http_methods(["GET", "POST"])
@for_leads_and_overseers
def rule(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.rules(), pk=pk)
    if not may_write_rules(request.user):
        return redirect("settings-rule-versions", pk)
    known, at = named(), timezone.now()
    if grow := acts.grows(request, COUNTED):
        return _editor(request, as_typed(request.POST, known=known, grow=grow), row.name, rule=row)
    form = form_of(row, request.POST if request.method == "POST" else None, known)
    if form.is_valid():
        said = form.cleaned_data
        if "look" in request.POST:
            look = {"differences": differences(_spec(row), form.spec, known)}
            return _editor(request, form, row.name, rule=row, look=look)
        saved = attempt(
            form,
            lambda: operations.publish_rule(
                row,
                spec=form.spec,
                name=said["name"],
                note=said["note"],
                why=said["why"],
                owner=said["owner"],
                seen=said["seen"],
                by=request.user,
                at=at,
            ),
        )
        if saved is not None:
            messages.success(request, _saved(row, saved))
            return redirect("settings-rule", pk)
    return _editor(request, form, row.name, rule=row)


# --- parts of the editor ---


@require_GET
@for_overseers
def condition(request: AuthenticatedRequest) -> HttpResponse:
    """One row of the condition, drawn anew after its field or comparison was changed."""
    prefix = f"c{key_of(request.GET.get('row', '').removeprefix('c'))}"
    row = RuleConditionRow(prefix=prefix, initial=typed_row(request.GET, prefix), known=asked_fields())
    return render(request, "sla/_policy_condition.html", {"row": row})


@require_GET
@for_overseers
def action(request: AuthenticatedRequest) -> HttpResponse:
    """One row of the actions, drawn anew after its type was changed."""
    prefix = f"a{key_of(request.GET.get('row', '').removeprefix('a'))}"
    row = ActionRow(prefix=prefix, initial=typed_action(request.GET, prefix))
    return render(request, "escalation/_rule_action.html", {"row": row})


@require_POST
@for_overseers
def count(request: AuthenticatedRequest) -> HttpResponse:
    """How many open tickets match the condition as it stands in the editor, of those that this person may open."""
    form = RuleForm(request.POST, known=named(), initial={})
    form.is_valid()
    context: dict[str, Any] = {}
    try:
        typed = {name: request.POST.get(name, "") for name in ("match", "tree")}
        tree = readable(form.when(form.cleaned_data | typed))
    except Invalid:
        context["is_unreadable"] = True
    else:
        rows = Ticket.objects.visible_to(request.user).open()
        context["n"] = rows.filter(as_q(tree, at=timezone.now())).count()
    return render(request, "escalation/_rule_count.html", context)


# --- what it says and what it did ---


@require_GET
@for_leads_and_overseers
def versions(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.rules(), pk=pk)
    known, spec = named(), _spec(row)
    rows = queries.versions_of(row)
    specs = [from_json(version.spec) for version in rows]
    before = [*specs[1:], None]
    history = [
        {"version": version, "differences": differences(old, new, known) if old else []}
        for version, new, old in zip(rows, specs, before, strict=True)
    ]
    context = {"rule": row, "spec": spec, "history": history, **_words(spec, known)}
    return render(request, "escalation/rule_versions.html", context | _rights(request))


@require_GET
@for_leads_and_overseers
def deeds(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What a rule did lately, and why it did not fire on a ticket."""
    row = get_object_or_404(queries.rules(), pk=pk)
    before = key_of(request.GET.get("before", "")) or None
    found = queries.deeds(row, request.user, before=before, limit=PAGE + 1)
    lines = [
        {"firing": deed.firing, "is_visible": deed.is_visible, "why": say(deed.firing.why)}
        for deed in found[:PAGE]
    ]
    form = WhyNotForm(request.GET if "ticket" in request.GET else None)
    context = {
        "rule": row,
        "lines": lines,
        "older": found[PAGE - 1].firing.pk if len(found) > PAGE else None,
        "states": queries.states_of(row),
        "returned": queries.returned_by(row),
        **_asked_why(request, row, form),
        **_rights(request),
    }
    return form_page(request, "escalation/rule_deeds.html", form, **context)


def _asked_why(request: AuthenticatedRequest, row: Rule, form: WhyNotForm) -> dict[str, Any]:
    """Only of tickets that the reader may see."""
    if not form.is_valid():
        return {}
    number = form.cleaned_data["ticket"].upper().removeprefix(NUMBER_PREFIX)
    ticket = Ticket.objects.visible_to(request.user).filter(pk=key_of(number)).first()
    if ticket is None:
        form.add_error("ticket", _("There is no such ticket, or it is not yours to see."))
        return {}
    answer = why_not(row, ticket, at=timezone.now())
    return {"asked": ticket, "answer": answer, "conditions": say(answer.rows)}


# --- YAML ---


@require_GET
@for_leads_and_overseers
def export(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.rules(), pk=pk)
    return _yaml([row], slugify(row.name) or "rule")


@require_GET
@for_leads_and_overseers
def export_all(request: AuthenticatedRequest) -> HttpResponse:
    """What `manage.py simulate_rules` reads."""
    return _yaml(list(queries.rules()), "rules")


def _yaml(rows: list[Rule], name: str) -> HttpResponse:
    text = exchange.write(exchange.of_rule(row) for row in rows)
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.yml"'
    return answer


@require_http_methods(["GET", "POST"])
@for_overseers
def import_rules(request: AuthenticatedRequest) -> HttpResponse:
    """A rule of this name gets another version; a name that is new makes a new rule, out of use."""
    form = RulesImportForm(request.POST or None, request.FILES or None)
    if not form.is_valid() or not form.drafts:
        return form_page(request, "escalation/rule_import.html", form)
    at = timezone.now()
    if "look" in request.POST:
        return form_page(request, "escalation/rule_import.html", form, look=_look(form.drafts))
    saved = attempt(form, lambda: take_in(form.drafts, why=form.cleaned_data["why"], by=request.user, at=at))
    if saved is None:
        return form_page(request, "escalation/rule_import.html", form)
    messages.success(
        request,
        _("%(new)d rules are made, not in use yet; %(changed)d say something else now.")
        % {"new": saved.made, "changed": saved.changed},
    )
    return redirect("settings-rules")


def _look(drafts: Sequence[exchange.Draft]) -> list[dict[str, Any]]:
    known = named()
    rows = {row.name.casefold(): row for row in queries.rules()}
    found = []
    for draft in drafts:
        row = rows.get(draft.name.casefold())
        changed = differences(_spec(row), draft.spec, known) if row is not None else []
        found.append({"draft": draft, "rule": row, "differences": changed, **_words(draft.spec, known)})
    return found


# --- acts of one button ---


@require_POST
@for_overseers
def move(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return acts.moved(request, get_object_or_404(Rule, pk=pk), operations.move_rule, back="settings-rules")


@require_POST
@for_overseers
def use(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Rule, pk=pk)
    enable, disable = operations.enable_rule, operations.disable_rule
    return acts.put_to_use(request, row, enable, disable, back="settings-rules")


@require_POST
@for_overseers
def copy(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return acts.copied(request, get_object_or_404(Rule, pk=pk), operations.duplicate_rule, to="settings-rule")


@require_POST
@for_overseers
def delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Rule, pk=pk)
    return acts.deleted(request, row, operations.delete_rule, back="settings-rules", page="settings-rule")


@require_POST
@for_overseers
def restore(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(queries.rules(), pk=pk)
    number = key_of(request.POST.get("version", ""))
    get_object_or_404(row.versions, number=number)
    if acts.tried(request, lambda at: operations.restore_rule(row, number=number, by=request.user, at=at)):
        messages.success(request, _saved(row, queries.rules().get(pk=pk)))
    return redirect("settings-rule-versions", pk)


# --- below ---


def _rights(request: AuthenticatedRequest) -> dict[str, Any]:
    return {"may_change": may_write_rules(request.user)}


def _spec(row: Rule) -> RuleSpec:
    return from_json(row.current.spec) if row.current else RuleSpec()


def _words(spec: RuleSpec, known: Named) -> dict[str, Any]:
    return {"when": when_words(spec, known), "if_": if_words(spec), "then": then_words(spec)}


def _editor(request: AuthenticatedRequest, form: RuleForm, title: str, **context: Any) -> HttpResponse:
    return form_page(request, "escalation/rule.html", form, title=title, **context)


def _saved(before: Rule, after: Rule) -> str:
    if before.current_id == after.current_id:
        return _("Saved. It says what it did.")
    number = after.current.number if after.current else 0
    return _("Saved. Version %(n)d holds for what happens from now on.") % {"n": number}
