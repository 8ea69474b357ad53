"""The custom fields in use, kept in the process for some seconds: every filing and every change asks for them."""

from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.conf import settings

from tickets.models import Category, CustomField

Asked = tuple[CustomField, frozenset[int]]
FIELD = "field:"
"""Before the key of a field in `Category.questions`."""

_kept: tuple[float, list[Asked]] | None = None


BUILT_IN = ("impact", "urgency", "location", "device")
"""What every form asks beside custom fields, by the names in `Category.questions`."""


@dataclass(frozen=True)
class Question:
    """Something that the portal asks in a category; `field` is None for what is built in."""

    ask: str
    field: CustomField | None
    label: str = ""
    help: str = ""
    is_required: bool | None = None
    """None: as it is without a form."""
    is_asked: bool = True


def fields_that_apply(kind: str | None, ancestry: Collection[int]) -> list[CustomField]:
    """Those for this kind (None: any) and this category or one above it, in their order; for reading only."""
    return [
        field
        for field, categories in _in_use()
        if (kind is None or not field.kinds or kind in field.kinds)
        and (not categories or not categories.isdisjoint(ancestry))
    ]


def form_of(kind: str | None, category: Category | None) -> list[Question]:
    """All that the portal can ask for this kind (None: any) and category, in the order and words of its form.

    What the form does not name comes after what it names, as it is: custom fields first, then what is built in.
    """
    applying = {
        FIELD + field.key: field
        for field in fields_that_apply(kind, category.ancestry if category else [])
        if field.for_requesters and field.min_tier == 0
    }
    known: dict[str, CustomField | None] = {**applying, **dict.fromkeys(BUILT_IN)}
    rows = category.questions_in_force if category else []
    named = {row["ask"]: row for row in rows if row["ask"] in known}
    order = [*named, *(name for name in known if name not in named)]
    return [_question(name, known[name], named.get(name, {})) for name in order]


def questions_for(kind: str, category: Category | None) -> list[Question]:
    """What the portal asks here."""
    return [question for question in form_of(kind, category) if question.is_asked]


def _question(ask: str, field: CustomField | None, row: dict[str, Any]) -> Question:
    required = row.get("required")
    if field is not None and required is None:
        required = field.required == CustomField.Required.FILING
    return Question(
        ask=ask,
        field=field,
        label=row.get("label") or (field.label if field else ""),
        help=row.get("help") or (field.help if field else ""),
        is_required=required,
        is_asked=row.get("is_asked", True),
    )


def forget() -> None:
    """Whoever saved the settings sees them on the next page; other processes within seconds."""
    global _kept  # noqa: PLW0603
    _kept = None


def _in_use() -> list[Asked]:
    global _kept  # noqa: PLW0603 (a cache of few rows for the whole process; threads may both fill it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        rows = CustomField.objects.filter(is_active=True).prefetch_related("categories")
        _kept = (now, [(row, frozenset(category.pk for category in row.categories.all())) for row in rows])
    return _kept[1]
