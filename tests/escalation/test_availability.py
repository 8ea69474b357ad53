"""Who is away or off shift: what cannot wait for them is back in the queue and says why, the rest waits."""

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import AccountEvent
from escalation import operations as escalation
from escalation.models import Availability, TeamWork
from escalation.operations.availability import release_due_of_absent
from escalation.queries.presence import Presence, absent, presence_of
from helpdesk.desk.rows import rows_of
from tests.conftest import seat
from tests.escalation.test_assigning import fresh, last, worker
from tests.sla.conftest import hours, policy
from tickets import events, operations
from tickets.models import FAR, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence

Later = Callable[..., datetime]


@pytest.fixture
def due_at_noon(open_ticket, mira, later) -> Ticket:
    """Mira has it, and it is due three hours after Monday morning."""
    policy(resolution=180)
    return operations.take(open_ticket(), by=mira, at=later())


@pytest.fixture
def due_never(open_ticket, mira, later) -> Ticket:
    policy()
    ticket = operations.take(open_ticket("A new chair"), by=mira, at=later())
    assert fresh(ticket).next_due_at == FAR
    return ticket


def away(user, *, until, at, by=None):
    return escalation.go_away(user, until=until, by=by or user, at=at)


# --- who is here ---


def test_somebody_without_hours_is_here_around_the_clock(mira, later):
    assert presence_of(mira, at=later(hours=14)) == Presence()


def test_outside_their_hours_somebody_is_off_shift_until_these_begin(mira, later):
    Availability.objects.create(user=mira, hours=hours())
    assert presence_of(mira, at=later()).is_present
    assert presence_of(mira, at=later(hours=12)) == Presence(False, later(hours=9), later(hours=23))


def test_back_from_leave_means_back_on_shift(mira, later):
    Availability.objects.create(
        user=mira, hours=hours(), is_away=True, away_until=later(hours=15), away_since=later()
    )
    assert presence_of(mira, at=later(hours=1)).back_at == later(hours=23)


def test_away_ends_by_itself(mira, later):
    away(mira, until=later(hours=2), at=later())
    assert sorted(absent(at=later(hours=1))) == [mira.pk]
    assert absent(at=later(hours=2)) == {}
    release_due_of_absent(at=later(hours=2))
    row = Availability.objects.get()
    assert (row.is_away, row.away_until, row.away_since) == (False, None, None)


def test_who_is_deactivated_is_not_here(mira, later):
    mira.is_active = False
    assert presence_of(mira, at=later()) == Presence(is_present=False)


# --- saying it ---


def test_somebody_says_it_of_themselves_and_a_lead_of_their_people(mira, lars, later):
    away(mira, until=later(days=1), at=later())
    escalation.come_back(mira, by=lars, at=later(hours=1))
    told = [(row.kind, row.by, row.person) for row in AccountEvent.objects.order_by("id")]
    assert told == [("availability.away", mira, mira), ("availability.back", lars, mira)]
    assert not Availability.objects.get().is_away


def test_colleagues_and_leads_of_others_cannot(mira, sara, dario, network, later):
    other_lead = seat(dario, network.tier.teams.create(name="Wireless"), "lead")
    for by in (sara, other_lead):
        with pytest.raises(NotAllowed):
            away(mira, until=None, at=later(), by=by)
    assert not Availability.objects.exists()


def test_a_time_that_has_passed_is_refused(mira, later):
    with pytest.raises(Invalid) as refused:
        away(mira, until=later(), at=later())
    assert refused.value.field == "until"


def test_hours_and_capacity_are_said_by_leads_alone(mira, lars, later):
    with pytest.raises(NotAllowed):
        escalation.change_duty(mira, hours=None, capacity=3, by=mira, at=later())
    with pytest.raises(Invalid, match="from 0 to 500"):
        escalation.change_duty(mira, hours=None, capacity=501, by=lars, at=later())
    office = hours()
    escalation.change_duty(mira, hours=office, capacity=3, by=lars, at=later())
    row = Availability.objects.get()
    assert (row.user, row.hours, row.capacity) == (mira, office, 3)


# --- what cannot wait ---


def test_what_is_due_before_they_are_back_goes_back_and_says_why(due_at_noon, mira, sara, later):
    assert away(mira, until=later(days=3), at=later(hours=1)) == 1
    event = last(due_at_noon)
    assert (fresh(due_at_noon).assignee, event.kind, event.by) == (None, events.RELEASED, None)
    assert event.data == {"away": mira.pk, "back": later(days=3).isoformat(), "why": "due"}
    assert sentence(event, sara) == (
        "Back in the queue before it is due: Mira Kask is away until 26 Nov 2026, 09:00"
    )


def test_what_is_due_after_that_waits_for_them(due_at_noon, mira, later):
    assert away(mira, until=later(hours=2), at=later(hours=1)) == 0
    assert fresh(due_at_noon).assignee == mira


def test_what_is_never_due_waits_for_them_however_long(due_never, mira, later):
    assert away(mira, until=None, at=later(hours=1)) == 0
    assert fresh(due_never).assignee == mira


def test_where_nobody_knows_when_they_are_back_all_that_is_due_goes_back(due_at_noon, mira, sara, later):
    assert away(mira, until=None, at=later(hours=1)) == 1
    assert sentence(last(due_at_noon), sara) == "Back in the queue before it is due: Mira Kask is away"


def test_a_reply_brings_it_back(due_never, mira, ines, sara, later):
    away(mira, until=later(days=1), at=later(hours=1))
    operations.reply(due_never, text="It is worse now.", by=ines, at=later(hours=2))
    worker(later(hours=2))
    event = last(due_never)
    assert (fresh(due_never).assignee, event.data["why"]) == (None, "reply")
    assert sentence(event, sara).startswith("Back in the queue with an answer: Mira Kask is away until")


def test_a_reply_to_somebody_who_is_here_leaves_it_with_them(due_never, mira, ines, later):
    away(mira, until=later(hours=1), at=later())
    operations.reply(due_never, text="It is worse now.", by=ines, at=later(hours=2))
    worker(later(hours=2))
    assert fresh(due_never).assignee == mira


def test_what_colleagues_write_does_not_bring_it_back(due_never, mira, sara, later):
    away(mira, until=later(days=1), at=later(hours=1))
    operations.reply(due_never, text="We look at it on Tuesday.", by=sara, at=later(hours=2))
    worker(later(hours=2))
    assert fresh(due_never).assignee == mira


def test_at_the_end_of_their_hours_the_timer_puts_back_what_is_due_before_the_next(open_ticket, mira, later):
    policy(resolution=20 * 60)
    Availability.objects.create(user=mira, hours=hours())
    ticket = operations.take(open_ticket(), by=mira, at=later())  # due at 5 in the morning
    assert release_due_of_absent(at=later(hours=8)) == 0
    assert release_due_of_absent(at=later(hours=9)) == 1
    assert last(ticket).data["back"] == later(hours=23).isoformat()
    assert release_due_of_absent(at=later(hours=10)) == 0


def test_who_works_on_although_off_shift_keeps_it(open_ticket, mira, later):
    policy(resolution=20 * 60)
    Availability.objects.create(user=mira, hours=hours())
    ticket = operations.take(open_ticket(), by=mira, at=later(hours=10))
    assert release_due_of_absent(at=later(hours=10)) == 0
    assert fresh(ticket).assignee == mira


def test_what_comes_back_is_given_to_who_is_here(due_at_noon, service_desk, mira, sara, later):
    TeamWork.objects.create(team=service_desk, strategy="round_robin")
    away(mira, until=later(days=1), at=later(hours=1))
    worker(later(hours=1))
    assert fresh(due_at_noon).assignee == sara


def test_what_somebody_puts_back_by_hand_is_not_given_on(due_at_noon, service_desk, mira, sara, later):
    TeamWork.objects.create(team=service_desk, strategy="round_robin")
    operations.release(due_at_noon, by=mira, at=later(hours=1))
    worker(later(hours=1))
    assert fresh(due_at_noon).assignee is None


def test_it_is_marked_in_the_queue_until_somebody_has_it(due_at_noon, mira, sara, later):
    def hint(at: datetime) -> str:
        return rows_of([fresh(due_at_noon)], at=at)[0].hint

    away(mira, until=later(days=3), at=later(hours=1))
    assert hint(later(hours=1)) == "Mira is away until 26 Nov 2026, 09:00"
    operations.take(due_at_noon, by=sara, at=later(hours=2))
    operations.release(due_at_noon, by=sara, at=later(hours=3))
    assert "away" not in hint(later(hours=3))


# --- pages ---


def test_somebody_goes_away_and_comes_back_by_the_page(signed_in, mira):
    client = signed_in(mira)
    assert client.post("/desk/away/", {"what": "away", "until": "2026-11-26T09:00"}).status_code == 302
    assert "off shift" not in (page := client.get("/desk/away/").content.decode())
    assert "I am back" in page
    assert client.post("/desk/away/", {"what": "here"}).status_code == 302
    assert not Availability.objects.get().is_away


def test_a_wrong_time_is_said_beside_its_field(signed_in, mira):
    answer = signed_in(mira).post("/desk/away/", {"what": "away", "until": "2026-11-20T09:00"})
    assert (answer.status_code, "yet to come" in answer.content.decode()) == (400, True)


def test_a_lead_sets_hours_and_capacity_and_a_technician_does_not_find_them(signed_in, mira, lars):
    client = signed_in(lars)
    assert client.post(f"/desk/away/{mira.pk}/", {"what": "duty", "capacity": "4"}).status_code == 302
    assert Availability.objects.get().capacity == 4
    client = signed_in(mira)
    assert "On duty" not in client.get("/desk/away/").content.decode()
    assert client.post("/desk/away/", {"what": "duty", "capacity": "400"}).status_code == 403
    assert client.get(f"/desk/away/{lars.pk}/").status_code == 404
