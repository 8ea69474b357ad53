"""Pages of tickets by key: page 1,000 costs what page 1 costs, and rows that arrive shift nothing."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.models import Ticket, TicketQuerySet
from tickets.models.ticket import REPLY_SINCE
from tickets.queries.beside import with_names
from tickets.refusals import Invalid

PAGE_SIZE = 30
"""Two screens: further down nobody reads what is sorted by what is due, and each row costs a fifth of a millisecond."""
LARGEST_PAGE = 100
LONGEST_CURSOR = 400


@dataclass(frozen=True)
class Sort:
    """An order that lists can have. Its key is never null and has an index, or the list is a short one."""

    name: str
    label: str | Promise
    key: str
    descending: bool = False
    expression: Case | None = None
    is_time: bool = True


SORTS: dict[str, Sort] = {
    sort.name: sort
    for sort in (
        Sort("due", gettext_lazy("due first"), "next_due_at"),
        Sort("newest", gettext_lazy("newest first"), "created_at", descending=True),
        Sort("oldest", gettext_lazy("oldest first"), "created_at"),
        Sort("changed", gettext_lazy("last changed first"), "changed_at", descending=True),
        Sort("priority", gettext_lazy("priority"), "priority", is_time=False),
        Sort("replies", gettext_lazy("waiting replies first"), "reply_since", expression=REPLY_SINCE),
    )
}
DEFAULT_SORT = "due"


@dataclass(frozen=True)
class Page:
    """One page of a list. `next` and `previous` are cursors, None where there is no such page."""

    tickets: list[Ticket]
    next: str | None
    previous: str | None
    sort: str


def page(
    queryset: TicketQuerySet,
    *,
    sort: str = DEFAULT_SORT,
    scope: str = "",
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    named: bool = True,
) -> Page:
    """The page at `cursor`, else the first, with what stands beside its tickets.

    Args:
        scope: names the list (its queue and filters). A cursor of another list is refused.
        named: with what stands beside each ticket; without it, only their own columns are read.

    Raises:
        Invalid: no such sort, or the cursor is broken or belongs to another list (`field` says which).
    """
    order = sort_named(sort)
    size = max(1, min(size, LARGEST_PAGE))
    place = _read(cursor, order, scope) if cursor else None
    backwards = place is not None and place.backwards
    descending = order.descending != backwards
    rows = queryset.all()
    if order.expression is not None:
        rows = rows.annotate(**{order.key: order.expression})
    if place is not None:
        rows = rows.filter(_beyond(order.key, place, descending))
    sign = "-" if descending else ""
    found = list(rows.order_by(f"{sign}{order.key}", f"{sign}id")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    if named:
        with_names(found)
    return Page(
        tickets=found,
        next=_cursor(found[-1], order, scope, backwards=False) if found and has_next else None,
        previous=_cursor(found[0], order, scope, backwards=True) if found and has_previous else None,
        sort=order.name,
    )


def keys(queryset: TicketQuerySet, *, sort: str = DEFAULT_SORT, most: int) -> list[int]:
    """The keys of the first of a list, in its order."""
    order = sort_named(sort)
    rows = queryset.all()
    if order.expression is not None:
        rows = rows.annotate(**{order.key: order.expression})
    sign = "-" if order.descending else ""
    return list(rows.order_by(f"{sign}{order.key}", f"{sign}id").values_list("pk", flat=True)[:most])


def sort_named(name: str) -> Sort:
    if name not in SORTS:
        raise Invalid(
            _("Lists cannot be sorted by “%(name)s”. Choose one of: %(known)s.")
            % {"name": name[:40], "known": ", ".join(SORTS)},
            field="sort",
        )
    return SORTS[name]


@dataclass(frozen=True)
class _Place:
    """The row that a page begins after, or, going backwards, ends before."""

    key: Any
    pk: int
    backwards: bool


def _beyond(key: str, place: _Place, descending: bool) -> Q:
    """(key, id) behind the place. The plain range on the key comes first: that is what an index can use."""
    side = "lt" if descending else "gt"
    return Q(**{f"{key}__{side}e": place.key}) & (
        Q(**{f"{key}__{side}": place.key}) | Q(**{f"id__{side}": place.pk})
    )


def _cursor(ticket: Ticket, order: Sort, scope: str, *, backwards: bool) -> str:
    key = getattr(ticket, order.key)
    parts = [_list_name(order, scope), int(backwards), key.isoformat() if order.is_time else key, ticket.pk]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str, order: Sort, scope: str) -> _Place:
    try:
        padded = cursor[:LONGEST_CURSOR] + "=" * (-len(cursor) % 4)
        name, backwards, key, pk = json.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
        place = _Place(_key(key, order), _number(pk, 2**63), bool(backwards))
    except (ValueError, TypeError, RecursionError):
        raise Invalid(
            _("The address of this page is damaged. Go back to the first page."), field="cursor"
        ) from None
    if name != _list_name(order, scope):
        raise Invalid(
            _("This page belongs to another list or order. Go back to the first page."), field="cursor"
        )
    return place


def _key(value: Any, order: Sort) -> Any:
    if not order.is_time:
        return _number(value, 2**15)
    at = datetime.fromisoformat(value)
    if at.tzinfo is None or not 1 < at.year < 9999:
        raise ValueError(value)
    return at.astimezone(UTC)


def _number(value: Any, limit: int) -> int:
    if type(value) is not int or not 0 <= value < limit:
        raise ValueError(value)
    return value


def _list_name(order: Sort, scope: str) -> str:
    return (
        f"{order.name}.{hashlib.blake2s(scope.encode(), digest_size=4).hexdigest()}" if scope else order.name
    )
