"""What escalation does when a ticket changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from delivery.models import Delivery
from delivery.operations import NewDelivery
from escalation.models import Handoff, Proposal
from escalation.operations import assigning, availability, inviting, vendors
from escalation.rules.asking import asking, catch_up, event_to_ask
from escalation.rules.book import wants_any
from escalation.rules.engine import evaluate
from escalation.rules.triggers import triggers_of
from tickets import events as ticket_events
from tickets.events import Written
from tickets.models import Event, Ticket


def settle_handoff(ticket: Ticket, event: Event) -> None:
    """Taking, assigning or resolving what waits to be accepted is accepting it."""
    change = event.changes.get("unaccepted_since")
    if change and change[1] is None:
        Handoff.objects.waiting().filter(ticket=ticket).update(
            state=Handoff.State.ACCEPTED, ended_at=event.at, ended_by=event.by
        )


def overtake_handoff(ticket: Ticket, event: Event) -> None:
    """A ticket that ended otherwise is waited for by nobody."""
    Handoff.objects.waiting().filter(ticket=ticket).update(
        state=Handoff.State.OVERTAKEN, ended_at=event.at, ended_by=event.by
    )


def overtake_proposal(ticket: Ticket, event: Event) -> None:
    """Whoever changed the ticket has cleared `proposal_since`: what was proposed is overtaken by it."""
    change = event.changes.get("proposal_since")
    if change and change[1] is None:
        Proposal.objects.filter(ticket=ticket, state=Proposal.State.WAITING).update(
            state=Proposal.State.OVERTAKEN, ended_at=event.at, ended_by=event.by
        )


def vendor_answered(ticket: Ticket, event: Event) -> None:
    """Nobody is reminded to chase a vendor that has written."""
    vendors.answered(ticket)


def vendor_asked(ticket: Ticket, event: Event) -> None:
    """The desk has written to the vendor: its answer is waited for anew."""
    vendors.asked_again(ticket, at=event.at)


def settle_help(event: Event, at: datetime) -> None:
    """It has moved to those who were asked for help: they have it now. By a delivery: few moves have helpers."""
    if "team_id" in event.changes:
        inviting.settle(event.ticket_id, team=event.changes["team_id"][1], by=event.by, at=event.at)


def wants_rules(kind: str, changes: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether any rule in force is set off by such an event: most acts write no delivery for rules."""
    return wants_any(triggers_of(kind, changes, data))


def ask_rules_later(written: Written) -> Iterable[NewDelivery]:
    """One delivery for the rules that an event sets off, behind those of the ticket's earlier events."""
    if wants_rules(written.kind, written.changes, written.data):
        yield asking(written.event, written.ticket)


def ask_rules(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Ask the rules that the event sets off; run by the worker, one ticket's events in their order."""
    evaluate(event_to_ask(payload["event"]), at=at)


def ask_rules_of_missed(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Rules have changed: write deliveries for what processes recorded that did not know them yet."""
    catch_up(after=payload["after"], at=at)


def assign_later(written: Written) -> Iterable[NewDelivery]:
    """One delivery for what arrives in a queue, where any team does not assign by hand."""
    if assigning.is_arrival(written.kind, written.data) and assigning.any_assigns():
        yield assigning.assigning(written.event, written.ticket)


def assign_arrived(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Give what has arrived to somebody, as its team does; run by the worker."""
    assigning.assign_arrived(event_to_ask(payload["event"]), at=at)


def release_later(written: Written) -> Iterable[NewDelivery]:
    """One delivery for what a requester writes to somebody who may not be here."""
    is_theirs = written.kind == ticket_events.REPLIED and not written.data.get("from_desk")
    if (is_theirs or written.kind == ticket_events.REOPENED) and availability.may_be_absent(written.ticket):
        yield availability.answering(written.event, written.ticket)


def release_answered(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Put back what was answered while its assignee is not here; run by the worker."""
    availability.release_answered(event_to_ask(payload["event"]), at=at)
