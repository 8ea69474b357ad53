import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from accounts.models import Team, Tier, User
from delivery.models import Mail
from escalation import operations as escalation
from escalation.models import Handoff
from helpdesk import notices
from tests.conftest import person, seat
from tickets import operations
from tickets.models import Audience, Event, Status, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence


def up(ticket: Ticket, by: User | None, at: datetime, **facts: Any) -> escalation.HandedOver:
    facts = {"tier": 2, "reason": "needs_expertise", "summary": "Tried all.", **facts}
    return escalation.hand_over(ticket, by=by, at=at, **facts)


def test_it_waits_in_exactly_one_team_until_somebody_accepts(ticket, mira, dario, network, at, later):
    operations.take(ticket, by=mira, at=at)
    handed = up(ticket, mira, at).ticket
    assert (handed.team, handed.tier_id, handed.assignee, handed.unaccepted_since) == (network, 2, None, at)
    assert (handed.path, handed.handoff_count, handed.contact) == ([1, 2], 1, mira)
    accepted = escalation.accept(ticket, by=dario, at=later(minutes=5))
    assert (accepted.assignee, accepted.unaccepted_since) == (dario, None)
    assert Handoff.objects.get().state == "accepted"


def test_the_summary_is_for_the_desk_and_never_for_the_requester(ticket, mira, network, at):
    assert up(ticket, mira, at).handoff.summary.audience == Audience.INTERNAL


def test_on_the_way_to_a_vendor_the_summary_is_shared_with_the_vendor(ticket, mira, vendors, at):
    assert up(ticket, mira, at, tier=4).handoff.summary.audience == Audience.VENDOR


def test_a_return_goes_to_the_recorded_sender_and_counts_as_a_bounce(ticket, mira, sara, dario, at):
    operations.take(ticket, by=mira, at=at)
    up(ticket, mira, at)
    back = escalation.return_(ticket, reason="information_missing", text="Log?", by=dario, at=at)
    assert (back.tier_id, back.assignee, back.bounce_count, back.path) == (1, mira, 1, [1, 2, 1])
    handoff = Handoff.objects.get()
    assert (handoff.state, handoff.return_reason) == ("returned", "information_missing")


def test_after_accepting_it_can_still_be_returned(ticket, mira, dario, at):
    up(ticket, mira, at)
    escalation.accept(ticket, by=dario, at=at)
    assert escalation.return_(ticket, reason="wrong_team", text="Not ours.", by=dario, at=at).tier_id == 1


def test_a_return_checks_its_target_too(ticket, mira, dario, service_desk, tiers, at):
    up(ticket, mira, at)
    service_desk.is_active = False
    service_desk.save()
    with pytest.raises(escalation.NothingToReturn):
        escalation.return_(ticket, reason="wrong_team", text="Not ours.", by=dario, at=at)
    other = Team.objects.create(name="Second desk", tier=tiers[1])
    assert (
        escalation.return_(ticket, reason="wrong_team", text="Not ours.", by=dario, at=at).team_id == other.pk
    )


def test_a_tier_that_is_off_is_skipped_and_it_says_so(ticket, mira, network, platform, at):
    Tier.objects.filter(level=2).update(is_enabled=False)
    handed = up(ticket, mira, at)
    assert (handed.ticket.team, handed.ticket.path) == (platform, [1, 3])
    assert handed.notice == "L2 is not in use: handed to L3 instead."


def test_a_tier_without_a_team_is_skipped_downwards_too(ticket, yuki, mira, platform, service_desk, at):
    up(ticket, mira, at, tier=3)
    handed = up(ticket, yuki, at, tier=2)
    assert handed.ticket.team == service_desk


@pytest.mark.parametrize(
    ("to", "field"),
    [({}, "team"), ({"tier": 7}, "tier"), ({"tier": 1}, "tier")],
    ids=["nowhere", "no such tier", "where it is"],
)
def test_a_target_that_cannot_be_is_refused_by_name(ticket, mira, to, field, at):
    with pytest.raises(Invalid) as refused:
        escalation.hand_over(ticket, reason="needs_access", summary="x", by=mira, at=at, **to)
    assert refused.value.field == field


@pytest.mark.parametrize("missing", ["reason", "summary"])
def test_reason_and_summary_are_asked_for(ticket, mira, network, at, missing):
    given = {"reason": "needs_access", "summary": "Tried all."} | {missing: ""}
    with pytest.raises(Invalid) as refused:
        escalation.hand_over(ticket, tier=2, by=mira, at=at, **given)
    assert refused.value.field == missing


def test_a_stranger_hands_nothing_over_and_accepts_nothing(ticket, ines, otto, mira, sara, network, at):
    for somebody in (ines, otto):
        with pytest.raises(NotAllowed):
            up(ticket, somebody, at)
    up(ticket, mira, at)
    with pytest.raises(NotAllowed):
        escalation.accept(ticket, by=sara, at=at)


def test_taking_what_waits_is_accepting_it(ticket, mira, dario, at):
    up(ticket, mira, at)
    ticket = operations.take(ticket, by=dario, at=at)
    assert ticket.unaccepted_since is None
    assert Handoff.objects.get().state == "accepted"


def test_a_second_hand_over_overtakes_the_first(ticket, mira, dario, network, platform, at):
    operations.set_contact(ticket, to=mira, by=mira, at=at)
    up(ticket, mira, at)
    up(ticket, mira, at, tier=3)
    assert [row.state for row in Handoff.objects.all()] == ["overtaken", "waiting"]


def test_withdrawn_nobody_waits_for_it(ticket, mira, ines, network, at):
    up(ticket, mira, at)
    operations.withdraw(ticket, by=ines, at=at)
    assert Handoff.objects.get().state == "overtaken"


def test_what_was_on_hold_is_open_where_it_arrives(ticket, mira, network, at, later):
    operations.hold(ticket, reason="part", until=later(days=1), by=mira, at=at)
    assert up(ticket, mira, at).ticket.status == Status.OPEN


def test_the_vendors_guest_returns_it_with_an_answer(ticket, mira, vera, vendors, at):
    operations.take(ticket, by=mira, at=at)
    up(ticket, mira, at, tier=4)
    back = escalation.return_(ticket, reason="solvable_below", text="Restart the box.", by=vera, at=at)
    assert (back.tier_id, back.assignee) == (1, mira)
    assert Handoff.objects.get().summary.audience == Audience.VENDOR


@pytest.mark.django_db(transaction=True)
def test_fifty_takes_at_once_give_it_to_one(ticket: Ticket, mira: User, sara: User, at: datetime) -> None:
    outcomes: list[str] = []

    def take(user: User) -> None:
        try:
            operations.take(Ticket.objects.get(pk=ticket.pk), by=User.objects.get(pk=user.pk), at=at)
            outcomes.append(user.name)
        except operations.AlreadyTaken:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[(mira, sara)[number % 2]]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ticket.refresh_from_db()
    assert len(outcomes) == 50
    assert ticket.assignee is not None
    assert {name for name in outcomes if name != "late"} == {ticket.assignee.name}
    assert Event.objects.filter(ticket=ticket, kind="ticket.taken").count() == 1


@pytest.mark.django_db(transaction=True)
def test_take_next_never_gives_one_ticket_to_two(
    open_ticket: Callable[..., Ticket], mira: User, sara: User, at: datetime
) -> None:
    for number in range(12):
        open_ticket(f"Ticket {number}")
    given: list[int] = []

    def take_six(user: User) -> None:
        try:
            fresh = User.objects.get(pk=user.pk)
            for _ in range(6):
                taken = operations.take_next(by=fresh, at=at)
                if taken:
                    given.append(taken.ticket.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=take_six, args=[user]) for user in (mira, sara)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == len(set(given)) == 12


# --- what it says ---


def test_summary_and_what_was_tried_are_one_readable_message(ticket, mira, network, at):
    handed = up(ticket, mira, at, tier=2, tried="Restarted the client.\nNew profile.")
    assert handed.handoff.summary.body == (
        "Tried all.\n\nWhat was tried:\n\nRestarted the client.\nNew profile."
    )


@pytest.mark.parametrize("way", ["sideways", "down"])
def test_sideways_and_down_a_reason_is_enough(ticket, mira, dario, network, service_desk, at, way):
    up(ticket, mira, at)
    wifi = Team.objects.create(name="Wifi", tier=network.tier)
    to = {"sideways": wifi, "down": service_desk}[way]
    handed = escalation.hand_over(ticket, team=to, reason="wrong_team", summary=" ", by=dario, at=at)
    assert handed.handoff.summary.body == "Handed over: belongs to another team."
    assert handed.ticket.team == to


# --- rating ---


@pytest.fixture
def accepted(ticket: Ticket, mira: User, dario: User, at: datetime) -> Ticket:
    """Handed up by Mira, accepted by Dario."""
    up(ticket, mira, at)
    return escalation.accept(ticket, by=dario, at=at)


def test_the_receiver_rates_a_hand_off_and_the_last_word_counts(accepted, dario, at, later):
    escalation.rate_handoff(accepted, rating="incomplete", by=dario, at=at)
    for _again in range(2):
        escalation.rate_handoff(accepted, rating="complete", by=dario, at=later(minutes=1))
    handoff = Handoff.objects.get()
    assert (handoff.rating, handoff.rated_by) == ("complete", dario)
    events = Event.objects.filter(kind="escalation.handoff_rated").order_by("id")
    assert [event.data for event in events] == [
        {"handoff": handoff.pk, "rating": "incomplete"},
        {"handoff": handoff.pk, "rating": "complete"},
    ]


def test_a_hand_off_that_waits_cannot_be_rated_nor_one_that_never_was(ticket, mira, dario, lars, at):
    with pytest.raises(escalation.NothingToRate):
        escalation.rate_handoff(ticket, rating="complete", by=lars, at=at)
    up(ticket, mira, at)
    with pytest.raises(escalation.NothingToRate):
        escalation.rate_handoff(ticket, rating="complete", by=dario, at=at)


def test_nobody_rates_for_others_or_themselves(accepted, mira, yuki, ada, at):
    for somebody in (mira, yuki):
        with pytest.raises(NotAllowed):
            escalation.rate_handoff(accepted, rating="complete", by=somebody, at=at)
    up(accepted, ada, at, tier=3)
    escalation.accept(accepted, by=yuki, at=at)
    with pytest.raises(NotAllowed, match="Your own hand-off"):
        escalation.rate_handoff(accepted, rating="complete", by=ada, at=at)


def test_a_rating_that_is_none_is_refused_by_name(accepted, dario, at):
    with pytest.raises(Invalid) as refused:
        escalation.rate_handoff(accepted, rating="lovely", by=dario, at=at)
    assert refused.value.field == "rating"


# --- who is told ---


def told(kind: str, template: Callable[[Event, datetime], None], at: datetime) -> list[str]:
    Mail.objects.all().delete()
    template(Event.objects.filter(kind=kind).latest("id"), at)
    return sorted(Mail.objects.values_list("person__name", flat=True))


def test_the_contact_stays_and_is_told_of_each_move(ticket, mira, sara, dario, network, yuki, platform, at):
    operations.set_contact(ticket, to=sara, by=mira, at=at)
    handed_over, returned = "escalation.handed_over", "escalation.returned"
    up(ticket, mira, at)
    assert told(handed_over, notices.tell_of_handoff, at) == ["Sara Amin"]
    wifi = Team.objects.create(name="Wifi", tier=network.tier)
    max_ = seat(person("Max Wired"), wifi)
    escalation.hand_over(ticket, team=wifi, reason="wrong_team", summary="", by=dario, at=at)
    assert told(handed_over, notices.tell_of_handoff, at) == ["Sara Amin"]
    back = escalation.return_(ticket, reason="not_ours", text="No.", by=max_, at=at)
    assert told(returned, notices.tell_of_return, at) == ["Dario Pek", "Sara Amin"]
    assert back.contact == sara


def test_what_a_rule_gave_comes_back_to_the_leads(ticket, lars, dario, network, at):
    up(ticket, None, at)
    escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=at)
    assert told("escalation.returned", notices.tell_of_return, at) == ["Lars Holm"]


# --- a fix ---


def test_resolving_at_the_experts_can_ask_that_the_tiers_below_learn_it(ticket, mira, yuki, platform, at):
    up(ticket, mira, at, tier=3)
    operations.resolve(ticket, code="fixed", summary="New key.", publish_fix=True, by=yuki, at=at)
    event = Event.objects.get(kind="ticket.resolved")
    assert event.data["publish_fix"] is True
    assert sentence(event, mira) == "Yuki Mori resolved it: fixed. L1 and L2 should learn this fix"
