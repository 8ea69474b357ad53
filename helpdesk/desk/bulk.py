"""One act on the tickets that are ticked in a list: each refusal is told, the rest is done."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.keys import key_of
from escalation.operations import HandedOver
from escalation.queries.checklists import missing
from helpdesk.desk.acts import ACTS, Act
from helpdesk.desk.forms import bulk as forms
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.forms.ending import LEARNED_FROM
from helpdesk.desk.forms.problems import BulkProblemForm
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import Outcome, done, once, status_of
from knowledgebase.operations import problems
from tickets import operations
from tickets.models import NUMBER_PREFIX, LinkType, Ticket
from tickets.queries.listing import LARGEST_PAGE


def _attach(ticket: Ticket, *, parent: Ticket, **facts: Any) -> Ticket:
    """Make it a child: people with the same trouble have one parent, and each sees only their own."""
    return operations.link(ticket, other=parent, type=LinkType.CHILD, **facts)


def _resolve(ticket: Ticket, *, publish_fix: bool = False, **facts: Any) -> Ticket:
    """Only what experts have found out is for the tiers below to learn."""
    wanted = publish_fix and ticket.tier_id in LEARNED_FROM
    result: Ticket = ACTS["resolve"].carry_out(ticket, publish_fix=wanted, **facts)
    return result


OWN: dict[str, Act] = {
    "reply": Act(_lazy("Reply"), operations.reply, "", forms.BulkReplyForm, icon="reply", key="r"),
    "note": Act(_lazy("Note"), operations.note, "", forms.BulkNoteForm, icon="note", key="i"),
    "ask": Act(
        _lazy("Ask the requesters"), operations.wait_for_requester, "", forms.BulkAskForm, icon="wait"
    ),
    "hold": Act(_lazy("Hold until"), operations.hold, "", forms.BulkHoldForm, icon="pause", key="w"),
    "resolve": replace(ACTS["resolve"], carry_out=_resolve, form=forms.BulkResolveForm),
    "parent": Act(_lazy("Attach to a parent"), _attach, "", forms.BulkParentForm, icon="link"),
    "problem": Act(_lazy("Attach to a problem"), problems.attach, "", BulkProblemForm, icon="link"),
}
"""Acts that the page of one ticket has in another shape: in its composer, or in a dialog that knows the ticket."""

FORMS: dict[str, type[ActForm]] = {
    "assign": forms.BulkAssignForm,
    "hand-over": forms.BulkHandOverForm,
    "change": forms.BulkChangeForm,
    "contact": forms.BulkContactForm,
    "override-priority": forms.BulkPriorityForm,
    "untag": forms.BulkUntagForm,
    "restrict": forms.BulkRestrictForm,
}

FIRST = ("take", "assign", "hand-over", "reply", "change", "tag", "resolve", "close")
"""Those that stand in the bar; the others are in its menu."""
MORE = (
    "note",
    "ask",
    "hold",
    "resume",
    "release",
    "accept",
    "return",
    "contact",
    "confirm-priority",
    "override-priority",
    "untag",
    "watch",
    "unwatch",
    "parent",
    "problem",
    "merge",
    "refer",
    "log-work",
    "restrict",
    "unrestrict",
    "reopen",
    "only-thanks",
    "cancel",
    "not-a-request",
    "restore",
)


KEYLESS = ("resume", "unwatch", "reopen")
"""Their keys mean something else where many are chosen, or nothing that is done often."""


@cache
def bulk_acts() -> tuple[tuple[str, Act], ...]:
    """Everything that makes sense on several tickets at once. Splitting, linking and redacting do not."""
    return tuple((name, OWN.get(name) or _for_many(name)) for name in (*FIRST, *MORE))


def _for_many(name: str) -> Act:
    key = "" if name in KEYLESS else ACTS[name].key
    return replace(ACTS[name], form=FORMS.get(name, ACTS[name].form), key=key)


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def bulk(request: DeskRequest, name: str) -> HttpResponseBase:
    act = dict(bulk_acts()).get(name)
    if act is None:
        raise Http404
    sent = request.POST if request.method == "POST" else request.GET
    tickets = _chosen(request, sent.getlist("ticket"))
    form = _form(request, name, act, tickets)
    if request.method != "POST":
        return _show(request, name, act, form, tickets, status=200)
    if not tickets:
        form.add_error(None, _("Tick at least one ticket."))
    if not form.is_valid() or not tickets:
        return _show(request, name, act, form, tickets, status=status_of(request, None))
    outcome = once(request, lambda at: _carry_out(request, act, form, tickets, at))
    return _tell(request, act, outcome)


def _chosen(request: DeskRequest, given: list[str]) -> list[Ticket]:
    """At most a page of them; what the person cannot see is as if it had not been ticked."""
    keys = [key for key in map(key_of, given) if key]
    rows = Ticket.objects.visible_to(request.user).select_related("team", "tier", "category")
    return list(rows.filter(pk__in=keys[:LARGEST_PAGE]).order_by("pk"))


@require_safe
@technicians_page
def hand_over_target(request: DeskRequest) -> HttpResponse:
    """The part of the dialog that follows the choice of the team: what it asks of the chosen tickets."""
    tickets = _chosen(request, request.GET.getlist("ticket"))
    form = forms.BulkHandOverForm(
        request.GET,
        ticket=None,  # type: ignore[arg-type]
        user=request.user,
        auto_id="bulk-hand-over_%s",
    )
    form.tickets = tickets
    return render(request, form.part, {"form": form})


def _form(request: DeskRequest, name: str, act: Act, tickets: list[Ticket]) -> ActForm:
    data = request.POST if request.method == "POST" else None
    form = act.form(data, ticket=None, user=request.user, auto_id=f"bulk-{name}_%s")  # type: ignore[arg-type]
    if isinstance(form, forms.BulkForm):
        form.tickets = tickets
    return form


def _carry_out(request: DeskRequest, act: Act, form: ActForm, tickets: list[Ticket], at: datetime) -> Outcome:
    result = operations.bulk(act.carry_out, tickets, by=request.user, at=at, **form.arguments())
    return {
        "done": [ticket.pk for ticket in result.done],
        "refused": [[ticket.pk, str(refused)] for ticket, refused in result.refused],
        "noted": _noted([each for each in result.outcomes if isinstance(each, HandedOver)]),
    }


def _noted(handed: list[HandedOver]) -> list[list[Any]]:
    """What one should know of hand-overs that were made: what is owed, what was let go without, where else it went."""
    lacking = missing([each.handoff for each in handed])
    noted = []
    for each in handed:
        items = get_text_list([f"“{text}”" for text in lacking.get(each.handoff.pk, ())], _("and"))
        told = [each.notice]
        if items and each.handoff.overridden_by_id:
            told.append(_("Let go without %(items)s; that is recorded.") % {"items": items})
        elif items:
            told.append(_("Not held up, for it is urgent; still owed: %(items)s.") % {"items": items})
        words = " ".join(filter(None, told))
        if words:
            noted.append([each.ticket.pk, words])
    return noted


def _tell(request: DeskRequest, act: Act, outcome: Outcome) -> HttpResponseBase:
    n = len(outcome["done"])
    told = ngettext("%(act)s: done for %(n)s ticket.", "%(act)s: done for %(n)s tickets.", n)
    told %= {"act": act.label, "n": n}
    if not outcome["refused"] and not outcome["noted"]:
        return done(request, {"told": told}, to=_way_back(request))
    refused, noted = (
        [(f"{NUMBER_PREFIX}{pk}", words) for pk, words in outcome[name]] for name in ("refused", "noted")
    )
    context = {
        "act": act,
        "told": told if n else "",
        "refused": refused,
        "noted": noted,
        "back": _way_back(request),
    }
    template = "desk/queue/_bulk_result.html" if request.htmx else "desk/queue/bulk_result.html"
    response = render(request, template, context)
    response["HX-Trigger"] = "ticketsChanged"
    return response


def _show(
    request: DeskRequest, name: str, act: Act, form: ActForm, tickets: list[Ticket], *, status: int
) -> HttpResponse:
    context = {
        "name": name,
        "act": act,
        "form": form,
        "tickets": tickets,
        "url": f"/desk/bulk/{name}/",
        "back": _way_back(request),
    }
    template = "desk/queue/_bulk.html" if request.htmx else "desk/queue/bulk.html"
    return render(request, template, context, status=status)


def _way_back(request: DeskRequest) -> str:
    """The list that the tickets were ticked in."""
    given = request.POST.get("back") or request.headers.get("Referer", "") or request.GET.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(given, {request.get_host()}, require_https=request.is_secure())
    return given if is_ours and "/desk/bulk/" not in given else "/desk/"
