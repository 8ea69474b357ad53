"""Rows of reports that name tickets, for those who may not open all of them."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from tickets.models import NUMBER_PREFIX, Ticket

Line = dict[str, Any]


def openable(rows: Iterable[Line], person: User) -> list[Line]:
    """Without the rows whose `ticket` (a number, as `TD-12`) this person may not open; one query."""
    lines = list(rows)
    keys = {line["ticket"]: int(line["ticket"].removeprefix(NUMBER_PREFIX)) for line in lines}
    seen = Ticket.objects.visible_to(person).filter(pk__in=keys.values()).values_list("pk", flat=True)
    known = set(seen)
    return [line for line in lines if keys[line["ticket"]] in known]
