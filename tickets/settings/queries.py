from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from tickets.models import Category, CustomField, FieldValue, Ticket


def tree() -> list[Category]:
    """Every category, parents before children, siblings by position and then by name."""
    rows = list(Category.objects.select_related("team", "skill", "merged_into"))
    below: dict[int | None, list[Category]] = {}
    for row in sorted(rows, key=_place):
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


def children_of(parent: int | None) -> list[Category]:
    """In their order; without a parent, those at the top."""
    return sorted(Category.objects.filter(parent=parent), key=_place)


def _place(row: Category) -> tuple[int, str]:
    return row.position, row.name.lower()


def fields() -> "QuerySet[CustomField]":
    return CustomField.objects.prefetch_related("categories").order_by("-is_active", "position", "label")


def open_tickets_of(category: Category) -> int:
    """How many open tickets say this very category; those below it are not counted."""
    return Ticket.objects.open().filter(category=category).count()


def open_tickets_that_lack(field: CustomField | None, kinds: list[str], categories: list[int]) -> int:
    """How many open tickets of these kinds and categories (none named: all) have no answer to the field."""
    rows = Ticket.objects.open()
    if field is not None:
        rows = rows.filter(~Exists(FieldValue.objects.filter(ticket=OuterRef("pk"), field=field)))
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if categories:
        rows = rows.filter(category__in=Category.objects.under(categories))
    return rows.count()


def fields_waiting_for(field: CustomField) -> list[CustomField]:
    """The fields in use that are shown by its answers."""
    return list(CustomField.objects.filter(is_active=True, shown_when__has_key=field.key))


def uses_of_choices(field: CustomField, choices: list[str]) -> dict[str, int]:
    """How many tickets have each of these answers, where some have."""
    rows = FieldValue.objects.filter(field=field, value__in=choices)
    return {str(value): n for value, n in rows.values_list("value").annotate(n=Count("pk")).order_by("value")}
