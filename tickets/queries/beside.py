"""What stands beside a ticket in a list: people, team, tier, organisation and category, without a join.

To plan a join of seven tables beside the many indexes of tickets takes PostgreSQL five times as long as to
find the page. So people come by a query of their own; the rest, few rows that seldom change, is kept in the
process for some seconds, as the desk's own row is.
"""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.models import Model

from accounts.models import Organisation, Team, Tier, User
from tickets.models import Category, Ticket

MOST_KEPT = 5_000
KEPT: dict[str, type[Model]] = {
    "tier": Tier,
    "team": Team,
    "organisation": Organisation,
    "category": Category,
}
PEOPLE = ("assignee", "requester")


class _Kept:
    """Rows of one model, all of them forgotten at once when their time is up."""

    def __init__(self, model: type[Model]) -> None:
        self.model, self.rows, self.since = model, dict[Any, Model](), 0.0

    def of(self, keys: set[Any]) -> dict[Any, Model]:
        now = monotonic()
        if now - self.since >= settings.DESK_CACHE_SECONDS or len(self.rows) > MOST_KEPT:
            self.rows, self.since = {}, now
        rows = self.rows  # another thread may begin anew in between
        missing = keys - rows.keys()
        if missing:
            rows |= self.model._base_manager.in_bulk(missing)
        return rows


_kept = {name: _Kept(model) for name, model in KEPT.items()}


def with_names(tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """The same tickets, with what a row of a list shows beside them."""
    for name, kept in _kept.items():
        _put(tickets, name, kept.of(_keys(tickets, name)))
    people = {key for name in PEOPLE for key in _keys(tickets, name)}
    users = User.objects.in_bulk(people) if people else {}
    for name in PEOPLE:
        _put(tickets, name, users)
    return tickets


def _keys(tickets: Iterable[Ticket], name: str) -> set[Any]:
    found = {getattr(ticket, f"{name}_id") for ticket in tickets}
    return found - {None}


def _put(tickets: Iterable[Ticket], name: str, rows: dict[Any, Any]) -> None:
    field = Ticket._meta.get_field(name)
    for ticket in tickets:
        key = getattr(ticket, f"{name}_id")
        field.set_cached_value(ticket, rows[key] if key is not None else None)  # type: ignore[union-attr]
