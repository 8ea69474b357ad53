"""What people answer to the question how it went, and what the desk does about a low score.

The score is the ticket's rating: by the link in a mail or on the ticket's page it is given by the same act,
`tickets.operations.rate`, and noted here in the transaction of that act.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations.telling import take_back
from insights.models import Settled, Survey, SurveySettings
from insights.survey_kinds import LETTERS, question_key
from tickets import events, operations
from tickets.models import Event, Ticket
from tickets.refusals import Invalid, NotAllowed, Refused

ANSWER = ["score", "answered_at", "is_low", "comment", "settled_as", "settled_at", "settled_by"]
"""The columns of an answer."""


class NotAsked(Refused):
    code = "not_asked"


class NotLow(Refused):
    code = "not_low"


@transaction.atomic
def answer(survey: Survey, *, score: int, at: datetime, comment: str = "") -> Survey:
    """Rate the ticket as the person who was asked. The same answer given again changes nothing.

    Raises:
        NotAsked: nobody was asked about this.
        tickets.operations.NotDoneYet: it is being worked on again.
        Invalid: no score from 1 to 5.
    """
    # The ticket first, as `rate` on its page does: two that answer at once wait for each other in one order.
    events.lock(survey.ticket_id)
    survey = _locked(survey.pk)
    if survey.asked_at is None:
        raise NotAsked(_("Nobody was asked about this."))
    if survey.score == score and (not comment or _says(survey, comment)):
        return survey
    kept = "" if _says(survey, comment) else comment
    operations.rate(survey.ticket, rating=score, by=survey.person, at=at, comment=kept)
    return _locked(survey.pk)


@transaction.atomic
def say_unsolved(survey: Survey, *, text: str, at: datetime) -> Ticket:
    """The person who was asked says that it is not solved: back to work; what is closed gets a follow-up.

    Raises:
        Refused: as `reopen` and `reply` of tickets.
    """
    ticket = events.lock(survey.ticket_id)
    survey = Survey.objects.select_related("person").get(pk=survey.pk)
    said = text or _("It is not solved.")
    if ticket.is_final:
        return operations.reply(ticket, text=said, by=survey.person, at=at)
    return operations.reopen(ticket, text=said, by=survey.person, at=at)


@transaction.atomic
def settle(survey: Survey, *, how: str, by: User, at: datetime) -> Survey:
    """Say what was done about a low score. What `reopened` names is noted by itself.

    Raises:
        NotAllowed: somebody who does not answer for the team that has resolved it.
        NotLow: there is nothing to settle.
        Invalid: no such way.
    """
    survey = _locked(survey.pk)
    if not answers_for(by, survey):
        raise NotAllowed(_("Only the leads of the team that resolved it, and managers, say what was done."))
    if not survey.is_low:
        raise NotLow(_("This score is not low."))
    if how not in Settled.values:
        raise Invalid(_("Choose what was done."), field="how")
    _settle(survey, Settled(how), by=by, at=at)
    return survey


def answers_for(user: User, survey: Survey) -> bool:
    return user.is_manager or user.is_administrator or survey.team_id in user.led_team_ids


def note_rating(ticket: Ticket, event: Event) -> None:
    """A ticket was rated: the answer to what was asked about it last, else it goes with its last resolution."""
    rows = Survey.objects.select_for_update(of=("self",)).filter(ticket=ticket.pk)
    survey = rows.order_by(F("asked_at").desc(nulls_last=True), "-pk").first()
    if survey is not None:
        take_over(survey, event)
        survey.save(update_fields=ANSWER)
        _ask_no_more(survey)


def take_over(survey: Survey, event: Event) -> None:
    """Set the score of a rating, and its words where it has some; a new low score is open anew."""
    was_low = survey.is_low
    survey.score, survey.answered_at = event.data["rating"], event.at
    survey.is_low = event.data["rating"] <= SurveySettings.load().low_score
    survey.comment = event.message or survey.comment
    if survey.is_low and not was_low:
        survey.settled_as, survey.settled_at, survey.settled_by = "", None, None


def note_reopening(ticket: Ticket, event: Event) -> None:
    """Reopening is what was done about the low scores of a ticket; and nobody is asked about what is not done."""
    for survey in Survey.objects.filter(ticket=ticket.pk):
        if survey.is_open_low:
            _settle(survey, Settled.REOPENED, by=event.by, at=event.at)
        _ask_no_more(survey)


def count_or_not(ticket: Ticket, event: Event) -> None:
    """What was set aside as no request, or merged, is in no figure; what is restored is again."""
    Survey.objects.filter(ticket=ticket.pk).update(is_counted=event.kind == events.RESTORED)


def _settle(survey: Survey, how: Settled, *, by: User | None, at: datetime) -> None:
    survey.settled_as, survey.settled_at, survey.settled_by = how, at, by
    survey.save(update_fields=["settled_as", "settled_at", "settled_by"])


def _ask_no_more(survey: Survey) -> None:
    """A question that waits for a digest or the end of quiet hours does not leave any more."""
    if survey.asked_at is not None:
        take_back(survey.person_id, [question_key(survey.pk, letter) for letter in LETTERS])


def _says(survey: Survey, words: str) -> bool:
    return survey.comment is not None and survey.comment.body.strip() == words.strip()


def _locked(key: int) -> Survey:
    rows = Survey.objects.select_for_update(of=("self",)).select_related("ticket", "person", "comment")
    return rows.get(pk=key)
