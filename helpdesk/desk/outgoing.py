"""Replies on their way: what a page shows of them, undoing, sending now, and the list of one's own."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.keys import key_of
from accounts.models import User
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from helpdesk.desk.forms.conversation import (
    REPLY,
    THEN_HOLD,
    THEN_RESOLVE,
    THEN_WAIT,
    ComposerForm,
    WaitForm,
)
from helpdesk.desk.forms.fields import PREFIX
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import Outcome, done, outcome_of, toast, url_of
from helpdesk.desk.wall import DESPITE, Question, ask_before_it_leaves
from helpdesk.refusals import problem, wants_problem
from tickets.models import (
    NUMBER_PREFIX,
    Attachment,
    CannedReply,
    HoldReason,
    Kind,
    Outgoing,
    ReadyUse,
    ResolutionCode,
    Ticket,
    UndoTime,
)
from tickets.operations import outgoing
from tickets.operations.wall import RepeatsNote
from tickets.queries.outgoing import of_person, taken_back
from tickets.refusals import Refused

ASK = "ask"
"""Which reply of the list is asked about."""


@dataclass(frozen=True)
class OnItsWay:
    """A reply that has not left, as the ticket's page shows it."""

    key: int
    by_name: str
    is_mine: bool
    text: str
    what: str
    """What follows from it, in words; "" for a plain reply."""
    state: str
    is_later: bool
    send_at: datetime
    seconds: int
    reason: str

    @property
    def address(self) -> str:
        return f"/desk/outgoing/{self.key}/"

    @property
    def is_held(self) -> bool:
        return self.state == Outgoing.State.HELD


def on_its_way(rows: Iterable[dict[str, Any]], user: User, *, at: datetime) -> list[OnItsWay]:
    """What was read with the ticket, in the order in which it leaves."""
    found = [_shown(row, user, at) for row in rows]
    return sorted(found, key=lambda one: (one.send_at, one.key))


def _shown(row: dict[str, Any], user: User, at: datetime) -> OnItsWay:
    send_at = parse_datetime(str(row["send_at"])) or at
    return OnItsWay(
        key=row["pk"],
        by_name=row["by_name"],
        is_mine=row["by_id"] == user.pk,
        text=row["body"],
        what=what_follows(row["way"], row["facts"]),
        state=row["state"],
        is_later=row["is_later"],
        send_at=send_at,
        seconds=max(0, round((send_at - at).total_seconds())),
        reason=row["reason"] if row["by_id"] == user.pk else "",
    )


def what_follows(way: str, facts: dict[str, Any]) -> str:
    match way:
        case outgoing.WAIT:
            return _("then wait for the answer")
        case outgoing.HOLD:
            return _("then set aside: %(why)s") % {"why": _label(HoldReason, facts.get("reason"))}
        case outgoing.RESOLVE:
            return _("then resolve: %(code)s") % {"code": _label(ResolutionCode, facts.get("code"))}
        case outgoing.MACRO:
            return _("with the macro “%(name)s”") % {"name": facts.get("name", "")}
    return ""


def _label(choices: Any, code: Any) -> str:
    return str(dict(choices.choices).get(code, code or ""))


# --- sending ---


def put(
    request: DeskRequest,
    ticket: Ticket,
    form: ComposerForm,
    *,
    at: datetime,
    send_at: datetime,
    seen: int | None,
) -> Outcome:
    """Put what the composer holds on its way."""
    row = outgoing.put_on_its_way(
        ticket,
        by=request.user,
        at=at,
        send_at=send_at,
        seen=seen,
        is_later=form.is_later,
        used=used_in(form),
        **form.as_outgoing(),
    )
    return outcome_on_its_way(row)


def on_its_way_by_dialog(
    name: str, ticket: Ticket, arguments: Mapping[str, Any], *, by: User, at: datetime
) -> Outcome:
    """What a dialog says to the requester has its time to undo as well; nothing where it leaves at once.

    Who solves a problem goes on to its incidents, which wait for it: that is done at once.
    """
    facts = dict(arguments)
    asks = name == "wait" and facts.pop("what", "") == WaitForm.REQUESTER
    solves = name == "resolve" and ticket.kind != Kind.PROBLEM
    seconds = outgoing.seconds_to_undo(by) if asks or solves else 0
    if not seconds:
        return {}
    row = outgoing.put_on_its_way(
        ticket,
        way=outgoing.WAIT if asks else outgoing.RESOLVE,
        text=facts.pop("question" if asks else "summary"),
        by=by,
        at=at,
        send_at=outgoing.leaves(at, seconds),
        **facts,
    )
    return outcome_on_its_way(row)


def used_in(form: ComposerForm) -> list[tuple[str, int]]:
    """The ready-made texts that were put into what is sent, of those that this person may use."""
    usable = CannedReply.objects.usable_by(form.user).filter(pk__in=form.used)
    return [(str(ReadyUse.Of.REPLY), key) for key in usable.values_list("pk", flat=True)]


def outcome_on_its_way(row: Outgoing) -> Outcome:
    """What is kept with the form's key: the page tells it, and offers to undo."""
    number = f"{NUMBER_PREFIX}{row.ticket_id}"
    if row.is_later:
        when = date_format(timezone.localtime(row.send_at), "SHORT_DATETIME_FORMAT")
        told = _("Kept: your reply to %(number)s leaves on %(when)s.") % {"number": number, "when": when}
        return {"ticket": row.ticket_id, "told": told}
    leaving = {"key": row.pk, "number": number, "at": row.send_at.isoformat()}
    return {"ticket": row.ticket_id, "told": "", "leaving": leaving}


def tell_leaving(response: HttpResponseBase, outcome: Outcome) -> HttpResponseBase:
    """Say to the open page that a reply is on its way, so that it can be undone wherever one goes from here."""
    leaving = outcome.get("leaving")
    if leaving:
        triggers = json.loads(response.headers.get("HX-Trigger", "{}"))
        response.headers["HX-Trigger"] = json.dumps({**triggers, "replyLeaving": leaving})
    return response


# --- back into the composer ---


def put_back(request: DeskRequest, ticket: Ticket) -> Outgoing | None:
    """The reply that this page puts back into the composer: `?back=` names it."""
    key = key_of(request.GET.get("back"))
    return taken_back(request.user, ticket=ticket.pk, key=key) if key else None


def typed(row: Outgoing) -> dict[str, Any]:
    """What the composer began with, when it was sent."""
    facts = row.facts
    found: dict[str, Any] = {"kind": REPLY, "body": row.body, "then": then_of(row), "back": row.pk}
    found |= {name: facts[name] for name in ("minutes", "billable", "publish_fix") if name in facts}
    if row.way == outgoing.HOLD:
        until = parse_datetime(facts["until"]["$time"])
        found |= {"hold_reason": facts["reason"], "hold_until": until}
    if row.way == outgoing.RESOLVE:
        found |= {PREFIX + name: value for name, value in facts.get("fields", {}).items()}
        found["category"] = (facts.get("category") or {}).get("$category")
    return found


def then_of(row: Outgoing) -> str:
    """The composer's word for what follows."""
    if row.way == outgoing.RESOLVE:
        return f"{THEN_RESOLVE}{row.facts.get('code', '')}"
    return {outgoing.WAIT: THEN_WAIT, outgoing.HOLD: THEN_HOLD}.get(row.way, "")


def files_of(row: Outgoing) -> list[Attachment]:
    return list(Attachment.objects.filter(pk__in=row.attachments, uploaded_by=row.by_id, ticket=None))


# --- one of one's own ---


@require_POST
@technicians_page
def act(request: DeskRequest, key: int, name: str) -> HttpResponseBase:
    """Undo, send now, or throw away."""
    row = Outgoing.objects.unsent().filter(by=request.user, pk=key).first()
    acts: dict[str, Any] = {"undo": _undo, "now": _send_now, "discard": _discard}
    if name not in acts:
        raise Http404
    try:
        if row is None:
            raise outgoing.HasLeft(_("It has left already."))
        return acts[name](request, row)  # type: ignore[no-any-return]
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        if row is not None and isinstance(refused, RepeatsNote):
            return done(request, {}, to=_question_about(row, request.POST.get(DESPITE, "")))
        if request.htmx:
            return toast(refused)
        messages.error(request, str(refused))
        return redirect(url_of(row.ticket_id) if row else "/desk/outgoing/")


def _undo(request: DeskRequest, row: Outgoing) -> HttpResponseBase:
    back = outgoing.take_back(row.pk, by=request.user, at=timezone.now())
    sees = Ticket.objects.visible_to(request.user).filter(pk=back.ticket_id).exists()
    to = f"{url_of(back.ticket_id)}?back={back.pk}#composer" if sees else "/desk/outgoing/"
    return done(request, {}, to=to)


def _send_now(request: DeskRequest, row: Outgoing) -> HttpResponseBase:
    ask_before_it_leaves(row, agreed=request.POST.get(DESPITE, ""))
    ticket = outgoing.send_now(row.pk, by=request.user, at=timezone.now())
    return done(request, outcome_of(ticket, _("Sent.")), to=_way_back(request, ticket.pk))


def _question_about(row: Outgoing, agreed: str) -> str:
    return f"/desk/outgoing/?{urlencode({ASK: row.pk, DESPITE: agreed})}#row-{row.pk}"


def _discard(request: DeskRequest, row: Outgoing) -> HttpResponseBase:
    outgoing.discard(row.pk, by=request.user)
    return done(request, {"told": _("Thrown away.")}, to=_way_back(request, row.ticket_id))


def _way_back(request: DeskRequest, ticket: int) -> str:
    """Where it was pressed: on a ticket's page, or in the list."""
    given = request.POST.get("from", "")
    return "/desk/outgoing/" if given == "list" else url_of(ticket)


# --- the list of one's own ---


class UndoTimeForm(forms.Form):
    """For how long one may undo; the desk's time where nothing is chosen."""

    seconds = forms.TypedChoiceField(label=_lazy("A reply can be taken back for"), required=False, coerce=int)

    def __init__(self, *args: Any, usual: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_desk = _("as the desk has it (%(n)d s)") % {"n": usual}
        self.fields["seconds"].choices = [("", of_desk), *SECONDS]  # type: ignore[attr-defined]


SECONDS = [(0, _lazy("leaves at once")), *((n, f"{n} s") for n in (5, 10, 15, 20, 30, 60))]


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def mine(request: DeskRequest) -> HttpResponseBase:
    """What has not left yet, what is held up, what was taken back; and for how long one may undo."""
    own = UndoTime.objects.filter(user=request.user).values_list("seconds", flat=True).first()
    form = UndoTimeForm(request.POST or None, usual=outgoing.seconds_of_desk(), initial={"seconds": own})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["seconds"]
        outgoing.choose_seconds(None if chosen == "" else chosen, by=request.user)
        messages.success(request, _("Saved."))
        return redirect("/desk/outgoing/")
    rows = of_person(request.user)
    seen = Ticket.objects.visible_to(request.user).filter(pk__in={row.ticket_id for row in rows})
    visible = set(seen.values_list("pk", flat=True))
    asked = key_of(request.GET.get(ASK))
    agreed = request.GET.get(DESPITE, "")
    context = {
        "form": form,
        "rows": [
            {
                "row": row,
                "what": what_follows(row.way, row.facts),
                "sees": row.ticket_id in visible,
                "address": f"/desk/outgoing/{row.pk}/",
                "question": Question.about(row, agreed=agreed)
                if row.pk == asked and row.ticket_id in visible
                else None,
            }
            for row in rows
        ],
    }
    return render(request, "desk/outgoing/page.html", context)


@require_http_methods(["GET", "POST"])
@for_administrators
def of_desk(request: AuthenticatedRequest) -> HttpResponse:
    """For how long everybody may undo who has not chosen otherwise."""
    initial = {"seconds": outgoing.seconds_of_desk()}
    form = DeskTimeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        outgoing.choose_seconds(form.cleaned_data["seconds"], by=request.user, for_desk=True)
        messages.success(request, _("Saved."))
        return redirect("settings-sending")
    return form_page(
        request,
        "settings/form.html",
        form,
        title=_("Sending"),
        back="settings",
        back_label=_("Settings"),
    )


class DeskTimeForm(forms.Form):
    seconds = forms.IntegerField(
        label=_lazy("Seconds in which a reply can be taken back"),
        min_value=0,
        max_value=UndoTime.LONGEST,
        help_text=_lazy("0: replies leave at once. People may choose another time for themselves."),
    )
