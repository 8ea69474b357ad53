"""Queries that are written once: Django takes longer to write a query than PostgreSQL to answer it by a key.

For the few that every page asks. What changes from one asking to the next is a parameter; whatever else the
query depends on must be part of the function that builds it, or of the key under which it is remembered.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, QuerySet, Value
from django.db.models.query import ModelIterable, get_related_populators

Row = TypeVar("Row")

PLACE = -(2**62)
"""The first of the numbers that hold the places of parameters; no key is negative."""


def any_of(column: str, place: Any) -> Func:
    """For `filter(any_of("pk", keys))`: the parameter is a list of keys, as long as it may be."""
    return Func(
        F(column),
        Value(place, output_field=BigIntegerField()),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


class Prepared(Generic[Row]):
    """Rows of a model, or tuples of `values_list`, by parameters.

    `build` gets a number for each name and puts it where the parameter belongs.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Row]"], *names: str) -> None:
        self.build, self.names = build, names
        self._written: _Written | None = None

    def __call__(self, **values: Any) -> list[Row]:
        if self._written is None:
            self._written = _Written(self.build, self.names)
        return self._written.ask(values)


class _Written:
    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"], names: tuple[str, ...]) -> None:
        places = {name: PLACE + at for at, name in enumerate(names)}
        named = {place: name for name, place in places.items()}
        rows = build(**places)
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self.query, values = compiler.as_sql()
        self.values = [(named.get(value) if type(value) is int else None, value) for value in values]
        self.converters = compiler.get_converters([column[0] for column in compiler.select])
        self.compiler = compiler
        self.of_model: Any = compiler.klass_info if rows._iterable_class is ModelIterable else None  # noqa: SLF001
        if self.of_model:
            columns = self.of_model["select_fields"]
            self.columns = slice(columns[0], columns[-1] + 1)
            self.names = [column[0].target.attname for column in compiler.select[self.columns]]
            # The stubs know the fetch mode of a later Django.
            self.related = get_related_populators(self.of_model, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def ask(self, values: dict[str, Any]) -> list[Any]:
        given = [value if name is None else values[name] for name, value in self.values]
        with connection.cursor() as cursor:
            cursor.execute(self.query, given)
            rows = cursor.fetchall()
        if self.converters:
            rows = list(self.compiler.apply_converters(rows, self.converters))
        return [self._object(row) for row in rows] if self.of_model else rows

    def _object(self, row: Any) -> Model:
        made: Model = self.of_model["model"].from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
        for populator in self.related:
            populator.populate(row, made)
        return made
