"""Public words of a tier that does not write to requesters: proposed, sent or refused, or overtaken."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Team, Tier, User
from delivery.models import Delivery, Mail, Notice
from escalation import operations as escalation
from escalation.models import Availability, Proposal
from helpdesk.wiring import react
from sla.models import Clock, Metric
from tests.conftest import person, seat
from tests.sla.conftest import hours, policy
from tickets import operations
from tickets.models import Category, Event, Message, Status, Ticket, rebuild_category_tree
from tickets.queries.counting import queue_counts
from tickets.queries.queues import queue_named
from tickets.refusals import Invalid, NotAllowed
from tickets.settings.operations import set_tier_writes
from tickets.state import check

Later = Callable[..., datetime]
NIGHTS = [[[1_200, 1_440]]] * 7
REPLY, QUESTION, RESOLUTION = Proposal.Kind.REPLY, Proposal.Kind.QUESTION, Proposal.Kind.RESOLUTION


@pytest.fixture
def at_l2(ticket: Ticket, mira: User, dario: User, network: Team, later: Later) -> Ticket:
    """Mira has answered first and is the contact; Dario of L2 has accepted it."""
    operations.take(ticket, by=mira, at=later())
    operations.reply(ticket, text="We have it.", by=mira, at=later(minutes=1))
    climbed = escalation.hand_over(
        ticket, tier=2, reason="needs_expertise", summary="Drops.", by=mira, at=later(minutes=2)
    )
    return escalation.accept(climbed.ticket, by=dario, at=later(minutes=5))


def propose(ticket: Ticket, by: User, at: datetime, kind: str = REPLY, **facts: Any) -> Proposal:
    facts.setdefault("text", "Please restart it.")
    escalation.propose_reply(ticket, kind=kind, by=by, at=at, **facts)
    return Proposal.objects.get(ticket=ticket, state="waiting")


def public(ticket: Ticket) -> list[tuple[str, str, User | None]]:
    rows = Message.objects.filter(ticket=ticket, audience="public").order_by("id")
    return [(row.kind, row.body, row.author) for row in rows][2:]


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def last(ticket: Ticket, back: int = 1) -> Event:
    return list(Event.objects.filter(ticket=ticket, is_quiet=False).order_by("id"))[-back]


# --- proposing ---


def test_a_proposed_reply_waits_inside_and_says_since_when(at_l2, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    ticket, event = fresh(at_l2), last(at_l2)
    assert ticket.proposal_since == later(minutes=10)
    assert (event.kind, event.data["proposal"], event.data["what"]) == (
        "escalation.proposed",
        proposal.pk,
        "reply",
    )
    assert (proposal.message.kind, proposal.message.audience) == ("proposal", "internal")
    assert (proposal.from_tier, proposal.team.name) == (2, "Service desk")
    assert public(at_l2) == []


def test_who_writes_to_requesters_has_nothing_to_propose(at_l2, sara, later):
    with pytest.raises(escalation.WritesItself):
        propose(at_l2, sara, later(minutes=10))


def test_without_words_or_a_kind_nothing_is_proposed(at_l2, dario, later):
    for facts, field in (({"text": " "}, "text"), ({"kind": "song"}, "kind")):
        with pytest.raises(Invalid) as refused:
            propose(at_l2, dario, later(minutes=10), **facts)
        assert refused.value.field == field
    assert not Proposal.objects.exists()


def test_only_those_who_work_on_it_propose_that_it_is_solved(at_l2, platform, later):
    nia = seat(person("Nia Other"), Team.objects.create(name="Databases", tier_id=2))
    with pytest.raises(NotAllowed):
        propose(at_l2, nia, later(minutes=10), kind=RESOLUTION, code="fixed")


def test_a_proposed_solution_asks_what_solving_asks(at_l2, dario, vpn, later):
    for facts, field in (({"code": "magic"}, "code"), ({"code": "fixed"}, "category")):
        with pytest.raises(Invalid) as refused:
            propose(at_l2, dario, later(minutes=10), kind=RESOLUTION, **facts)
        assert refused.value.field == field
    propose(at_l2, dario, later(minutes=10), kind=RESOLUTION, code="fixed", category=vpn, minutes=20)
    ticket = fresh(at_l2)
    assert (ticket.category, ticket.status) == (vpn, Status.OPEN)
    assert ticket.work.get().minutes == 20


def test_a_newer_proposal_overtakes_the_one_that_waits(at_l2, dario, later):
    first = propose(at_l2, dario, later(minutes=10))
    second = propose(at_l2, dario, later(minutes=12), text="Better so.")
    first.refresh_from_db()
    assert (first.state, first.ended_at, second.state) == ("overtaken", later(minutes=12), "waiting")
    assert fresh(at_l2).proposal_since == later(minutes=12)


def test_it_waits_so_many_working_minutes_as_its_tier_says(at_l2, dario, later):
    office = hours("Office")  # 8 to 18
    policy(accept={1: 15}, calendar=office)
    Tier.objects.filter(pk=2).update(proposal_minutes=45)
    evening = propose(at_l2, dario, later(hours=8, minutes=45))
    assert evening.due_at == later(hours=23, minutes=30)


def test_without_a_promise_to_accept_it_waits_in_business_hours(at_l2, dario, later):
    office = hours("Office")
    policy(resolution=240, calendar=office)
    assert propose(at_l2, dario, later(hours=8, minutes=45)).due_at == later(hours=23, minutes=15)


# --- sending ---


def test_the_contact_sends_it_as_their_own_public_reply(at_l2, mira, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    proposal.refresh_from_db()
    ticket = fresh(at_l2)
    assert public(at_l2) == [("reply", "Please restart it.", mira)]
    assert (proposal.state, proposal.ended_by, proposal.was_edited) == ("sent", mira, False)
    assert (ticket.proposal_since, ticket.last_public_reply_at) == (None, later(minutes=20))
    assert [last(at_l2, 2).kind, last(at_l2).kind] == ["ticket.replied", "escalation.proposal_sent"]
    assert last(at_l2, 2).changes["proposal_since"][1] is None
    assert check(ticket) == []


def test_the_contact_may_send_other_words(at_l2, mira, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    escalation.send_proposal(at_l2, text="Dear Ines, restart it.", by=mira, at=later(minutes=20))
    proposal.refresh_from_db()
    assert public(at_l2) == [("reply", "Dear Ines, restart it.", mira)]
    assert (proposal.was_edited, last(at_l2).data["edited"]) == (True, True)


def test_a_sent_question_waits_for_the_answer(at_l2, mira, dario, later):
    propose(at_l2, dario, later(minutes=10), kind=QUESTION, text="Which client?")
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    assert fresh(at_l2).status == Status.PENDING_REQUESTER
    assert public(at_l2) == [("question", "Which client?", mira)]


def test_a_sent_solution_resolves_and_stays_with_who_found_it(at_l2, mira, dario, later):
    propose(at_l2, dario, later(minutes=10), kind=RESOLUTION, code="fixed", text="New client.")
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    ticket = fresh(at_l2)
    assert (ticket.status, ticket.resolution_code, ticket.assignee) == (Status.RESOLVED, "fixed", dario)
    assert public(at_l2) == [("resolution", "New client.", mira)]


def test_files_go_out_with_the_words(at_l2, mira, dario, later):
    upload = SimpleUploadedFile("steps.txt", b"1. restart", "text/plain")
    file = operations.store_upload(file=upload, by=dario, at=later())
    proposal = propose(at_l2, dario, later(minutes=10), attachments=[file.pk])
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    proposal.refresh_from_db()
    file.refresh_from_db()
    assert proposal.sent_message is not None
    assert file.message == proposal.sent_message


def test_what_was_read_is_what_is_sent(at_l2, mira, dario, later):
    read = propose(at_l2, dario, later(minutes=10))
    propose(at_l2, dario, later(minutes=12), text="Better so.")
    with pytest.raises(escalation.NoProposal):
        escalation.send_proposal(at_l2, proposal=read, by=mira, at=later(minutes=20))


def test_nothing_waits_twice(at_l2, mira, dario, later):
    propose(at_l2, dario, later(minutes=10))
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    with pytest.raises(escalation.NoProposal):
        escalation.send_proposal(at_l2, by=mira, at=later(minutes=21))


# --- who may ---


def test_a_colleague_of_the_contact_may_not_while_the_contact_is_here(at_l2, sara, dario, later):
    propose(at_l2, dario, later(minutes=10))
    with pytest.raises(NotAllowed, match="Mira Kask"):
        escalation.send_proposal(at_l2, by=sara, at=later(minutes=20))


@pytest.mark.parametrize("why", ["away", "left", "none"])
def test_the_l1_team_stands_in_for_a_contact_who_is_not_there(at_l2, mira, sara, dario, later, why):
    if why == "away":
        Availability.objects.create(user=mira, is_away=True, away_until=later(hours=5))
    elif why == "left":
        User.objects.filter(pk=mira.pk).update(is_active=False)
    else:
        operations.set_contact(at_l2, to=None, by=dario, at=later(minutes=6))
    propose(at_l2, dario, later(minutes=10))
    escalation.send_proposal(at_l2, by=sara, at=later(minutes=20))
    assert public(at_l2)[-1][2] == sara


def test_who_is_back_is_no_longer_stood_in_for(at_l2, mira, sara, dario, later):
    Availability.objects.create(user=mira, is_away=True, away_until=later(minutes=15))
    propose(at_l2, dario, later(minutes=10))
    with pytest.raises(NotAllowed):
        escalation.send_proposal(at_l2, by=sara, at=later(minutes=20))


def test_a_contact_who_is_off_shift_is_stood_in_for_too(at_l2, mira, sara, lars, dario, later):
    Availability.objects.create(user=mira, hours=hours())  # nine to six
    propose(at_l2, dario, later(hours=8))
    assert deliver(last(at_l2), later(hours=8)) == {"Mira Kask"}
    with pytest.raises(NotAllowed):
        escalation.send_proposal(at_l2, by=sara, at=later(hours=8, minutes=10))
    propose(at_l2, dario, later(hours=9, minutes=1))
    assert deliver(last(at_l2), later(hours=9, minutes=1)) == {"Lars Holm"}
    escalation.send_proposal(at_l2, by=sara, at=later(hours=9, minutes=5))
    assert public(at_l2)[-1][2] == sara


def test_the_lead_of_the_contacts_team_may(at_l2, lars, dario, later):
    propose(at_l2, dario, later(minutes=10))
    escalation.send_proposal(at_l2, by=lars, at=later(minutes=11))
    assert public(at_l2)[-1][2] == lars


def test_its_author_may_send_it_when_it_was_not_handled_in_time(at_l2, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    with pytest.raises(NotAllowed):
        escalation.send_proposal(at_l2, by=dario, at=proposal.due_at - timedelta(seconds=1))
    escalation.send_proposal(at_l2, by=dario, at=proposal.due_at)
    assert public(at_l2)[-1][2] == dario
    assert fresh(at_l2).contact.name == "Mira Kask"


def test_on_a_p1_its_author_may_send_it_at_once(at_l2, dario, later):
    operations.override_priority(at_l2, priority=1, reason="All offices.", by=dario, at=later(minutes=9))
    propose(at_l2, dario, later(minutes=10))
    escalation.send_proposal(at_l2, by=dario, at=later(minutes=10))
    assert public(at_l2) == [("reply", "Please restart it.", dario)]


# --- refusing ---


def test_a_refusal_is_a_note_and_the_clock_goes_back(at_l2, mira, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    escalation.refuse_proposal(at_l2, reason="Too technical.", by=mira, at=later(minutes=20))
    proposal.refresh_from_db()
    event = last(at_l2)
    assert (proposal.state, fresh(at_l2).proposal_since, public(at_l2)) == ("refused", None, [])
    assert (event.kind, event.message.body, event.message.audience) == (
        "escalation.proposal_refused",
        "Too technical.",
        "internal",
    )


def test_a_refusal_says_why(at_l2, mira, dario, later):
    propose(at_l2, dario, later(minutes=10))
    with pytest.raises(Invalid) as refused:
        escalation.refuse_proposal(at_l2, reason="", by=mira, at=later(minutes=20))
    assert refused.value.field == "reason"


def test_its_author_may_take_it_back(at_l2, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    escalation.refuse_proposal(at_l2, reason="I was wrong.", by=dario, at=later(minutes=11))
    proposal.refresh_from_db()
    assert proposal.state == "refused"


# --- overtaken ---


def hand_down(ticket, mira, dario, at):
    escalation.hand_over(ticket, tier=1, reason="follow_up", summary="", by=dario, at=at)


OVERTAKES: dict[str, Any] = {
    "a reply of the contact": lambda t, mira, dario, at: operations.reply(t, text="Hi.", by=mira, at=at),
    "a question of the contact": lambda t, mira, dario, at: operations.wait_for_requester(
        t, question="Which?", by=mira, at=at
    ),
    "a hand-over": hand_down,
    "a return": lambda t, mira, dario, at: escalation.return_(
        t, reason="not_ours", text="No.", by=dario, at=at
    ),
    "an end": lambda t, mira, dario, at: operations.withdraw(t, by=t.requester, at=at),
    "a resolution by a rule": lambda t, mira, dario, at: operations.resolve(
        t, code="no_answer", summary="Done.", by=None, at=at
    ),
}


@pytest.mark.parametrize("act", OVERTAKES.values(), ids=OVERTAKES)
def test_it_is_overtaken_in_the_same_event_by(act, at_l2, mira, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    before = Event.objects.filter(ticket=at_l2, is_quiet=False).count()
    act(fresh(at_l2), mira, dario, later(minutes=20))
    proposal.refresh_from_db()
    ticket = fresh(at_l2)
    assert (proposal.state, proposal.ended_at) == ("overtaken", later(minutes=20))
    assert (ticket.proposal_since, last(at_l2).changes["proposal_since"][1]) == (None, None)
    assert Event.objects.filter(ticket=at_l2, is_quiet=False).count() == before + 1
    assert check(ticket) == []


def test_what_the_requester_adds_overtakes_nothing(at_l2, ines, dario, later):
    proposal = propose(at_l2, dario, later(minutes=10))
    operations.reply(at_l2, text="It is worse now.", by=ines, at=later(minutes=12))
    proposal.refresh_from_db()
    assert proposal.state == "waiting"


# --- clocks ---


def spent(ticket: Ticket, metric: str, tier: int) -> list[timedelta]:
    rows = Clock.objects.filter(ticket=ticket, metric=metric, scope=tier).order_by("id")
    return [row.used for row in rows]


def test_while_it_waits_the_time_is_the_contacts_tiers(open_ticket, mira, dario, network, later):
    policy(work={1: 600, 2: 600}, next_response=600)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later())
    operations.reply(ticket, text="We have it.", by=mira, at=later())
    escalation.hand_over(ticket, tier=2, reason="needs_expertise", summary="Drops.", by=mira, at=later())
    escalation.accept(ticket, by=dario, at=later())
    operations.reply(ticket, text="And now?", by=ticket.requester, at=later(minutes=5))
    propose(ticket, dario, later(minutes=10))
    escalation.send_proposal(ticket, by=mira, at=later(minutes=30))
    assert spent(ticket, Metric.WORK, 1)[-1] == timedelta(minutes=20)
    assert spent(ticket, Metric.WORK, 2)[0] == timedelta(minutes=10)
    answered = Clock.objects.get(ticket=ticket, metric=Metric.NEXT_RESPONSE)
    assert (answered.outcome, answered.used) == ("met", timedelta(minutes=25))


# --- one switch for each tier and category ---


def test_a_category_lets_a_tier_write_and_another_one_forbids_it(
    open_ticket, mira, dario, network, vpn, ada, at
):
    set_tier_writes(vpn.parent, tier=2, writes=True, by=ada, at=at)
    set_tier_writes(vpn, tier=1, writes=False, by=ada, at=at)
    ticket = open_ticket(category=Category.objects.get(pk=vpn.pk))
    operations.reply(ticket, text="I am on it.", by=dario, at=at)
    with pytest.raises(NotAllowed):
        operations.reply(ticket, text="Me too.", by=mira, at=at)
    set_tier_writes(Category.objects.get(pk=vpn.pk), tier=1, writes=None, by=ada, at=at)
    operations.reply(ticket, text="Me too.", by=mira, at=at)


def test_a_category_moved_elsewhere_takes_the_switches_from_there(vpn, ada, at):
    set_tier_writes(vpn.parent, tier=2, writes=True, by=ada, at=at)
    vpn.refresh_from_db()
    assert vpn.writes_in_force == {"2": True}
    vpn.parent = None
    vpn.save(update_fields=["parent"])
    rebuild_category_tree()
    vpn.refresh_from_db()
    assert vpn.writes_in_force == {}


# --- told, and found ---


def deliver(event: Event, at: datetime) -> set[str]:
    """Carry out the reactions to one event; answers who got a mail of it."""
    for delivery in Delivery.objects.filter(event_id=event.pk, kind="reaction"):
        react(delivery.payload, delivery, at)
    return set(Mail.objects.filter(event_id=event.pk).values_list("person__name", flat=True))


def test_the_contact_is_told_and_later_the_author(at_l2, mira, dario, later):
    propose(at_l2, dario, later(minutes=10))
    assert deliver(last(at_l2), later(minutes=10)) == {"Mira Kask"}
    assert Notice.objects.get(kind="escalation.proposed").person == mira
    escalation.refuse_proposal(at_l2, reason="Too technical.", by=mira, at=later(minutes=20))
    assert deliver(last(at_l2), later(minutes=20)) == {"Dario Pek"}
    assert "Too technical." in Mail.objects.get(event_id=last(at_l2).pk).text


def test_the_leads_are_told_where_the_contact_is_away(at_l2, mira, lars, dario, later):
    Availability.objects.create(user=mira, is_away=True)
    propose(at_l2, dario, later(minutes=10))
    assert deliver(last(at_l2), later(minutes=10)) == {"Lars Holm"}


def test_proposals_are_a_queue_of_the_contact_else_of_the_l1_team(at_l2, mira, sara, dario, later):
    propose(at_l2, dario, later(minutes=10))

    def found(user: User) -> tuple[list[int], int]:
        queue = queue_named("proposals", user)
        assert queue is not None
        return [row.pk for row in queue.queryset], queue_counts(user).get("proposals", 0)

    assert (found(mira), found(sara)) == (([at_l2.pk], 1), ([], 0))
    Availability.objects.create(user=mira, is_away=True)
    assert found(sara) == ([at_l2.pk], 1)
    Availability.objects.update(is_away=False, hours=hours("Nights", weekly=NIGHTS))
    assert found(sara) == ([at_l2.pk], 1)
    Availability.objects.update(hours=hours("Days"))
    assert found(sara) == ([], 0)
    assert queue_named("proposals", dario) is None
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    assert (found(mira), found(sara)) == (([], 0), ([], 0))


@pytest.mark.parametrize("kind", [RESOLUTION, REPLY])
def test_no_clock_runs_on_after_the_end(at_l2, mira, dario, later, kind):
    policy(work={1: 600, 2: 600}, accept={1: 60, 2: 60}, next_response=600, resolution=6000, update=600)
    propose(at_l2, dario, later(minutes=10), kind=kind, code="fixed" if kind == RESOLUTION else "")
    escalation.send_proposal(at_l2, by=mira, at=later(minutes=20))
    if kind == REPLY:
        operations.resolve(at_l2, code="fixed", summary="Done.", by=mira, at=later(minutes=30), worker=dario)
    operations.confirm(at_l2, by=at_l2.requester, at=later(minutes=40))
    assert not Clock.objects.filter(ticket=at_l2, ended_at=None).exists()
