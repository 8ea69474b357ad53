"""What a field of the filter vocabulary is, and the register of them.

A field says how SQL reads it and how it is read from a ticket's state. Both must agree on every value,
and neither may answer "unknown": a condition on what is not known is false, so that `not` of it is true.
In SQL that means that a null is guarded before it is compared.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from tickets.state import State
from tickets.vocabulary.facts import Facts


class Op(StrEnum):
    IS = "is"
    UNDER = "under"
    BEFORE = "before"
    AFTER = "after"
    WITHIN = "within"
    OLDER_THAN = "older_than"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EMPTY = "empty"


OP_LABELS: dict[Op, str | Promise] = {
    Op.IS: gettext_lazy("is"),
    Op.UNDER: gettext_lazy("is or lies under"),
    Op.BEFORE: pgettext_lazy("a moment", "before"),
    Op.AFTER: pgettext_lazy("a moment", "from"),
    Op.WITHIN: gettext_lazy("within"),
    Op.OLDER_THAN: gettext_lazy("longer ago than"),
    Op.CONTAINS: gettext_lazy("contains"),
    Op.AT_LEAST: gettext_lazy("at least"),
    Op.AT_MOST: gettext_lazy("at most"),
    Op.EMPTY: gettext_lazy("is empty"),
}
NOT_LABELS: dict[Op, str | Promise] = {
    Op.IS: gettext_lazy("is not"),
    Op.UNDER: gettext_lazy("neither is nor lies under"),
    Op.BEFORE: gettext_lazy("not before"),
    Op.AFTER: gettext_lazy("not from"),
    Op.WITHIN: gettext_lazy("not within"),
    Op.OLDER_THAN: gettext_lazy("not longer ago than"),
    Op.CONTAINS: gettext_lazy("does not contain"),
    Op.AT_LEAST: gettext_lazy("not at least"),
    Op.AT_MOST: gettext_lazy("not at most"),
    Op.EMPTY: gettext_lazy("is not empty"),
}
"""What has no value is not before any either, so that "from" would say something else."""


class Word(StrEnum):
    """What may stand for a key."""

    ME = "me"
    MINE = "mine"
    NONE = "none"


class Unreadable(ValueError):
    """A filter that cannot be used. `str()` names the field and the remedy; `field` is for programs."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Moment:
    """What both evaluators are told: the time to measure from, and whom `me` means."""

    at: datetime
    user: User | None

    @property
    def zone(self) -> tzinfo:
        return self.user.zone if self.user is not None else UTC


Values = tuple[Any, ...]
Read = Callable[[State, Facts], Any]
Options = Callable[[], Iterable[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. Types of fields say what it takes and how it compares (tickets.vocabulary.types)."""

    name: str
    label: str | Promise
    read: Read = field(compare=False)
    """The value in a state and the facts around it; what `holds` is given as `found`."""

    type = ""
    operators: tuple[Op, ...] = (Op.IS,)

    @property
    def default_op(self) -> Op:
        """What an address means that names no operator."""
        return next((op for op in (Op.CONTAINS, Op.IS) if op in self.operators), self.operators[0])

    def parse(self, op: Op, raw: str) -> Any:
        """One value as typed, checked.

        Raises:
            Unreadable: naming the field and what it takes.
        """
        return self.parse_flag(raw) if op == Op.EMPTY else self.parse_value(op, raw)

    def parse_value(self, op: Op, raw: str) -> Any:
        raise NotImplementedError

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        """The condition in SQL: true or false for every ticket, never null."""
        raise NotImplementedError

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        """The same in Python."""
        raise NotImplementedError

    def options(self) -> list[tuple[str, str]]:
        """The values with their labels, for menus; empty where any value of the type will do."""
        return []

    def labels(self, values: Iterable[Any]) -> dict[Any, str]:
        """What people read for values, in bulk."""
        return {value: str(value) for value in values}

    def parse_flag(self, raw: str) -> bool:
        if raw.lower() in ("true", "1", "yes", "on"):
            return True
        if raw.lower() in ("false", "0", "no", "off"):
            return False
        raise self.unreadable(raw, _("give true or false"))

    def unreadable(self, raw: str, remedy: str) -> Unreadable:
        return Unreadable(
            _("%(field)s: “%(value)s” cannot be used; %(remedy)s.")
            % {"field": self.label, "value": raw[:40], "remedy": remedy},
            self.name,
        )


_registry: dict[str, Field] = {}


def register(*fields: Field) -> None:
    """Add fields; `helpdesk.wiring` calls it for the apps above."""
    for each in fields:
        if each.name in _registry:
            raise ValueError(f"The vocabulary has a field “{each.name}” already.")
        _registry[each.name] = each


def registered() -> dict[str, Field]:
    """The fields by name, without the custom ones."""
    return dict(_registry)
