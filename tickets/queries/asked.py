"""The custom fields in use, kept in the process for some seconds: every filing and every change asks for them."""

from collections.abc import Collection
from time import monotonic

from django.conf import settings

from tickets.models import CustomField

Asked = tuple[CustomField, frozenset[int]]

_kept: tuple[float, list[Asked]] | None = None


def fields_that_apply(kind: str, ancestry: Collection[int]) -> list[CustomField]:
    """Those for this kind and this category or one above it, in their order; for reading only."""
    return [
        field
        for field, categories in _in_use()
        if (not field.kinds or kind in field.kinds)
        and (not categories or not categories.isdisjoint(ancestry))
    ]


def _in_use() -> list[Asked]:
    global _kept  # noqa: PLW0603 (a cache of few rows for the whole process; threads may both fill it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        rows = CustomField.objects.filter(is_active=True).prefetch_related("categories")
        _kept = (now, [(row, frozenset(category.pk for category in row.categories.all())) for row in rows])
    return _kept[1]
