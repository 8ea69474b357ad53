"""One row by its key, as it stands in an address."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

Row = TypeVar("Row", bound=Model)
LARGEST_KEY = 2**63 - 1
"""Of a column; an address may hold a larger number, which is nobody's."""


def row_or_404(rows: "QuerySet[Row]", key: int) -> Row:
    row = rows.filter(pk=key).first() if 0 < key <= LARGEST_KEY else None
    if row is None:
        raise Http404
    return row
