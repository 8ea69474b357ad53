"""`manage.py why`: each move with the rule's version and its conditions, and why a rule did not fire."""

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from escalation import operations as escalation
from escalation.models import Rule
from escalation.operations import rules
from escalation.rules.engine import evaluate
from escalation.rules.whynot import Because, why_not
from tests.escalation.rule_book import NOTE, TO_L2, both, is_, rule, says
from tickets import operations
from tickets.models import Event, Ticket

Later = Callable[..., datetime]


def why(*arguments: Any) -> str:
    out = StringIO()
    call_command("why", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def moved(ticket: Ticket, mira: User, dario: User, later: Later) -> Ticket:
    """Raised to P1, moved up by version 2 of a rule, returned by hand."""
    row = rule("P1 goes up", NOTE, on=("changed:priority",))
    when = both(is_("priority", 1), {"not": is_("tier", 2, 3)})
    rules.publish_rule(row, spec=says(TO_L2, on=("changed:priority",), when=when), by=None, at=later())
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=1))
    evaluate(Event.objects.get(ticket=ticket, kind="ticket.changed"), at=later(minutes=1))
    escalation.return_(ticket, reason="not_ours", text="Not ours.", by=dario, at=later(minutes=9))
    return Ticket.objects.get(pk=ticket.pk)


def test_each_move_is_told_with_version_and_conditions(moved: Ticket, later: Later) -> None:
    said = why(moved.number).splitlines()
    key = Rule.objects.get(name="P1 goes up").pk
    assert said == [
        f"{moved.number} VPN drops every 20 minutes: L1, Service desk, new",
        "2026-11-23 09:01  The rule “P1 goes up” handed it from Service desk to Network: needs more expertise",
        f"    because of “P1 goes up”, version 2 (rule {key}):",
        "      Priority is P1: found P1, yes",
        "      not: Tier is L2 Technical or L3 Expert: found L1 Service desk, yes",
        "2026-11-23 09:09  Dario Pek returned it to Service desk: not ours",
    ]


def test_why_a_rule_did_not_fire_shows_what_it_found(ticket: Ticket, later: Later) -> None:
    row = rule("P1", NOTE, on=("created",), when=is_("priority", 1))
    said = why(ticket.number.lower(), "--rule", row.pk).splitlines()
    assert said[0] == f"{ticket.number} and “P1” (rule {row.pk}, version 1): Its condition did not hold."
    assert said[1].endswith("Ines Okafor filed this (web form)")
    assert said[2] == "    Priority is P1: found P4, no"


def test_a_rule_is_found_by_its_name_too(moved: Ticket) -> None:
    assert "It has fired: version 2" in why(moved.number, "--rule", "p1 GOES up")


@pytest.mark.parametrize("number", ["TD-999999", "hello", "TD-", "9" * 30])
def test_a_ticket_that_there_is_not_is_told_how_to_write_one(number: str, db: None) -> None:
    with pytest.raises(CommandError, match=r"Write its number like TD-1042"):
        why(number)


def test_a_rule_that_there_is_not_is_answered_with_those_that_are(ticket: Ticket) -> None:
    with pytest.raises(
        CommandError, match=r"There is no rule “77777”\. There are:\n  \d+  P1: managers know at once"
    ):
        why(ticket.number, "--rule", "77777")


def test_the_reasons_of_a_rule_on_events(ticket: Ticket, mira: User, later: Later) -> None:
    at = later(minutes=5)
    off = rules.create_rule(name="Off", spec=says(NOTE, on=("created",)), by=None, at=later())
    never = rule("Never", NOTE, on=("returned",))
    new = rule("New", NOTE, on=("created",), at=later(minutes=1))
    reasons = {row.name: why_not(row, ticket, at=at).because for row in (off, never, new)}
    assert reasons == {
        "Off": Because.NOT_IN_USE,
        "Never": Because.NOT_SET_OFF,
        "New": Because.WRITTEN_LATER,
    }
    operations.change(ticket, urgency=1, by=mira, at=later(minutes=2))
    waits = rule("Waits", NOTE, on=("changed",))
    operations.change(ticket, urgency=3, by=mira, at=later(minutes=3))
    assert why_not(waits, ticket, at=at).because == Because.WAITS
    event = Event.objects.filter(ticket=ticket, kind="ticket.changed").latest("pk")
    evaluate(event, at=at)
    assert why_not(waits, ticket, at=at).fired
