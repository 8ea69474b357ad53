"""How it went, by the link of a mail: without a login, and never by opening it.

Scanners of mail and browsers that look ahead follow every link, so a GET or a HEAD writes nothing: it shows a page
with the answer of the link chosen, and one button that sends it. The link ends when the ticket has been closed for
long; with links turned off by the administrator it opens for the person after a login only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Desk, User
from delivery.operations.heading import stop_url
from helpdesk.desk.guard import private
from helpdesk.portal.forms import RatingForm, StillBrokenForm
from helpdesk.portal.links import AFTER_CLOSING, signed_url
from helpdesk.telling.surveys import Choice, read_answer
from insights.models import Survey, SurveySettings
from insights.operations.answering import answer, say_unsolved
from insights.survey_kinds import NOTICE
from tickets.models import Status
from tickets.permissions import may_see
from tickets.refusals import Refused

LIFE = timedelta(days=90)
"""After the mail, where a ticket is never closed."""
DONE = (Status.RESOLVED, Status.CLOSED)


class UnsolvedForm(StillBrokenForm):
    """One click is enough; words help."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="unsolved_%s")
        self.fields["text"].required = False
        self.fields["text"].label = _("What is not solved?")


@dataclass(frozen=True)
class Answering:
    """Somebody who answers one survey."""

    survey: Survey
    choice: Choice
    url: str

    @property
    def person(self) -> User:
        return self.survey.person


@csrf_exempt  # whoever has the link may answer, and nobody else knows its address
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponseBase:
    choice = read_answer(token)
    rows = Survey.objects.select_related("ticket", "person", "comment")
    found = rows.filter(pk=choice.survey, asked_at__isnull=False).first() if choice else None
    if choice is None or found is None:
        raise Http404
    if not _is_good(found, at=timezone.now()):
        return _ended(request, found)
    if isinstance(request.user, User) and request.user != found.person:
        return _ended(request, found)
    if not isinstance(request.user, User) and not Desk.load().signed_links:
        return redirect_to_login(request.get_full_path())
    with translation.override(found.person.language), timezone.override(found.person.zone):
        return private(_answer(request, Answering(found, choice, request.path)))


def _is_good(survey: Survey, *, at: datetime) -> bool:
    """Whether its link opens still: they are here and see the ticket, which was not closed long ago."""
    closed, asked = survey.ticket.closed_at, survey.reminded_at or survey.asked_at
    is_over = (closed is not None and at - closed > AFTER_CLOSING) or (
        asked is not None and at - asked > LIFE
    )
    return not is_over and survey.person.is_active and may_see(survey.person, survey.ticket)


def _ended(request: HttpRequest, survey: Survey) -> HttpResponse:
    page = f"/requests/{survey.ticket.number}/"
    return render(request, "portal/link_ended.html", {"page": page}, status=410)


def _answer(request: HttpRequest, answering: Answering) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, answering)
    return _unsolved(request, answering) if "unsolved" in request.POST else _score(request, answering)


def _score(request: HttpRequest, answering: Answering) -> HttpResponseBase:
    form = RatingForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            answer(answering.survey, score=said["rating"], comment=said["comment"], at=timezone.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(f"{answering.url}?done=answered")
    return _page(request, answering, status=422, form=form)


def _unsolved(request: HttpRequest, answering: Answering) -> HttpResponseBase:
    form = UnsolvedForm(request.POST)
    if form.is_valid():
        try:
            say_unsolved(answering.survey, text=form.cleaned_data["text"], at=timezone.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(f"{answering.url}?done=unsolved")
    return _page(request, answering, status=422, unsolved=form)


def _page(request: HttpRequest, answering: Answering, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Which of three: the question, thanks for the answer, or that it is being worked on again."""
    survey, ticket = answering.survey, answering.survey.ticket
    done = request.GET.get("done", "") if request.method != "POST" else ""
    is_thanks = done == "answered" and survey.score is not None
    chosen = survey.score if is_thanks else answering.choice.score
    context = {
        "survey": survey,
        "ticket": ticket,
        "form": forms.get("form") or RatingForm(initial={"rating": chosen}),
        "unsolved": forms.get("unsolved") or UnsolvedForm(),
        "url": answering.url,
        "done": done,
        "is_thanks": is_thanks,
        "is_done": ticket.status in DONE,
        "is_low": (survey.score or answering.choice.score) <= SurveySettings.load().low_score,
        "request_url": signed_url(ticket, answering.person, at=timezone.now())
        if Desk.load().signed_links
        else f"/requests/{ticket.number}/",
        "stop_url": stop_url(answering.person, NOTICE),
    }
    return render(request, "portal/survey.html", context, status=status)
