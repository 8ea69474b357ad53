"""The custom fields in use, kept in the process for some seconds: every filing and every change asks for them."""

from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic

from django.conf import settings

from tickets.models import Category, CustomField

Asked = tuple[CustomField, frozenset[int]]
FIELD = "field:"
"""Before the key of a field in `Category.questions`."""

_kept: tuple[float, list[Asked]] | None = None


@dataclass(frozen=True)
class Question:
    """A custom field as the portal asks it in a category."""

    field: CustomField
    label: str
    help: str
    is_required: bool


def fields_that_apply(kind: str, ancestry: Collection[int]) -> list[CustomField]:
    """Those for this kind and this category or one above it, in their order; for reading only."""
    return [
        field
        for field, categories in _in_use()
        if (not field.kinds or kind in field.kinds)
        and (not categories or not categories.isdisjoint(ancestry))
    ]


def questions_for(kind: str, category: Category | None) -> list[Question]:
    """What the portal asks for this kind and category, in the order and the words of the category's form.

    Fields that the form does not name come after those that it names, as they are.
    """
    applying = {
        FIELD + field.key: field
        for field in fields_that_apply(kind, category.ancestry if category else [])
        if field.for_requesters and field.min_tier == 0
    }
    rows = category.questions_in_force if category else []
    named = {row["ask"]: row for row in rows if row["ask"] in applying}
    order = [*named, *(name for name in applying if name not in named)]
    return [
        question_of(applying[name], named.get(name, {}))
        for name in order
        if named.get(name, {}).get("is_asked", True)
    ]


def question_of(field: CustomField, row: dict[str, object]) -> Question:
    """A field with what a category's form says otherwise."""
    required = row.get("required")
    by_itself = field.required == CustomField.Required.FILING
    return Question(
        field=field,
        label=str(row.get("label") or field.label),
        help=str(row.get("help") or field.help),
        is_required=by_itself if required is None else bool(required),
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
