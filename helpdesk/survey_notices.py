"""Who is asked how it went in a mail of its own, who is reminded, and which lead hears of a low score.

Carried out by the worker; each may run twice. Whether somebody is asked at all stands in
`insights/operations/surveying.py`; what comes with the mail of a resolution in `helpdesk/notices.py`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from delivery.models import Delivery
from delivery.operations.telling import tell
from helpdesk.notices import leads_of, news_of, send
from helpdesk.telling.surveys import question
from helpdesk.telling.writing import link
from insights.models import Survey, SurveySettings
from insights.operations import surveying
from insights.survey_kinds import question_key
from tickets import events
from tickets.models import Event

PAGE = "/insights/satisfaction/"


def ask(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Where the desk waits before it asks: decided now."""
    with transaction.atomic():
        survey = surveying.ask_later(payload["survey"], at=at)
        if survey is not None:
            _tell(survey, "survey", at)


def remind(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Both or neither: a survey that counts as reminded has its mail."""
    with transaction.atomic():
        survey = surveying.remind(payload["survey"], at=at)
        if survey is not None:
            _tell(survey, "survey_reminder", at)


def tell_of_low_score(event: Event, at: datetime) -> None:
    """To the leads of the team that resolved it, else to the managers; once, and again where words came later.

    What was changed meanwhile is told as it is now: nobody is alarmed by a slip of the thumb.
    """
    ticket, low = event.ticket, SurveySettings.load().low_score
    if event.data["rating"] > low or ticket.rating is None or ticket.rating > low or _is_told(event, low):
        return
    answered = Survey.objects.filter(ticket=ticket, score__isnull=False)
    survey = answered.order_by("-answered_at", "-pk").first()
    people = leads_of(survey.team_id if survey else ticket.team_id) or list(_managers())
    send(event, people, "low_score", at, score=ticket.rating, link=link(f"{_base()}{page_of(ticket.number)}"))


def page_of(number: str) -> str:
    """Where one reads what a requester has said, and opens the ticket again."""
    return f"{PAGE}{number}/"


def _tell(survey: Survey, letter: str, at: datetime) -> None:
    rows = Event.objects.select_related("ticket__requester", "message", "by")
    resolution = rows.get(pk=survey.resolution)
    news = news_of(resolution, letter, at, survey=lambda: question(survey))
    tell([survey.person], replace(news, key=question_key(survey.pk, letter)))


def _is_told(event: Event, low: int) -> bool:
    """Whether a low score was told of since the last resolution, and this one adds no words."""
    if event.message_id is not None:
        return False
    before = Event.objects.filter(ticket=event.ticket_id, pk__lt=event.pk)
    resolved = before.filter(kind=events.RESOLVED).order_by("-pk").values_list("pk", flat=True).first() or 0
    return before.filter(kind=events.RATED, pk__gt=resolved, data__rating__lte=low).exists()


def _managers() -> Any:
    return User.objects.active().filter(is_manager=True)


def _base() -> str:
    return settings.BASE_URL.rstrip("/")
