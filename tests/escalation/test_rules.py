"""Rules on events: asked by deliveries in the order of a ticket's events, once, and with the reason kept."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Team, User
from delivery.models import Delivery, Mail, Notice
from delivery.operations import claim, deliver
from escalation import operations as escalation
from escalation.models import Arming, Firing
from escalation.operations import rules as rule_operations
from escalation.rules import asking
from escalation.rules.engine import LONGEST_CHAIN, evaluate
from escalation.rules.whynot import Because, why_not
from tests.escalation.rule_book import NOTE, TO_L2, TO_L3, both, is_, rule, says, tag
from tickets import operations
from tickets.events import Quiet, tell, without_deliveries
from tickets.models import CannedReply, Event, Message, Ticket
from tickets.state import check

Later = Callable[..., datetime]


def asked(ticket: Ticket) -> list[str]:
    """The kinds of the events of a ticket for which a delivery to ask rules was written, in its order."""
    rows = Delivery.objects.filter(kind=asking.KIND, ticket_number=ticket.pk).order_by("pk")
    kinds = dict(Event.objects.filter(ticket=ticket).values_list("pk", "kind"))
    return [kinds[row.event_id or 0] for row in rows]


def work(at: datetime) -> None:
    """Deliver what is due, as a worker does, until nothing is."""
    while batch := claim(limit=100, worker="test", at=at):
        for delivery in batch:
            deliver(delivery, at=at)
    assert not Delivery.objects.exclude(state="done").filter(next_at__lte=at).exists()


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True))


# --- when they are asked ---


def test_an_event_that_no_rule_wants_writes_no_delivery(ticket: Ticket, mira: User, at: datetime) -> None:
    rule("Returned", NOTE, on=("returned",))
    operations.note(ticket, text="Looking.", by=mira, at=at)
    assert asked(ticket) == []


def test_one_delivery_an_event_however_many_rules_want_it(
    open_ticket: Callable[..., Ticket], network: Team, dario: User
) -> None:
    for name in ("one", "two", "three"):
        rule(name, tag(name), on=("created",))
    ticket = open_ticket()
    (delivery,) = Delivery.objects.filter(kind=asking.KIND)
    assert (delivery.order_key, delivery.dedupe_key) == (
        f"rules:{ticket.pk}",
        f"rules:{Event.objects.get(ticket=ticket).pk}",
    )


def test_events_of_one_ticket_are_asked_one_after_the_other(
    open_ticket: Callable[..., Ticket], mira: User, later: Later
) -> None:
    rule("Any change", NOTE, on=("created", "changed"), when=is_("priority", 1))
    ticket = open_ticket()
    operations.change(ticket, urgency=1, by=mira, at=later(minutes=1))
    operations.change(ticket, impact=1, by=mira, at=later(minutes=2))
    assert asked(ticket) == ["ticket.opened", "ticket.changed", "ticket.changed"]
    first = claim(limit=100, worker="test", at=later(minutes=3))
    assert [row.event_id for row in first if row.kind == asking.KIND] == [
        Event.objects.filter(ticket=ticket).order_by("pk").values_list("pk", flat=True)[0]
    ]


def test_what_a_clock_tells_is_asked_too(ticket: Ticket, network: Team, dario: User, later: Later) -> None:
    rule("Breach goes up", TO_L2, on=("sla_breach",))
    breach = Quiet(ticket.pk, "sla.breached", later(hours=1), {"metric": "resolution", "share": 100})
    tell([breach], written=later(hours=1))
    assert asked(ticket) == ["sla.breached"]
    (firing,) = evaluate(Event.objects.get(kind="sla.breached"), at=later(hours=1))
    ticket.refresh_from_db()
    assert (firing.state, ticket.tier_id) == ("done", 2)


def test_nothing_is_asked_of_a_past_that_is_built(open_ticket: Callable[..., Ticket]) -> None:
    rule("All", NOTE, on=("created",))
    with without_deliveries():
        ticket = open_ticket()
    assert asked(ticket) == []


def test_a_past_can_be_built_with_what_rules_did_then(
    open_ticket: Callable[..., Ticket],
    mira: User,
    network: Team,
    platform: Team,
    dario: User,
    yuki: User,
    at: datetime,
) -> None:
    rule("Up", TO_L2, on=("created",))
    rule("Further up", TO_L3, on=("changed:tier_id",), when=is_("tier", 2))
    with asking.asked_at_once(at):
        ticket = open_ticket()
    ticket.refresh_from_db()
    assert (ticket.path, ticket.team) == ([1, 2, 3], platform)
    assert Delivery.objects.exclude(kind=asking.MISSED_KIND).count() == 0
    assert {row.at for row in Event.objects.filter(ticket=ticket)} == {at}


def test_what_was_recorded_before_a_process_knew_the_rule_is_asked_after(
    open_ticket: Callable[..., Ticket], later: Later
) -> None:
    row = rule_operations.create_rule(name="All", spec=says(NOTE, on=("created",)), by=None, at=later())
    rule_operations.enable_rule(row, by=None, at=later())
    with without_deliveries():  # a process that does not know the rule yet writes no delivery
        ticket = open_ticket()
    work(later(seconds=30))
    assert asked(ticket) == ["ticket.opened"]
    assert Firing.objects.get().ticket == ticket


def test_a_delivery_that_is_made_twice_fires_once(open_ticket: Callable[..., Ticket], later: Later) -> None:
    rule("All", NOTE, on=("created",))
    ticket = open_ticket()
    delivery = Delivery.objects.get(kind=asking.KIND)
    work(later(minutes=1))
    Delivery.objects.filter(pk=delivery.pk).update(state="waiting", done_at=None)
    work(later(minutes=2))
    assert Message.objects.filter(ticket=ticket, kind="note").count() == 1
    assert Firing.objects.count() == Arming.objects.count() == 1


def test_asked_twice_what_was_stopped_stays_stopped_and_what_was_changed_stays_changed(
    open_ticket: Callable[..., Ticket], at: datetime
) -> None:
    rule(
        "Not urgent any more",
        ("set", {"field": "priority", "value": 3}),
        on=("created",),
        when=is_("priority", 4),
    )
    rule("P4", tag("p4"), on=("created",), when=is_("priority", 4))
    rule("Stop", tag("stop"), on=("created",), stops=True)
    rule("Below", tag("below"), on=("created",))
    event = Event.objects.get(ticket=open_ticket())
    names = [[row.version.rule.name for row in evaluate(event, at=at)] for _time in range(2)]
    assert names == [["Not urgent any more", "Stop"], []]


# --- triggers ---


def test_what_a_rule_writes_is_no_reply_of_a_technician(ticket: Ticket, mira: User, later: Later) -> None:
    rule("They wrote", tag("they"), on=("requester_replied",))
    rule("We wrote", tag("we"), on=("technician_replied",))
    rule("A note", ("reply", {"text": "Thank you, {first_name}."}), on=("requester_replied",))
    operations.reply(ticket, text="Any news?", by=ticket.requester, at=later(minutes=1))
    work(later(minutes=2))
    assert {row.version.rule.name for row in Firing.objects.all()} == {"They wrote", "A note"}
    operations.reply(ticket, text="Soon.", by=mira, at=later(minutes=3))
    work(later(minutes=4))
    assert Firing.objects.filter(version__rule__name="We wrote").count() == 1


def test_a_machine_that_answers_for_the_requester_sets_off_nothing(ticket: Ticket, later: Later) -> None:
    rule("They wrote", ("reply", {"text": "Thank you."}), on=("requester_replied",))
    operations.reply(
        ticket, text="I am out of office.", by=ticket.requester, at=later(minutes=1), automatic=True
    )
    assert asked(ticket) == []


def test_a_return_and_a_reopening_set_off_rules(
    ticket: Ticket, network: Team, mira: User, dario: User, later: Later
) -> None:
    rule("Returned", tag("returned"), on=("returned",), when=is_("bounces", 1, op="at_least"))
    rule("Reopened", tag("again"), on=("reopened",))
    escalation.hand_over(
        ticket, tier=2, reason="needs_access", summary="Please.", by=mira, at=later(minutes=1)
    )
    escalation.return_(ticket, reason="not_ours", text="Not ours.", by=dario, at=later(minutes=2))
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=3))
    operations.reply(ticket, text="It is not.", by=ticket.requester, at=later(minutes=4))
    work(later(minutes=5))
    assert [row.version.rule.name for row in Firing.objects.order_by("pk")] == ["Returned", "Reopened"]


# --- order, people, chains ---


def test_rules_are_asked_in_their_order_each_with_what_the_ones_before_did(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, dario: User, later: Later
) -> None:
    rule("Urgent", ("set", {"field": "priority", "value": 1}), on=("created",))
    rule("Tagged", tag("seen"), on=("created",), when=is_("priority", 1))
    rule("P1 up", TO_L2, on=("created",), when=both(is_("priority", 1), is_("tag", "seen")))
    ticket = open_ticket()
    work(later(minutes=1))
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.team) == (1, network)
    assert [row.depth for row in Firing.objects.all()] == [1, 1, 1]
    assert check(ticket) == []


def test_a_rule_that_stops_ends_the_asking(open_ticket: Callable[..., Ticket], later: Later) -> None:
    rule("First", tag("first"), on=("created",), stops=True)
    second = rule("Second", tag("second"), on=("created",))
    ticket = open_ticket()
    work(later(minutes=1))
    assert [row.version.rule.name for row in Firing.objects.all()] == ["First"]
    assert why_not(second, ticket, at=later(minutes=2)).because == Because.STOPPED


def test_a_person_who_changed_the_same_goes_before_the_rule(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, dario: User, platform: Team, later: Later
) -> None:
    up = rule("Up", TO_L2, on=("created",))
    ticket = open_ticket()
    escalation.hand_over(
        ticket, tier=3, reason="needs_access", summary="Theirs.", by=mira, at=later(minutes=1)
    )
    work(later(minutes=2))
    ticket.refresh_from_db()
    (firing,) = Firing.objects.all()
    assert (ticket.team, firing.state) == (platform, "overtaken")
    assert firing.effects == [{"columns": ["team_id", "tier_id"]}]
    assert kinds(ticket)[-1] == "escalation.rule_overtaken"
    assert why_not(up, ticket, at=later(minutes=3)).because == Because.OVERTAKEN


def test_complaint_22_two_rules_that_undo_each_other_fire_once_each(
    open_ticket: Callable[..., Ticket],
    service_desk: Team,
    mira: User,
    network: Team,
    dario: User,
    later: Later,
) -> None:
    rule("Up", TO_L2, on=("created", "changed:tier_id"), when=is_("tier", 1))
    rule("Down", ("move", {"tier": 1, "reason": "wrong_team"}), on=("changed:tier_id",), when=is_("tier", 2))
    ticket = open_ticket()
    work(later(minutes=1))
    ticket.refresh_from_db()
    assert ticket.path == [1, 2, 1]
    assert [(row.version.rule.name, row.depth) for row in Firing.objects.order_by("pk")] == [
        ("Up", 1),
        ("Down", 2),
    ]
    assert {row.data["root"] for row in Event.objects.filter(kind="escalation.handed_over")} == {
        Event.objects.get(ticket=ticket, kind="ticket.opened").pk
    }


def test_a_chain_that_is_too_long_is_stopped_explained_and_told_to_the_lead(
    open_ticket: Callable[..., Ticket], lars: User, later: Later
) -> None:
    for step in range(1, LONGEST_CHAIN + 3):
        value = {0: "incident", 1: "request", 2: "problem"}[step % 3]
        before = {0: "incident", 1: "request", 2: "problem"}[(step - 1) % 3]
        rule(
            f"Step {step}",
            ("set", {"field": "kind", "value": value}),
            tag(f"step {step}"),
            on=("created", "changed:kind"),
            when=both(is_("kind", before), *([is_("tag", f"step {step - 1}")] if step > 1 else [])),
            stops=True,
        )
    ticket = open_ticket()
    work(later(minutes=1))
    states = [row.state for row in Firing.objects.order_by("pk")]
    assert states == ["done"] * LONGEST_CHAIN + ["limited"]
    stopped = Event.objects.get(ticket=ticket, kind="escalation.chain_stopped")
    assert Notice.objects.get(event_id=stopped.pk).person == lars
    assert "were stopped" in Mail.objects.get(person=lars, event_id=stopped.pk).text


# --- what they do ---


def test_a_reply_is_filled_in_and_counts_as_nobodys_answer(
    ticket: Ticket, mira: User, network: Team, later: Later
) -> None:
    template = CannedReply.objects.create(
        name="Got it", body="Hello {first_name}, {{ ticket.number }} “{subject}” is with {team}."
    )
    rule("Answer", ("reply", {"template": template.pk}), on=("changed:priority",))
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=1))
    work(later(minutes=2))
    said = Message.objects.get(ticket=ticket, kind="reply")
    assert said.body == f"Hello Ines, {ticket.number} “VPN drops every 20 minutes” is with Service desk."
    ticket.refresh_from_db()
    assert (ticket.last_public_reply_at, ticket.requester_waiting_since) == (None, later())
    assert Mail.objects.filter(person=ticket.requester, text__contains="is with Service desk").exists()


def test_braces_in_a_subject_name_nothing_in_a_reply(ticket: Ticket, mira: User, later: Later) -> None:
    template = CannedReply.objects.create(name="Got it", body="We have “{{ ticket.subject }}” ({subject}).")
    rule("Answer", ("reply", {"template": template.pk}), on=("changed:priority",))
    operations.change(
        ticket, subject="{team} {{ ticket.team }}", impact=1, urgency=1, by=mira, at=later(minutes=1)
    )
    work(later(minutes=2))
    said = Message.objects.get(ticket=ticket, kind="reply")
    assert said.body == "We have “{team} {{ ticket.team }}” ({team} {{ ticket.team }})."


def test_a_rule_that_replies_to_what_is_closed_opens_nothing(
    ticket: Ticket, mira: User, lars: User, later: Later
) -> None:
    rule("Closed", ("reply", {"text": "It is closed."}), on=("changed:status",), when=is_("status", "closed"))
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=1))
    operations.close(ticket, by=lars, at=later(minutes=2))
    work(later(minutes=3))
    (firing,) = Firing.objects.all()
    assert (firing.state, firing.effects) == ("failed", [{"do": "reply", "done": False, "code": "not_open"}])
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("args", "status"),
    [
        ({"to": "wait", "text": "Which one?"}, "pending_requester"),
        ({"to": "hold", "reason": "part", "minutes": 60}, "on_hold"),
        ({"to": "resolve", "code": "no_answer", "text": "Done."}, "resolved"),
    ],
)
def test_a_rule_changes_the_status_as_a_person_would(
    ticket: Ticket, vpn: Any, mira: User, args: dict[str, Any], status: str, later: Later
) -> None:
    rule("Status", ("status", args), on=("changed:urgency",))
    operations.change(ticket, urgency=1, by=mira, at=later(minutes=1))
    work(later(minutes=2))
    ticket.refresh_from_db()
    assert (ticket.status, check(ticket)) == (status, [])


def test_people_are_told_by_notice_and_mail_and_the_next_one_where_nobody_is(
    ticket: Ticket, lars: User, max_: User, mira: User, later: Later
) -> None:
    rule(
        "Tell",
        ("notify", {"who": "assignee", "text": "Look at {number}."}),
        ("notify", {"who": "managers"}),
        ("notify", {"who": "person", "person": mira.pk}),
        on=("changed:urgency",),
    )
    operations.change(ticket, urgency=1, by=mira, at=later(minutes=1))
    work(later(minutes=2))
    told = {row.person.first_name for row in Notice.objects.filter(kind="escalation.notified")}
    assert told == {"Lars", "Max", "Mira"}
    assert f"Look at {ticket.number}." in Mail.objects.get(person=lars).text


def test_one_action_that_is_refused_keeps_no_other_from_being_done(
    ticket: Ticket, network: Team, dario: User, mira: User, later: Later
) -> None:
    rule("Both", ("assign", {"to": dario.pk}), tag("done"), on=("changed:urgency",))
    operations.change(ticket, urgency=1, by=mira, at=later(minutes=1))
    work(later(minutes=2))
    (firing,) = Firing.objects.all()
    assert [(row["do"], row["done"]) for row in firing.effects] == [("assign", False), ("tag", True)]
    assert (firing.state, firing.effects[0]["code"]) == ("done", "invalid")


def test_words_of_people_are_not_kept_with_a_firing(open_ticket: Callable[..., Ticket], later: Later) -> None:
    rule(
        "Printer",
        NOTE,
        on=("created",),
        when=both(is_("subject", "printer", op="contains"), is_("text", "fire", op="contains")),
    )
    open_ticket("Printer on fire")
    work(later(minutes=1))
    (firing,) = Firing.objects.all()
    assert [(row["field"], row["found"], row["held"]) for row in firing.why] == [
        ("subject", None, True),
        ("text", None, True),
    ]
