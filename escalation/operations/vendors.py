"""Working with a vendor: hand to it, chase it, and confirm here what it says is done."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, User
from escalation.events import FIX_CONFIRMED, RESPONSIBLE_SET, VENDOR_CHASED, VENDOR_REMINDED
from escalation.models import Fix, Handoff, Reason, ReturnReason
from escalation.operations.handing_over import HandedOver, accept, give_back, hand_over, sender_of
from escalation.operations.with_vendors import require_responsible
from escalation.queries import waiting_handoff
from escalation.queries.vendors import VENDOR_TIER, chase_after, with_vendor
from tickets import events
from tickets.models import Ticket
from tickets.operations import guards
from tickets.operations.bulk import each_alone
from tickets.permissions import is_desk, may_track
from tickets.refusals import Invalid, Refused

Files = Iterable[uuid.UUID | str]


@transaction.atomic
def hand_to_vendor(
    ticket: Ticket,
    *,
    team: Team,
    summary: str,
    by: User | None,
    at: datetime,
    responsible: User | None = None,
    reference: str = "",
    **facts: Any,
) -> HandedOver:
    """Hand a ticket to a vendor's team: the one hand-over, with what only a vendor needs.

    Args:
        summary: what the vendor is asked; its guests and its contacts read it.
        responsible: who of the desk sees to it meanwhile; without one whoever hands it over.
        reference: the vendor's own number of it, where it is known already.
        facts: as of `hand_over`.

    Raises:
        Invalid: the team is no vendor's, nothing is asked, or nobody of the desk is to be responsible.
        Refused: as `hand_over`.
    """
    is_vendors = team.organisation is not None and team.organisation.kind == Organisation.Kind.VENDOR
    if team.tier_id != VENDOR_TIER or not is_vendors:
        raise Invalid(_("%(team)s is not a vendor's team.") % {"team": team}, field="team")
    return hand_over(
        ticket,
        team=team,
        reason=Reason.NEEDS_VENDOR,
        summary=summary,
        responsible=responsible,
        reference=reference,
        by=by,
        at=at,
        **facts,
    )


@transaction.atomic
def claim_fix(ticket: Ticket, *, text: str, by: User, at: datetime, attachments: Files = ()) -> Ticket:
    """The vendor's guest thinks that it is fixed: it goes back to the sender, who has to confirm it.

    Raises:
        NotAllowed: it does not lie with the guest's team.
    """
    ticket = events.lock(ticket)
    guards.require(
        by.is_vendor_guest and ticket.team_id in by.team_ids,
        _("Only %(team)s, which has it, can say this.") % {"team": ticket.team},
    )
    handoff = _require(with_vendor(ticket), _("%(number)s does not lie with a vendor."), ticket)
    if waiting_handoff(ticket) is not None:
        ticket = accept(ticket, by=by, at=at)  # who has fixed it had taken it on
    text = guards.words(text, "text")
    return hand_over(
        ticket,
        team=sender_of(handoff),
        reason=Reason.FOLLOW_UP,
        summary=text,
        as_asked=True,
        by=by,
        at=at,
        attachments=attachments,
    ).ticket


@transaction.atomic
def confirm_fix(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """Somebody here has seen that it works: now it can be resolved. Also before the vendor says so itself.

    Raises:
        NothingToConfirm: no vendor has it, or it was confirmed already.
    """
    ticket = events.lock(ticket)
    _require_keeper(by, ticket)
    handoff = _locked(ticket)
    handoff.fix, handoff.next_chase_at = Fix.CONFIRMED, None
    handoff.save(update_fields=["fix", "next_chase_at"])
    events.record(ticket, FIX_CONFIRMED, by=by, at=at, handoff=handoff, team=handoff.to_team_id)
    return ticket


@transaction.atomic
def refuse_fix(ticket: Ticket, *, text: str, by: User, at: datetime, attachments: Files = ()) -> Ticket:
    """It does not work: back to the vendor, with what is still wrong. What the vendor called fixed has bounced.

    So it has from a team that it has reached since, too: the same person stays responsible.

    Raises:
        NothingToConfirm: the vendor has not said that it is fixed.
        NothingToReturn: the vendor receives nothing any more.
    """
    ticket = events.lock(ticket)
    _require_keeper(by, ticket)
    handoff = _locked(ticket)
    if handoff.fix != Fix.CLAIMED:
        raise NothingToConfirm(_("%(team)s has not said that it is fixed.") % {"team": handoff.to_team})
    guards.require_open(ticket)
    claims = Handoff.objects.filter(ticket=ticket, from_team=handoff.to_team, pk__gt=handoff.pk)
    claim = _require(
        claims.select_related("from_team__tier", "from_assignee", "by").order_by("-pk").first(),
        _("No vendor has said that %(number)s is fixed."),
        ticket,
    )
    return give_back(
        ticket, claim, reason=ReturnReason.NOT_FIXED, text=text, by=by, at=at, attachments=attachments
    )


@transaction.atomic
def set_responsible(ticket: Ticket, *, to: User, by: User, at: datetime) -> Ticket:
    """Name who of the desk sees to it while the vendor has it; they get the reminders from now on."""
    ticket = events.lock(ticket)
    handoff = _locked(ticket)
    _require_keeper(by, ticket, handoff)
    require_responsible(to, field="to")
    if handoff.responsible_id != to.pk:
        handoff.responsible = to
        handoff.save(update_fields=["responsible"])
        events.record(ticket, RESPONSIBLE_SET, by=by, at=at, handoff=handoff, user=to)
    return ticket


@transaction.atomic
def chase(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """Ask the vendor how it stands, by mail to its guests and contacts. It is counted, and the wait begins anew.

    Raises:
        NotWithVendor: it does not lie with a vendor now.
    """
    ticket = events.lock(ticket)
    handoff = with_vendor(ticket)
    if handoff is None or not _lies_there(handoff, ticket):
        raise NotWithVendor(_("%(number)s does not lie with a vendor now.") % {"number": ticket.number})
    _require_keeper(by, ticket, handoff)
    handoff.chase_count += 1
    handoff.last_chased_at, handoff.next_chase_at = at, _next_chase(handoff, at)
    handoff.save(update_fields=["chase_count", "last_chased_at", "next_chase_at"])
    events.record(
        ticket,
        VENDOR_CHASED,
        by=by,
        at=at,
        handoff=handoff,
        team=handoff.to_team_id,
        count=handoff.chase_count,
    )
    return ticket


def remind_due(*, at: datetime, limit: int = 200) -> int:
    """Remind those who are responsible that a vendor has not answered. Any number of workers may run it at once.

    Returns: on how many tickets.
    """
    with transaction.atomic():
        due = Handoff.objects.filter(next_chase_at__lte=at)
        tickets = Ticket.objects.filter(pk__in=due.values("ticket_id")).order_by("pk")
        keys = tickets.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:limit]
        return each_alone(list(keys), lambda key: _remind(key, at))


def require_fix_confirmed(ticket: Ticket) -> None:
    """For `tickets.operations.resolving`: what a vendor has, or says is done, is confirmed here first.

    Raises:
        FixNotConfirmed
    """
    if VENDOR_TIER not in ticket.path:
        return
    handoff = with_vendor(ticket)
    if handoff is not None:
        raise FixNotConfirmed(
            _("%(vendor)s has worked on %(number)s. Try whether it works, and confirm the fix first.")
            % {"vendor": handoff.to_team.organisation or handoff.to_team, "number": ticket.number},
            field="code",
        )


class FixNotConfirmed(Refused):
    code = "fix_not_confirmed"


class NothingToConfirm(Refused):
    code = "nothing_to_confirm"


class NotWithVendor(Refused):
    code = "not_with_vendor"


def answered(ticket: Ticket) -> None:
    """The vendor has written: nobody needs to chase it."""
    Handoff.objects.filter(ticket=ticket, fix=Fix.AWAITED).update(next_chase_at=None)


def asked_again(ticket: Ticket, *, at: datetime) -> None:
    """The desk has written to the vendor that has the ticket: it is waited for anew."""
    handoff = with_vendor(ticket)
    if handoff is not None and _lies_there(handoff, ticket):
        handoff.next_chase_at = _next_chase(handoff, at)
        handoff.save(update_fields=["next_chase_at"])


def _remind(key: int, at: datetime) -> None:
    ticket = events.lock(key)
    due = Handoff.objects.filter(ticket=key, next_chase_at__lte=at).select_related("to_team")
    for handoff in due.select_for_update(of=("self",)).order_by("pk"):
        is_there = handoff.fix == Fix.AWAITED and _lies_there(handoff, ticket)
        handoff.next_chase_at = _next_chase(handoff, at) if is_there else None
        handoff.save(update_fields=["next_chase_at"])
        if is_there:
            events.record(
                ticket,
                VENDOR_REMINDED,
                by=None,
                at=at,
                handoff=handoff,
                team=handoff.to_team_id,
                user=handoff.responsible_id,
            )


def _lies_there(handoff: Handoff, ticket: Ticket) -> bool:
    return ticket.is_open and ticket.team_id == handoff.to_team_id and ticket.tier_id == VENDOR_TIER


def _next_chase(handoff: Handoff, at: datetime) -> datetime | None:
    return chase_after(handoff.to_team.organisation_id, at=at, day=timezone.localdate(at))


def _locked(ticket: Ticket) -> Handoff:
    return _require(with_vendor(ticket), _("No vendor has %(number)s, or the fix is confirmed."), ticket)


def _require(handoff: Handoff | None, sentence: str, ticket: Ticket) -> Handoff:
    if handoff is None:
        raise NothingToConfirm(sentence % {"number": ticket.number})
    return handoff


def _require_keeper(by: User, ticket: Ticket, handoff: Handoff | None = None) -> None:
    """Whoever works or tracks it, is responsible for it, or sits in the team that gave it to the vendor."""
    handoff = handoff or with_vendor(ticket)
    is_giver = handoff is not None and (
        handoff.responsible_id == by.pk or handoff.from_team_id in by.team_ids
    )
    guards.require(
        is_desk(by) and (is_giver or may_track(by, ticket)),
        _("Only people of the desk who work on it or track it can do this."),
    )
