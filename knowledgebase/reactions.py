"""What follows here from what happens to tickets. `helpdesk.wiring` says from which events."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import User
from delivery.models import Delivery
from delivery.operations import NewDelivery
from escalation.models import Proposal
from knowledgebase.models import Article, LinkRole, Source
from knowledgebase.operations.ending import overtake
from knowledgebase.operations.learning import publish_from_ticket, usual_kind
from knowledgebase.operations.linking import link_article
from knowledgebase.permissions import may_write
from knowledgebase.queries.quoting import named_in
from tickets.events import RESOLVED, Written
from tickets.models import Audience, Event, Ticket
from tickets.permissions import is_desk
from tickets.refusals import Refused

logger = logging.getLogger(__name__)

MOST_SENT = 20
"""Articles that are noted of one message."""

FIX_KIND = "knowledge.write_down_fix"
"""The delivery that begins an article with what a ticket was resolved by."""


def note_sent_articles(ticket: Ticket, event: Event) -> None:
    """Somebody of the desk wrote to the requester: the articles whose addresses stand in it were sent."""
    message, by = event.message, event.by
    if message is None or message.audience != Audience.PUBLIC or "/help/" not in message.body:
        return
    if by is None or not is_desk(by):
        return
    visible = Article.objects.visible_to(by)
    for found in visible.filter(permalinks__slug__in=named_in(message.body)[:MOST_SENT]).distinct():
        link_article(ticket, article=found, role=LinkRole.INSERTED, by=by, at=event.at)


def end_runs(ticket: Ticket, event: Event) -> None:
    """The ticket has ended: so have the scripts that ran in it."""
    overtake(ticket, at=event.at)


def learn_later(written: Written) -> Iterable[NewDelivery]:
    """One delivery where whoever resolved it wants the tiers below to learn the fix."""
    if written.kind == RESOLVED and written.data.get("publish_fix"):
        yield NewDelivery(
            kind=FIX_KIND,
            payload={"event": written.event},
            event_id=written.event,
            ticket_number=written.ticket,
        )


def write_down_fix(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Begin a draft of the fix for whoever found it; run by the worker, perhaps twice.

    Where it cannot be (a restricted ticket, a desk without sections) nothing is, and the log says why: the wish
    stays in the ticket's history.
    """
    event = Event.objects.select_related("ticket__category", "by", "message").get(pk=payload["event"])
    if Source.objects.filter(ticket=event.ticket, at__gte=event.at).exists():
        return
    author = _who_found(event)
    try:
        publish_from_ticket(event.ticket, kind=usual_kind(event.ticket), by=author, at=at, asked=True)
    except Refused as refused:
        logger.warning("no article was begun with %s: %s", event.ticket.number, refused)


def _who_found(event: Event) -> User | None:
    """Who proposed the solution, where somebody else sent it; nobody, where they have left."""
    proposed = Proposal.objects.filter(sent_message=event.message).select_related("by").first()
    found = proposed.by if proposed and event.message else event.by
    return found if found is not None and may_write(found) else None
