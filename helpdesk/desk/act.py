"""One act on one ticket: its dialog, and carrying it out. What the acts are stands in `acts.py`."""

from datetime import datetime
from typing import Any, cast

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.desk.acts import ACTS, GUEST_ACTS
from helpdesk.desk.conflict import conflict_page
from helpdesk.desk.doing import Act
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.forms.facts import ChangeForm
from helpdesk.desk.forms.fields import kept_files
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest, ticket_or_404
from helpdesk.desk.merging import Merged, merge
from helpdesk.desk.outgoing import on_its_way_by_dialog, tell_leaving
from helpdesk.desk.scripts import prefilled
from helpdesk.desk.sending import (
    Outcome,
    done,
    once,
    outcome_of,
    show_refusal,
    status_of,
    toast,
    url_of,
    version_of,
    with_uploads,
)
from helpdesk.desk.wall import ask_about_notes, put_question
from helpdesk.refusals import problem, wants_problem
from tickets.models import Ticket
from tickets.operations.wall import RepeatsNote
from tickets.refusals import Conflict, Refused

ASKED_BY_LINK = ("message", "attachment", "link", "name", "proposal", "invitation", "to")


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def act(request: DeskRequest, number: str, name: str) -> HttpResponseBase:
    acts = GUEST_ACTS if is_guest(request.user) else ACTS
    if name not in acts:
        raise Http404
    ticket = ticket_or_404(request.user, number)
    return _Sending(request, ticket, name, acts[name]).answer()


@require_POST
@desk_page
def fields(request: DeskRequest, number: str, name: str) -> HttpResponse:
    """The custom fields of an act for what is answered so far; nothing is kept."""
    acts = GUEST_ACTS if is_guest(request.user) else ACTS
    if name not in acts:
        raise Http404
    ticket = ticket_or_404(request.user, number)
    form = acts[name].form(
        ticket=ticket, user=request.user, auto_id=f"{name}_%s", initial=cast(Any, request.POST)
    )
    if not hasattr(form, "extra_fields"):
        raise Http404
    return render(request, "desk/acts/_custom.html", {"form": form, "name": name, "part": True})


class _Sending:
    """One request for one act."""

    def __init__(self, request: DeskRequest, ticket: Ticket, name: str, act: Act) -> None:
        self.request, self.ticket, self.name, self.act = request, ticket, name, act
        self.draft = f"ticket-{ticket.pk}-{name}"

    def answer(self) -> HttpResponseBase:
        if self.request.method == "POST":
            return self._carry_out()
        if not self.act.asks:
            return redirect(url_of(self.ticket.pk))
        asked: dict[str, Any] = {}
        if "run" in self.request.GET:
            asked = prefilled(self.request.user, self.ticket, self.name, self.request.GET["run"])
        asked |= {key: self.request.GET[key] for key in ASKED_BY_LINK if key in self.request.GET}
        return self._show(self._form(initial=asked), status=200)

    def _form(self, **arguments: Any) -> ActForm:
        form = self.act.form(
            ticket=self.ticket, user=self.request.user, auto_id=f"{self.name}_%s", **arguments
        )
        form.focus_first()
        return form

    def _carry_out(self) -> HttpResponseBase:
        try:
            form = self._form(data=with_uploads(self.request))
        except Refused as refused:
            return self._refuse(self._form(data=self.request.POST), refused)
        if not form.is_valid():
            return self._show(form, status=status_of(self.request, None))
        try:
            if self.act.public:
                ask_about_notes(self.request, self.ticket, form.cleaned_data.get(self.act.public) or "")
            outcome = once(self.request, lambda at: self._operate(form, at))
        except Conflict as conflict:
            return conflict_page(
                self.request, conflict, label=self.act.label, merged=self._merged(form, conflict)
            )
        except RepeatsNote as repeats:
            return self._ask(form, repeats)
        except Refused as refused:
            return self._refuse(form, refused)
        return tell_leaving(done(self.request, outcome, draft=self.draft), outcome)

    def _operate(self, form: ActForm, at: datetime) -> Outcome:
        arguments = form.arguments()
        if self.act.versioned:
            arguments["seen"] = version_of(self.request)
        outcome = on_its_way_by_dialog(self.name, self.ticket, arguments, by=self.request.user, at=at)
        if outcome:
            return outcome
        result = self.act.carry_out(self.ticket, by=self.request.user, at=at, **arguments)
        return outcome_of(result, self.act.done)

    def _merged(self, form: ActForm, conflict: Conflict) -> Merged | None:
        """Where fields were corrected, each beside what others have made of it."""
        if not isinstance(form, ChangeForm):
            return None
        fresh = ChangeForm(form.data, ticket=conflict.ticket, user=self.request.user)
        return merge(fresh, seen=conflict.seen)

    def _ask(self, form: ActForm, repeats: RepeatsNote) -> HttpResponseBase:
        if wants_problem(self.request):
            return problem(repeats)
        put_question(form, repeats)
        return self._show(form, status=status_of(self.request, repeats))

    def _refuse(self, form: ActForm, refused: Refused) -> HttpResponseBase:
        if wants_problem(self.request):
            return problem(refused)
        if self.act.asks:
            show_refusal(form, refused)
            return self._show(form, status=status_of(self.request, refused))
        if self.request.htmx:
            return toast(refused)
        raise refused

    def _show(self, form: ActForm, *, status: int) -> HttpResponse:
        context = {
            "form": form,
            "ticket": self.ticket,
            "act": self.act,
            "name": self.name,
            "url": f"{url_of(self.ticket.pk)}{self.name}/",
            "back": url_of(self.ticket.pk),
            "draft": self.draft,
            "version": version_of(self.request) or self.ticket.version,
            "kept": kept_files(form, self.request.user),
        }
        template = "desk/acts/_dialog.html" if self.request.htmx else "desk/acts/page.html"
        return render(self.request, template, context, status=status)
