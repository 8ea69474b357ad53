"""Who is told of proposed replies and of help: the contact, or the leads of their team; authors; those who are asked.

Reactions, carried out by the worker; each may run twice.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import Membership, User
from delivery.operations import notify
from escalation.models import Invitation, Proposal
from escalation.queries.contacts import is_here
from helpdesk.notices import leads_of, send, those
from tickets.models import Event
from tickets.permissions import may_see


def tell_of_proposal(event: Event, at: datetime) -> None:
    """To the contact; where they are away or there is none, to the leads of the L1 team."""
    proposal = Proposal.objects.get(pk=event.data["proposal"])
    if proposal.state != Proposal.State.WAITING:
        return
    contact = event.ticket.contact
    if contact is not None and is_here(contact, at=at):
        people = [contact]
    else:
        people = leads_of(proposal.team_id) if proposal.team_id else []
    _tell(people, event, "proposed", at, due=proposal.due_at)


def tell_of_answer(event: Event, at: datetime) -> None:
    """To the author: sent as it was or in other words, or refused and why."""
    author = User.objects.get(pk=event.data["author"])
    _tell([author], event, "proposal_answered", at)


def tell_of_invitation(event: Event, at: datetime) -> None:
    """To the person who is asked, or to all of the team."""
    invitation = Invitation.objects.select_related("user").get(pk=event.data["invitation"])
    if invitation.state != Invitation.State.OPEN:
        return
    people = those(invitation.user)
    if invitation.team_id is not None:
        members = Membership.objects.filter(team_id=invitation.team_id).select_related("user")
        people = [member.user for member in members]
    _tell(people, event, "invited", at, until=invitation.until)


def _tell(people: Iterable[User], event: Event, template: str, at: datetime, **words: Any) -> None:
    told = [
        person
        for person in people
        if person.is_active and person.pk != event.by_id and may_see(person, event.ticket)
    ]
    notify(told, kind=event.kind, ticket_number=event.ticket_id, event_id=event.pk, at=at)
    send(event, told, template, at, **words)
