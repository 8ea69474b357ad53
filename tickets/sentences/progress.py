"""For requesters: who has it, what happens next, and how far it is. From public facts only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Desk, Team, User
from tickets.models import NUMBER_PREFIX, CancelReason, Event, Status, Ticket
from tickets.sentences.portal import VENDOR_TIER

DONE, NOW, TODO = "done", "now", "todo"


@dataclass(frozen=True)
class Where:
    """Who has it, and what happens next."""

    who: str
    next: str


@dataclass(frozen=True)
class Step:
    """A dot of the progress line; `state` is done, now or todo."""

    label: str
    state: str
    at: datetime | None = None


def where(ticket: Ticket, user: User | None = None) -> Where:
    is_theirs = user is None or user.pk in (ticket.requester_id, ticket.opened_by_id)
    you = _("You") if is_theirs else str(ticket.requester)
    match ticket.status:
        case Status.PENDING_REQUESTER:
            return Where(you, _("We asked a question and go on when it is answered."))
        case Status.RESOLVED:
            return Where(you, _until_closed(ticket))
        case Status.CLOSED:
            return Where(
                _("Nobody: it is done"), _("A reply opens a new request that is linked to this one.")
            )
        case Status.CANCELLED:
            return Where(_("Nobody: it has ended"), _after_end(ticket))
    return Where(_holder(ticket), _next(ticket))


def _holder(ticket: Ticket) -> str:
    if ticket.tier_id == VENDOR_TIER:
        return _("An outside specialist")
    if ticket.assignee is not None and ticket.tier.writes_to_requesters:
        return _("%(name)s, %(team)s") % {"name": ticket.assignee.first_name, "team": ticket.team}
    return _("The %(team)s team") % {"team": ticket.team}


def _next(ticket: Ticket) -> str:
    if ticket.status == Status.PENDING_VENDOR or ticket.tier_id == VENDOR_TIER:
        return _("An outside specialist works on it. We keep watch and write to you here.")
    if ticket.status == Status.ON_HOLD and ticket.hold_until:
        day = formats.date_format(timezone.localtime(ticket.hold_until), _("l, j F"))
        return _("We go on with it on %(day)s.") % {"day": day}
    if ticket.assignee_id is None:
        return _("Somebody takes it and writes to you here.")
    return _("You get an answer here, or a question if something is missing.")


def _until_closed(ticket: Ticket) -> str:
    days = Desk.load().days_until_closed
    if not days or ticket.resolved_at is None:
        return _("Please say whether it works.")
    day = formats.date_format(timezone.localtime(ticket.resolved_at + timedelta(days=days)), _("l, j F"))
    return _("Please say whether it works. If we hear nothing, it closes on %(day)s.") % {"day": day}


def _after_end(ticket: Ticket) -> str:
    if ticket.merged_into_id:
        return _("It goes on in %(other)s.") % {"other": f"{NUMBER_PREFIX}{ticket.merged_into_id}"}
    if ticket.cancel_reason == CancelReason.WITHDRAWN:
        return _("It was withdrawn. A reply opens a new request.")
    return _("We ended it without an answer. A reply opens a new request.")


def steps(ticket: Ticket) -> list[Step]:
    return steps_of([ticket])[ticket.pk]


def steps_of(tickets: Sequence[Ticket]) -> dict[int, list[Step]]:
    """The dots of several tickets, in three queries: received, who had it, who has it, solved."""
    rows: dict[int, list[Event]] = defaultdict(list)
    moves = Event.objects.filter(ticket__in=tickets, changes__has_any_keys=["team_id", "assignee_id"])
    for event in moves.order_by("ticket_id", "id"):
        rows[event.ticket_id].append(event)
    every = [event for moved in rows.values() for event in moved]
    teams = Team.objects.select_related("tier").in_bulk(_after(every, "team_id"))
    people = User.objects.in_bulk(_after(every, "assignee_id"))
    return {ticket.pk: _steps(ticket, rows[ticket.pk], teams, people) for ticket in tickets}


def _after(rows: Iterable[Event], column: str) -> set[int]:
    return {event.changes[column][1] for event in rows if event.changes.get(column, (0, 0))[1]}


@dataclass(frozen=True)
class _Stay:
    """A stretch of time that the ticket spent with one team."""

    team: Team
    since: datetime
    person: User | None = None


def _steps(ticket: Ticket, moves: list[Event], teams: dict[int, Team], people: dict[int, User]) -> list[Step]:
    stays = _stays(moves, teams, people)
    is_over = ticket.status in (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)
    found = [Step(_("Received"), DONE, ticket.created_at)]
    if stays and (len(stays) > 1 or stays[0].person):
        present = Step(_present(stays, is_over), DONE if is_over else NOW, stays[-1].since)
        # Who takes it along to another team has it all the time.
        found += [step for step in _past(stays) if step.label != present.label]
        found.append(present)
    elif not is_over:
        found.append(Step(_("Somebody takes it"), NOW))
    if ticket.status == Status.CANCELLED:
        return [*found, Step(_("Ended"), DONE, ticket.closed_at)]
    solved_at = ticket.resolved_at if is_over else None
    return [*found, Step(_("Solved"), DONE if is_over else TODO, solved_at)]


def _stays(moves: list[Event], teams: dict[int, Team], people: dict[int, User]) -> list[_Stay]:
    stays: list[_Stay] = []
    for event in moves:
        team = teams.get(event.changes.get("team_id", (None, None))[1])
        person = people.get(event.changes.get("assignee_id", (None, None))[1] or 0)
        if team is not None and (not stays or stays[-1].team != team):
            stays.append(_Stay(team, event.at, person))
        elif stays and person is not None:
            stays[-1] = _Stay(stays[-1].team, event.at, person)
    return stays


def _past(stays: list[_Stay]) -> list[Step]:
    """The first person who was on it; after a way through other teams the last few are enough."""
    return [Step(_name(stay), DONE, stay.since) for stay in stays[:-1] if stay.person][:1]


def _present(stays: list[_Stay], is_over: bool) -> str:
    now, before = stays[-1], stays[-2] if len(stays) > 1 else None
    if before is not None and any(stay.team == now.team for stay in stays[:-2]):
        names = {"team": _team(before.team), "who": _who(now)}
        return capfirst(_("%(team)s has looked, back with %(who)s") % names)
    if is_over or now.person:
        return _name(now)
    return capfirst(_("%(team)s is looking at it") % {"team": _team(now.team)})


def _name(stay: _Stay) -> str:
    return capfirst(_("%(who)s is on it") % {"who": _who(stay)})


def _who(stay: _Stay) -> str:
    if stay.person is not None and stay.team.tier.writes_to_requesters and stay.team.tier_id != VENDOR_TIER:
        return stay.person.first_name
    return _team(stay.team)


def _team(team: Team) -> str:
    return _("an outside specialist") if team.tier_id == VENDOR_TIER else _("%(team)s team") % {"team": team}
