"""What filters ask about a ticket that its folded columns do not say.

Apps above add what they know with `add_fact`: an expression on tickets, read in the same query as the rest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import BaseExpression
from django.db.models.functions import JSONObject

from accounts.prepared import Prepared, any_of
from tickets.models import FAR, ExternalReference, FieldValue, Tagging, Ticket, Watch, WorkLog

MORE = "more_"


@dataclass(frozen=True)
class Facts:
    """Words, people and things around a ticket, as they are compared."""

    subject: str = ""
    plan: str = ""
    """Of its organisation."""
    location: str = ""
    device: str = ""
    categories: tuple[int, ...] = ()
    """The category and all above it."""
    tags: frozenset[str] = frozenset()
    watchers: frozenset[int] = frozenset()
    requester_is_vip: bool = False
    external: frozenset[tuple[str, str]] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    """Custom fields by key."""
    minutes: int = 0
    due_at: datetime | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """What apps above have added, by name."""

    @classmethod
    def of(cls, ticket: Ticket) -> "Facts":
        """As they are now, in one query.

        Raises:
            Ticket.DoesNotExist: it is gone.
        """
        row = _one().first(key=ticket.pk)
        if row is None:
            raise Ticket.DoesNotExist(f"There is no ticket {ticket.pk}.")
        return _facts(dict(zip(_names(), row, strict=True)))


_added: dict[str, Callable[[], BaseExpression]] = {}

_COLUMNS = (
    "pk",
    "subject_plain",
    "location_plain",
    "device_plain",
    "organisation__support_plan",
    "category__ancestry",
    "requester__is_vip",
    "next_due_at",
)
_BESIDE = ("tag_names", "watcher_ids", "references", "values_", "worked")


def add_fact(name: str, expression: Callable[[], BaseExpression]) -> None:
    """Have `Facts.more[name]` hold what this expression says of a ticket; `helpdesk.wiring` calls it.

    Raises:
        ValueError: there is a fact of this name already.
    """
    if name in _added:
        raise ValueError(f"There is a fact “{name}” already.")
    _added[name] = expression
    _rows.cache_clear()
    _one.cache_clear()


def facts_of(keys: Iterable[int]) -> dict[int, Facts]:
    """The facts of several tickets, in one query: written once, for that takes Django longer than all else."""
    names = _names()
    rows = (dict(zip(names, row, strict=True)) for row in _rows()(keys=list(keys)))
    return {row["pk"]: _facts(row) for row in rows}


def _names() -> list[str]:
    return [*_COLUMNS, *_BESIDE, *(f"{MORE}{name}" for name in _added)]


@cache
def _rows() -> "Prepared[tuple[Any, ...]]":
    return Prepared(lambda keys: _query(Ticket.objects.filter(any_of("pk", keys))), "keys")


@cache
def _one() -> "Prepared[tuple[Any, ...]]":
    """A statement of its own for one ticket: PostgreSQL takes a list for ten rows, and so would plan it anew each
    time that it is run; that costs ten times what running it does.
    """
    return Prepared(lambda key: _query(Ticket.objects.filter(pk=key)), "key")


def _query(tickets: "QuerySet[Ticket]") -> "QuerySet[Ticket, tuple[Any, ...]]":
    here = {"ticket": OuterRef("pk")}
    references = ExternalReference.objects.filter(**here).values(pair=JSONObject(system="system", key="key"))
    values = FieldValue.objects.filter(**here).values(pair=JSONObject(key="field__key", normal="normal"))
    worked = WorkLog.objects.filter(**here).order_by().values("ticket").annotate(n=Sum("minutes"))
    return (
        tickets.order_by()
        .annotate(
            tag_names=ArraySubquery(Tagging.objects.filter(**here).values("tag__name")),
            watcher_ids=ArraySubquery(Watch.objects.filter(**here).values("user_id")),
            references=ArraySubquery(references),
            values_=ArraySubquery(values),
            worked=Subquery(worked.values("n")),
            **{f"{MORE}{name}": expression() for name, expression in _added.items()},
        )
        .values_list(*_COLUMNS, *_BESIDE, *(f"{MORE}{name}" for name in _added))
    )


def _facts(row: dict[str, Any]) -> Facts:
    return Facts(
        subject=row["subject_plain"],
        plan=row["organisation__support_plan"] or "",
        location=row["location_plain"],
        device=row["device_plain"],
        categories=tuple(row["category__ancestry"] or ()),
        tags=frozenset(row["tag_names"]),
        watchers=frozenset(row["watcher_ids"]),
        requester_is_vip=row["requester__is_vip"],
        external=frozenset((pair["system"], pair["key"]) for pair in row["references"]),
        fields={pair["key"]: pair["normal"] for pair in row["values_"]},
        minutes=row["worked"] or 0,
        due_at=row["next_due_at"] if row["next_due_at"] < FAR else None,
        more={name: row[f"{MORE}{name}"] for name in _added},
    )
