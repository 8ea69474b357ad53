"""A problem's panel: what is known of it, what was decided, its incidents, and answering them all."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.desk.acts import ACTS
from helpdesk.desk.answering import Many, answer_page
from helpdesk.desk.doing import Act
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from helpdesk.desk.sending import url_of
from knowledgebase.models import Decision
from knowledgebase.operations import answering
from knowledgebase.queries.problems import incidents_of, record_of, revisions_of, shown_incidents
from tickets.models import Kind, MessageKind, ResolutionCode, Status, Ticket
from tickets.permissions import may_track, may_work

CODES = {Decision.WORKAROUND: ResolutionCode.WORKAROUND, Decision.ACCEPT: ResolutionCode.NOT_POSSIBLE}
"""How incidents usually end by what was decided; else they are fixed."""


@require_safe
@technicians_page
def panel(request: DeskRequest, number: str) -> HttpResponse:
    """For the ticket's page; a page of its own without JavaScript."""
    ticket = _problem_or_404(request, number)
    incidents = shown_incidents(ticket, request.user)
    context = {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "record": record_of(ticket),
        "revisions": revisions_of(ticket),
        "incidents": incidents,
        "waiting": sum(each.is_open for each in incidents),
        "is_solved": ticket.status in (Status.RESOLVED, Status.CLOSED),
        "writing": _named("problem-record", "problem-decide") if may_work(request.user, ticket) else [],
        "gathering": _named("gather") if may_track(request.user, ticket) else [],
    }
    template = "desk/problems/_panel.html" if request.htmx else "desk/problems/page.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def incidents(request: DeskRequest, number: str) -> HttpResponseBase:
    """The same answer for every incident that is open, each as it may be."""
    problem = _problem_or_404(request, number)
    record = record_of(problem)
    decided = record.decision if record else ""
    many = Many(
        title=_("Answer the incidents of %(number)s") % {"number": problem.number},
        tickets=[each for each in shown_incidents(problem, request.user) if each.is_open],
        act=answering.say,
        text=_solution(problem),
        code=str(CODES.get(Decision(decided), ResolutionCode.FIXED)) if decided else ResolutionCode.FIXED,
        url=f"{url_of(problem.pk)}incidents/",
        back=url_of(problem.pk),
        nothing=_("No incident of this problem is open."),
        ticks_all=True,
    )
    return answer_page(request, many)


def _named(*names: str) -> list[tuple[str, Act]]:
    return [(name, ACTS[name]) for name in names]


def _problem_or_404(request: DeskRequest, number: str) -> Ticket:
    ticket = ticket_or_404(request.user, number, with_people)
    if ticket.kind != Kind.PROBLEM and not incidents_of(ticket, request.user).exists():
        raise Http404
    return ticket


def _solution(problem: Ticket) -> str:
    """The words by which the problem was solved: what the incidents are told, to begin with."""
    said = problem.messages.filter(kind=MessageKind.RESOLUTION, redacted_at=None).order_by("at", "pk").last()
    return said.body if said else ""
