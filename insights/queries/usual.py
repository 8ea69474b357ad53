"""How long requests usually take, as requesters may read it: medians of what was solved lately, nothing of one ticket.

Too few tell nothing: then there is no figure, and whoever asks says what is promised instead.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection

DAYS = 30
ENOUGH = 20
"""Of fewer tickets a median says more about each of them than about the next."""
KEPT_SECONDS = 900
ALL = 0
"""The key of all requests together."""


@dataclass(frozen=True)
class Usual:
    """Half of them took at most so long, from filing on; None where too few tell."""

    answered: timedelta | None = None
    solved: timedelta | None = None
    of: int = 0

    @property
    def is_known(self) -> bool:
        return self.answered is not None or self.solved is not None


UNKNOWN = Usual()


def usual(roots: Collection[int], *, today: date) -> dict[int, Usual]:
    """By category how long requests of it, and of those below it, took in the last DAYS days; ALL is every request.

    Restricted tickets are left out. Read at most every quarter of an hour: a month of a large desk takes a while.
    """
    name = f"usual:{today}:{','.join(map(str, sorted(roots)))}"
    kept = cache.get(name)
    if kept is None:
        kept = _read(roots, since=today - timedelta(days=DAYS))
        cache.set(name, kept, KEPT_SECONDS)
    return {key: kept.get(key, UNKNOWN) for key in roots}


def _read(roots: Collection[int], *, since: date) -> dict[int, Usual]:
    categories = [key for key in roots if key != ALL]
    found = _medians(_BY_CATEGORY, [categories, since]) if categories else {}
    if ALL in roots:
        found |= _medians(_OF_ALL, [since])
    return found


def _medians(text: str, values: list[Any]) -> dict[int, Usual]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return {key: _usual(*row) for key, *row in cursor.fetchall()}


def _usual(answers: int, answered: int | None, solutions: int, solved: int | None) -> Usual:
    return Usual(
        answered=timedelta(seconds=answered) if answered is not None and answers >= ENOUGH else None,
        solved=timedelta(seconds=solved) if solved is not None and solutions >= ENOUGH else None,
        of=max(answers, solutions),
    )


_FIGURES = """count(response_seconds), percentile_disc(0.5) WITHIN GROUP (ORDER BY response_seconds),
       count(resolution_seconds), percentile_disc(0.5) WITHIN GROUP (ORDER BY resolution_seconds)"""
_COUNTED = "is_counted AND NOT is_imported AND NOT is_restricted AND resolved_on >= %s"
_BY_CATEGORY = f"""SELECT root, {_FIGURES}
  FROM unnest(%s::bigint[]) AS root
  JOIN tickets_category ON tickets_category.ancestry @> ARRAY[root]
  JOIN insights_ticketfact ON insights_ticketfact.category_id = tickets_category.id
 WHERE {_COUNTED} GROUP BY root"""
_OF_ALL = f"SELECT {ALL}, {_FIGURES} FROM insights_ticketfact WHERE {_COUNTED}"
