"""The end of a shift: what somebody has goes on to others in one act, and what cannot go is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from escalation.models import Shift
from escalation.operations.assigning import AWAY, BACK, WHY
from escalation.operations.availability import go_away
from tickets import events, operations
from tickets.models import Ticket
from tickets.refusals import Invalid, Refused

SHIFT = "shift"
"""In the data of every event of a hand-on: the row that keeps it; also the reason of what goes back by it."""


@dataclass(frozen=True)
class Ended:
    """What came of it. `went_back` counts what was kept, and could not wait until they are back."""

    shift: Shift
    done: list[Ticket]
    refused: list[tuple[Ticket, Refused]]
    went_back: int = 0


@transaction.atomic
def end_shift(
    *,
    give: Mapping[int, User],
    to_queue: Iterable[int],
    note: str,
    back_at: datetime | None,
    by: User,
    at: datetime,
) -> Ended:
    """Give tickets to colleagues or back to their queues, with one note on each, and be away until `back_at`.

    Args:
        give: by ticket who gets it.
        to_queue: tickets that go back to their team.
        note: what those need to know who go on; none where it is empty.
        back_at: None to go nowhere.

    Raises:
        Invalid: `back_at` is not in the future.
    """
    if back_at is not None and back_at <= at:
        raise Invalid(_("Give a time that is yet to come."), field="back_at")
    wanted: dict[int, User | None] = {**dict.fromkeys(to_queue), **give}
    shift = Shift.objects.create(by=by, at=at, back_at=back_at)
    tickets = list(Ticket.objects.visible_to(by).filter(pk__in=wanted).order_by("pk"))

    def hand_on(ticket: Ticket) -> None:
        ticket = events.lock(ticket)
        if ticket.assignee_id != by.pk:
            raise NotYours(
                _("%(number)s is not yours any more.") % {"number": ticket.number}, field="tickets"
            )
        to = wanted[ticket.pk]
        if note.strip():
            ticket = operations.note(ticket, text=note, by=by, at=at)
        with events.because(**{SHIFT: shift.pk}, **({} if to else _gone(by, back_at))):
            operations.assign(ticket, to=to, by=by, at=at)

    result = operations.bulk(hand_on, tickets)
    shift.tickets = len(result.done)
    shift.save(update_fields=["tickets"])
    went_back = go_away(by, until=back_at, by=by, at=at) if back_at is not None else 0
    return Ended(shift, result.done, result.refused, went_back)


class NotYours(Refused):
    code = "not_yours"


def _gone(by: User, back_at: datetime | None) -> dict[str, int | str | None]:
    return {AWAY: by.pk, BACK: back_at.isoformat() if back_at else None, WHY: SHIFT}
