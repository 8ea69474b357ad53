"""Types of fields. In each, `as_q` and `holds` stand side by side and say the same."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Choices, Exists, Expression, Model, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThanOrEqual
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from tickets.models import Category
from tickets.naming import status_name, status_name_lazy
from tickets.vocabulary.fields import Field, Moment, Op, Values, Word
from tickets.words import fold_words

LARGEST_KEY = 2**63 - 1
LONGEST_TEXT = 250
SPAN = re.compile(r"(\d{1,4})(m|h|d|w)")
SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
NOW = "now"
NEVER = Q(pk__in=[])


@dataclass(frozen=True, kw_only=True)
class Code(Field):
    """One of a closed list. The column is never null; "" says that there is none."""

    column: str
    choices: type[Choices]
    type = "choice"

    def parse_value(self, op: Op, raw: str) -> Any:
        for value in self.choices.values:
            if raw.lower() in (str(value), str(self.choices(value).label).lower()):
                return value
        known = ", ".join(str(value) for value in self.choices.values)
        raise self.unreadable(raw, _("give one of: %(known)s") % {"known": known})

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        if op == Op.EMPTY:
            return either(values, Q(**{self.column: ""}))
        return Q(**{f"{self.column}__in": values})

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (found == "") in values
        return found in values

    def options(self) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in self.choices.choices]

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return {value: str(self.choices(value).label) for value in values}


@dataclass(frozen=True, kw_only=True)
class StatusCode(Code):
    """A status, by the name that it has in this installation; its code and the shipped name are understood, too."""

    def parse_value(self, op: Op, raw: str) -> Any:
        for value in self.choices.values:
            if raw.lower() == status_name(value).lower():
                return value
        return super().parse_value(op, raw)

    def options(self) -> list[tuple[str, str]]:
        return [(value, status_name_lazy(value)) for value in self.choices.values]

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return {value: status_name(value) for value in values}


@dataclass(frozen=True, kw_only=True)
class Plan(Code):
    """A code of the ticket's organisation; "" where it has none."""

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        if op == Op.EMPTY:
            return either(values, Q(organisation_id__isnull=True))
        rows = Organisation.objects.filter(pk=OuterRef("organisation_id"))
        return Q(Exists(rows.filter(**{f"{self.column}__in": values})))


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """Yes or no. `condition` says in SQL what `read` says of a state; it is never null."""

    condition: Q
    type = "flag"

    def parse_value(self, op: Op, raw: str) -> bool:
        return self.parse_flag(raw)

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        return either(values, self.condition)

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        return bool(found) in values

    def options(self) -> list[tuple[str, str]]:
        return [("true", _("yes")), ("false", _("no"))]

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return {value: _("yes") if value else _("no") for value in values}


@dataclass(frozen=True, kw_only=True)
class Key(Field):
    """A person, team or other row. `none` finds what has none, `me` the reader, `mine` the reader's teams."""

    column: str
    model: type[Model]
    words: tuple[Word, ...] = ()
    prefix: str = ""
    """What people write before the number: L of L2."""
    type = "key"

    def parse_value(self, op: Op, raw: str) -> Any:
        if raw in self.words:
            return Word(raw)
        digits = raw.upper().removeprefix(self.prefix)
        if digits.isascii() and digits.isdecimal() and len(digits) < 19:
            return int(digits)
        known = _("give the number of one")
        if self.words:
            known += " " + _("or %(words)s") % {"words": ", ".join(self.words)}
        raise self.unreadable(raw, known)

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        if op == Op.EMPTY:
            return either(values, Q(**{f"{self.column}__isnull": True}))
        keys, or_none = resolve(values, moment)
        wanted = Category.objects.under(sorted(keys)).values("pk") if op == Op.UNDER else sorted(keys)
        found = Q(**{f"{self.column}__isnull": False, f"{self.column}__in": wanted}) if keys else NEVER
        return found | Q(**{f"{self.column}__isnull": True}) if or_none else found

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (found in (None, ())) in values
        keys, or_none = resolve(values, moment)
        if isinstance(found, tuple):  # a category with all above it, itself the last
            of = found if op == Op.UNDER else found[-1:]
            return bool(keys & set(of)) or (or_none and not found)
        return or_none if found is None else found in keys

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return labels_of(self.model, values)


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A number, perhaps null; `left` where it is an expression and not a column."""

    column: str = ""
    left: Callable[[], Expression] | None = None
    largest: int = 32_767
    operators: tuple[Op, ...] = (Op.AT_LEAST, Op.AT_MOST, Op.IS)
    type = "number"

    def parse_value(self, op: Op, raw: str) -> int:
        if raw.isascii() and raw.isdecimal() and len(raw) < 12 and int(raw) <= self.largest:
            return int(raw)
        raise self.unreadable(raw, _("give a number from 0 to %(largest)d") % {"largest": self.largest})

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        return _any(self._compare(op, value) for value in values)

    def _compare(self, op: Op, value: int) -> Q:
        if self.left is not None:
            lookup = {Op.AT_LEAST: GreaterThanOrEqual, Op.AT_MOST: LessThanOrEqual, Op.IS: Exact}[op]
            return Q(lookup(self.left(), value))
        name = {Op.AT_LEAST: "gte", Op.AT_MOST: "lte", Op.IS: "exact"}[op]
        return Q(**{f"{self.column}__isnull": False, f"{self.column}__{name}": value})

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if found is None:
            return False
        if op == Op.IS:
            return found in values
        return any(found >= value if op == Op.AT_LEAST else found <= value for value in values)


@dataclass(frozen=True, kw_only=True)
class Time(Field):
    """A moment, perhaps unknown. A date without a time is the beginning of that day where the reader is."""

    column: str
    known: Q
    """What makes it known: not null, or not the far date that stands for none."""
    is_future: bool = False
    """It lies ahead: `within` looks forward."""
    operators: tuple[Op, ...] = (Op.BEFORE, Op.AFTER, Op.WITHIN, Op.OLDER_THAN, Op.EMPTY)
    type = "time"

    def parse_value(self, op: Op, raw: str) -> Any:
        if op in (Op.WITHIN, Op.OLDER_THAN):
            span = SPAN.fullmatch(raw)
            if span is None:
                raise self.unreadable(raw, _("give a span such as 30m, 2h, 3d or 1w"))
            return timedelta(**{SPANS[span[2]]: int(span[1])})
        return NOW if raw == NOW else self._parse_time(raw)

    def _parse_time(self, raw: str) -> date | datetime:
        try:
            found = parse_date(raw) or _in_utc(parse_datetime(raw))
        except ValueError:
            found = None
        if found is None or not 1900 <= found.year < 3000:
            raise self.unreadable(
                raw, _("give a date such as 2026-01-31, a time such as 2026-01-31T14:00Z or now")
            )
        return found

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        if op == Op.EMPTY:
            return either(values, ~self.known)
        return self.known & _any(self._range(op, value, moment) for value in values)

    def _range(self, op: Op, value: Any, moment: Moment) -> Q:
        begin, end = bounds(op, value, moment, is_future=self.is_future)
        since = Q(**{f"{self.column}__gte": begin}) if begin else Q()
        return since & (Q(**{f"{self.column}__lt": end}) if end else Q())

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (found is None) in values
        if found is None:
            return False
        ranges = (bounds(op, value, moment, is_future=self.is_future) for value in values)
        return any((not begin or found >= begin) and (not end or found < end) for begin, end in ranges)

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return {value: span_label(value) if isinstance(value, timedelta) else str(value) for value in values}


def _in_utc(at: datetime | None) -> datetime | None:
    """Python reads offsets of up to 24 hours, PostgreSQL only up to 16."""
    try:
        return at.astimezone(UTC) if at is not None and at.tzinfo else at
    except OverflowError:
        return None


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """Words, compared without case and accents. `column` is the folded one."""

    column: str
    operators: tuple[Op, ...] = (Op.CONTAINS, Op.IS, Op.EMPTY)
    type = "text"

    def parse_value(self, op: Op, raw: str) -> str:
        if not fold_words(raw).strip() or len(raw) > LONGEST_TEXT:
            raise self.unreadable(raw, _("give 1 to %(longest)d characters") % {"longest": LONGEST_TEXT})
        return raw

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        if op == Op.EMPTY:
            return either(values, Q(**{self.column: ""}))
        lookup = "contains" if op == Op.CONTAINS else "exact"
        return _any(Q(**{f"{self.column}__{lookup}": fold_words(value)}) for value in values)

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (found == "") in values
        folded = (fold_words(value) for value in values)
        return any(value in found if op == Op.CONTAINS else value == found for value in folded)


@dataclass(frozen=True, kw_only=True)
class Many(Field):
    """Rows that hang on a ticket: tags, watchers. True where any of them is one of the values."""

    model: type[Model]
    """The table between; it has a key `ticket`."""
    column: str
    keys: type[Model] | None = None
    """What its values are keys of; without it they are names."""
    words: tuple[Word, ...] = ()
    operators: tuple[Op, ...] = (Op.IS, Op.EMPTY)
    type = "many"

    def parse_value(self, op: Op, raw: str) -> Any:
        if raw in self.words:
            return Word(raw)
        if self.keys is not None:
            if raw.isascii() and raw.isdecimal() and len(raw) < 19:
                return int(raw)
            raise self.unreadable(raw, _("give the number of one, or me"))
        if not raw or len(raw) > LONGEST_TEXT or "\x00" in raw:
            raise self.unreadable(raw, _("give a name"))
        return raw.lower()

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        rows: QuerySet[Any] = QuerySet(self.model).filter(ticket=OuterRef("pk"))
        if op == Op.EMPTY:
            return either(values, ~Q(Exists(rows)))
        return Q(Exists(rows.filter(**{f"{self.column}__in": self._wanted(values, moment)})))

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (not found) in values
        return any(value in found for value in self._wanted(values, moment))

    def _wanted(self, values: Values, moment: Moment) -> list[Any]:
        return list(values) if self.keys is None else sorted(resolve(values, moment)[0])

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return super().labels(values) if self.keys is None else labels_of(self.keys, values)


@dataclass(frozen=True, kw_only=True)
class External(Many):
    """A reference to another system: `servicenow` for any, `servicenow/INC0010042` for one."""

    def parse_value(self, op: Op, raw: str) -> tuple[str, str]:
        system, _slash, key = raw.partition("/")
        if not system or len(raw) > LONGEST_TEXT or "\x00" in raw:
            raise self.unreadable(raw, _("give a system, or system/key"))
        return system, key

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        rows: QuerySet[Any] = QuerySet(self.model).filter(ticket=OuterRef("pk"))
        if op == Op.EMPTY:
            return either(values, ~Q(Exists(rows)))
        one_of = _any(Q(system=system, key=key) if key else Q(system=system) for system, key in values)
        return Q(Exists(rows.filter(one_of)))

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        if op == Op.EMPTY:
            return (not found) in values
        return any(
            system == its_system and (not key or key == its_key)
            for system, key in values
            for its_system, its_key in found
        )

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        return {value: "/".join(filter(None, value)) for value in values}


def resolve(values: Values, moment: Moment) -> tuple[set[int], bool]:
    """The keys that are meant, and whether none will do."""
    keys = {value for value in values if not isinstance(value, Word)}
    if moment.user is not None:
        keys |= {moment.user.pk} if Word.ME in values else set()
        keys |= set(moment.user.team_ids) if Word.MINE in values else set()
    return keys, Word.NONE in values


def bounds(
    op: Op, value: Any, moment: Moment, *, is_future: bool = False
) -> tuple[datetime | None, datetime | None]:
    """From (with it) and until (without it)."""
    tick = timedelta(microseconds=1)
    match op:
        case Op.BEFORE:
            return None, _instant(value, moment)
        case Op.AFTER:
            return _instant(value, moment), None
        case Op.OLDER_THAN:
            return None, moment.at - value
    return (moment.at, moment.at + value + tick) if is_future else (moment.at - value, moment.at + tick)


def _instant(value: Any, moment: Moment) -> datetime:
    if value == NOW:
        return moment.at
    at = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    return at if at.tzinfo else at.replace(tzinfo=moment.zone)


def span_label(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes and minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if minutes and minutes % 60 == 0:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def labels_of(model: type[Model], values: Iterable[Any]) -> dict[Any, str]:
    """Names of rows by key, and what `me`, `mine` and `none` read as."""
    values = list(values)
    words = {Word.ME: _("me"), Word.MINE: _("my teams"), Word.NONE: _("nobody")}
    keys = [value for value in values if not isinstance(value, Word) and value <= LARGEST_KEY]
    rows: dict[int, Any] = QuerySet(model).in_bulk(keys) if keys else {}
    return {
        value: words[value] if isinstance(value, Word) else str(rows.get(value, f"#{value}"))
        for value in values
    }


def either(values: Values, condition: Q) -> Q:
    """What a yes-or-no condition asks for: true, false, or (both given) anything."""
    if True in values:
        return ~NEVER if False in values else condition
    return ~condition


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, NEVER)
