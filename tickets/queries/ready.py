"""What is ready-made: what a person finds, and how often each was used of late."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max

from tickets.models import ReadyUse

LATELY = timedelta(days=90)


@dataclass(frozen=True)
class Uses:
    """How often something was used in the last 90 days, by how many people, and when last."""

    count: int = 0
    people: int = 0
    last_at: datetime | None = None


def uses(of: str, *, at: datetime) -> dict[int, Uses]:
    """By key of what was used."""
    rows = ReadyUse.objects.filter(of=of, at__gt=at - LATELY).values("about").order_by()
    counted = rows.annotate(n=Count("pk"), people=Count("by", distinct=True), last=Max("at"))
    return {row["about"]: Uses(row["n"], row["people"], row["last"]) for row in counted}


def users_of(of: str, key: int, *, at: datetime) -> list[tuple[str, int, datetime]]:
    """Who has used one thing in the last 90 days, how often and when last; most often first."""
    rows = ReadyUse.objects.filter(of=of, about=key, at__gt=at - LATELY).values("by__name").order_by()
    counted = rows.annotate(n=Count("pk"), last=Max("at")).order_by("-n", "by__name")[:20]
    return [(row["by__name"], row["n"], row["last"]) for row in counted]


def most_used_first(rows: Iterable[Any], counts: Mapping[int, Uses]) -> list[Any]:
    """In the order of use, then of folders and names."""
    return sorted(
        rows, key=lambda row: (-counts.get(row.pk, Uses()).count, row.folder.lower(), row.name.lower())
    )


def matching(rows: Iterable[Any], words: str) -> list[Any]:
    """Those whose name, folder or text has every word; what begins with them first."""
    wanted = words.lower().split()
    found = [row for row in rows if all(word in _text_of(row) for word in wanted)]
    return sorted(found, key=lambda row: not row.name.lower().startswith(words.lower().strip()))


def _text_of(row: Any) -> str:
    parts = (row.name, row.folder, getattr(row, "body", ""), getattr(row, "subject", ""))
    return " ".join(parts).lower()
