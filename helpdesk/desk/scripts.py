"""Scripts inside a ticket: which are offered, and running one, step by step.

The same part of a page (`_run.html`) stands in the ticket's panel and on a page of its own, there with the drawing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.keys import key_of
from accounts.models import User
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from helpdesk.desk.run_page import shown
from helpdesk.desk.sending import Outcome, once, status_of, url_of, with_uploads
from helpdesk.refusals import problem, wants_problem
from knowledgebase.models import Article, Run, RunAction
from knowledgebase.operations import acting, ending, running, suggesting_steps, verifying
from knowledgebase.queries import prefilling
from knowledgebase.queries.runs import action_at, offered, readable_run, runs_of, standing, startable
from tickets.models import Ticket
from tickets.refusals import Refused

# --- the panel ---


@require_safe
@technicians_page
def panel(request: DeskRequest, number: str) -> HttpResponse:
    return _panel(request, ticket_or_404(request.user, number, with_people))


@require_POST
@technicians_page
def start(request: DeskRequest, number: str) -> HttpResponseBase:
    ticket = ticket_or_404(request.user, number, with_people)
    article = startable(request.user).filter(pk=key_of(request.POST.get("sop", ""))).first()
    if article is None:
        raise Http404
    try:
        outcome = once(request, lambda at: _started(ticket, article, request.user, at))
    except running.RunningAlready as known:
        outcome = {"run": known.run.pk}
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        return _panel(request, ticket, refused=refused)
    if request.htmx:
        return _panel(request, ticket, has_moved=True)
    return redirect(f"{url_of(ticket.pk)}scripts/{outcome['run']}/")


def _panel(
    request: DeskRequest, ticket: Ticket, *, refused: Refused | None = None, has_moved: bool = False
) -> HttpResponse:
    """What runs in the ticket, what may be started, what was run."""
    runs = runs_of(ticket, request.user)
    open_run = next((run for run in runs if run.is_running), None)
    context: dict[str, Any] = {"ticket": ticket, "url": url_of(ticket.pk), "refused": refused}
    context["runs"] = [run for run in runs if run != open_run]
    if ticket.is_open:
        context["offered"] = offered(ticket, request.user)
    if open_run is not None:
        open_run.ticket = ticket
        context |= shown(request, ticket, open_run, has_moved=has_moved) | {"is_large": False, "picture": ""}
    template = "desk/scripts/_panel.html" if request.htmx else "desk/scripts/page.html"
    return render(request, template, context, status=status_of(request, refused) if refused else 200)


def _started(ticket: Ticket, article: Article, by: User, at: datetime) -> Outcome:
    return {"run": running.start(ticket, article=article, by=by, at=at).pk}


# --- a run ---


@require_safe
@technicians_page
def run(request: DeskRequest, number: str, key: int) -> HttpResponse:
    """Where the run stands; with `at=3` the step at that place, to be answered again."""
    ticket = ticket_or_404(request.user, number, with_people)
    found = _run_or_404(request.user, ticket, key)
    if "waits" in request.GET:
        return _whether_moved(request, found)
    return _page(request, ticket, found)


@require_POST
@technicians_page
def do(request: DeskRequest, number: str, key: int, name: str) -> HttpResponseBase:
    """One act on a run: answer, verify, code, act, stop-waiting, go-on, give-up, suggest."""
    if name not in DOING:
        raise Http404
    ticket = ticket_or_404(request.user, number, with_people)
    found = _run_or_404(request.user, ticket, key)
    sent = _Sent(request, found)
    try:
        outcome = once(request, lambda at: DOING[name](sent, at))
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        return _page(request, ticket, found, refused=refused, asked=name)
    return _answer(request, ticket, outcome.get("run", found.pk), told=outcome.get("told", ""))


@dataclass(frozen=True)
class _Sent:
    """What was sent about a run."""

    request: DeskRequest
    run: Run

    @property
    def by(self) -> User:
        return self.request.user

    def text(self, name: str) -> str:
        return self.request.POST.get(name, "")

    @property
    def where(self) -> dict[str, Any]:
        """The place and the step that the page showed, and who answers."""
        return {"place": key_of(self.text("place")), "step": self.text("step"), "by": self.by}


def _do_answer(sent: _Sent, at: datetime) -> Outcome:
    files = with_uploads(sent.request).getlist("attachments")
    running.answer(sent.run, value=sent.text("value"), attachments=files, at=at, **sent.where)
    return {"run": sent.run.pk}


def _do_verify(sent: _Sent, at: datetime) -> Outcome:
    checked = verifying.verify(
        sent.run,
        way=sent.text("way"),
        passed=sent.text("result") == "passed",
        code=sent.text("code"),
        at=at,
        **sent.where,
    )
    if checked.is_decided:
        return {"run": sent.run.pk}
    told = _("That is not the code that was sent. %(n)d more tries.") % {"n": checked.tries_left or 0}
    return {"run": sent.run.pk, "told": told}


def _do_code(sent: _Sent, at: datetime) -> Outcome:
    verifying.send_code(sent.run, at=at, **sent.where)
    return {"run": sent.run.pk, "told": _("The code is on its way to the address on file.")}


def _do_act(sent: _Sent, at: datetime) -> Outcome:
    acting.act(sent.run, at=at, **sent.where)
    return {"run": sent.run.pk}


def _do_stop_waiting(sent: _Sent, at: datetime) -> Outcome:
    acting.stop_waiting(sent.run, at=at, **sent.where)
    return {"run": sent.run.pk}


def _do_go_on(sent: _Sent, at: datetime) -> Outcome:
    return {"run": ending.go_on(sent.run, by=sent.by, at=at).pk}


def _do_give_up(sent: _Sent, at: datetime) -> Outcome:
    running.give_up(sent.run, why=sent.text("why"), by=sent.by, at=at)
    return {"run": sent.run.pk, "told": _("Given up. The ticket's history says what was answered.")}


def _do_suggest(sent: _Sent, at: datetime) -> Outcome:
    suggesting_steps.suggest_change(
        sent.run.article,
        version=sent.run.version,
        step=sent.text("step"),
        text=sent.text("text"),
        by=sent.by,
        at=at,
    )
    return {"run": sent.run.pk, "told": _("Thank you: the keepers of the script read it.")}


DOING: dict[str, Callable[[_Sent, datetime], Outcome]] = {
    "answer": _do_answer,
    "verify": _do_verify,
    "code": _do_code,
    "act": _do_act,
    "stop-waiting": _do_stop_waiting,
    "go-on": _do_go_on,
    "give-up": _do_give_up,
    "suggest": _do_suggest,
}


# --- answers ---


def _run_or_404(user: User, ticket: Ticket, key: int) -> Run:
    found = readable_run(user, ticket, key)
    if found is None:
        raise Http404
    found.ticket = ticket
    return found


def _whether_moved(request: DeskRequest, found: Run) -> HttpResponse:
    """For a page that waits for a webhook: whether there is something new."""
    response = HttpResponse(status=204)
    action = action_at(found, found.place)
    if str(found.place) != request.GET["waits"] or action is None or action.state != RunAction.State.WAITING:
        response["HX-Trigger"] = "runMoved"
    return response


def _answer(request: DeskRequest, ticket: Ticket, key: int, *, told: str = "") -> HttpResponseBase:
    """The run as it stands now: as a part for htmx, else by a redirect to its page."""
    if not request.htmx:
        return redirect(f"{url_of(ticket.pk)}scripts/{key}/")
    found = _run_or_404(request.user, ticket_or_404(request.user, ticket.number, with_people), key)
    return _page(request, found.ticket, found, told=told, has_moved=True)


def _page(
    request: DeskRequest,
    ticket: Ticket,
    found: Run,
    *,
    refused: Refused | None = None,
    asked: str = "",
    told: str = "",
    has_moved: bool = False,
) -> HttpResponse:
    context = shown(request, ticket, found, refused=refused, asked=asked, has_moved=has_moved)
    context |= {"ticket": ticket, "url": url_of(ticket.pk), "told": told}
    template = "desk/scripts/_run.html" if request.htmx else "desk/scripts/run.html"
    return render(request, template, context, status=status_of(request, refused) if refused else 200)


def prefilled(user: User, ticket: Ticket, name: str, key: str) -> dict[str, Any]:
    """What a run fills into the form of an act; nothing, where it is not this person's to read."""
    found = readable_run(user, ticket, key_of(key))
    if found is None:
        return {}
    found.ticket = ticket
    here = standing(found)
    return prefilling.hand_over(here) if name == "hand-over" else prefilling.resolution(here)
