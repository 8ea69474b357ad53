"""Pages by key in the order of names: page 1,000 costs what page 1 costs, and people who join shift nothing."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
Key = tuple[str, int]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`newer` and `older` are what the pager component calls the page before and the page after."""

    rows: list[Row]
    newer: str | None
    older: str | None


def page_by_name(rows: QuerySet[Row], *, after: str = "", before: str = "", size: int = 50) -> Page[Row]:
    """The page after the key `after`, or before the key `before`, else the first. Nonsense is no key."""
    behind, ahead = _read(after), _read(before)
    if ahead and not behind:
        found = list(rows.filter(_beyond("lt", ahead)).order_by("-name", "-id")[: size + 1])
        shown, has_newer, has_older = found[:size][::-1], len(found) > size, True
    else:
        wanted = rows.filter(_beyond("gt", behind)) if behind else rows
        found = list(wanted.order_by("name", "id")[: size + 1])
        shown, has_newer, has_older = found[:size], behind is not None, len(found) > size
    if not shown:
        return Page([], None, None)
    return Page(shown, _key(shown[0]) if has_newer else None, _key(shown[-1]) if has_older else None)


def _beyond(side: str, key: Key) -> Q:
    """(name, id) beyond the key. The plain range on the name comes first: that is what the index can use."""
    name, pk = key
    return Q(**{f"name__{side}e": name}) & (Q(**{f"name__{side}": name}) | Q(**{f"id__{side}": pk}))


def _key(row: Model) -> str:
    text = json.dumps([row.name, row.pk])  # type: ignore[attr-defined]
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(key: str) -> Key | None:
    try:
        name, pk = json.loads(urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        name.encode()  # half of a surrogate pair is no text
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    usable = isinstance(name, str) and "\x00" not in name and isinstance(pk, int) and 0 < pk < 2**63
    return (name, pk) if usable else None
