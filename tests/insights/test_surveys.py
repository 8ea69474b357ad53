"""Whom the desk asks how it went, whom not and why, who is reminded, and which lead hears of it."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountEvent, Role, User
from accounts.refusals import Invalid, NotAllowed
from accounts.sentences import lines
from delivery.models import Mail, Notice, NoticePreferences
from delivery.operations.choosing import stop_mails
from delivery.operations.templates import write_template
from insights.models import Settled, Survey, SurveySettings, WhyNot
from insights.operations import answering, surveying
from insights.operations.survey_settings import change_surveys
from insights.queries.working_days import working_days_later
from tests.conftest import MONDAY, person, seat
from tests.insights.answering import carry_out, links_in, mails_to, resolve, survey_of
from tickets import events, operations
from tickets.models import Event, Ticket
from tickets.refusals import Refused

Later = Callable[..., datetime]
OpenTicket = Callable[..., Ticket]


# --- asking ---


def test_the_mail_of_the_resolution_asks_with_a_link_for_each_answer(
    ticket: Ticket, ines: User, mira: User, at: datetime
) -> None:
    resolve(ticket, mira, at)

    mail = mails_to(ines)[-1]
    assert "Client 5.2 mends it." in mail.text
    assert list(links_in(mail)) == [1, 2, 3, 4, 5]
    assert "Ask me no more after my requests: http" in mail.text
    assert mail.html.count('<a class="answer"') == 5
    assert "List-Unsubscribe" not in mail.headers  # a letter from a person, which is answered
    survey = survey_of(ticket)
    assert (survey.asked_at, survey.why_not, survey.person, survey.level) == (at, "", ines, ticket.tier_id)


def test_watchers_get_the_same_mail_without_the_question(
    ticket: Ticket, tomasz: User, ines: User, mira: User, at: datetime
) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    resolve(ticket, mira, at)

    assert [bool(links_in(mails_to(one)[-1])) for one in (ines, tomasz)] == [True, False]


def test_words_that_were_written_before_bring_the_question_without_an_edit(
    ticket: Ticket, ines: User, mira: User, ada: User, at: datetime
) -> None:
    write_template(
        "resolved",
        organisation=None,
        language="",
        subject="[{ticket}] Done",
        body="{text}\n\n{link}",
        by=ada,
        at=at,
    )
    resolve(ticket, mira, at)

    assert len(links_in(mails_to(ines)[-1])) == 5


def test_words_may_say_where_the_question_stands(
    ticket: Ticket, ines: User, mira: User, ada: User, at: datetime
) -> None:
    body = "{text}\n\n{survey}\n\nYours, the desk."
    write_template("resolved", organisation=None, language="", subject="Done", body=body, by=ada, at=at)
    resolve(ticket, mira, at)

    text = mails_to(ines)[-1].text
    assert text.count("/survey/") == 5
    assert text.index("/survey/") < text.index("Yours, the desk.")


def test_a_resolution_that_is_told_twice_asks_once(
    ticket: Ticket, ines: User, mira: User, at: datetime
) -> None:
    resolve(ticket, mira, at)
    resolution = Event.objects.get(ticket=ticket, kind=events.RESOLVED)
    surveying.begin(resolution, at=at)

    assert Survey.objects.count() == 1


# --- not asking ---


def why_not(ticket: Ticket) -> str:
    return survey_of(ticket).why_not


def test_nobody_is_asked_twice_in_two_weeks(
    open_ticket: OpenTicket, ines: User, mira: User, later: Later
) -> None:
    found = []
    for days in (0, 13, 14, 27, 28):
        ticket = open_ticket(at=later(days=days))
        resolve(ticket, mira, later(days=days))
        found.append(why_not(ticket))
        assert bool(links_in(mails_to(ines)[-1])) == (not found[-1])
    assert found == ["", WhyNot.RECENT, "", WhyNot.RECENT, ""]


def test_the_days_between_two_questions_are_a_setting(
    open_ticket: OpenTicket, mira: User, max_: User, later: Later
) -> None:
    change_surveys(days_between=3, by=max_, at=later())
    for days in (0, 2, 3):
        resolve(open_ticket(at=later(days=days)), mira, later(days=days))
    assert list(Survey.objects.order_by("pk").values_list("why_not", flat=True)) == ["", WhyNot.RECENT, ""]


@pytest.mark.parametrize(
    ("code", "reason"), [("no_answer", WhyNot.UNANSWERED), ("duplicate", WhyNot.DUPLICATE), ("fixed", "")]
)
def test_what_ended_without_an_answer_asks_nobody(
    ticket: Ticket, mira: User, at: datetime, code: str, reason: str
) -> None:
    resolve(ticket, mira, at, code=code)
    assert why_not(ticket) == reason


def test_what_was_withdrawn_cancelled_or_set_aside_asks_nobody(
    open_ticket: OpenTicket, ines: User, mira: User, at: datetime
) -> None:
    operations.withdraw(open_ticket(), by=ines, at=at)
    operations.cancel(open_ticket(), reason_text="Twice", by=mira, at=at)
    operations.not_a_request(open_ticket(), reason="noise", by=mira, at=at)
    operations.merge(open_ticket(), into=open_ticket(), by=mira, at=at)
    carry_out(at)
    assert not Survey.objects.exists()


def test_whoever_stopped_surveys_is_asked_no_more(
    ticket: Ticket, ines: User, mira: User, at: datetime
) -> None:
    stop_mails(ines, kind="surveys", at=at)
    resolve(ticket, mira, at)
    assert (why_not(ticket), links_in(mails_to(ines)[-1])) == (WhyNot.STOPPED, {})


def test_the_link_in_the_mail_stops_surveys_and_nothing_else(
    open_ticket: OpenTicket, ines: User, mira: User, later: Later, client: Client
) -> None:
    resolve(open_ticket(), mira, later())
    (path,) = re.findall(r"Ask me no more after my requests: https?://[^/]+(\S+)", mails_to(ines)[-1].text)
    page = client.get(path).content.decode()
    assert "I am asked how it went" in page
    assert "You still find them in your notices" not in page

    client.post(path)
    again = open_ticket(at=later(days=20))
    resolve(again, mira, later(days=20))
    assert why_not(again) == WhyNot.STOPPED
    assert "Client 5.2 mends it." in mails_to(ines)[-1].text


def test_who_gets_no_mail_counts_as_not_asked(ticket: Ticket, ines: User, mira: User, at: datetime) -> None:
    stop_mails(ines, kind="solved", at=at)
    resolve(ticket, mira, at)
    assert why_not(ticket) == WhyNot.NO_MAIL


def test_the_desks_own_people_are_not_asked_about_what_they_resolved_themselves(
    open_ticket: OpenTicket, mira: User, sara: User, at: datetime
) -> None:
    own, others = open_ticket(requester=mira), open_ticket(requester=mira, at=at)
    resolve(own, mira, at)
    resolve(others, sara, at)
    assert [why_not(own), why_not(others)] == [WhyNot.OWN, ""]


def test_a_childs_requester_is_not_asked_when_the_parents_was(
    open_ticket: OpenTicket, tomasz: User, mira: User, at: datetime
) -> None:
    parent, child = open_ticket(), open_ticket(requester=tomasz)
    operations.link(child, other=parent, type="child", by=mira, at=at)
    resolve(parent, mira, at)
    resolve(child, mira, at)
    assert [why_not(parent), why_not(child)] == ["", WhyNot.PARENT]


def test_imported_tickets_and_those_of_programs_ask_nobody(
    open_ticket: OpenTicket, mira: User, at: datetime
) -> None:
    watched, imported = open_ticket(channel="monitoring"), open_ticket()
    events.record(events.lock(imported), events.IMPORTED, by=None, at=at)
    resolve(watched, mira, at)
    resolve(imported, mira, at)
    assert [why_not(watched), why_not(imported)] == [WhyNot.PROGRAM, WhyNot.IMPORTED]


def test_what_is_reopened_before_the_mail_is_written_asks_nobody(
    ticket: Ticket, ines: User, mira: User, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later())
    operations.resolve(ticket, code="fixed", summary="Done", by=mira, at=later(), category=None)
    operations.reopen(ticket, text="No", by=ines, at=later(seconds=1))
    carry_out(later(seconds=2))
    assert why_not(ticket) == WhyNot.OVERTAKEN


def test_who_confirms_with_a_rating_has_answered_before_the_question(
    ticket: Ticket, ines: User, mira: User, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later())
    operations.resolve(ticket, code="fixed", summary="Done", by=mira, at=later(), category=None)
    operations.confirm(ticket, rating=5, by=ines, at=later(seconds=1))
    carry_out(later(seconds=2))
    survey = survey_of(ticket)
    assert (survey.why_not, survey.score, survey.asked_at) == (WhyNot.RATED, 5, None)


def test_surveys_can_be_turned_off(ticket: Ticket, mira: User, max_: User, at: datetime) -> None:
    change_surveys(is_on=False, by=max_, at=at)
    resolve(ticket, mira, at)
    assert why_not(ticket) == WhyNot.OFF


# --- at the same moment ---


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_resolutions_of_one_moment_ask_once(
    open_ticket: OpenTicket, ines: User, mira: User, at: datetime
) -> None:
    """Two workers tell two resolutions of one person at once."""
    found = []
    for _number in range(2):
        ticket = operations.take(open_ticket(), by=mira, at=at)
        operations.resolve(ticket, code="fixed", summary="Done", by=mira, at=at, category=None)
        found.append(Event.objects.select_related("ticket").get(ticket=ticket, kind=events.RESOLVED))
    together = Barrier(2, timeout=60)

    def begin(resolution: Event) -> str:
        try:
            together.wait()
            return surveying.begin(resolution, at=at).why_not
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        reasons = sorted(pool.map(begin, found))
    assert reasons == ["", WhyNot.RECENT]


@pytest.fixture
def three_people(northwind: Any, mira: User) -> list[User]:
    return [person(f"{name} Asks", northwind) for name in ("Anna", "Ben", "Cleo")]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 24 * 20),
        st.sampled_from(["fixed", "fixed", "how_to", "duplicate", "no_answer"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, wait=st.sampled_from([0, 0, 30]))
def test_whatever_is_resolved_nobody_is_asked_twice_in_fourteen_days(
    steps: list[tuple[int, int, str, bool]],
    wait: int,
    open_ticket: OpenTicket,
    three_people: list[User],
    mira: User,
    transactional_part: Callable[[], Any],
) -> None:
    with transactional_part(), events.without_deliveries():
        change_surveys(wait_hours=wait, by=None, at=MONDAY)
        moment = MONDAY
        waiting: list[tuple[datetime, int]] = []
        for who, hours, code, reopens in steps:
            moment += timedelta(hours=hours)
            while waiting and waiting[0][0] <= moment:
                due, key = waiting.pop(0)
                surveying.ask_later(key, at=due)
            ticket = open_ticket(requester=three_people[who], at=moment)
            for _time in range(2 if reopens else 1):
                survey = begin_survey(ticket, mira, moment, code=code)
                if not survey.is_decided:
                    waiting.append((moment + timedelta(hours=wait), survey.pk))
                if reopens:
                    operations.reopen(ticket, text="Not yet", by=three_people[who], at=moment)
        for due, key in waiting:
            surveying.ask_later(key, at=due)
        for one in three_people:
            asked = Survey.objects.filter(person=one).order_by("asked_at")
            times = [at for at in asked.values_list("asked_at", flat=True) if at is not None]
            assert all(after - before >= timedelta(days=14) for before, after in pairwise(times))
        assert all(row.is_decided for row in Survey.objects.all())


def begin_survey(ticket: Ticket, by: User, at: datetime, *, code: str) -> Survey:
    operations.resolve(ticket, code=code, summary="Done", by=by, at=at, category=None)
    resolution = Event.objects.filter(ticket=ticket, kind=events.RESOLVED).latest("pk")
    return surveying.begin(resolution, at=at)


@pytest.fixture
def transactional_part() -> Callable[[], Any]:
    """Each example of a property begins where the first one did."""

    @contextmanager
    def part() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return part


# --- asking later, and once more ---


def test_the_desk_may_wait_before_it_asks(
    ticket: Ticket, ines: User, mira: User, max_: User, later: Later
) -> None:
    change_surveys(wait_hours=24, by=max_, at=later())
    resolve(ticket, mira, later())
    assert (links_in(mails_to(ines)[-1]), survey_of(ticket).is_decided) == ({}, False)

    carry_out(later(hours=23))
    assert survey_of(ticket).is_decided is False
    carry_out(later(hours=24))
    mail = mails_to(ines)[-1]
    assert (len(links_in(mail)), survey_of(ticket).asked_at) == (5, later(hours=24))
    assert "List-Unsubscribe" in mail.headers


def test_whoever_rates_while_the_desk_waits_is_not_asked(
    ticket: Ticket, ines: User, mira: User, max_: User, later: Later
) -> None:
    change_surveys(wait_hours=24, by=max_, at=later())
    resolve(ticket, mira, later())
    operations.rate(ticket, rating=4, by=ines, at=later(hours=1))
    carry_out(later(hours=24))
    assert (survey_of(ticket).why_not, survey_of(ticket).score) == (WhyNot.RATED, 4)


def reminders(person: User) -> list[Mail]:
    return [mail for mail in mails_to(person) if "the only reminder" in mail.text]


def test_one_reminder_after_three_working_days(ticket: Ticket, ines: User, mira: User, later: Later) -> None:
    """Resolved on Thursday at ten: Friday, Monday, Tuesday."""
    resolve(ticket, mira, later(days=3, hours=1))
    carry_out(later(days=8))
    assert reminders(ines) == []
    carry_out(later(days=8, hours=1))
    (mail,) = reminders(ines)
    assert (len(links_in(mail)), mail.kind, "List-Unsubscribe" in mail.headers) == (5, "surveys", True)
    carry_out(later(days=60))
    assert len(reminders(ines)) == 1


@pytest.mark.parametrize("what", ["answered", "reopened", "stopped", "off"])
def test_no_reminder_where_it_makes_no_sense(
    ticket: Ticket, ines: User, mira: User, later: Later, what: str
) -> None:
    resolve(ticket, mira, later())
    match what:
        case "answered":
            answering.answer(survey_of(ticket), score=5, at=later(hours=1))
        case "reopened":
            operations.reopen(ticket, text="No", by=ines, at=later(hours=1))
        case "stopped":
            stop_mails(ines, kind="surveys", at=later(hours=1))
        case "off":
            change_surveys(is_on=False, by=None, at=later(hours=1))
    carry_out(later(days=30))
    assert reminders(ines) == []


@pytest.mark.parametrize("what", ["answered", "reopened"])
def test_a_reminder_that_waits_for_the_morning_is_taken_back(
    ticket: Ticket, ines: User, mira: User, later: Later, what: str
) -> None:
    """She has quiet hours until eight in the evening."""
    NoticePreferences.objects.create(
        person=ines, quiet_from=time(9), quiet_until=time(20), urgent_anyway=False, changed_at=later()
    )
    resolve(ticket, mira, later())
    carry_out(later(days=3, hours=1))
    assert survey_of(ticket).reminded_at is not None
    if what == "answered":
        answering.answer(survey_of(ticket), score=5, at=later(days=3, hours=2))
    else:
        operations.reopen(ticket, text="No", by=ines, at=later(days=3, hours=2))
    carry_out(later(days=4))
    assert reminders(ines) == []


def test_working_days_leave_out_weekends_and_nights(db: None) -> None:
    thursday = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)
    found = working_days_later(thursday, 2, ZoneInfo("UTC"))
    assert found == datetime(2026, 11, 30, 17, 0, tzinfo=UTC)


# --- answering ---


def test_the_answer_is_the_tickets_rating(ticket: Ticket, ines: User, mira: User, later: Later) -> None:
    resolve(ticket, mira, later())
    survey = answering.answer(survey_of(ticket), score=4, comment="Quick!", at=later(hours=1))

    ticket.refresh_from_db()
    rated = Event.objects.get(ticket=ticket, kind=events.RATED)
    assert (ticket.rating, rated.by, rated.message.body if rated.message else "") == (4, ines, "Quick!")
    assert (survey.score, survey.answered_at, survey.comment, survey.is_low) == (
        4,
        later(hours=1),
        rated.message,
        False,
    )


def test_rating_the_ticket_on_its_page_answers_the_survey(
    ticket: Ticket, ines: User, mira: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    operations.rate(ticket, rating=3, by=ines, at=later(hours=1))
    assert survey_of(ticket).score == 3


def test_an_answer_may_be_changed_and_the_same_again_changes_nothing(
    ticket: Ticket, mira: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    for score, comment in ((5, ""), (5, ""), (2, "It came back"), (2, "It came back"), (2, "")):
        answering.answer(survey_of(ticket), score=score, comment=comment, at=later(hours=1))

    rated = Event.objects.filter(ticket=ticket, kind=events.RATED).order_by("pk")
    assert [event.data["rating"] for event in rated] == [5, 2]
    assert survey_of(ticket).comment is not None


def test_nobody_answers_what_was_not_asked_or_is_open_again(
    ticket: Ticket, ines: User, mira: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    survey = survey_of(ticket)
    operations.reopen(ticket, text="No", by=ines, at=later(hours=1))
    with pytest.raises(Refused, match="is not done yet"):
        answering.answer(survey, score=5, at=later(hours=2))
    Survey.objects.update(asked_at=None, why_not=WhyNot.RECENT)
    with pytest.raises(answering.NotAsked):
        answering.answer(survey, score=5, at=later(hours=2))


# --- low scores ---


def told(person: User) -> list[str]:
    return [mail.text for mail in mails_to(person) if "of 5 for" in mail.text]


def test_a_low_score_tells_the_lead_of_the_team_that_resolved_it(
    ticket: Ticket, mira: User, lars: User, sara: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=2, comment="It came back", at=later(hours=1))
    carry_out(later(hours=1))

    (text,) = told(lars)
    assert f"Ines Okafor gives 2 of 5 for {ticket.number}" in text
    assert "It came back" in text
    assert f"/insights/satisfaction/{ticket.number}/" in text
    assert told(sara) == []
    assert [row.person for row in Notice.objects.filter(kind="ticket.rated")] == [lars]


@pytest.mark.parametrize(("scores", "mails"), [((3,), 0), ((1, 2), 1), ((1, 5), 0), ((5, 1), 1)])
def test_only_what_is_low_in_the_end_is_told_and_once(
    ticket: Ticket, mira: User, lars: User, later: Later, scores: tuple[int, ...], mails: int
) -> None:
    resolve(ticket, mira, later())
    for minute, score in enumerate(scores):
        answering.answer(survey_of(ticket), score=score, at=later(minutes=minute))
    carry_out(later(hours=1))
    assert len(told(lars)) == mails


def test_a_team_without_a_lead_tells_the_managers(
    ticket: Ticket, mira: User, max_: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, at=later(hours=1))
    carry_out(later(hours=1))
    assert len(told(max_)) == 1


def test_reopening_settles_a_low_score_by_whatever_way(
    ticket: Ticket, ines: User, mira: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, at=later(hours=1))
    assert survey_of(ticket).is_open_low
    operations.reply(Ticket.objects.get(pk=ticket.pk), text="It is broken again", by=ines, at=later(hours=2))
    survey = survey_of(ticket)
    assert (survey.settled_as, survey.settled_by, survey.settled_at) == (
        Settled.REOPENED,
        ines,
        later(hours=2),
    )


def test_leads_say_what_was_done_and_only_they(ticket: Ticket, mira: User, lars: User, later: Later) -> None:
    resolve(ticket, mira, later())
    survey = survey_of(ticket)
    with pytest.raises(answering.NotLow):
        answering.settle(survey, how="spoken", by=lars, at=later(hours=1))
    answering.answer(survey, score=1, at=later(hours=1))
    with pytest.raises(Refused):
        answering.settle(survey, how="spoken", by=mira, at=later(hours=1))
    with pytest.raises(Refused, match="Choose what was done"):
        answering.settle(survey, how="nothing", by=lars, at=later(hours=1))
    settled = answering.settle(survey, how="spoken", by=lars, at=later(hours=2))
    assert (settled.settled_as, settled.settled_by) == (Settled.SPOKEN, lars)


def test_what_is_set_aside_later_is_in_no_figure(
    ticket: Ticket, ines: User, mira: User, later: Later
) -> None:
    resolve(ticket, mira, later())
    operations.reopen(ticket, text="No", by=ines, at=later(hours=1))
    operations.not_a_request(Ticket.objects.get(pk=ticket.pk), reason="noise", by=mira, at=later(hours=2))
    assert survey_of(ticket).is_counted is False
    operations.restore(Ticket.objects.get(pk=ticket.pk), by=mira, at=later(hours=3))
    assert survey_of(ticket).is_counted is True


# --- settings ---


def test_settings_are_changed_by_managers_and_their_history_is_kept(
    max_: User, lars: User, at: datetime
) -> None:
    change_surveys(is_on=False, reminder_days=5, by=max_, at=at)
    with pytest.raises(NotAllowed):
        change_surveys(is_on=True, by=lars, at=at)
    with pytest.raises(Invalid) as refused:
        change_surveys(days_between=0, by=max_, at=at)
    assert refused.value.field == "days_between"

    rules = SurveySettings.load()
    assert (rules.is_on, rules.reminder_days, rules.days_between) == (False, 5, 14)
    (line,) = lines(AccountEvent.objects.filter(kind="surveys.changed"))
    assert line.sentence == "changed how people are asked how it went"
    assert "working days until the reminder: 3 → 5" in line.details


def test_the_history_still_folds_to_the_rows(ticket: Ticket, mira: User, later: Later) -> None:
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, comment="No", at=later(hours=1))
    answering.say_unsolved(survey_of(ticket), text="", at=later(hours=2))
    call_command("check_history")


def test_a_lead_of_another_team_hears_nothing(ticket: Ticket, mira: User, network: Any, later: Later) -> None:
    other = seat(person("Nora Other"), network, Role.LEAD)
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, at=later(hours=1))
    carry_out(later(hours=1))
    assert told(other) == []
