from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tickets.models import CannedReply, Category, CustomField


def tree() -> list[Category]:
    """Every category, parents before children, siblings by position and then by name."""
    rows = list(Category.objects.select_related("team", "skill"))
    below: dict[int | None, list[Category]] = {}
    for row in sorted(rows, key=lambda row: (row.position, row.name.lower())):
        below.setdefault(row.parent_id, []).append(row)
    return _flat(below, None)


def _flat(below: dict[int | None, list[Category]], parent: int | None) -> list[Category]:
    found = []
    for row in below.get(parent, []):
        found += [row, *_flat(below, row.pk)]
    return found


@dataclass(frozen=True)
class Switch:
    """Whether a tier writes to requesters itself, in a category and all below it."""

    category: Category
    tier: int
    writes: bool


def switches() -> list[Switch]:
    """All that say otherwise than the tiers themselves, by category and tier."""
    rows = Category.objects.exclude(writes={}).order_by("full_name")
    return [Switch(row, int(tier), writes) for row in rows for tier, writes in sorted(row.writes.items())]


def siblings(category: Category) -> list[Category]:
    rows = Category.objects.filter(parent=category.parent_id)
    return sorted(rows, key=lambda row: (row.position, row.name.lower()))


def fields() -> "QuerySet[CustomField]":
    return CustomField.objects.prefetch_related("categories").order_by("-is_active", "position", "label")


def shared_replies() -> "QuerySet[CannedReply]":
    """What is everybody's or a team's; a person's own stay their own."""
    return CannedReply.objects.filter(Q(owner=None)).select_related("team").order_by("name", "id")
