"""Help without a hand-over: they see and write for a time; owner and clocks stay."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation, Team, User
from delivery.models import Delivery, Mail
from escalation import operations as escalation
from escalation.models import Invitation
from escalation.operations import inviting
from escalation.queries.helping import helps_by_team
from helpdesk.wiring import react
from sla.models import Clock
from tests.conftest import person, seat
from tickets import operations
from tickets.models import Event, Named, Ticket, Watch, WorkLog
from tickets.permissions import may_see
from tickets.queries.counting import queue_counts
from tickets.queries.queues import queue_named
from tickets.refusals import Invalid, NotAllowed
from tickets.state import check

Later = Callable[..., datetime]


@pytest.fixture
def hers(ticket: Ticket, mira: User, later: Later) -> Ticket:
    return operations.take(ticket, by=mira, at=later())


@pytest.fixture
def narrow(tiers: Any) -> Team:
    """A team on L3 whose people see nothing but what was handed to them."""
    tiers[3].sees = "own_teams"
    tiers[3].save(update_fields=["sees"])
    return Team.objects.create(name="Platform", tier_id=3, is_default=True)


@pytest.fixture
def nils(narrow: Team) -> User:
    return seat(person("Nils Narrow"), narrow)


def ask(ticket: Ticket, by: User, at: datetime, **whom: Any) -> Invitation:
    whom.setdefault("until", at + timedelta(hours=2))
    whom.setdefault("question", "Is it the gateway?")
    escalation.invite(ticket, by=by, at=at, **whom)
    return Invitation.objects.latest("pk")


def deliver(event: Event, at: datetime) -> None:
    """Carry out what follows from an event, as the worker does."""
    for delivery in Delivery.objects.filter(event_id=event.pk, kind="reaction"):
        react(delivery.payload, delivery, at)


def last(ticket: Ticket) -> Event:
    return Event.objects.filter(ticket=ticket, is_quiet=False).latest("id")


def test_the_owner_and_the_clocks_stay(hers, mira, dario, later):
    def owned() -> list[Any]:
        row = Ticket.objects.values_list("team", "assignee", "tier", "status", "next_due_at").get(pk=hers.pk)
        return [*row, list(Clock.objects.filter(ticket=hers).values_list("metric", "state", "next_at"))]

    before = owned()
    invitation = ask(hers, mira, later(minutes=5), user=dario)
    event = last(hers)
    assert owned() == before
    assert (event.kind, event.data["user"], event.data["invitation"], event.message.body) == (
        "escalation.invited",
        dario.pk,
        invitation.pk,
        "Is it the gateway?",
    )
    assert event.message.audience == "internal"
    assert check(Ticket.objects.get(pk=hers.pk)) == []


def test_who_cannot_see_it_sees_it_while_they_help_and_writes(hers, mira, nils, later):
    assert not may_see(nils, hers)
    invitation = ask(hers, mira, later(), user=nils)
    assert may_see(nils, hers)
    operations.note(hers, text="It is the gateway.", by=nils, at=later(minutes=5))
    escalation.end_invitation(invitation, by=nils, at=later(minutes=10))
    assert not may_see(nils, hers)


def test_who_watched_it_before_watches_it_afterwards(hers, mira, nils, later):
    operations.watch(hers, user=nils, by=mira, at=later())
    escalation.end_invitation(ask(hers, mira, later(), user=nils), by=nils, at=later(minutes=10))
    assert Watch.objects.filter(ticket=hers, user=nils).exists()


def test_a_team_helps_as_a_whole(hers, mira, nils, narrow, later):
    nora = seat(person("Nora Narrow"), narrow)
    invitation = ask(hers, mira, later(), team=narrow)
    assert may_see(nils, hers)
    assert may_see(nora, hers)
    escalation.end_invitation(invitation, by=nora, at=later(minutes=10))
    assert not Watch.objects.filter(ticket=hers).exists()


def test_on_a_restricted_ticket_they_are_named_for_the_time(hers, mira, dario, yuki, later):
    operations.restrict(hers, people=[dario], by=mira, at=later())
    known, new = ask(hers, mira, later(), user=dario), ask(hers, mira, later(), user=yuki)
    assert may_see(yuki, hers)
    for invitation in (known, new):
        escalation.end_invitation(invitation, by=mira, at=later(minutes=10))
    assert not may_see(yuki, hers)
    assert set(Named.objects.filter(ticket=hers).values_list("user__name", flat=True)) == {
        "Mira Kask",
        "Dario Pek",
    }


# --- refused ---


def test_the_own_team_is_assigned_instead(hers, mira, sara, service_desk, later):
    for whom, field in (({"user": sara}, "user"), ({"team": service_desk}, "team")):
        with pytest.raises(Invalid, match="assign it instead") as refused:
            ask(hers, mira, later(), **whom)
        assert refused.value.field == field


def test_vendors_are_handed_it_instead(hers, mira, vera, vendors, later):
    for whom, field in (({"user": vera}, "user"), ({"team": vendors}, "team")):
        with pytest.raises(Invalid, match="hand it over to them instead") as refused:
            ask(hers, mira, later(), **whom)
        assert refused.value.field == field
    assert not Invitation.objects.exists()


def test_neither_requesters_nor_oneself_nor_nobody(hers, mira, tomasz, dario, platform, later):
    for whom in ({"user": tomasz}, {"user": mira}, {}, {"user": dario, "team": platform}):
        with pytest.raises(Invalid) as refused:
            ask(hers, mira, later(), **whom)
        assert refused.value.field == "user"


@pytest.mark.parametrize("until", [timedelta(0), timedelta(minutes=-1), timedelta(days=30, seconds=1)])
def test_the_end_lies_ahead_and_within_thirty_days(hers, mira, dario, later, until):
    with pytest.raises(Invalid) as refused:
        ask(hers, mira, later(), user=dario, until=later() + until)
    assert refused.value.field == "until"


def test_nobody_is_asked_twice_at_a_time(hers, mira, dario, later):
    invitation = ask(hers, mira, later(), user=dario)
    with pytest.raises(Invalid, match="Dario Pek helps already"):
        ask(hers, mira, later(), user=dario)
    escalation.end_invitation(invitation, by=dario, at=later(minutes=10))
    assert ask(hers, mira, later(minutes=20), user=dario).state == "open"


def test_without_a_question_nobody_is_asked(hers, mira, dario, later):
    with pytest.raises(Invalid) as refused:
        ask(hers, mira, later(), user=dario, question=" ")
    assert refused.value.field == "question"


def test_only_those_who_track_it_ask(hers, dario, yuki, later):
    with pytest.raises(NotAllowed):
        ask(hers, dario, later(), user=yuki)


def test_strangers_to_the_help_do_not_end_it(hers, mira, dario, yuki, later):
    invitation = ask(hers, mira, later(), user=dario)
    with pytest.raises(NotAllowed):
        escalation.end_invitation(invitation, by=yuki, at=later(minutes=1))


# --- its end ---


def test_minutes_are_logged_for_who_helped_and_counted_for_their_team(hers, mira, dario, yuki, later):
    one, other = ask(hers, mira, later(), user=dario), ask(hers, mira, later(), user=yuki)
    escalation.end_invitation(one, minutes=25, by=mira, at=later(minutes=30))
    escalation.end_invitation(other, by=yuki, at=later(minutes=40))
    logs = [(log.by, log.minutes, log.tier_level) for log in WorkLog.objects.filter(ticket=hers)]
    assert logs == [(dario, 25, 2)]
    counted = [
        (row.name, row.times, row.minutes) for row in helps_by_team(since=later(), until=later(days=1))
    ]
    assert counted == [("Network", 1, 25), ("Platform", 1, 0)]


def test_it_ends_once(hers, mira, dario, later):
    invitation = ask(hers, mira, later(), user=dario)
    escalation.end_invitation(invitation, by=dario, at=later(minutes=1))
    with pytest.raises(escalation.HelpIsOver):
        escalation.end_invitation(invitation, by=mira, at=later(minutes=2))


def test_it_ends_by_itself_when_its_time_is_over(hers, mira, nils, later):
    invitation = ask(hers, mira, later(), user=nils, until=later(hours=1))
    assert inviting.end_due(at=later(minutes=59)) == 0
    assert inviting.end_due(at=later(hours=1)) == 1
    assert inviting.end_due(at=later(hours=1)) == 0
    invitation.refresh_from_db()
    event = last(hers)
    assert (invitation.state, invitation.ended_by, invitation.ended_at) == ("ended", None, later(hours=1))
    assert (event.kind, event.by, event.data["user"]) == ("escalation.invitation_ended", None, nils.pk)
    assert not may_see(nils, hers)


def test_it_becomes_a_hand_over_by_the_ordinary_road(hers, mira, dario, network, later):
    invitation = ask(hers, mira, later(), user=dario)
    handed = escalation.become_handover(
        invitation, reason="needs_expertise", summary="You know it.", by=mira, at=later(minutes=10)
    )
    invitation.refresh_from_db()
    assert (invitation.state, invitation.ended_at) == ("handed_over", later(minutes=10))
    assert (handed.ticket.team, handed.handoff.to_team) == (network, network)
    assert last(hers).kind == "escalation.handed_over"


def test_any_hand_over_to_their_team_ends_the_help(hers, mira, dario, yuki, network, later):
    theirs, others = ask(hers, mira, later(), team=network), ask(hers, mira, later(), user=yuki)
    escalation.hand_over(
        hers, team=network, reason="needs_expertise", summary="Yours.", by=mira, at=later(minutes=5)
    )
    deliver(last(hers), later(minutes=5))
    states = dict(Invitation.objects.values_list("pk", "state"))
    assert states == {theirs.pk: "handed_over", others.pk: "open"}


def test_who_got_a_restricted_ticket_still_sees_it(hers, mira, nils, narrow, later):
    operations.restrict(hers, people=[], by=mira, at=later())
    ask(hers, mira, later(), team=narrow)
    escalation.hand_over(
        hers, team=narrow, reason="needs_expertise", summary="Yours.", by=mira, at=later(minutes=5)
    )
    deliver(last(hers), later(minutes=5))
    assert Invitation.objects.get().state == "handed_over"
    assert may_see(nils, hers)


# --- told, and found ---


def test_those_who_are_asked_are_told(hers, mira, nils, narrow, later):
    ask(hers, mira, later(), team=narrow)
    event = last(hers)
    deliver(event, later())
    mail = Mail.objects.get(event_id=event.pk)
    assert (mail.to, "Is it the gateway?" in mail.text) == (nils.email, True)


def test_who_helps_has_a_queue_of_it(hers, mira, dario, yuki, later):
    invitation = ask(hers, mira, later(), user=dario)
    queue, other = queue_named("helping", dario), queue_named("helping", yuki)
    assert queue is not None
    assert other is not None
    assert ([row.pk for row in queue.queryset], other.queryset.count()) == ([hers.pk], 0)
    assert (queue_counts(dario)["helping"], queue_counts(yuki).get("helping", 0)) == (1, 0)
    escalation.end_invitation(invitation, by=dario, at=later(minutes=10))
    assert queue.queryset.count() == 0


def test_a_vendors_guest_has_no_such_queue(vera: User, kestrel: Organisation) -> None:
    assert (queue_named("helping", vera), queue_named("proposals", vera)) == (None, None)
