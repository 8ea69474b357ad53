"""The end of a shift: what somebody has goes on in one act, with one note; what cannot go is told."""

from collections.abc import Callable
from datetime import datetime

import pytest

from escalation import operations as escalation
from escalation.models import Availability, Shift, TeamWork
from tests.escalation.test_assigning import fresh, last, worker
from tests.sla.conftest import policy
from tickets import events, operations
from tickets.models import Event, Message, Ticket
from tickets.refusals import Invalid
from tickets.sentences import sentence

Later = Callable[..., datetime]


@pytest.fixture
def three(open_ticket, mira, later) -> list[Ticket]:
    """Mira has three, none of them due."""
    policy()
    return [operations.take(open_ticket(f"Number {n}"), by=mira, at=later()) for n in range(3)]


def end(by, at, *, give=None, queue=(), note="", back_at=None):
    return escalation.end_shift(
        give={ticket.pk: to for ticket, to in (give or {}).items()},
        to_queue=[ticket.pk for ticket in queue],
        note=note,
        back_at=back_at,
        by=by,
        at=at,
    )


def test_one_is_kept_one_given_and_one_goes_back(three, mira, sara, later):
    ended = end(mira, later(hours=8), give={three[0]: sara}, queue=[three[1]])
    assert [fresh(ticket).assignee for ticket in three] == [sara, None, mira]
    assert ([ticket.pk for ticket in ended.done], ended.refused) == ([three[0].pk, three[1].pk], [])
    shift = Shift.objects.get()
    assert (shift.by, shift.at, shift.back_at, shift.tickets) == (mira, later(hours=8), None, 2)
    assert [sentence(last(ticket), sara) for ticket in three[:2]] == [
        "Mira Kask gave it to Sara Amin at the end of the shift",
        "Mira Kask put it back into the queue at the end of the shift",
    ]


def test_one_note_stands_on_all_that_go_on_and_on_no_other(three, mira, sara, later):
    end(mira, later(hours=8), give={three[0]: sara}, queue=[three[1]], note="Waits for the part.")
    notes = Message.objects.filter(kind="note").order_by("ticket_id")
    assert [(row.ticket_id, row.body, row.author) for row in notes] == [
        (ticket.pk, "Waits for the part.", mira) for ticket in three[:2]
    ]


def test_a_ticket_that_is_not_theirs_any_more_is_told_and_the_rest_is_done(three, mira, sara, lars, later):
    operations.assign(three[0], to=lars, by=lars, at=later(hours=1))
    ended = end(mira, later(hours=8), give={three[0]: sara, three[1]: sara}, note="Please.")
    assert [(ticket.pk, str(why)) for ticket, why in ended.refused] == [
        (three[0].pk, f"{three[0].number} is not yours any more.")
    ]
    assert [fresh(ticket).assignee for ticket in three] == [lars, sara, mira]
    assert Message.objects.filter(kind="note").count() == 1


def test_who_is_not_in_the_team_is_refused(three, mira, dario, later):
    ended = end(mira, later(hours=8), give={three[0]: dario})
    assert [why.field for _ticket, why in ended.refused] == ["to"]
    assert fresh(three[0]).assignee == mira


def test_until_they_are_back_they_are_away_and_what_they_keep_and_is_due_goes_back(open_ticket, mira, later):
    policy(resolution=12 * 60)
    ticket = operations.take(open_ticket(), by=mira, at=later())
    ended = end(mira, later(hours=8), back_at=later(hours=23))
    assert (ended.went_back, fresh(ticket).assignee) == (1, None)
    row = Availability.objects.get()
    assert (row.user, row.is_away, row.away_until) == (mira, True, later(hours=23))


def test_what_goes_back_is_given_on_to_somebody_else(three, service_desk, mira, sara, later):
    TeamWork.objects.create(team=service_desk, strategy="least_loaded")
    end(mira, later(hours=8), queue=three[:1])
    worker(later(hours=8))
    assert fresh(three[0]).assignee == sara


def test_a_time_that_has_passed_is_refused_and_nothing_is_done(three, mira, sara, later):
    with pytest.raises(Invalid) as refused:
        end(mira, later(hours=8), give={three[0]: sara}, back_at=later())
    assert (refused.value.field, Shift.objects.count(), fresh(three[0]).assignee) == ("back_at", 0, mira)


# --- the page ---


def test_the_page_hands_on_in_one_act_and_once(signed_in, three, mira, sara):
    client = signed_in(mira)
    page = client.get("/desk/shift/")
    assert [ticket.number in page.content.decode() for ticket in three] == [True, True, True]
    sent = {
        f"to_{three[0].pk}": str(sara.pk),
        f"to_{three[1].pk}": "queue",
        f"to_{three[2].pk}": "keep",
        "note": "Nothing urgent.",
        "back_at": "2026-11-24T08:00",
        "submission": "7f6f3f6e-5a0f-4f3c-9f3e-1d2b3c4d5e6f",
    }
    assert client.post("/desk/shift/", sent).status_code == 302
    assert [fresh(ticket).assignee for ticket in three] == [sara, None, mira]
    client.post("/desk/shift/", sent)
    assert Event.objects.filter(kind=events.NOTED).count() == 2
    assert Shift.objects.count() == 1


def test_who_is_away_is_not_offered(signed_in, three, mira, sara, lars):
    Availability.objects.create(user=sara, is_away=True)
    page = signed_in(mira).get("/desk/shift/").content.decode()
    assert (f'value="{sara.pk}"' in page, f'value="{lars.pk}"' in page) == (False, True)


def test_a_wrong_time_keeps_what_was_typed(signed_in, three, mira):
    answer = signed_in(mira).post("/desk/shift/", {"note": "Part comes.", "back_at": "2026-11-20T08:00"})
    page = answer.content.decode()
    assert (answer.status_code, "yet to come" in page, "Part comes." in page) == (400, True, True)
