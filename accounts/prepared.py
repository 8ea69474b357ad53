"""Statements that are written and planned once: for the few that every page or operation needs.

Django takes longer to write a query than PostgreSQL to answer it by a key, and PostgreSQL longer to plan a
join than to carry it out. So the text is kept for the life of the process and the plan for that of the
connection (PREPARE, EXECUTE; psycopg2 has no call for it). What changes from one asking to the next is a parameter;
whatever else the query depends on must be part of the function that builds it, or of the key under which it is
remembered.

A pooler that gives each transaction another connection does not know what was prepared on the last one: it has to
pool sessions (docs/operations.md).
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BooleanField, DateTimeField, F, Func, Model, QuerySet, Value
from django.db.models.expressions import DatabaseDefault
from django.db.models.query import ModelIterable, get_related_populators
from psycopg2.extensions import AsIs

Row = TypeVar("Row")

PLACE = -(2**62)
"""The first of the numbers that hold the places of parameters; no key is negative."""

MOST_AT_ONCE = 8
"""Rows of one INSERT: each number of rows is a statement of its own."""
MOST_TEXTS = 128
"""Statements by hand that are kept; whatever comes later is asked plainly."""


def any_of(column: str, place: Any) -> Func:
    """For `filter(any_of("pk", keys))`: the parameter is a list of keys, as long as it may be.

    PostgreSQL is not shown how long it is: else it would plan anew for each list that is shorter than it supposes.
    """
    return Func(
        F(column),
        Value(place, output_field=BigIntegerField()),
        template="%(expressions)s)::bigint[])",
        arg_joiner=" = ANY((SELECT ",
        output_field=BooleanField(),
    )


def time_at(place: Any) -> Func:
    """For `filter(created_at__gte=time_at(since))`: the parameter is a time, or its place in what is prepared."""
    of: BigIntegerField[Any, Any] | DateTimeField[Any, Any] = (
        BigIntegerField() if isinstance(place, int) else DateTimeField()
    )
    return Func(Value(place, output_field=of), template="%(expressions)s", output_field=DateTimeField())


class Prepared(Generic[Row]):
    """Rows of a model, or tuples of `values_list`, by parameters.

    `build` gets a number for each name and puts it where the parameter belongs. Without `keeps_plan` only the text is
    kept: for a query whose best plan depends on the parameters.
    """

    def __init__(
        self, build: Callable[..., "QuerySet[Any, Row]"], *names: str, keeps_plan: bool = True
    ) -> None:
        self.build, self.names, self.keeps_plan = build, names, keeps_plan
        self._written: _Written | None = None

    def __call__(self, **values: Any) -> list[Row]:
        if self._written is None:
            self._written = _Written(self.build, self.names, self.keeps_plan)
        return self._written.ask(values)

    def first(self, **values: Any) -> Row | None:
        """The first row or None; the query itself should not ask for more than it needs."""
        return next(iter(self(**values)), None)


def ask(text: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement that is written by hand, with `%s` for each value. Text and plan are kept.

    PostgreSQL takes one plan for all values, but only while it reckons that another would do no better: a list whose
    length should not be looked at is written `(SELECT %s::bigint[])`. Texts should be few; what is put together
    from what somebody chose is asked with a cursor.
    """
    known = _texts.get(text)
    if known is None:
        known = _Statement(text, [(str(number), None) for number in range(len(values))])
        if len(_texts) >= MOST_TEXTS:
            with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                cursor.execute(text, values)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows
        _texts[text] = known
    return known.run({str(number): value for number, value in enumerate(values)})


def insert(*rows: Model) -> None:
    """INSERT new rows of one model as `bulk_create` does; the keys and what else the database decides are set.

    All of them leave the same columns to the database. More than `MOST_AT_ONCE` take several statements.
    """
    for first in range(0, len(rows), MOST_AT_ONCE):
        some = rows[first : first + MOST_AT_ONCE]
        model = type(some[0])
        fields = [field for field in _columns(model) if not _is_left_to_database(some[0], field)]
        key = (model, tuple(field.attname for field in fields), len(some))
        known = _inserts.get(key)
        if known is None:
            known = _inserts[key] = _Insert(model, fields, len(some))
        known.write(some)


def update(row: Model, columns: Sequence[str]) -> None:
    """UPDATE these columns (attribute names) of a row as `save(update_fields=...)` does, without its signals.

    Raises:
        DatabaseError: the row is not there.
    """
    fields: list[Any] = [row._meta.get_field(name) for name in columns]
    sets = ", ".join(f"{_quoted(field.column)} = {_place(field)}" for field in fields)
    key: Any = row._meta.pk
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quoted(row._meta.db_table)} SET {sets} WHERE {_quoted(key.column)} = %s",
            [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk],
        )
        if cursor.rowcount != 1:
            raise DatabaseError(f"{type(row).__name__} {row.pk} is not there to be updated.")


class _Statement:
    """One statement by its text. A parameter is a name; any other value belongs to the text itself."""

    _numbers = count(1)
    _made: "WeakKeyDictionary[Any, set[str]]" = WeakKeyDictionary()
    """By connection, what has been prepared on it."""

    def __init__(
        self, text: str, values: Sequence[tuple[str | None, Any]], *, keeps_plan: bool = True
    ) -> None:
        self.text, self.values, self.keeps_plan = text, values, keeps_plan
        self.name = f"tierdesk_{next(self._numbers)}"
        self.wanted = [name for name, _value in values if name is not None]
        places = ", ".join(["%s"] * len(self.wanted))
        self.execution = f"EXECUTE {self.name} ({places})" if places else f"EXECUTE {self.name}"

    def run(self, given: dict[str, Any]) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            if self.keeps_plan:
                self._prepare(connection)
                cursor.execute(self.execution, [given[name] for name in self.wanted])
            else:
                filled = [value if name is None else given[name] for name, value in self.values]
                cursor.execute(self.text, filled)
            rows: list[Any] = cursor.fetchall()
            return rows

    def _prepare(self, connection: BaseDatabaseWrapper) -> None:
        """Once a connection, and not counted among its queries. A rollback does not undo it."""
        made = self._made.setdefault(connection.connection, set())
        if self.name in made:
            return
        numbers = count(1)
        values = [value if name is None else AsIs(f"${next(numbers)}") for name, value in self.values]
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self.name} AS {self.text}", values)
        made.add(self.name)


class _Written:
    def __init__(
        self, build: Callable[..., "QuerySet[Any, Any]"], names: tuple[str, ...], keeps_plan: bool
    ) -> None:
        places = {name: PLACE + at for at, name in enumerate(names)}
        named = {place: name for name, place in places.items()}
        rows = build(**places)
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        query, values = compiler.as_sql()
        self.statement = _Statement(
            query,
            [(named.get(value) if type(value) is int else None, value) for value in values],
            keeps_plan=keeps_plan,
        )
        self.converters = compiler.get_converters([column[0] for column in compiler.select])
        self.compiler = compiler
        self.of_model: Any = compiler.klass_info if rows._iterable_class is ModelIterable else None  # noqa: SLF001
        if self.of_model:
            columns = self.of_model["select_fields"]
            self.columns = slice(columns[0], columns[-1] + 1)
            self.names = [column[0].target.attname for column in compiler.select[self.columns]]
            # The stubs know the fetch mode of a later Django.
            self.related = get_related_populators(self.of_model, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
            self.annotated = list((compiler.annotation_col_map or {}).items())

    def ask(self, values: dict[str, Any]) -> list[Any]:
        rows = self.statement.run(values)
        if self.converters:
            rows = list(self.compiler.apply_converters(rows, self.converters))
        return [self._object(row) for row in rows] if self.of_model else rows

    def _object(self, row: Any) -> Model:
        made: Model = self.of_model["model"].from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.annotated:
            setattr(made, name, row[place])
        return made


class _Insert:
    """The INSERT of so many rows of one model, with these columns."""

    def __init__(self, model: type[Model], fields: Sequence[Any], number: int) -> None:
        self.fields = fields
        self.returned: list[Any] = list(model._meta.db_returning_fields)
        columns = ", ".join(_quoted(field.column) for field in fields)
        places = ", ".join(_place(field) for field in fields)
        told = ", ".join(_quoted(field.column) for field in self.returned) or "1"
        self.statement = _Statement(
            f"INSERT INTO {_quoted(model._meta.db_table)} ({columns})"
            f" VALUES {', '.join([f'({places})'] * number)} RETURNING {told}",
            [(f"{field.attname} {at}", None) for at in range(number) for field in fields],
        )

    def write(self, rows: Sequence[Model]) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        values = {
            f"{field.attname} {at}": field.get_db_prep_save(field.pre_save(row, True), connection)
            for at, row in enumerate(rows)
            for field in self.fields
        }
        for row, told in zip(rows, self.statement.run(values), strict=True):
            for field, value in zip(self.returned, told, strict=False):
                setattr(row, field.attname, _read(field, value))
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  (as `Model.save` does)


_texts: dict[str, _Statement] = {}
_inserts: dict[tuple[type[Model], tuple[str, ...], int], _Insert] = {}


def _columns(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


def _is_left_to_database(row: Model, field: Any) -> bool:
    """A key of the table's own sequence, or a default that the database computes."""
    value = row.__dict__.get(field.attname)
    return isinstance(value, DatabaseDefault) or (value is None and field is row._meta.auto_field)


def _read(field: Any, value: Any) -> Any:
    connection = connections[DEFAULT_DB_ALIAS]
    for convert in field.get_db_converters(connection):
        value = convert(value, None, connection)
    return value


def _place(field: Any) -> str:
    """`%s`, or with the cast that a field such as an array wants."""
    if not hasattr(field, "get_placeholder"):
        return "%s"
    return str(field.get_placeholder(None, None, connections[DEFAULT_DB_ALIAS]))


def _quoted(name: str) -> str:
    return str(connections[DEFAULT_DB_ALIAS].ops.quote_name(name))
