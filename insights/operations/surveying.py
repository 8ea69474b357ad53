"""Whom the desk asks how it went, and when: decided once for each resolution, at the moment of asking.

Two resolutions of one minute, carried out by two workers, must ask one person once. So whoever decides holds that
person, and the family of the ticket (a parent with its children), until the transaction ends.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import prepared
from accounts.models import User
from accounts.prepared import Prepared, time_at
from delivery.choosing import Preferences
from delivery.operations import enqueue
from delivery.vocabulary import ByMail, kind_called
from insights.models import Survey, SurveySettings, WhyNot
from insights.operations import keeping
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
    ticket, rules = resolution.ticket, SurveySettings.load()
    parent = _parent(ticket)
    _one_at_a_time(family=parent or ticket.pk, person=ticket.requester_id)
    known = _of_resolution.first(event=resolution.pk)
    if known is not None:
        return known
    survey = _standing(ticket, resolution)
    if not rules.wait_hours:
        return _decide(survey, ticket, parent, rules, at=at)
    prepared.insert(survey)
    enqueue(
        ASK,
        {"survey": survey.pk},
        not_before=resolution.at + timedelta(hours=rules.wait_hours),
        ticket_number=ticket.pk,
        at=at,
    )
    return survey


@transaction.atomic
def ask_later(key: int, *, at: datetime) -> Survey | None:
    """Decide what has waited; None where nobody is asked. Called again it answers the same."""
    rows = Survey.objects.select_related("ticket__requester", "person")
    survey = rows.filter(pk=key).first()
    if survey is None:
        return None
    parent = _parent(survey.ticket)
    _one_at_a_time(family=parent or survey.ticket_id, person=survey.person_id)
    survey = rows.select_for_update(of=("self",)).get(pk=key)
    if not survey.is_decided:
        survey = _decide(survey, survey.ticket, parent, SurveySettings.load(), at=at)
    return survey if survey.asked_at else None


def _decide(
    survey: Survey, ticket: Ticket, parent: int | None, rules: SurveySettings, *, at: datetime
) -> Survey:
    """Ask, or write down why not; whoever calls has seen to it that nobody else decides about this person now."""
    survey.why_not = _why_not(survey, ticket, parent, rules, at) or ""
    survey.asked_at = None if survey.why_not else at
    if survey.pk is None:
        prepared.insert(survey)
    else:
        survey.save()
    if survey.asked_at:
        keeping.touch([ticket.pk])
    if survey.asked_at and rules.reminder_days:
        enqueue(
            REMIND,
            {"survey": survey.pk},
            not_before=working_days_later(at, rules.reminder_days, ticket.requester.zone),
            ticket_number=ticket.pk,
            at=at,
        )
    return survey


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
    return _still_holds(survey, ticket, _events_of(ticket)) and _unreachable(survey.person, NOTICE) is None


def _standing(ticket: Ticket, resolution: Event) -> Survey:
    """Whose resolution it was and where the ticket stood, not saved yet."""
    return Survey(
        ticket=ticket,
        resolution=resolution.pk,
        person_id=ticket.requester_id,
        resolved_at=resolution.at,
        resolved_on=timezone.localdate(resolution.at, timezone.get_default_timezone()),
        resolved_by_id=resolution.by_id,
        kind=ticket.kind,
        level=ticket.tier_id,
        team_id=ticket.team_id,
        category_id=ticket.category_id,
        organisation_id=ticket.organisation_id,
    )


def _why_not(
    survey: Survey, ticket: Ticket, parent: int | None, rules: SurveySettings, at: datetime
) -> WhyNot | None:
    """The first reason against asking, what holds for good before what is different tomorrow."""
    if not rules.is_on:
        return WhyNot.OFF
    happened = _events_of(ticket)
    kinds = (NOTICE,) if rules.wait_hours else (NOTICE, WITH)
    return (
        _by_kind(ticket)
        or _by_ticket(survey, ticket, happened)
        or _by_answer(survey, happened)
        or _unreachable(ticket.requester, *kinds)
        or _by_questions(survey, parent, at - timedelta(days=rules.days_between))
    )


def _events_of(ticket: Ticket) -> list[Event]:
    """What decides about asking: that it was imported, resolved, rated; in their order."""
    return _deciding(ticket=ticket.pk)


def _by_kind(ticket: Ticket) -> WhyNot | None:
    if ticket.kind == Kind.PROBLEM:
        return WhyNot.PROBLEM
    return WhyNot.PROGRAM if ticket.channel == Channel.MONITORING else None


def _by_ticket(survey: Survey, ticket: Ticket, happened: list[Event]) -> WhyNot | None:
    if any(event.kind == events.IMPORTED for event in happened):
        return WhyNot.IMPORTED
    if ticket.resolution_code in BY_CODE:
        return BY_CODE[ResolutionCode(ticket.resolution_code)]
    if not _still_holds(survey, ticket, happened):
        return WhyNot.OVERTAKEN
    return WhyNot.OWN if survey.person_id in (survey.resolved_by_id, ticket.assignee_id) else None


def _still_holds(survey: Survey, ticket: Ticket, happened: list[Event]) -> bool:
    """Whether the ticket is done, by this resolution, and still theirs."""
    is_last = not any(event.kind == events.RESOLVED and event.pk > survey.resolution for event in happened)
    return is_last and ticket.status in ENDED and ticket.requester_id == survey.person_id


def _by_answer(survey: Survey, happened: list[Event]) -> WhyNot | None:
    """Whoever confirms with a rating has answered before the question."""
    rated = [event for event in happened if event.kind == events.RATED and event.pk > survey.resolution]
    if rated and survey.score is None:
        take_over(survey, rated[-1])
    return WhyNot.RATED if survey.score is not None else None


def _unreachable(person: User, *kinds: str) -> WhyNot | None:
    """Whether they get mails of these kinds at all."""
    if not person.is_active or person.email.endswith(NOBODYS) or person.mail_bounced_at is not None:
        return WhyNot.NO_MAIL
    chosen = Preferences.of_all([person])[person.pk]
    stopped = [kind for kind in kinds if chosen.choice(kind_called(kind)).mail == ByMail.OFF]
    if not stopped:
        return None
    return WhyNot.STOPPED if NOTICE in stopped else WhyNot.NO_MAIL


def _by_questions(survey: Survey, parent: int | None, since: datetime) -> WhyNot | None:
    """What was asked lately: about the ticket that this one belongs to, and this person."""
    if parent is not None and _lately_about(ticket=parent, since=since):
        return WhyNot.PARENT
    return WhyNot.RECENT if _lately_asked(person=survey.person_id, since=since) else None


def _parent(ticket: Ticket) -> int | None:
    found = _parents.first(ticket=ticket.pk)
    return found[0] if found else None


def _one_at_a_time(*, family: int, person: int) -> None:
    """Until the transaction ends, whoever decides about the same waits here, and sees what was decided.

    First the family, then the person, so that two who need the same pair never wait for each other.
    """
    for name in (f"survey:family:{family}", f"survey:person:{person}"):
        prepared.ask("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name)


# Asked for each resolution, so they are written once.
_of_resolution = Prepared(lambda event: Survey.objects.filter(resolution=event).order_by(), "event")
_parents = Prepared(
    lambda ticket: Link.objects.filter(ticket=ticket, type=LinkType.CHILD).order_by().values_list("other_id"),
    "ticket",
)
_deciding = Prepared(
    lambda ticket: Event.objects.filter(
        ticket=ticket, kind__in=(events.IMPORTED, events.RESOLVED, events.RATED)
    ).order_by("pk"),
    "ticket",
)
_lately_asked = Prepared(
    lambda person, since: (
        Survey.objects.filter(person=person, asked_at__gt=time_at(since)).order_by().values_list("pk")[:1]
    ),
    "person",
    "since",
)
_lately_about = Prepared(
    lambda ticket, since: (
        Survey.objects.filter(ticket=ticket, asked_at__gt=time_at(since)).order_by().values_list("pk")[:1]
    ),
    "ticket",
    "since",
)
