"""Who is told of proposed replies and of help: the contact, or the leads of their team; authors; those who are asked.

Reactions, carried out by the worker; each may run twice.
"""

from datetime import datetime

from accounts.models import Membership, User
from escalation.models import Invitation, Proposal
from escalation.queries.contacts import is_here
from helpdesk.notices import leads_of, send, those
from tickets.models import Event


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
    send(event, people, "proposed", at, due=proposal.due_at)


def tell_of_answer(event: Event, at: datetime) -> None:
    """To the author: sent as it was or in other words, or refused and why."""
    author = User.objects.get(pk=event.data["author"])
    if event.message is not None:
        letter = "proposal_refused"
    else:
        letter = "proposal_edited" if event.data.get("edited") else "proposal_sent"
    send(event, [author], letter, at)


def tell_of_invitation(event: Event, at: datetime) -> None:
    """To the person who is asked, or to all of the team."""
    invitation = Invitation.objects.select_related("user").get(pk=event.data["invitation"])
    if invitation.state != Invitation.State.OPEN:
        return
    people = those(invitation.user)
    if invitation.team_id is not None:
        members = Membership.objects.filter(team_id=invitation.team_id).select_related("user")
        people = [member.user for member in members]
    send(event, people, "invited", at, due=invitation.until)
