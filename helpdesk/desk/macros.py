"""Macros on a ticket: which are offered, what one would do, and doing it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from escalation.macros.running import (
    Step,
    is_offered,
    offered,
    preview,
    public_words,
    require_whole,
    run_macro,
    what_is_broken,
)
from escalation.models import Macro
from helpdesk.desk.conflict import conflict_page
from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from helpdesk.desk.outgoing import outcome_on_its_way, tell_leaving
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
)
from helpdesk.desk.wall import ask_about_notes, put_question
from helpdesk.refusals import problem, wants_problem
from tickets.filling import require_filled
from tickets.models import Ticket
from tickets.operations import outgoing
from tickets.operations.wall import RepeatsNote
from tickets.refusals import Conflict, Refused


class MacroForm(ActForm):
    """What the requester will read, to be changed before it is sent."""

    words = forms.CharField(label=_lazy("What the requester reads"), max_length=LONGEST, widget=text_area(6))


@require_safe
@technicians_page
def macros(request: DeskRequest, number: str) -> HttpResponse:
    """The menu of those that are meant for this ticket, with their keys."""
    ticket = ticket_or_404(request.user, number, with_people)
    rows = offered(ticket, request.user, at=timezone.now())
    context = {"rows": rows, "ticket": ticket, "url": url_of(ticket.pk)}
    return render(request, "desk/ticket/_macros.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def macro(request: DeskRequest, number: str, key: int) -> HttpResponseBase:
    """GET: what it would do on this ticket, and what would be refused. POST: do it."""
    ticket = ticket_or_404(request.user, number, with_people)
    row = Macro.objects.usable_by(request.user).filter(pk=key, is_active=True).first()
    if row is None:
        raise Http404
    return _Running(request, ticket, row).answer()


class _Running:
    """One request for one macro on one ticket."""

    def __init__(self, request: DeskRequest, ticket: Ticket, row: Macro) -> None:
        self.request, self.ticket, self.macro = request, ticket, row
        self.text = public_words(row, ticket, request.user)

    def answer(self) -> HttpResponseBase:
        if self.request.method != "POST":
            return self._show(self._form(initial={"words": self.text}), status=200)
        # The dialog sends the words as they were changed; the key alone sends none.
        is_edited = "words" in self.request.POST and bool(self.text)
        form = self._form(data=self.request.POST) if is_edited else None
        if form is not None and not form.is_valid():
            return self._show(form, status=status_of(self.request, None))
        words = form.cleaned_data["words"] if form is not None else ""
        try:
            if words or self.text:
                ask_about_notes(self.request, self.ticket, words or self.text)
            outcome = once(self.request, lambda at: self._run(words, at))
        except Conflict as conflict:
            return conflict_page(self.request, conflict, label=self.macro.name)
        except Refused as refused:
            return self._refuse(form, refused)
        return tell_leaving(done(self.request, outcome), outcome)

    def _form(self, **arguments: Any) -> MacroForm:
        form = MacroForm(ticket=self.ticket, user=self.request.user, auto_id="macro_%s", **arguments)
        if not self.text:
            del form.fields["words"]
        return form

    def _run(self, words: str, at: datetime) -> Outcome:
        by, seen = self.request.user, version_of(self.request)
        seconds = outgoing.seconds_to_undo(by) if self.text else 0
        if not seconds:
            ticket = run_macro(self.macro, self.ticket, by=by, at=at, seen=seen, words=words or None)
            return outcome_of(ticket, _("Done: “%(name)s”.") % {"name": self.macro.name.replace("%", "%%")})
        require_whole(self.macro)
        require_filled(words or self.text)
        row = outgoing.put_on_its_way(
            self.ticket,
            way=outgoing.MACRO,
            text=words or self.text,
            by=by,
            at=at,
            send_at=outgoing.leaves(at, seconds),
            seen=seen,
            macro=self.macro.pk,
            name=self.macro.name,
        )
        return outcome_on_its_way(row)

    def _refuse(self, form: MacroForm | None, refused: Refused) -> HttpResponseBase:
        if wants_problem(self.request):
            return problem(refused)
        if form is None and self.request.htmx:
            return toast(refused)
        if form is None:
            messages.error(self.request, str(refused))
            return redirect(url_of(self.ticket.pk))
        if isinstance(refused, RepeatsNote):
            put_question(form, refused)
        else:
            show_refusal(form, refused)
        return self._show(form, status=status_of(self.request, refused))

    def _show(self, form: MacroForm, *, status: int) -> HttpResponse:
        at = timezone.now()
        steps: list[Step] = preview(self.macro, self.ticket, by=self.request.user, at=at)
        broken = what_is_broken(self.macro)
        fits = is_offered(self.macro, self.ticket, self.request.user, at=at)
        context = {
            "macro": self.macro,
            "ticket": self.ticket,
            "steps": steps,
            "broken": broken,
            "fits": fits,
            "may_run": fits and not broken and not any(step.refused for step in steps),
            "form": form,
            "url": f"{url_of(self.ticket.pk)}macros/{self.macro.pk}/",
            "back": url_of(self.ticket.pk),
            "undo_seconds": outgoing.seconds_to_undo(self.request.user) if self.text else 0,
        }
        template = "desk/macros/_preview.html" if self.request.htmx else "desk/macros/page.html"
        return render(self.request, template, context, status=status)
