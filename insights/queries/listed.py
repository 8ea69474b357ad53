"""A number of tickets and the list behind it, asked for in the same words: those of the filter vocabulary.

What the list at `url` shows is what `rows` finds, so the two agree. Times are written to the second, in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet, Value
from django.utils.datastructures import MultiValueDict

from accounts.models import User
from tickets.models import CancelReason, Ticket, TicketQuerySet
from tickets.models.choices import NOT_A_REQUEST
from tickets.queries.queues import queue_named
from tickets.vocabulary import as_q, tree_from_params

NOT_COUNTED = (*NOT_A_REQUEST, CancelReason.MERGED)
"""Cancelled for one of these, a ticket is in no figure."""
COUNTED = ("not.cancel_reason", ",".join(NOT_COUNTED))
ALL = "all"
Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listed:
    """Tickets of a queue that these parameters leave."""

    params: Params = ()
    queue: str = ALL
    sort: str = ""

    def narrowed(self, *params: tuple[str, str]) -> "Listed":
        return replace(self, params=(*self.params, *params))

    @property
    def url(self) -> str:
        sort = [("sort", self.sort)] if self.sort else []
        query = urlencode([*self.params, *sort], safe=",:")
        return f"/desk/queues/{self.queue}/{'?' if query else ''}{query}"

    def rows(self, reader: User, *, at: datetime) -> TicketQuerySet:
        """What the list shows to this person.

        Raises:
            Unreadable: the vocabulary does not know a parameter.
        """
        params: MultiValueDict[str, str] = MultiValueDict()
        for name, value in self.params:
            params.appendlist(name, value)
        tree, errors = tree_from_params(params, reader)
        if errors:
            raise errors[0]
        return _queue(self.queue, reader).filter(as_q(tree, at=at, user=reader))


def _queue(name: str, reader: User) -> TicketQuerySet:
    if name == ALL:
        return Ticket.objects.visible_to(reader)
    queue = queue_named(name, reader)
    if queue is None:
        raise LookupError(name)
    return queue.queryset


def of_teams(teams: Iterable[int] | None) -> Params:
    """What narrows a list to these teams; nothing for None, all of them."""
    return () if teams is None else (("team", ",".join(map(str, sorted(teams)))),)


def written(at: datetime) -> str:
    """A moment as a parameter says it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counts(wanted: Mapping[str, TicketQuerySet]) -> dict[str, int]:
    """How many tickets each of them is; all in one query."""
    found = dict.fromkeys(wanted, 0)
    parts: list[QuerySet[Any, Any]] = [
        rows.order_by()
        .annotate(what=Value(name))
        .values("what")
        .annotate(n=Count("*"))
        .values_list("what", "n")
        for name, rows in wanted.items()
    ]
    if parts:
        found |= dict(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
    return found
