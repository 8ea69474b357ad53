"""What requesters read of promises: by when they hear from us, and an honest word where we are late."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from delivery.models import Mail
from escalation import operations as escalation
from helpdesk import notices
from helpdesk.portal.promises import promised, when
from sla.models import Clock, Metric
from tickets import operations
from tickets.models import Event, Ticket

Later = Callable[..., datetime]


def lines(ticket: Ticket, at: datetime) -> list[str]:
    return promised(Ticket.objects.get(pk=ticket.pk), at=at).lines


def test_a_new_request_is_told_by_when_it_is_answered_and_solved(ticket: Ticket, at: datetime) -> None:
    assert lines(ticket, at) == [
        "We answer by 17:00 today.",
        "It is solved by 9:00 on 30 November at the latest.",
    ]


def test_after_our_answer_only_the_solution_is_owed(ticket: Ticket, mira: User, later: Later) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.reply(ticket, text="We look into it.", by=mira, at=later(minutes=10))
    assert lines(ticket, later(minutes=11)) == ["It is solved by 9:00 on 30 November at the latest."]


def test_a_question_of_the_requester_is_promised_an_answer(ticket: Ticket, mira: User, later: Later) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.reply(ticket, text="We look into it.", by=mira, at=later(minutes=10))
    operations.reply(ticket, text="Any idea when?", by=ticket.requester, at=later(minutes=20))
    assert lines(ticket, later(minutes=21))[0] == "You hear from us by 9:20 tomorrow."


def test_while_we_wait_for_the_requester_the_time_stands_still(
    ticket: Ticket, mira: User, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=10))
    assert lines(ticket, later(minutes=11)) == ["The time for solving it stands still until you answer."]


def test_late_once_names_a_new_time_that_does_not_move(ticket: Ticket, later: Later) -> None:
    said = "We are late: you should have heard from us by 17:00 today."
    for minutes in (1, 30):
        assert lines(ticket, later(hours=8, minutes=minutes))[:2] == [said, "We now answer by 9:00 tomorrow."]
    assert promised(Ticket.objects.get(pk=ticket.pk), at=later(hours=9)).is_late


def test_late_twice_promises_nothing_and_says_who_was_told(ticket: Ticket, later: Later) -> None:
    assert lines(ticket, later(days=1, hours=1))[:2] == [
        "We are late: you should have heard from us by 17:00 yesterday.",
        "The lead of the Service desk team has been told.",
    ]


def test_nothing_between_tiers_or_with_a_vendor_shows(
    ticket: Ticket, mira: User, network: Team, later: Later
) -> None:
    before = lines(ticket, later(minutes=30))
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(minutes=5)
    )
    assert Clock.objects.filter(ticket=ticket, metric=Metric.ACCEPT, scope=2, state="running").exists()
    assert lines(ticket, later(minutes=30)) == before
    # Accepting is over its time now; the requester's own promises are not.
    assert not promised(Ticket.objects.get(pk=ticket.pk), at=later(hours=7)).is_late


def test_what_has_ended_promises_nothing(ticket: Ticket, at: datetime, later: Later) -> None:
    operations.withdraw(ticket, by=ticket.requester, at=later(minutes=1))
    assert lines(ticket, later(minutes=2)) == []


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=2), "11:00 today"),
        (timedelta(days=1), "9:00 tomorrow"),
        (timedelta(days=-1), "9:00 yesterday"),
        (timedelta(days=3), "9:00 on Thursday"),
        (timedelta(days=7), "9:00 on 30 November"),
        (timedelta(days=-3), "9:00 on 20 November"),
    ],
)
def test_a_time_in_words(at: datetime, span: timedelta, words: str) -> None:
    assert when(at + span, at=at) == words


def test_a_time_is_told_in_the_zone_of_its_reader() -> None:
    at = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Kolkata")):  # half past one at night, on Tuesday
        assert when(at + timedelta(hours=4), at=at) == "5:30 today"
        assert when(at - timedelta(hours=4), at=at) == "21:30 yesterday"


# --- Where they read it ---


def test_the_answer_page_and_every_list_say_it_at_once(
    as_ines: Client, file_form: Callable[..., dict[str, Any]], service_desk: Team
) -> None:
    answer = as_ines.post("/requests/new/", file_form(), follow=True).content.decode()
    number = Ticket.objects.get().number
    assert f"We have it: {number}. We answer by 17:00 today. It is solved by 9:00 on 30 November" in answer
    for address in ("/", "/requests/", "/requests/?q=vpn"):
        assert "answer by 17:00 today" in as_ines.get(address).content.decode(), address


def test_the_receipt_by_mail_says_it_too(ticket: Ticket, at: datetime) -> None:
    notices.confirm_receipt(Event.objects.get(ticket=ticket), at)
    text = Mail.objects.get().text
    assert f"Its number is {ticket.number}. We answer by 17:00 today. It is solved by" in text


def test_a_page_that_is_late_shows_it(as_ines: Client, ticket: Ticket, at: datetime) -> None:
    Clock.objects.filter(ticket=ticket, metric=Metric.FIRST_RESPONSE).update(
        due_at=at - timedelta(minutes=30), breached_at=at - timedelta(minutes=30)
    )
    text = as_ines.get(f"/requests/{ticket.number}/").content.decode()
    assert "We are late: you should have heard from us by 8:30 today." in text
    assert "We now answer by 10:30 today." in text
    assert "we are late" in as_ines.get("/requests/").content.decode()


def test_the_list_reads_the_promises_of_all_its_requests_at_once(
    as_ines: Client,
    open_ticket: Callable[..., Ticket],
    kept_names: None,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for n in range(12):
        open_ticket(f"Number {n}")
    as_ines.get("/requests/")
    with django_assert_max_num_queries(9):
        as_ines.get("/requests/")
