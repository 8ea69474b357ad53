"""What stands beside a ticket: people, team, tier, organisation, vendor and category, without a join.

To plan a join of seven tables beside the many indexes of tickets takes PostgreSQL five times as long as to
find the page. So people come by a query of their own; the rest, few rows that seldom change, is kept in the
process for some seconds, as the desk's own row is.
"""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet

from accounts.models import Organisation, Team, Tier, User
from accounts.prepared import Prepared, any_of
from tickets.models import Category, Ticket

MOST_KEPT = 5_000
PLACES: dict[str, type[Model]] = {
    "tier": Tier,
    "team": Team,
    "organisation": Organisation,
    "category": Category,
    "vendor": Organisation,
}
LISTED = ("tier", "team", "organisation", "category")
IN_LISTS = ("assignee", "requester")
PEOPLE = (*IN_LISTS, "contact", "opened_by")


class _Kept:
    """Rows of one model, all of them forgotten at once when their time is up; few rows are read all at once."""

    def __init__(self, model: type[Model], *, are_few: bool) -> None:
        self.model, self.are_few = model, are_few
        self.rows, self.since = dict[Any, Any](), 0.0

    def of(self, keys: set[Any]) -> dict[Any, Any]:
        now = monotonic()
        if now - self.since >= settings.DESK_CACHE_SECONDS or len(self.rows) > MOST_KEPT:
            self.rows, self.since = self._every() if self.are_few and keys else {}, now
        rows = self.rows  # another thread may begin anew in between
        missing = keys - rows.keys()
        if missing:
            rows |= self._found().in_bulk(missing)
        return rows

    def _every(self) -> dict[Any, Any]:
        return {row.pk: row for row in self._found()[:MOST_KEPT]}

    def _found(self) -> QuerySet[Any]:
        rows = self.model._base_manager.order_by()
        return rows.select_related("tier") if self.model is Team else rows


_kept = {model: _Kept(model, are_few=model is not Organisation) for model in {*PLACES.values()}}


def forget() -> None:
    """Everything is read anew; for whoever cannot wait until its time is up."""
    for kept in _kept.values():
        kept.since = 0.0


def kept_rows(model: type[Any], keys: set[Any]) -> dict[Any, Any] | None:
    """Rows of a model that is kept, for reading only; None of one that is not."""
    kept = _kept.get(model)
    return None if kept is None else kept.of(keys)


def with_names(
    tickets: Sequence[Ticket], *, people: Sequence[str] = IN_LISTS, places: Sequence[str] = LISTED
) -> Sequence[Ticket]:
    """The same tickets, with what a row of a list shows beside them."""
    for name in places:
        _put(tickets, name, _kept[PLACES[name]].of(_keys(tickets, name)))
    wanted = {key for name in people for key in _keys(tickets, name)}
    if wanted:
        put_people(tickets, users_by_key(wanted), people=people)
    return tickets


_users = Prepared(
    lambda keys: User.objects.filter(any_of("pk", keys)).select_related("manager").order_by(), "keys"
)


def users_by_key(keys: Iterable[int]) -> dict[int, User]:
    """People with their managers."""
    return {user.pk: user for user in _users(keys=list(keys))}


def put_people(tickets: Iterable[Ticket], users: dict[int, User], *, people: Sequence[str] = PEOPLE) -> None:
    for name in people:
        _put(tickets, name, users)


def _keys(tickets: Iterable[Ticket], name: str) -> set[Any]:
    found = {getattr(ticket, f"{name}_id") for ticket in tickets}
    return found - {None}


def _put(tickets: Iterable[Ticket], name: str, rows: dict[Any, Any]) -> None:
    field = Ticket._meta.get_field(name)
    for ticket in tickets:
        key = getattr(ticket, f"{name}_id")
        field.set_cached_value(ticket, rows[key] if key is not None else None)  # type: ignore[union-attr]
