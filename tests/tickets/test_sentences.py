"""History in sentences, and what a requester is told of it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Team
from escalation import events as escalation_events
from escalation import operations as escalation
from intake import events as mail_events
from knowledgebase import events as knowledge_events
from sla import events as sla_events
from tests.conftest import seat
from tickets import events, operations
from tickets.models import Event, Message, Ticket
from tickets.sentences import desk, portal, sentence, steps, steps_of, timeline, where
from tickets.sentences.names import Line, Names

OWNERS = ("ticket", "escalation", "knowledge", "sla", "mail")


def kinds() -> list[str]:
    found = [
        value
        for module in (events, escalation_events, knowledge_events, mail_events, sla_events)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and value.partition(".")[0] in OWNERS
    ]
    assert len(found) > 40
    return found


@pytest.mark.parametrize("kind", kinds())
def test_every_declared_kind_has_a_sentence_also_for_bare_and_odd_events(kind, ticket, mira, ines, vera, at):
    assert kind in desk.SENTENCES
    for by, changes, data in (
        (mira, {}, {}),
        (None, {}, {}),
        (mira, {"tier_id": [1, 2], "team_id": [1, 999_999], "assignee_id": [None, 999_999]}, {}),
        (mira, {"status": ["new", "open"], "words": [{"subject": 1}, {"subject": 2}]}, {"imported": True}),
        (mira, {"hold_until": [None, "2026-12-01T09:00:00+00:00"], "hold_reason": ["", "of old"]}, {}),
        (mira, {}, {"reason": "of old", "code": "of old", "tags": [1], "people": [1], "user": 1, "other": 7}),
    ):
        event = Event.objects.create(ticket=ticket, kind=kind, at=at, by=by, changes=changes, data=data)
        assert sentence(event, mira)
        for reader in (ines, vera):
            assert "%(" not in sentence(event, reader)
        assert "%(" not in sentence(event, mira)


def test_a_kind_that_nobody_knows_reads_as_a_change_to_the_desk_alone(ticket, mira, ines, at):
    event = Event.objects.create(ticket=ticket, kind="poetry.written", at=at, by=mira)
    assert (sentence(event, mira), sentence(event, ines)) == ("Mira Kask changed it", "")


@pytest.fixture
def climbed(ticket, ines, mira, dario, vpn, later) -> Ticket:
    """Filed, taken, noted, edited, up to L2 and back, answered, confirmed."""
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.note(ticket, text="She calls every day.", by=mira, at=later(minutes=6))
    operations.note(ticket, text="Seen at L2 only.", by=mira, at=later(minutes=7), min_tier=2)
    operations.change(ticket, subject="VPN drops", category=vpn, impact=1, by=mira, at=later(minutes=8))
    escalation.hand_over(
        ticket, tier=2, reason="needs_expertise", summary="Profile is fine.", by=mira, at=later(minutes=10)
    )
    escalation.return_(
        ticket, reason="information_missing", text="Client log, please.", by=dario, at=later(minutes=30)
    )
    operations.resolve(ticket, code="fixed", summary="Patched.", by=mira, at=later(hours=1))
    operations.confirm(ticket, by=ines, at=later(hours=2), rating=5, comment="Thank you!")
    return Ticket.objects.get(pk=ticket.pk)


def told(ticket: Ticket, user: Any) -> list[tuple[str, str | None]]:
    """What they read of people's acts; what clocks add has its own tests."""
    items = [item for item in timeline(ticket, user) if not item.kind.startswith("sla.")]
    return [(item.sentence, item.message.body if item.message else None) for item in items]


def test_the_desk_reads_all_of_it(climbed, dario):
    assert told(climbed, dario) == [
        ("Ines Okafor filed this (web form)", "Since Friday, when I work from home."),
        ("Mira Kask took it", None),
        ("Mira Kask left a note", "She calls every day."),
        ("Mira Kask left a note for L2 and above", "Seen at L2 only."),
        (
            "Mira Kask changed the category to Network › VPN, who is affected from one person to the whole "
            "company or a customer-facing service, the priority from P4 to P2 and the subject from "
            "“VPN drops every 20 minutes” to “VPN drops”",
            None,
        ),
        ("Mira Kask handed it from Service desk to Network: needs more expertise", "Profile is fine."),
        ("Dario Pek returned it to Service desk: information missing", "Client log, please."),
        ("Mira Kask resolved it: fixed", "Patched."),
        ("Ines Okafor confirmed that it works", None),
        ("Ines Okafor rated it 5 of 5", "Thank you!"),
    ]


def test_a_note_for_a_higher_tier_is_a_line_without_its_words(climbed, sara):
    assert ("Mira Kask left a note for L2 and above", None) in told(climbed, sara)


def test_the_requester_reads_public_facts_in_plain_words(climbed, ines):
    assert told(climbed, ines) == [
        ("You filed this", "Since Friday, when I work from home."),
        ("Mira is on it", None),
        ("The Network team is looking at it now", None),
        ("Back with Mira", None),
        ("Mira solved it", "Patched."),
        ("You said that it works", None),
        ("You rated it 5 of 5", "Thank you!"),
    ]


def test_nothing_internal_shows_through_to_requesters(climbed, ines, greta):
    secrets = (
        "calls every day",
        "L2",
        "Profile",
        "log",
        "expertise",
        "missing",
        "P2",
        "P4",
        "priority",
        "fixed",
    )
    for reader in (ines, greta):
        words = " ".join(f"{text} {body}" for text, body in told(climbed, reader))
        assert [secret for secret in secrets if secret in words] == []
        assert {item.to_tier for item in timeline(climbed, reader)} == {None}


def test_a_vendors_guest_reads_what_concerns_the_vendor(climbed, ticket, ines, mira, vera, vendors, later):
    operations.reply(climbed, text="Again!", by=ines, at=later(hours=3))
    other = Ticket.objects.exclude(pk=climbed.pk).get()
    operations.take(other, by=mira, at=later(hours=4))
    escalation.hand_over(
        other, team=vendors, reason="needs_vendor", summary="Please check.", by=mira, at=later(hours=5)
    )
    assert told(Ticket.objects.get(pk=other.pk), vera) == [("It was handed to you", "Please check.")]


def test_the_timeline_costs_the_same_however_long_it_is(
    climbed, open_ticket, dario, mira, ines, later, django_assert_max_num_queries
):
    for number in range(6):
        operations.note(climbed, text=f"Note {number}", by=mira, at=later(hours=3, minutes=number))
        operations.tag(climbed, names=[f"tag {number}"], by=mira, at=later(hours=3, minutes=number))
    for reader in (dario, ines):
        with django_assert_max_num_queries(9):
            timeline(climbed, reader)


def test_a_redacted_subject_is_quoted_nowhere(climbed, ada, later):
    operations.redact_subject(climbed, subject="VPN", reason="names a patient", by=ada, at=later(hours=3))
    words = " ".join(text for text, _body in told(climbed, ada))
    assert "every 20 minutes" not in words
    assert "replaced the subject and emptied the old one" in words


def test_a_merged_conversation_is_read_in_the_ticket_it_went_to(open_ticket, mira, ines, later):
    one, two = (
        open_ticket("One", description="First."),
        open_ticket("Two", description="Second.", at=later(minutes=1)),
    )
    operations.merge(one, into=two, by=mira, at=later(hours=1))
    assert [body for _text, body in told(two, ines) if body] == ["First.", "Second."]
    assert told(one, ines)[-1] == (f"This goes on in {two.number}", None)


Act = Callable[..., Any]


def dots(ticket: Ticket) -> list[tuple[str, str]]:
    return [(step.label, step.state) for step in steps(Ticket.objects.get(pk=ticket.pk))]


def test_the_dots_follow_the_ticket(ticket, mira, dario, vera, later):
    assert dots(ticket) == [("Received", "done"), ("Somebody takes it", "now"), ("Solved", "todo")]
    operations.take(ticket, by=mira, at=later(minutes=5))
    assert dots(ticket) == [("Received", "done"), ("Mira is on it", "now"), ("Solved", "todo")]
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="x", by=mira, at=later(minutes=6))
    with_network = [("Received", "done"), ("Mira is on it", "done"), ("Network team is looking at it", "now")]
    assert dots(ticket) == [*with_network, ("Solved", "todo")]
    escalation.return_(ticket, reason="not_ours", text="x", by=dario, at=later(minutes=7))
    back = [
        ("Received", "done"),
        ("Mira is on it", "done"),
        ("Network team has looked, back with Mira", "now"),
    ]
    assert dots(ticket) == [*back, ("Solved", "todo")]
    escalation.hand_over(ticket, tier=4, reason="needs_vendor", summary="x", by=mira, at=later(minutes=8))
    assert dots(ticket)[2] == ("An outside specialist is looking at it", "now")
    escalation.return_(ticket, reason="not_ours", text="x", by=vera, at=later(minutes=9))
    operations.resolve(ticket, code="fixed", summary="x", by=mira, at=later(minutes=10))
    assert dots(ticket)[-1] == ("Solved", "done")


def test_who_takes_it_along_to_another_team_has_one_dot(ticket, mira, later):
    field_support = Team.objects.create(name="Field support", tier_id=1)
    mira = seat(mira, field_support)
    operations.take(ticket, by=mira, at=later(minutes=1))
    escalation.hand_over(
        ticket, team=field_support, reason="wrong_team", summary="x", by=mira, at=later(minutes=2)
    )
    operations.take(ticket, by=mira, at=later(minutes=3))
    assert dots(ticket) == [("Received", "done"), ("Mira is on it", "now"), ("Solved", "todo")]


def test_the_dots_of_a_list_cost_three_queries(
    climbed, open_ticket, mira, later, django_assert_max_num_queries
):
    more = [operations.take(open_ticket(f"T{n}"), by=mira, at=later(hours=3)) for n in range(4)]
    with django_assert_max_num_queries(3):
        found = steps_of([climbed, *more])
    assert len(found) == 5


def test_where_says_who_has_it_and_what_comes_next(ticket, ines, greta, mira, dario, ada, vpn, later):
    def told() -> tuple[str, str]:
        found = where(Ticket.objects.get(pk=ticket.pk), ines)
        return found.who, found.next

    assert told() == ("The Service desk team", "Somebody takes it and writes to you here.")
    operations.take(ticket, by=mira, at=later(minutes=1))
    assert told()[0] == "Mira, Service desk"
    operations.wait_for_requester(ticket, question="Which one?", by=mira, at=later(minutes=2))
    assert told() == ("You", "We asked a question and go on when it is answered.")
    assert where(Ticket.objects.get(pk=ticket.pk), greta).who == "Ines Okafor"
    operations.hold(ticket, reason="part", until=later(days=1), by=mira, at=later(minutes=3))
    assert told() == ("Mira, Service desk", "We go on with it on Tuesday, 24 November.")
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="x", by=mira, at=later(minutes=4))
    escalation.accept(ticket, by=dario, at=later(minutes=5))
    assert told()[0] == "The Network team"
    operations.resolve(ticket, code="fixed", category=vpn, summary="x", by=ada, at=later(minutes=6))
    assert told() == (
        "You",
        "Please say whether it works. If we hear nothing, it closes on Saturday, 28 November.",
    )
    operations.confirm(ticket, by=ines, at=later(minutes=7))
    assert told()[0] == "Nobody: it is done"


def test_a_person_who_is_gone_from_the_database_is_somebody(ticket, at):
    event = Event(ticket=ticket, kind=events.TAKEN, at=at, by_id=None, changes={})
    line = Line(event, Names(), None)
    assert (line.by, portal.first_name(line, 5), line.names.name(type(ticket.requester), 5)) == (
        "The system",
        "Somebody",
        "somebody",
    )
    assert Message.objects.filter(ticket=ticket).count() == 1
