"""Who works it: assign, take, take the next one, release, skip; and who tracks it for the requester."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import User, UserSkill
from tickets import events
from tickets.models import FAR, Outgoing, Skip, SkipReason, Status, Ticket, TicketQuerySet
from tickets.operations.confiding import confide
from tickets.operations.guards import become, require, require_desk, require_open, require_track, require_work
from tickets.permissions import leads
from tickets.refusals import Invalid


@transaction.atomic
def assign(
    ticket: Ticket, *, to: User | None, by: User | None, at: datetime, seen: int | None = None
) -> Ticket:
    """Give an open ticket to a member of its team, or to nobody."""
    ticket = events.lock(ticket, seen=seen)
    require_work(by, ticket)
    require_open(ticket)
    if to is None:
        return _release(ticket, by=by, at=at)
    if not to.is_active or ticket.team_id not in to.team_ids:
        raise Invalid(
            _("%(name)s is not in %(team)s. Choose a member, or hand the ticket over.")
            % {"name": to, "team": ticket.team},
            field="to",
        )
    if ticket.assignee_id == to.pk:
        return ticket
    return _give(ticket, to=to, kind=events.TAKEN if to == by else events.ASSIGNED, by=by, at=at)


@transaction.atomic
def take(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """Make it one's own. What somebody else works on is taken over only by assigning, not by taking.

    Raises:
        AlreadyTaken: a colleague was faster.
    """
    ticket = events.lock(ticket)
    require(
        ticket.team_id in by.team_ids,
        _("%(number)s lies with %(team)s: you are not a member.")
        % {"number": ticket.number, "team": ticket.team},
    )
    require_open(ticket)
    if ticket.assignee_id == by.pk:
        return ticket
    if ticket.assignee_id is not None and not leads(by, ticket):
        raise AlreadyTaken(ticket)
    return _give(ticket, to=by, kind=events.TAKEN, by=by, at=at)


class AlreadyTaken(Invalid):
    code = "already_taken"
    http_status = 409

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            _("%(name)s has taken %(number)s already.") % {"name": ticket.assignee, "number": ticket.number},
            field="assignee",
        )


@transaction.atomic
def release(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """Put it back into its team's queue."""
    ticket = events.lock(ticket)
    require_work(by, ticket)
    require_open(ticket)
    return _release(ticket, by=by, at=at)


@transaction.atomic
def set_contact(ticket: Ticket, *, to: User | None, by: User | None, at: datetime) -> Ticket:
    """Name who tracks the ticket for its requester until it is closed."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    if to is not None and not (to.is_active and to.is_technician):
        raise Invalid(_("The contact is a technician."), field="to")
    if ticket.contact_id != (to.pk if to else None):
        ticket.contact = to
        confide(ticket, to=to)
        events.record(ticket, events.CONTACT_SET, by=by, at=at, contact=to)
    return ticket


@dataclass(frozen=True)
class Taken:
    """The ticket that "take next" gave, and the sentence that says why this one."""

    ticket: Ticket
    why: str


@transaction.atomic
def take_next(*, by: User, at: datetime) -> Taken | None:
    """The best ticket for this person, taken: replies that wait, then what is due next, then the oldest.

    Only in their teams and skills, without what they skipped since it last changed and what has an answer on its
    way. A row that a colleague is just taking is passed over, so that two people never get the same one.
    """
    for candidates, why in _by_rank(by):
        ticket = candidates.select_for_update(of=("self",), skip_locked=True).first()
        if ticket is not None:
            ticket = events.lock(ticket)
            if ticket.assignee_id != by.pk:
                ticket = _give(ticket, to=by, kind=events.TAKEN, by=by, at=at)
            return Taken(ticket, why or _why_due(ticket))
    return None


@transaction.atomic
def skip(ticket: Ticket, *, reason: str, by: User, at: datetime) -> Ticket:
    """Pass on a ticket that "take next" gave: back to the queue, with the reason, not offered again soon."""
    ticket = events.lock(ticket)
    require_work(by, ticket)
    require_open(ticket)
    if reason not in SkipReason.values:
        raise Invalid(_("Say why you skip it."), field="reason")
    if ticket.assignee_id == by.pk:
        ticket.assignee = None
    events.record(ticket, events.SKIPPED, by=by, at=at, reason=str(reason))
    Skip.objects.create(ticket=ticket, by=by, at=at, reason=reason)
    return ticket


def _give(ticket: Ticket, *, to: User, kind: str, by: User | None, at: datetime) -> Ticket:
    ticket.assignee = to
    ticket.unaccepted_since = None
    if ticket.status == Status.NEW:
        become(ticket, Status.OPEN, at)
    if ticket.contact_id is None and any(seat.tier <= 1 for seat in to.seats):
        ticket.contact = to
    confide(ticket, to=to)
    events.record(ticket, kind, by=by, at=at, assignee=to)
    return ticket


def _release(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    if ticket.assignee_id is not None:
        ticket.assignee = None
        events.record(ticket, events.RELEASED, by=by, at=at)
    return ticket


def _by_rank(by: User) -> Iterator[tuple[TicketQuerySet, str]]:
    """One indexed query a team and rank: an ORDER BY over several teams would sort their whole queues."""
    visible = Ticket.objects.visible_to(by).open().exclude(_skipped(by)).exclude(_answered())
    mine = visible.filter(assignee=by).reply_waits()
    yield mine.order_by("requester_waiting_since", "id"), _("Your requester has answered and waits.")
    free = visible.filter(assignee=None, status__in=[Status.NEW, Status.OPEN]).filter(_within_skills(by))
    waiting = free.of_teams(by.team_ids).reply_waits()
    yield (
        waiting.order_by("requester_waiting_since", "id"),
        _("The requester has answered, and nobody has it."),
    )
    queues = [free.filter(team_id=team_id).order_by("next_due_at", "id") for team_id in by.team_ids]
    heads = [(queue.values_list("next_due_at", "id").first(), queue) for queue in queues]
    for _head, queue in sorted(((head, queue) for head, queue in heads if head), key=lambda pair: pair[0]):
        yield queue, ""


def _answered() -> Exists:
    """An answer is on its way: for the seconds in which it can be undone the ticket still looks as if it waited."""
    return Exists(Outgoing.objects.filter(ticket=OuterRef("pk"), state=Outgoing.State.WAITING))


def _within_skills(by: User) -> Q:
    skills = UserSkill.objects.filter(user=by).values("skill_id")
    return Q(category=None) | Q(category__skill=None) | Q(category__skill_id__in=skills)


def _skipped(by: User) -> Exists:
    return Exists(Skip.objects.filter(by=by, ticket=OuterRef("pk"), at__gte=OuterRef("changed_at")))


def _why_due(ticket: Ticket) -> str:
    if ticket.next_due_at < FAR:
        return _("It is due next in %(team)s.") % {"team": ticket.team}
    return _("It has waited longest in %(team)s.") % {"team": ticket.team}
