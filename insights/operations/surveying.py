"""Whom the desk asks how it went, and when: decided once for each resolution, at the moment of asking.

Two resolutions of one minute, carried out by two workers, must ask one person once. So whoever decides holds that
person, and the family of the ticket (a parent with its children), until the transaction ends.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from delivery.choosing import Preferences
from delivery.operations import enqueue
from delivery.vocabulary import ByMail, kind_called
from insights.models import Survey, SurveySettings, WhyNot
from insights.operations.answering import take_over
from insights.queries.working_days import working_days_later
from insights.survey_kinds import ASK, NOTICE, REMIND, WITH
from tickets import events
from tickets.models import Channel, Event, Kind, Link, LinkType, ResolutionCode, Status, Ticket

NOBODYS = ".invalid"
"""RFC 2606: the address of somebody who has none."""
ENDED = (Status.RESOLVED, Status.CLOSED)
BY_CODE = {ResolutionCode.NO_ANSWER: WhyNot.UNANSWERED, ResolutionCode.DUPLICATE: WhyNot.DUPLICATE}


@transaction.atomic
def begin(resolution: Event, *, at: datetime) -> Survey:
    """The survey of a resolution: decided now, or, where the desk waits before it asks, by a delivery later.

    Called again it answers the same: the worker may carry an event out twice.
    """
    rules = SurveySettings.load()
    survey, is_new = Survey.objects.get_or_create(
        resolution=resolution.pk, defaults=_standing(resolution.ticket, resolution)
    )
    if survey.is_decided:
        return survey
    if not rules.wait_hours:
        return decide(survey, at=at)
    if is_new:
        enqueue(
            ASK,
            {"survey": survey.pk},
            not_before=resolution.at + timedelta(hours=rules.wait_hours),
            ticket_number=resolution.ticket_id,
            dedupe_key=f"{ASK}:{survey.pk}",
            at=at,
        )
    return survey


@transaction.atomic
def decide(survey: Survey, *, at: datetime) -> Survey:
    """Ask, or write down why not."""
    ticket = Ticket.objects.select_related("requester").get(pk=survey.ticket_id)
    parent = (
        Link.objects.filter(ticket=ticket, type=LinkType.CHILD).values_list("other_id", flat=True).first()
    )
    _one_at_a_time("family", parent or ticket.pk)
    _one_at_a_time("person", survey.person_id)
    survey = _locked(survey.pk)
    if survey.is_decided:
        return survey
    rules = SurveySettings.load()
    why = _why_not(survey, ticket, parent, rules, at)
    if why is not None:
        survey.why_not = why
        survey.save(update_fields=["why_not"])
        return survey
    survey.asked_at = at
    survey.save(update_fields=["asked_at"])
    if rules.reminder_days:
        enqueue(
            REMIND,
            {"survey": survey.pk},
            not_before=working_days_later(at, rules.reminder_days, ticket.requester.zone),
            ticket_number=ticket.pk,
            dedupe_key=f"{REMIND}:{survey.pk}",
            at=at,
        )
    return survey


@transaction.atomic
def ask_later(key: int, *, at: datetime) -> Survey | None:
    """Decide what has waited; None where nobody is asked."""
    survey = Survey.objects.filter(pk=key).first()
    decided = decide(survey, at=at) if survey else None
    return decided if decided and decided.asked_at else None


@transaction.atomic
def remind(key: int, *, at: datetime) -> Survey | None:
    """Write the one reminder down; None where there is nothing to remind of any more."""
    survey = Survey.objects.select_for_update(of=("self",)).select_related("person").filter(pk=key).first()
    if survey is None or survey.reminded_at is not None or not _needs_reminder(survey):
        return None
    survey.reminded_at = at
    survey.save(update_fields=["reminded_at"])
    return survey


def _needs_reminder(survey: Survey) -> bool:
    rules = SurveySettings.load()
    if not (rules.is_on and rules.reminder_days) or survey.asked_at is None or survey.score is not None:
        return False
    ticket = Ticket.objects.get(pk=survey.ticket_id)
    return _still_holds(survey, ticket) and _unreachable(survey.person, NOTICE) is None


def _standing(ticket: Ticket, resolution: Event) -> dict[str, object]:
    """Whose resolution it was and where the ticket stood, for a new row."""
    return {
        "ticket": ticket,
        "person_id": ticket.requester_id,
        "resolved_at": resolution.at,
        "resolved_on": timezone.localdate(resolution.at, timezone.get_default_timezone()),
        "resolved_by": resolution.by,
        "kind": ticket.kind,
        "level": ticket.tier_id,
        "team_id": ticket.team_id,
        "category_id": ticket.category_id,
        "organisation_id": ticket.organisation_id,
    }


def _why_not(
    survey: Survey, ticket: Ticket, parent: int | None, rules: SurveySettings, at: datetime
) -> WhyNot | None:
    """The first reason against asking, what holds for good before what is different tomorrow."""
    if not rules.is_on:
        return WhyNot.OFF
    return (
        _by_kind(ticket)
        or _by_ticket(survey, ticket)
        or _by_answer(survey)
        or _unreachable(ticket.requester, NOTICE)
        or (_unreachable(ticket.requester, WITH) if not rules.wait_hours else None)
        or _by_questions(survey, parent, at - timedelta(days=rules.days_between))
    )


def _by_kind(ticket: Ticket) -> WhyNot | None:
    if ticket.kind == Kind.PROBLEM:
        return WhyNot.PROBLEM
    return WhyNot.PROGRAM if ticket.channel == Channel.MONITORING else None


def _by_ticket(survey: Survey, ticket: Ticket) -> WhyNot | None:
    if Event.objects.filter(ticket=ticket, kind=events.IMPORTED).exists():
        return WhyNot.IMPORTED
    if ticket.resolution_code in BY_CODE:
        return BY_CODE[ResolutionCode(ticket.resolution_code)]
    if not _still_holds(survey, ticket):
        return WhyNot.OVERTAKEN
    if survey.person_id in (survey.resolved_by_id, ticket.assignee_id):
        return WhyNot.OWN
    return None


def _still_holds(survey: Survey, ticket: Ticket) -> bool:
    """Whether the ticket is done, by this resolution, and still theirs."""
    if ticket.status not in ENDED or ticket.requester_id != survey.person_id:
        return False
    later = Event.objects.filter(ticket=ticket, kind=events.RESOLVED, pk__gt=survey.resolution)
    return not later.exists()


def _by_answer(survey: Survey) -> WhyNot | None:
    """Whoever confirms with a rating has answered before the question."""
    if survey.score is None:
        rated = Event.objects.filter(ticket=survey.ticket_id, kind=events.RATED, pk__gt=survey.resolution)
        answer = rated.order_by("-pk").first()
        if answer is not None:
            take_over(survey, answer)
    return WhyNot.RATED if survey.score is not None else None


def _unreachable(person: User, kind: str) -> WhyNot | None:
    """Whether they get mails of this kind at all."""
    if not person.is_active or person.email.endswith(NOBODYS) or person.mail_bounced_at is not None:
        return WhyNot.NO_MAIL
    chosen = Preferences.of_all([person])[person.pk].choice(kind_called(kind))
    if chosen.mail != ByMail.OFF:
        return None
    return WhyNot.STOPPED if kind == NOTICE else WhyNot.NO_MAIL


def _by_questions(survey: Survey, parent: int | None, since: datetime) -> WhyNot | None:
    asked = Survey.objects.filter(asked_at__gt=since)
    if parent is not None and asked.filter(ticket=parent).exists():
        return WhyNot.PARENT
    return WhyNot.RECENT if asked.filter(person=survey.person_id).exists() else None


def _locked(key: int) -> Survey:
    return Survey.objects.select_for_update(of=("self",)).get(pk=key)


def _one_at_a_time(what: str, key: int) -> None:
    """Until the transaction ends, whoever decides about the same waits here, and sees what was decided."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"survey:{what}:{key}"])
