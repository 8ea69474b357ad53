"""Replies that have not left: whose they are, and which files belong to them."""

import re
import uuid

from accounts.models import User
from tickets.models import Outgoing

_PASTED = re.compile(r"/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


def files_on_their_way() -> set[uuid.UUID]:
    """Uploads that belong to what has not left yet: they are no forgotten ones."""
    keys: set[uuid.UUID] = set()
    for named, body in Outgoing.objects.unsent().values_list("attachments", "body"):
        keys |= {*named, *(uuid.UUID(key) for key in _PASTED.findall(body))}
    return keys


def of_person(user: User) -> list[Outgoing]:
    """What this person has written and what has not left: held up first, then by the time at which it leaves."""
    rows = Outgoing.objects.unsent().filter(by=user).select_related("ticket__requester")
    order = {Outgoing.State.HELD: 0, Outgoing.State.WAITING: 1}
    return sorted(rows, key=lambda row: (order.get(Outgoing.State(row.state), 2), row.send_at))


def taken_back(user: User, *, ticket: int, key: int) -> Outgoing | None:
    """One that this person has taken back, to be put into the composer again."""
    rows = Outgoing.objects.filter(by=user, ticket=ticket, pk=key)
    return rows.filter(state=Outgoing.State.TAKEN_BACK).first()
