"""Public words of a tier that does not write to requesters: proposed, then sent, edited or refused by the contact.

What is proposed waits as an internal message. It is overtaken by whatever the desk says in public meanwhile, by a
move, by the end of the ticket and by the next proposal: who changes the ticket clears `proposal_since`, and the
reaction of this app closes the row in the same transaction.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Tier, User
from escalation.events import PROPOSAL_REFUSED, PROPOSAL_SENT, PROPOSED
from escalation.models import Proposal
from escalation.queries.contacts import DESK_TIER, contact_team, is_here
from sla.book import LazyFacts, Rules, rules_in_force
from sla.business_time import WorkingTime
from sla.models import Metric
from sla.queries.hours import ALWAYS, hours_of
from tickets import events, operations
from tickets.models import Attachment, Audience, Category, MessageKind, Priority, ResolutionCode, Ticket
from tickets.operations import KEEP, guards
from tickets.operations.changing import Kept
from tickets.operations.resolving import prepare_end
from tickets.operations.writing import add_work, write
from tickets.permissions import leads, may_write_to_requester
from tickets.refusals import Invalid, NotAllowed, Refused
from tickets.state import State

Files = Iterable[uuid.UUID | str]


@transaction.atomic
def propose_reply(
    ticket: Ticket,
    *,
    kind: str,
    text: str,
    by: User,
    at: datetime,
    code: str = "",
    category: Category | None | Kept = KEEP,
    fields: Mapping[str, Any] | None = None,
    attachments: Files = (),
    minutes: int = 0,
    billable: bool = False,
    seen: int | None = None,
    publish_fix: bool = False,
) -> Ticket:
    """Propose a reply, a question or a resolution; the contact sends it, or refuses it with a reason.

    Category, fields and minutes are facts and kept at once: only the words wait. An earlier proposal that still
    waits is overtaken.

    Args:
        kind: of `Proposal.Kind`.
        code: how it was resolved, for a resolution.
        publish_fix: asks that the tiers below learn the fix, once the solution is sent.

    Raises:
        WritesItself: this person's tier writes to requesters.
        Invalid: what the act itself would refuse: no words, no code, no category.
    """
    guards.require_desk(by)
    ticket = events.lock(ticket, seen=seen)
    if may_write_to_requester(by, ticket):
        raise WritesItself(_("You write to requesters yourself: send it."))
    guards.require_open(ticket)
    _require_reach(ticket, kind, by)
    if kind == Proposal.Kind.RESOLUTION:
        prepare_end(ticket, code=code, category=category, fields=fields, by=by, at=at)
    message = write(
        ticket,
        text=text,
        kind=MessageKind.PROPOSAL,
        audience=Audience.INTERNAL,
        by=by,
        at=at,
        attachments=attachments,
    )
    _overtake(ticket, by=by, at=at)
    from_tier = _tier_of(by, ticket)
    proposal = Proposal.objects.create(
        ticket=ticket,
        kind=kind,
        code=code if kind == Proposal.Kind.RESOLUTION else "",
        publish_fix=publish_fix and kind == Proposal.Kind.RESOLUTION,
        message=message,
        by=by,
        at=at,
        from_tier=from_tier,
        team=contact_team(ticket),
        due_at=_due(ticket, from_tier, at),
    )
    ticket.proposal_since = at
    add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    events.record(ticket, PROPOSED, by=by, at=at, message=message, proposal=proposal, what=str(kind))
    return ticket


@transaction.atomic
def send_proposal(
    ticket: Ticket, *, by: User, at: datetime, text: str | None = None, proposal: Proposal | None = None
) -> Ticket:
    """Send what waits, as it is or in other words: a public act of `by`, with the files that hang on it.

    Args:
        text: other words than those proposed.
        proposal: the one that was read; another one that waits meanwhile is not sent unread.

    Raises:
        NoProposal: none waits, or another one than that.
        NotAllowed: only the contact (away: the L1 team), a lead, and the author where it may not wait longer.
    """
    ticket = events.lock(ticket)
    waiting = _waiting(ticket, proposal)
    guards.require_open(ticket)
    if not _may_handle(waiting, by, at=at) and not may_send_own(waiting, by, at=at):
        raise NotAllowed(_refusal(waiting, by))
    words = guards.words(waiting.message.body if text is None else text, "text")
    _end(waiting, Proposal.State.SENT, by=by, at=at)
    ticket = _say(waiting, words, by=by, at=at)
    sent = ticket.events.order_by("-id").exclude(message=None).first()
    waiting.sent_message = sent.message if sent else None
    waiting.was_edited = words != waiting.message.body
    waiting.save(update_fields=["sent_message", "was_edited"])
    Attachment.objects.filter(message=waiting.message).update(message=waiting.sent_message)
    ticket = events.lock(ticket)
    events.record(
        ticket, PROPOSAL_SENT, by=by, at=at, proposal=waiting, author=waiting.by_id, edited=waiting.was_edited
    )
    return ticket


@transaction.atomic
def refuse_proposal(
    ticket: Ticket, *, reason: str, by: User, at: datetime, proposal: Proposal | None = None
) -> Ticket:
    """Do not send it: why is a note to its author, who may propose again. The author takes it back this way.

    Raises:
        NoProposal, NotAllowed: as `send_proposal`.
    """
    ticket = events.lock(ticket)
    waiting = _waiting(ticket, proposal)
    if not _may_handle(waiting, by, at=at) and by.pk != waiting.by_id:
        raise NotAllowed(_refusal(waiting, by))
    message = write(
        ticket,
        text=reason,
        kind=MessageKind.NOTE,
        audience=Audience.INTERNAL,
        by=by,
        at=at,
        field="reason",
    )
    _end(waiting, Proposal.State.REFUSED, by=by, at=at)
    ticket.proposal_since = None
    events.record(
        ticket, PROPOSAL_REFUSED, by=by, at=at, message=message, proposal=waiting, author=waiting.by_id
    )
    return ticket


def may_send_own(proposal: Proposal, user: User, *, at: datetime) -> bool:
    """Whether its author may send it: it was not handled in time, or the ticket is a P1."""
    return user.pk == proposal.by_id and (proposal.due_at <= at or proposal.ticket.priority == Priority.P1)


class NoProposal(Refused):
    code = "no_proposal"


class WritesItself(Refused):
    code = "writes_itself"


def _require_reach(ticket: Ticket, kind: str, by: User) -> None:
    """What the act itself asks for, but for writing to requesters."""
    if kind not in Proposal.Kind.values:
        raise Invalid(_("Propose a reply, a question or a resolution."), field="kind")
    if kind == Proposal.Kind.RESOLUTION:
        guards.require_work(by, ticket)
    elif kind == Proposal.Kind.QUESTION:
        guards.require_track(by, ticket)


def _overtake(ticket: Ticket, *, by: User, at: datetime) -> None:
    if ticket.proposal_since is not None:
        Proposal.objects.filter(ticket=ticket, state=Proposal.State.WAITING).update(
            state=Proposal.State.OVERTAKEN, ended_by=by, ended_at=at
        )


def _tier_of(by: User, ticket: Ticket) -> int:
    """The tier from which they write: the ticket's where they sit on it, else the highest of theirs."""
    levels = [seat.tier for seat in by.seats if not seat.is_vendor]
    return ticket.tier_id if ticket.tier_id in levels or not levels else max(levels)


def _due(ticket: Ticket, from_tier: int, at: datetime) -> datetime:
    """When it has waited as long as the tier lets it, in the hours in which the contact's tier accepts tickets."""
    minutes = Tier.objects.values_list("proposal_minutes", flat=True).get(pk=from_tier)
    return _hours(ticket, at).add_working_time(at, timedelta(minutes=minutes))


def _hours(ticket: Ticket, at: datetime) -> WorkingTime:
    rules = rules_in_force()
    rule = rules.match(State.of(ticket), LazyFacts.of(ticket), at=at)
    if rule is not None:
        target = rule.spec.target(Metric.ACCEPT, priority=ticket.priority, scope=DESK_TIER)
        if target is not None:
            return hours_of(rules.versions.get(target.calendar))
    return _business_hours(rules)


def _business_hours(rules: Rules) -> WorkingTime:
    """The hours of the default policy for what is not urgent; around the clock where it promises nothing."""
    default = rules.rules[-1] if rules.rules else None
    targets = default.spec.targets.get(Priority.P4, {}) if default else {}
    first = next(iter(targets.values()), None)
    return hours_of(rules.versions.get(first.calendar)) if first else ALWAYS


def _waiting(ticket: Ticket, read: Proposal | None) -> Proposal:
    found = (
        Proposal.objects.filter(ticket=ticket, state=Proposal.State.WAITING)
        .select_related("message", "by", "team")
        .first()
    )
    if found is None:
        raise NoProposal(_("No proposed reply waits here: it was sent, refused or overtaken."))
    if read is not None and read.pk != found.pk:
        raise NoProposal(_("Another reply was proposed meanwhile. Read it, then decide."))
    found.ticket = ticket
    return found


def _may_handle(proposal: Proposal, by: User, *, at: datetime) -> bool:
    """The contact; members of the L1 team where the contact is away or there is none; leads of either team."""
    ticket = proposal.ticket
    if by.pk == ticket.contact_id or leads(by, ticket):
        return True
    if proposal.team_id in by.led_team_ids:
        return True
    return proposal.team_id in by.team_ids and not is_here(ticket.contact, at=at)


def _refusal(proposal: Proposal, by: User) -> str:
    if by.pk == proposal.by_id:
        return _("It waits for the contact. You may send it yourself when it was not handled in time.")
    who = proposal.ticket.contact or proposal.team or _("the contact")
    return _("It waits for %(who)s: only they or a lead can send or refuse it.") % {"who": who}


def _end(proposal: Proposal, state: str, *, by: User, at: datetime) -> None:
    proposal.state, proposal.ended_by, proposal.ended_at = state, by, at
    proposal.save(update_fields=["state", "ended_by", "ended_at"])


def _say(proposal: Proposal, words: str, *, by: User, at: datetime) -> Ticket:
    ticket = proposal.ticket
    match proposal.kind:
        case Proposal.Kind.QUESTION:
            return operations.wait_for_requester(ticket, question=words, by=by, at=at, agreed=True)
        case Proposal.Kind.RESOLUTION:
            code = ResolutionCode(proposal.code)
            return operations.resolve(
                ticket,
                code=code,
                summary=words,
                publish_fix=proposal.publish_fix,
                worker=proposal.by,
                by=by,
                at=at,
            )
    return operations.reply(ticket, text=words, by=by, at=at, agreed=True)
