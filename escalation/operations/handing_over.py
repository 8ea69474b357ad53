"""Between tiers: hand over, accept, return. One road for pages, rules and bulk acts.

What is handed over waits in the receiving queue until somebody accepts it or gives it back. A return
goes to the recorded sender, and counts as a bounce.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, Tier, User
from escalation.events import ACCEPTED, HANDED_OVER, RETURNED
from escalation.models import Firing, Handoff, Reason, ReturnReason
from escalation.operations import with_vendors
from escalation.operations.answering import Answers, answer, keep_answers
from escalation.operations.ping_pong import require_free, steps_before, tell_ping_pong
from escalation.queries import first_team, next_tier, waiting_handoff
from escalation.queries.cover import Covered, covering
from escalation.queries.moves import Step, is_fix
from escalation.queries.vendors import VENDOR_TIER
from tickets import events
from tickets.models import Audience, CustomField, Message, MessageKind, Priority, Status, Ticket
from tickets.operations import guards
from tickets.operations.moving import accepted, move
from tickets.operations.values import set_values
from tickets.operations.writing import add_work, write
from tickets.permissions import holds_as_vendor, may_hand_over, may_work
from tickets.refusals import Invalid, Refused

Files = Iterable[uuid.UUID | str]


@dataclass(frozen=True)
class HandedOver:
    """A hand-over that was made; `notice` says it when it went elsewhere than asked."""

    ticket: Ticket
    handoff: Handoff
    notice: str = ""
    covered: Covered | None = None
    """Where the team that was meant is out of hours: who has it instead."""


@transaction.atomic
def hand_over(
    ticket: Ticket,
    *,
    reason: str,
    summary: str,
    by: User | None,
    at: datetime,
    tier: int | None = None,
    team: Team | None = None,
    minutes: int = 0,
    billable: bool = False,
    attachments: Files = (),
    seen: int | None = None,
    tried: str = "",
    items: Iterable[int] = (),
    override: bool = False,
    firing: Firing | None = None,
    responsible: User | None = None,
    reference: str = "",
    as_asked: bool = False,
    fields: Mapping[str, Any] | None = None,
) -> HandedOver:
    """Give a ticket to another team, or to a tier's first team. A tier that is not in use is skipped; outside of
    that team's hours whoever covers it gets the ticket.

    Summary and what was tried are a note for the desk; on the way to or from a vendor it is shared with the
    vendor. Sideways and down a reason is enough.

    Args:
        items: the keys of the items of the receiving tier's checklist that are done; others are passed over.
        override: a lead lets it go up although required items are missing.
        firing: of the rule that moves it; rules answer no checklist.
        responsible: to a vendor, who of the desk sees to it meanwhile; without one whoever hands it over.
        reference: to a vendor, its own number of this ticket.
        as_asked: to this very team, also out of its hours: it waits there.
        fields: answers to custom fields. Some are required on the way up; a P1 goes nevertheless.

    Raises:
        Invalid: no such target, or the team that has it already; no summary on the way up.
        ItemsMissing: required items on the way up. A P1 goes nevertheless: they stay open with the sender.
        NamedOwner, OwnerToName: it went back and forth, and a lead has to decide.
    """
    ticket = events.lock(ticket, seen=seen)
    guards.require(
        may_hand_over(by, ticket),
        _("Only the team that has %(number)s, its contact or the service desk can hand it over.")
        % {"number": ticket.number},
    )
    guards.require_open(ticket)
    if reason not in Reason.values:
        raise Invalid(_("Choose a reason."), field="reason")
    to, notice = _target(ticket, tier=tier, team=team)
    covered = None if as_asked else _covered(ticket, to, at=at)
    if covered is not None:
        to, notice = covered.team, " ".join(filter(None, [notice, _say_covered(covered)]))
    steps = steps_before(ticket)
    require_free(ticket, steps, to=to, by=by, field="team")
    if responsible is not None:
        with_vendors.require_responsible(responsible)
    is_up = to.tier_id > ticket.tier_id
    needed = CustomField.Required.HANDING_OVER if is_up and by and ticket.priority != Priority.P1 else None
    set_values(ticket, fields or {}, by=by, at=at, required=needed)
    answers = answer(ticket, to=to, items=items, override=override, by=by) if is_up and by else Answers()
    message = write(
        ticket,
        text=_words(summary, tried, reason=reason, is_up=is_up),
        kind=MessageKind.HANDOFF,
        audience=Audience.INTERNAL,
        vendor=vendor_between(ticket.team, to),
        by=by,
        at=at,
        attachments=attachments,
        field="summary",
    )
    add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    handoff = begin(
        ticket,
        to=to,
        reason=reason,
        summary=message,
        firing=firing,
        overridden_by=by if answers.is_overridden else None,
        responsible=responsible,
        reference=reference,
        by=by,
        at=at,
    )
    keep_answers(handoff, answers)
    if ticket.status in (Status.ON_HOLD, Status.PENDING_VENDOR):
        guards.become(ticket, Status.OPEN, at)
    move(
        ticket,
        team=to,
        kind=HANDED_OVER,
        by=by,
        at=at,
        message=message,
        handoff=handoff,
        reason=reason,
        from_team=handoff.from_team_id,
        from_tier=handoff.from_tier,
        overridden=answers.is_overridden or None,
        responsible=handoff.responsible_id,
        **(covered.facts if covered is not None else {}),
    )
    fix = is_fix(reason, handoff.from_tier, handoff.to_tier)
    tell_ping_pong(ticket, [*steps, Step(handoff.from_team_id, to.pk, is_fix=fix)], at=at)
    return HandedOver(ticket, handoff, notice, covered)


@transaction.atomic
def accept(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """Take over what was handed to one's team: it is theirs from now on, and the acceptor works it."""
    ticket = events.lock(ticket)
    handoff = _require_waiting(ticket)
    _require_receiver(by, ticket)
    _end(handoff, Handoff.State.ACCEPTED, by=by, at=at)
    ticket.assignee = by if ticket.team_id in by.team_ids else None
    if ticket.status == Status.NEW:
        guards.become(ticket, Status.OPEN, at)
    accepted(ticket, kind=ACCEPTED, by=by, at=at, handoff=handoff)
    return ticket


@transaction.atomic
def return_(
    ticket: Ticket, *, reason: str, text: str, by: User, at: datetime, attachments: Files = ()
) -> Ticket:
    """Give a hand-off back to the recorded sender, saying why. It counts as a bounce.

    Possible while it waits, and after accepting it as long as nothing else has moved it.

    Raises:
        NothingToReturn: it was not handed to this team.
    """
    ticket = events.lock(ticket)
    guards.require_open(ticket)
    _require_receiver(by, ticket)
    handoff = _last_to(ticket)
    if reason not in ReturnReason.values:
        raise Invalid(_("Choose why you return it."), field="reason")
    return give_back(ticket, handoff, reason=reason, text=text, by=by, at=at, attachments=attachments)


def give_back(
    ticket: Ticket,
    handoff: Handoff,
    *,
    reason: str,
    text: str,
    by: User,
    at: datetime,
    attachments: Files = (),
) -> Ticket:
    """Put a locked ticket back to the sender of this hand-off, wherever it lies by now: that hand-off has bounced."""
    to = sender_of(handoff)
    steps = steps_before(ticket)
    require_free(ticket, steps, to=to, by=by)
    message = write(
        ticket,
        text=text,
        kind=MessageKind.RETURN,
        audience=Audience.INTERNAL,
        vendor=vendor_between(ticket.team, to),
        by=by,
        at=at,
        attachments=attachments,
    )
    _end(handoff, Handoff.State.RETURNED, by=by, at=at, return_reason=reason)
    sender = handoff.from_assignee or handoff.by
    back_to = sender if sender and sender.is_active and to.pk in sender.team_ids else None
    with_vendors.leave(ticket, is_fix=False)
    with_vendors.again(ticket, to, at=at)
    Handoff.objects.waiting().filter(ticket=ticket).update(
        state=Handoff.State.OVERTAKEN, ended_at=at, ended_by=by
    )
    from_team, from_tier = ticket.team_id, ticket.tier_id
    if ticket.status in (Status.ON_HOLD, Status.PENDING_VENDOR):
        guards.become(ticket, Status.OPEN, at)
    move(
        ticket,
        team=to,
        kind=RETURNED,
        by=by,
        at=at,
        message=message,
        assignee=back_to,
        accepted=True,
        is_bounce=True,
        handoff=handoff,
        reason=reason,
        from_team=from_team,
        from_tier=from_tier,
    )
    tell_ping_pong(ticket, [*steps, Step(from_team, to.pk, is_return=True)], at=at)
    return ticket


class NoHandoff(Refused):
    code = "no_handoff"


class NothingToReturn(Refused):
    code = "nothing_to_return"


def _words(summary: str, tried: str, *, reason: str, is_up: bool) -> str:
    """One text of both; where a reason is enough and nothing was written, the reason in a sentence."""
    parts = [part.strip() for part in (summary or "", tried or "")]
    if not parts[0] and not is_up:
        parts[0] = _("Handed over: %(reason)s.") % {"reason": Reason(reason).label}
    if parts[0] and parts[1]:
        parts[1] = _("What was tried:") + "\n\n" + parts[1]
        return "\n\n".join(parts)
    return parts[0]


def _target(ticket: Ticket, *, tier: int | None, team: Team | None) -> tuple[Team, str]:
    """The team that receives it, and a sentence when a tier was skipped."""
    if team is not None:
        _require_receiving(team)
    elif tier is not None:
        team, notice = _team_on(ticket, tier)
        return team, notice
    else:
        raise Invalid(_("Choose a tier or a team."), field="team")
    if team.pk == ticket.team_id:
        raise Invalid(_("%(team)s has it already.") % {"team": team}, field="team")
    return team, ""


def _team_on(ticket: Ticket, level: int) -> tuple[Team, str]:
    team, notice = first_team(level), ""
    if team is None:
        team, notice = _team_beyond(ticket, level)
    if team.pk == ticket.team_id:
        raise Invalid(_("%(team)s has it already.") % {"team": team}, field="tier")
    return team, notice


def _team_beyond(ticket: Ticket, level: int) -> tuple[Team, str]:
    """Where a tier is not in use, or has no team: the next one in the same direction, and a sentence that says so."""
    wanted = Tier.objects.filter(level=level).first()
    if wanted is None:
        raise Invalid(_("Tiers go from L0 to L4."), field="tier")
    instead = next_tier(level, upwards=level > ticket.tier_id)
    team = first_team(instead.level) if instead else None
    if team is None or instead is None:
        raise Invalid(
            _("%(tier)s is not in use, and no tier beyond it is.") % {"tier": wanted.code}, field="tier"
        )
    names = {"tier": wanted.code, "instead": instead.code}
    return team, _("%(tier)s is not in use: handed to %(instead)s instead.") % names


def _covered(ticket: Ticket, to: Team, *, at: datetime) -> Covered | None:
    return covering(to, at=at, sender=ticket.team_id, is_restricted=ticket.is_restricted)


def _say_covered(covered: Covered) -> str:
    names = {"team": covered.instead_of, "instead": covered.team}
    return _("%(team)s is out of hours: handed to %(instead)s instead.") % names


def _require_receiving(team: Team) -> None:
    if not team.is_active or not team.tier.is_enabled:
        raise Invalid(
            _("%(team)s receives nothing: it is inactive or its tier is not in use.") % {"team": team},
            field="team",
        )


def vendor_between(sender: Team, receiver: Team) -> int | None:
    """The vendor that reads what is written on the way: the one that receives it, else the one that sends it."""
    asked = [key for key in (receiver.organisation_id, sender.organisation_id) if key is not None]
    if not asked:
        return None
    vendors = set(
        Organisation.objects.filter(pk__in=asked, kind=Organisation.Kind.VENDOR).values_list("pk", flat=True)
    )
    return next((key for key in asked if key in vendors), None)


def begin(
    ticket: Ticket,
    *,
    to: Team,
    reason: str,
    summary: Message,
    by: User | None,
    at: datetime,
    firing: Firing | None = None,
    overridden_by: User | None = None,
    responsible: User | None = None,
    reference: str = "",
) -> Handoff:
    """Write a hand-off of a locked ticket that is about to move; what waited until now is overtaken.

    `responsible` and `reference` are for a vendor that receives it.
    """
    with_vendors.leave(ticket, is_fix=is_fix(reason, ticket.tier_id, to.tier_id))
    if ticket.handoff_count:
        Handoff.objects.waiting().filter(ticket=ticket).update(
            state=Handoff.State.OVERTAKEN, ended_at=at, ended_by=by
        )
    handoff = Handoff(
        ticket=ticket,
        from_tier=ticket.tier_id,
        from_team_id=ticket.team_id,
        from_assignee_id=ticket.assignee_id,
        to_tier=to.tier_id,
        to_team=to,
        reason=reason,
        summary=summary,
        firing=firing,
        overridden_by=overridden_by,
        by=by,
        at=at,
    )
    if to.tier_id == VENDOR_TIER:
        with_vendors.enter(handoff, ticket, responsible=responsible, reference=reference, by=by, at=at)
    handoff.save(force_insert=True)
    return handoff


def _require_waiting(ticket: Ticket) -> Handoff:
    handoff = waiting_handoff(ticket)
    if handoff is None:
        raise NoHandoff(
            _("%(number)s has not been handed over, or was accepted already.") % {"number": ticket.number}
        )
    return handoff


def _require_receiver(by: User, ticket: Ticket) -> None:
    guards.require(
        may_work(by, ticket) or holds_as_vendor(by, ticket),
        _("Only members of %(team)s can do this.") % {"team": ticket.team},
    )


def _last_to(ticket: Ticket) -> Handoff:
    """The hand-off that brought the ticket to where it is."""
    handoff = (
        Handoff.objects.filter(ticket=ticket, to_team_id=ticket.team_id)
        .filter(state__in=[Handoff.State.WAITING, Handoff.State.ACCEPTED])
        .select_related("from_team__tier", "from_assignee", "by")
        .order_by("-id")
        .first()
    )
    if handoff is None:
        raise NothingToReturn(
            _("%(number)s was not handed to %(team)s: hand it over instead.")
            % {"number": ticket.number, "team": ticket.team}
        )
    return handoff


def sender_of(handoff: Handoff) -> Team:
    """The team that it came from; where that one receives nothing any more, the first of its tier or below.

    No vendor gets anything back from another one: what the desk took from the one to the other goes back to the team
    of the desk that gave it to the first. What one vendor writes is not for the other.
    """
    if handoff.to_tier == VENDOR_TIER:
        handoff = _given_by_the_desk(handoff)
    level: int | None = handoff.from_tier
    if handoff.to_tier == VENDOR_TIER and _is_vendors(handoff):
        level = _below(VENDOR_TIER)
    elif handoff.from_team.is_active and handoff.from_team.tier.is_enabled:
        return handoff.from_team
    elif _is_vendors(handoff):
        raise NothingToReturn(
            _("%(team)s receives nothing any more. Hand it to another vendor, or to a team of the desk.")
            % {"team": handoff.from_team}
        )
    while level is not None:
        team = first_team(level)
        if team is not None and team.tier.is_enabled:
            return team
        level = _below(level)
    raise NothingToReturn(
        _("The team that it came from is gone, and nobody below is left. Hand it over instead.")
    )


def _given_by_the_desk(handoff: Handoff) -> Handoff:
    """The hand-off by which the first of the vendors got it that have had it one after the other."""
    while _is_vendors(handoff):
        before = Handoff.objects.filter(
            ticket=handoff.ticket_id, to_team=handoff.from_team_id, pk__lt=handoff.pk
        )
        found = before.select_related("from_team__tier").order_by("-id").first()
        if found is None:
            break
        handoff = found
    return handoff


def _is_vendors(handoff: Handoff) -> bool:
    """Whether it came from a vendor's team."""
    return handoff.from_tier == VENDOR_TIER and handoff.from_team.organisation_id is not None


def _below(level: int) -> int | None:
    tier = next_tier(level, upwards=False)
    return tier.level if tier else None


def _end(handoff: Handoff, state: str, *, by: User | None, at: datetime, return_reason: str = "") -> None:
    handoff.state, handoff.ended_at, handoff.ended_by = state, at, by
    handoff.return_reason = return_reason
    handoff.save(update_fields=["state", "ended_at", "ended_by", "return_reason"])
