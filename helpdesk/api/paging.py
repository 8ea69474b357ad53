"""Pages by key, for every list alike: `results`, and the addresses of the next and the previous page."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.response import Response

from helpdesk.api.asking import Request
from helpdesk.api.params import limit_of, refuse

PARAMS = frozenset({"cursor", "limit"})
Row = TypeVar("Row", bound=Model)
Each = TypeVar("Each")
SALT = "tierdesk.api.cursor"
LONGEST = 600


@dataclass(frozen=True)
class Chunk(Generic[Each]):
    """One page; the cursors are None where there is no such page."""

    rows: Sequence[Each]
    next: str | None = None
    previous: str | None = None


def page_of(
    request: Request, rows: "QuerySet[Row]", *, column: str = "id", descending: bool = False
) -> Chunk[Row]:
    """The page that the request asks for, ordered by a column that is never null, then by id.

    A cursor belongs to its list (path, filters, order, person): one of another list is refused.
    """
    scope = scope_of(request, column, descending)
    size = limit_of(request)
    place = _read(request, scope)
    backwards = place is not None and place[2]
    turned = descending != backwards
    field: Any = rows.model._meta.pk if column == "id" else rows.model._meta.get_field(column)
    if place is not None:
        rows = rows.filter(_beyond(column, field.to_python(place[0]), place[1], turned))
    sign = "-" if turned else ""
    order = [f"{sign}{column}"] if field.primary_key else [f"{sign}{column}", f"{sign}id"]
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, place is not None)

    def cursor(row: Row, backwards: bool) -> str:
        value = getattr(row, field.attname)
        key = value.isoformat() if isinstance(value, datetime) else value
        return signing.dumps([scope, key, row.pk, backwards], salt=SALT)

    return Chunk(
        found,
        next=cursor(found[-1], False) if found and has_next else None,
        previous=cursor(found[0], True) if found and has_previous else None,
    )


def answer(
    request: Request,
    chunk: Any,
    show: Callable[[Any], dict[str, Any]] | Sequence[dict[str, Any]],
    **more: Any,
) -> Response:
    """The list as every list is answered; the links stand in the body and in the header `Link` (RFC 8288)."""
    results = [show(row) for row in chunk.rows] if callable(show) else list(show)
    links = {name: _link(request, getattr(chunk, name)) for name in ("next", "previous")}
    response = Response({"results": results, **links, **more})
    named = [f'<{url}>; rel="{"prev" if name == "previous" else name}"' for name, url in links.items() if url]
    if named:
        response["Link"] = ", ".join(named)
    return response


def scope_of(request: Request, *more: Any) -> str:
    """Names a list: whose it is, where, and how it is narrowed."""
    kept = sorted(
        (name, values)
        for name, values in request.query_params.lists()
        if name not in ("cursor", "limit", "fields", "include", "count")
    )
    text = repr([request.user.pk, request.path, kept, more])
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _link(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = [
        (name, value) for name, values in request.query_params.lists() for value in values if name != "cursor"
    ]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*kept, ('cursor', cursor)])}")


def _read(request: Request, scope: str) -> tuple[Any, int, bool] | None:
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        of, key, pk, backwards = signing.loads(given[:LONGEST], salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise refuse("cursor", _("This cursor is damaged. Begin with the first page.")) from None
    if of != scope:
        raise refuse("cursor", _("This cursor belongs to another list. Begin with the first page."))
    return key, pk, backwards


def _beyond(column: str, key: Any, pk: int, turned: bool) -> Q:
    side = "lt" if turned else "gt"
    if column == "id":
        return Q(**{f"id__{side}": pk})
    return Q(**{f"{column}__{side}e": key}) & (Q(**{f"{column}__{side}": key}) | Q(**{f"id__{side}": pk}))


def signed(request: Request, place: int) -> str:
    """A cursor for what has a place and no key: a page of a ranking."""
    return signing.dumps([scope_of(request, "place"), place, 0, False], salt=SALT)


def place_of(request: Request) -> int:
    found = _read(request, scope_of(request, "place"))
    return int(found[0]) if found else 0
