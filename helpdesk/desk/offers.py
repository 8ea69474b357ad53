"""Which acts the ticket page offers: those that are legal now and within the person's reach.

Only buttons are decided here. The operations check again, and their answer counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.current import current_tiers
from accounts.models import User
from escalation.queries.vendors import VENDOR_TIER
from helpdesk.desk.acts import ACTS
from helpdesk.desk.doing import Act
from tickets.models import WAITING_STATUSES, Status, Ticket
from tickets.permissions import leads, may_hand_over, may_note, may_track, may_work, may_write_to_requester

Offer = tuple[str, Act]
Group = list[Offer]


@dataclass(frozen=True)
class Offers:
    """First what one is asked for now, then the usual acts, then groups of the rest."""

    asked: Group
    usual: Group
    more: list[Group]
    may_reply: bool
    may_note: bool
    proposes_to: str = ""
    """Who sends this person's replies; empty for whoever writes to requesters."""


def offers_to(user: User, ticket: Ticket, *, is_watching: bool, just_reopened: bool = False) -> Offers:
    reach = _Reach(user, ticket, is_watching, just_reopened)
    return Offers(
        asked=_named(reach.asked()),
        usual=_named(reach.usual()),
        more=[group for group in map(_named, reach.more()) if group],
        may_reply=reach.writes or reach.proposes,
        may_note=may_note(user),
        proposes_to=_sender(ticket) if reach.proposes else "",
    )


def _sender(ticket: Ticket) -> str:
    return ticket.contact.name if ticket.contact and ticket.contact.is_active else _("the service desk")


def _named(names: Iterable[str]) -> Group:
    return [(name, ACTS[name]) for name in names]


class _Reach:
    """What one person may do with one ticket, as names of acts."""

    def __init__(self, user: User, ticket: Ticket, is_watching: bool, just_reopened: bool) -> None:
        self.ticket, self.is_watching, self.just_reopened = ticket, is_watching, just_reopened
        self.user = user
        self.works, self.tracks = may_work(user, ticket), may_track(user, ticket)
        self.leads, self.hands = leads(user, ticket), may_hand_over(user, ticket)
        self.writes = may_write_to_requester(user, ticket)
        self.proposes = not self.writes and ticket.is_open and user.is_technician

    def asked(self) -> Iterator[str]:
        if self.ticket.waits_for_acceptance and self.works and self.ticket.is_open:
            yield "accept"
            yield "return"

    def usual(self) -> Iterator[str]:
        ticket = self.ticket
        if not ticket.is_open:
            if ticket.status == Status.RESOLVED and self.tracks:
                yield "reopen"
                if self.leads:
                    yield "close"
            if ticket.status == Status.CANCELLED and self.tracks and not ticket.merged_into_id:
                yield "restore"
            return
        if self.hands:
            yield "hand-over"
        if ticket.status in WAITING_STATUSES and self.tracks:
            yield "resume"
        elif self.works or (self.tracks and self.writes):
            yield "wait"
        if self.works:
            yield "resolve" if self.writes else "propose-resolution"
        is_member = ticket.team_id in self.user.team_ids
        if is_member and ticket.assignee_id != self.user.pk and (not ticket.assignee_id or self.leads):
            yield "take"
        if self.works:
            yield "assign"
        if self.just_reopened and self.tracks:
            yield "only-thanks"

    def more(self) -> Iterator[list[str]]:
        ticket, is_open = self.ticket, self.ticket.is_open
        has_vendors = any(tier.level == VENDOR_TIER for tier in current_tiers())
        if is_open and self.hands and ticket.tier_id != VENDOR_TIER and has_vendors:
            yield ["hand-to-vendor"]
        if self.tracks:
            priority = [] if ticket.priority_confirmed or not is_open else ["confirm-priority"]
            mine = is_open and self.works and ticket.assignee_id == self.user.pk
            returned = is_open and self.works and ticket.handoff_count and not ticket.waits_for_acceptance
            yield ["change", *priority, "override-priority", "contact"]
            yield [*(["release"] if mine else []), *(["return"] if returned else []), "log-work"]
            yield ["tag", "unwatch" if self.is_watching else "watch", "link", *(["merge"] if is_open else [])]
            yield [*(["invite"] if is_open else []), "refer"]
            yield [
                *(["unrestrict" if ticket.is_restricted else "restrict"] if self.works else []),
                "redact-subject",
            ]
            yield ["not-a-request", *(["cancel"] if self.works else [])] if is_open else []
        else:
            yield ["unwatch" if self.is_watching else "watch", "log-work"]
        if not ticket.is_restricted:
            yield ["make-article"]
