"""Conditions on text and times in statements that are planned once (`accounts.prepared`)."""

from typing import Any

from django.db.models import BigIntegerField, BooleanField, F, Func, Value
from django.db.models.expressions import Combinable


def compared(column: "str | Combinable", operator: str, place: Any) -> Func:
    """For `filter(compared("address", "=", address))`: the parameter is of the column's own type."""
    left = F(column) if isinstance(column, str) else column
    return Func(
        left,
        Value(place, output_field=BigIntegerField()),
        arg_joiner=f" {operator} ",
        template="%(expressions)s",
        output_field=BooleanField(),
    )
