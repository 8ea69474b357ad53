"""First response, next response and update: docs/sla.md, rule by rule."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from escalation import operations as escalation
from tests.sla.conftest import Life, promise
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


@pytest.fixture
def first(open_ticket: Open) -> Life:
    """A ticket of Monday 9:00 with nothing but a first response within an hour."""
    promise(first_response=60)
    return Life(open_ticket())


@pytest.fixture
def answered(open_ticket: Open, mira: User, later: Later) -> Life:
    """Answered at 9:10, with a next response within an hour; what led there is read already."""
    promise(first_response=60, next_response=60)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Looking at it.", by=mira, at=later(minutes=10))
    life.news()
    return life


# --- first response ---


def test_first_response_starts_at_creation(first: Life) -> None:
    assert first.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert first.news() == ["09:00 first_response started (ticket.opened)"]
    assert first.due() == "10:00"


def test_first_response_is_met_by_the_first_public_reply_of_a_technician(
    first: Life, mira: User, later: Later
) -> None:
    operations.reply(first.ticket, text="Hello", by=mira, at=later(minutes=10))
    assert first.rows() == {"first_response": "met, 0:10"}
    assert first.news()[1:] == ["09:10 first_response met (ticket.replied)"]
    assert first.due() == "never"


def test_first_response_is_met_by_a_question_to_the_requester(first: Life, mira: User, later: Later) -> None:
    operations.wait_for_requester(first.ticket, question="Which?", by=mira, at=later(minutes=10))
    assert first.rows() == {"first_response": "met, 0:10"}
    assert first.news()[1:] == ["09:10 first_response met (ticket.waits_for_requester)"]


def test_first_response_is_met_by_a_resolution_whoever_resolves(first: Life, vpn: Any, later: Later) -> None:
    operations.resolve(first.ticket, code="fixed", summary="Done", category=vpn, by=None, at=later(minutes=9))
    assert first.rows() == {"first_response": "met, 0:09"}
    assert first.news()[1:] == ["09:09 first_response met (ticket.resolved)"]


def test_first_response_is_not_met_by_a_note(first: Life, mira: User, later: Later) -> None:
    operations.note(first.ticket, text="She calls often.", by=mira, at=later(minutes=5))
    assert first.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert first.news()[1:] == []


def test_first_response_is_not_met_by_the_requesters_own_words(
    first: Life, ines: User, greta: User, later: Later
) -> None:
    operations.reply(first.ticket, text="Please!", by=ines, at=later(minutes=5))
    operations.reply(first.ticket, text="Please!", by=greta, at=later(minutes=6))
    operations.ask_news(first.ticket, by=ines, at=later(minutes=7))
    assert first.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert first.news()[1:] == []


def test_first_response_is_not_met_by_a_rule(first: Life, later: Later) -> None:
    operations.reply(first.ticket, text="We have it.", by=None, at=later(minutes=5))
    operations.wait_for_requester(first.ticket, question="Which?", by=None, at=later(minutes=6))
    assert first.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert first.news()[1:] == []


def test_first_response_is_not_met_by_an_automatic_reply(first: Life, mira: User, later: Later) -> None:
    operations.reply(first.ticket, text="I am on leave.", by=mira, at=later(minutes=5), automatic=True)
    assert first.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert first.news()[1:] == []
    first.ticket.refresh_from_db()
    assert (first.ticket.last_public_reply_at, first.ticket.status) == (None, "new")


def test_first_response_is_not_met_by_a_vendor(
    open_ticket: Open, mira: User, vera: User, vendors: Any, later: Later
) -> None:
    promise(first_response=60)
    life = Life(open_ticket())
    escalation.hand_over(
        life.ticket, team=vendors, reason="needs_vendor", summary="Check.", by=mira, at=later(minutes=5)
    )
    operations.share_with_vendor(life.ticket, text="Rebooted.", by=vera, at=later(minutes=9))
    assert life.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert life.news()[1:] == []


def test_first_response_is_not_met_by_a_merge(open_ticket: Open, mira: User, later: Later) -> None:
    promise(first_response=60)
    other = open_ticket("Before", at=later(minutes=-30))
    operations.reply(other, text="Hello", by=mira, at=later(minutes=-20))
    life = Life(open_ticket())
    operations.merge(other, into=life.ticket, by=mira, at=later(minutes=5))
    assert life.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert life.news()[1:] == []


@pytest.mark.parametrize("channel", ["phone", "walk_up"])
def test_first_response_is_met_at_once_when_a_technician_opens_it_for_a_caller(
    open_ticket: Open, mira: User, channel: str
) -> None:
    promise(first_response=60, next_response=60)
    life = Life(open_ticket(by=mira, channel=channel))
    assert life.rows() == {"first_response": "met, 0:00"}
    assert life.news() == [
        "09:00 first_response started (ticket.opened)",
        "09:00 first_response met (ticket.opened)",
    ]


def test_first_response_waits_after_a_call_where_the_policy_says_so(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(first_response=60, phone_is_response=False)
    life = Life(open_ticket(by=mira, channel="phone"))
    assert life.rows() == {"first_response": "running, 0:00, due 10:00"}
    operations.reply(life.ticket, text="As I said.", by=mira, at=later(minutes=3))
    assert life.rows() == {"first_response": "met, 0:03"}


def test_first_response_is_not_met_by_a_colleague_who_files_for_the_requester(
    open_ticket: Open, tomasz: User, ines: User
) -> None:
    promise(first_response=60)
    life = Life(open_ticket(requester=ines, by=tomasz, channel="phone"))
    assert life.rows() == {"first_response": "running, 0:00, due 10:00"}


def test_first_response_never_pauses(first: Life, mira: User, later: Later) -> None:
    operations.take(first.ticket, by=mira, at=later(minutes=1))
    operations.hold(first.ticket, reason="appointment", until=later(days=1), by=mira, at=later(minutes=2))
    operations.resume(first.ticket, by=mira, at=later(minutes=30))
    operations.wait_for_requester(first.ticket, question="Which?", by=None, at=later(minutes=31))
    assert first.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert first.news()[1:] == []


def test_responses_pause_where_the_policy_says_so(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(first_response=60, pauses_responses=True)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=1))
    operations.hold(life.ticket, reason="appointment", until=later(days=1), by=mira, at=later(minutes=2))
    assert life.rows() == {"first_response": "paused, 0:02"}
    operations.resume(life.ticket, by=mira, at=later(minutes=30))
    assert life.rows() == {"first_response": "running, 0:02, due 10:28"}
    assert life.news()[1:] == [
        "09:02 first_response paused (ticket.held)",
        "09:30 first_response resumed (ticket.resumed)",
    ]


# --- next response ---


def test_next_response_does_not_run_before_the_first(open_ticket: Open, ines: User, later: Later) -> None:
    promise(first_response=60, next_response=60)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="And also...", by=ines, at=later(minutes=5))
    assert life.rows() == {"first_response": "running, 0:00, due 10:00"}
    assert life.news() == ["09:00 first_response started (ticket.opened)"]


def test_next_response_starts_with_a_requesters_message(answered: Life, ines: User, later: Later) -> None:
    operations.reply(answered.ticket, text="And now?", by=ines, at=later(minutes=20))
    assert answered.rows() == {
        "first_response": "met, 0:10",
        "next_response": "running, 0:00, due 10:20",
    }
    assert answered.news() == ["09:20 next_response started (ticket.replied)"]


def test_next_response_keeps_the_first_start_of_several_messages(
    answered: Life, ines: User, greta: User, later: Later
) -> None:
    operations.reply(answered.ticket, text="And now?", by=ines, at=later(minutes=20))
    operations.reply(answered.ticket, text="Hello?", by=ines, at=later(minutes=30))
    operations.reply(answered.ticket, text="She waits.", by=greta, at=later(minutes=40))
    assert answered.row("next_response") == "running, 0:00, due 10:20"
    assert answered.news() == ["09:20 next_response started (ticket.replied)"]


def test_next_response_is_met_by_a_public_reply_of_a_technician(
    answered: Life, ines: User, mira: User, later: Later
) -> None:
    operations.reply(answered.ticket, text="And now?", by=ines, at=later(minutes=20))
    operations.reply(answered.ticket, text="Soon.", by=mira, at=later(minutes=50))
    assert answered.row("next_response") == "met, 0:30"
    assert answered.news()[1:] == ["09:50 next_response met (ticket.replied)"]


def test_next_response_runs_only_while_the_requester_waits(
    answered: Life, ines: User, mira: User, later: Later
) -> None:
    operations.reply(answered.ticket, text="Still on it.", by=mira, at=later(minutes=15))
    assert answered.rows() == {"first_response": "met, 0:10"}
    operations.reply(answered.ticket, text="And now?", by=ines, at=later(minutes=20))
    operations.reply(answered.ticket, text="Soon.", by=mira, at=later(minutes=50))
    operations.reply(answered.ticket, text="Good.", by=ines, at=later(minutes=55))
    assert answered.rows() == {
        "first_response": "met, 0:10",
        "next_response": "met, 0:30",
        "next_response 2": "running, 0:00, due 10:55",
    }
    assert answered.news() == [
        "09:20 next_response started (ticket.replied)",
        "09:50 next_response met (ticket.replied)",
        "09:55 next_response 2 started (ticket.replied)",
    ]


def test_next_response_is_met_by_a_resolution(answered: Life, ines: User, vpn: Any, later: Later) -> None:
    operations.reply(answered.ticket, text="And now?", by=ines, at=later(minutes=20))
    operations.resolve(
        answered.ticket, code="fixed", summary="Done", category=vpn, by=None, at=later(minutes=25)
    )
    assert answered.row("next_response") == "met, 0:05"


def test_next_response_is_not_met_by_notes_rules_and_machines(
    answered: Life, ines: User, mira: User, later: Later
) -> None:
    operations.reply(answered.ticket, text="And now?", by=ines, at=later(minutes=20))
    operations.note(answered.ticket, text="Impatient.", by=mira, at=later(minutes=21))
    operations.reply(answered.ticket, text="We have it.", by=None, at=later(minutes=22))
    operations.reply(answered.ticket, text="On leave.", by=mira, at=later(minutes=23), automatic=True)
    assert answered.row("next_response") == "running, 0:00, due 10:20"
    assert answered.news() == ["09:20 next_response started (ticket.replied)"]


def test_automatic_messages_start_and_resume_nothing(
    open_ticket: Open, ines: User, mira: User, later: Later
) -> None:
    promise(next_response=60, resolution=240)
    life = Life(open_ticket())
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=10))
    life.news()
    operations.reply(life.ticket, text="Out of office", by=ines, at=later(minutes=11), automatic=True)
    assert life.rows() == {"resolution": "paused, 0:10"}
    assert life.news() == []
    life.ticket.refresh_from_db()
    assert (life.ticket.status, life.ticket.requester_waiting_since) == ("pending_requester", None)


def test_automatic_messages_reopen_nothing(
    open_ticket: Open, ines: User, mira: User, vpn: Any, later: Later
) -> None:
    promise(next_response=60, resolution=240)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=1))
    operations.resolve(life.ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=20))
    life.news()
    operations.reply(life.ticket, text="Out of office", by=ines, at=later(minutes=21), automatic=True)
    operations.confirm(life.ticket, by=ines, at=later(minutes=30))
    operations.reply(life.ticket, text="Out of office", by=ines, at=later(minutes=31), automatic=True)
    assert life.rows() == {"resolution": "met, 0:20"}
    assert life.news() == []
    assert Ticket.objects.count() == 1
    life.ticket.refresh_from_db()
    assert life.ticket.status == "closed"


def test_next_response_starts_with_the_message_that_reopens(
    answered: Life, ines: User, mira: User, vpn: Any, later: Later
) -> None:
    operations.take(answered.ticket, by=mira, at=later(minutes=11))
    operations.resolve(
        answered.ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=20)
    )
    operations.reopen(answered.ticket, text="No.", by=ines, at=later(hours=2))
    assert answered.row("next_response") == "running, 0:00, due 12:00"
    assert answered.news() == ["11:00 next_response started (ticket.reopened)"]


def test_next_response_does_not_start_when_the_desk_reopens(
    answered: Life, mira: User, vpn: Any, later: Later
) -> None:
    operations.take(answered.ticket, by=mira, at=later(minutes=11))
    operations.resolve(
        answered.ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=20)
    )
    operations.reopen(answered.ticket, text="I was wrong.", by=mira, at=later(hours=2))
    assert answered.rows() == {"first_response": "met, 0:10"}


def test_next_response_starts_with_what_a_caller_writes_afterwards(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(first_response=60, next_response=60)
    life = Life(open_ticket(by=mira, channel="phone"))
    operations.reply(life.ticket, text="One more thing.", by=ines, at=later(minutes=20))
    assert life.rows() == {
        "first_response": "met, 0:00",
        "next_response": "running, 0:00, due 10:20",
    }


# --- update ---


def test_update_starts_with_the_first_answer_and_anew_with_each(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(update=30)
    life = Life(open_ticket())
    assert life.rows() == {}
    operations.reply(life.ticket, text="Looking at it.", by=mira, at=later(minutes=10))
    operations.reply(life.ticket, text="Still.", by=mira, at=later(minutes=35))
    assert life.rows() == {"update": "met, 0:25", "update 2": "running, 0:00, due 10:05"}
    assert life.news() == [
        "09:10 update started (ticket.replied)",
        "09:35 update met (ticket.replied)",
        "09:35 update 2 started (ticket.replied)",
    ]


def test_update_pauses_with_the_resolution_and_ends_with_it(
    open_ticket: Open, mira: User, ines: User, vpn: Any, later: Later
) -> None:
    promise(update=30)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later(minutes=1))
    operations.wait_for_requester(life.ticket, question="Which?", by=mira, at=later(minutes=10))
    assert life.rows() == {"update": "paused, 0:00"}
    operations.reply(life.ticket, text="That one.", by=ines, at=later(hours=1))
    assert life.rows() == {"update": "running, 0:00, due 10:30"}
    operations.resolve(life.ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=70))
    assert life.rows() == {"update": "met, 0:10"}
    assert life.news() == [
        "09:10 update started (ticket.waits_for_requester)",
        "09:10 update paused (ticket.waits_for_requester)",
        "10:00 update resumed (ticket.replied)",
        "10:10 update met (ticket.resolved)",
    ]


def test_update_is_not_met_by_what_a_rule_sends(open_ticket: Open, mira: User, later: Later) -> None:
    promise(update=30)
    life = Life(open_ticket())
    operations.reply(life.ticket, text="Looking at it.", by=mira, at=later(minutes=10))
    operations.reply(life.ticket, text="We have not forgotten you.", by=None, at=later(minutes=20))
    assert life.rows() == {"update": "running, 0:00, due 09:40"}
