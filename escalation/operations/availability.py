"""Whether people are here, and what happens to their work when they are not.

What falls due or gets a reply before somebody is back goes into its team's queue again, and says why; the rest
waits for them. Somebody who does something with a ticket although they are away or off shift keeps it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from delivery.operations import NewDelivery
from escalation import settings_events
from escalation.models import Availability
from escalation.operations.assigning import AWAY, BACK, MOST, WHY
from escalation.permissions import may_keep_capacity, may_say_where
from escalation.queries.presence import Presence, absent, presence_of
from sla.models import Calendar
from tickets import events
from tickets.models import FAR, Event, Ticket
from tickets.operations import release
from tickets.operations.bulk import each_alone
from tickets.refusals import Invalid, NotAllowed

REPLY_KIND = "absent"
BATCH = 200


class Why(StrEnum):
    """Why something goes back into the queue while its assignee is not here."""

    DUE = "due"
    REPLY = "reply"


@transaction.atomic
def go_away(user: User, *, until: datetime | None, by: User | None, at: datetime) -> int:
    """Say that somebody is away, and put back what cannot wait for them. Returns how many tickets went back.

    Args:
        until: when they are back; None where that is not known: then all that is due at all goes back.

    Raises:
        NotAllowed: neither oneself nor who leads them.
        Invalid: `until` is not in the future.
    """
    _require_say(by, user)
    if until is not None and until <= at:
        raise Invalid(_("Give a time that is yet to come."), field="until")
    row = _row(user)
    since = row.away_since if row.is_away and row.away_since else at
    _put(row, is_away=True, until=until, since=since, by=by, at=at)
    return _release_due([user.pk], presence_of(user, at=at), at=at)


@transaction.atomic
def come_back(user: User, *, by: User | None, at: datetime) -> None:
    """Say that somebody is here again. What went back into the queue meanwhile stays there."""
    _require_say(by, user)
    _put(_row(user), is_away=False, until=None, since=None, by=by, at=at)


@transaction.atomic
def change_duty(
    user: User, *, hours: Calendar | None, capacity: int | None, by: User | None, at: datetime
) -> Availability:
    """Say when somebody works, and how many open tickets they can have; None is as their teams have it.

    Raises:
        NotAllowed: only who leads them, managers and administrators.
        Invalid: a capacity above 500.
    """
    if not may_keep_capacity(by, user):
        raise NotAllowed(_("Only their leads, managers and administrators can change this."))
    if capacity is not None and not 0 <= capacity <= MOST:
        raise Invalid(_("Give a number from 0 to %(most)d.") % {"most": MOST}, field="capacity")
    row = _row(user)
    if (row.hours_id, row.capacity) != (hours.pk if hours else None, capacity):
        row.hours, row.capacity = hours, capacity
        row.save(update_fields=["hours", "capacity"])
        accounts.record(settings_events.DUTY_CHANGED, by=by, at=at, person=user)
    return row


def release_due_of_absent(*, at: datetime) -> int:
    """For the timer: put back what is due before its assignee returns. Returns how many tickets went back.

    Whoever is back by now is no longer marked as away.
    """
    Availability.objects.filter(is_away=True, away_until__lte=at).update(
        is_away=False, away_until=None, away_since=None
    )
    alike: dict[Presence, list[int]] = defaultdict(list)
    for key, found in absent(at=at).items():
        alike[found].append(key)
    return sum(_release_due(people, found, at=at) for found, people in alike.items())


def release_answered(event: Event, *, at: datetime) -> None:
    """The requester has written on a ticket whose assignee is not here: it goes back at once."""
    with transaction.atomic():
        ticket = events.lock(event.ticket_id)
        if ticket.assignee is None or event.by_id == ticket.assignee_id or not _waits_for_answer(event):
            return
        found = presence_of(ticket.assignee, at=at)
        if not found.is_present:
            _release(ticket.pk, ticket.assignee.pk, found, Why.REPLY, at)


def answering(event: int, ticket: int) -> NewDelivery:
    return NewDelivery(
        kind=REPLY_KIND,
        payload={"event": event},
        event_id=event,
        ticket_number=ticket,
        dedupe_key=f"{REPLY_KIND}:{event}",
    )


def may_be_absent(ticket: int) -> bool:
    """Whether the assignee of a ticket is somebody who can be away: most acts write no delivery for that."""
    has_it = Ticket.objects.filter(pk=ticket, assignee__isnull=False).order_by()
    return has_it.exclude(assignee__is_active=True, assignee__availability__isnull=True).exists()


def _waits_for_answer(event: Event) -> bool:
    """A person of the requester's side has written, and it has been given to nobody else since."""
    is_theirs = event.kind == events.REOPENED or not event.data.get("from_desk")
    if event.data.get("automatic"):
        return False
    since = Event.objects.filter(ticket=event.ticket_id, pk__gt=event.pk)
    return is_theirs and not since.filter(changes__has_key="assignee_id").exists()


def _release_due(people: Iterable[int], found: Presence, *, at: datetime) -> int:
    """Of people who are away alike: since the same moment, and back at the same."""
    due = (
        Ticket.objects.open()
        .filter(assignee__in=list(people), next_due_at__lt=found.back_at or FAR)
        .order_by("next_due_at", "id")
    )
    if found.since is not None:
        own = Event.objects.filter(ticket=OuterRef("pk"), by=OuterRef("assignee"), at__gt=found.since)
        due = due.exclude(Exists(own))
    whose = dict(due.values_list("pk", "assignee")[:BATCH])
    return each_alone(whose, lambda key: _release(key, whose[key], found, Why.DUE, at))


def _release(key: int, person: int, found: Presence, why: Why, at: datetime) -> None:
    ticket = events.lock(key)
    if ticket.assignee_id == person and ticket.is_open:
        back = found.back_at.isoformat() if found.back_at else None
        with events.because(**{AWAY: person, BACK: back, WHY: str(why)}):
            release(ticket, by=None, at=at)


def _row(user: User) -> Availability:
    Availability.objects.get_or_create(user=user)
    return Availability.objects.select_for_update(of=("self",)).select_related("hours").get(user=user)


def _put(
    row: Availability,
    *,
    is_away: bool,
    until: datetime | None,
    since: datetime | None,
    by: User | None,
    at: datetime,
) -> None:
    if (row.is_away, row.away_until) == (is_away, until):
        return
    row.is_away, row.away_until, row.away_since = is_away, until, since
    row.save(update_fields=["is_away", "away_until", "away_since"])
    kind = settings_events.WENT_AWAY if is_away else settings_events.CAME_BACK
    accounts.record(kind, by=by, at=at, person=row.user)


def _require_say(by: User | None, user: User) -> None:
    if not may_say_where(by, user):
        raise NotAllowed(_("Only they themselves, and who leads them, can say this."))
