"""Names of everything that a stretch of history mentions, read in bulk: one query for each kind of row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, User
from tickets.models import NUMBER_PREFIX, Category, Event, ExternalReference, Revision, Tag
from tickets.queries.beside import kept_rows

COLUMNS: dict[str, type[Any]] = {
    "assignee_id": User,
    "contact_id": User,
    "requester_id": User,
    "team_id": Team,
    "category_id": Category,
    "organisation_id": Organisation,
    "vendor_id": Organisation,
}
DATA: dict[str, type[Any]] = {
    "assignee": User,
    "contact": User,
    "user": User,
    "people": User,
    "writer": User,
    "from_team": Team,
    "team": Team,
    "teams": Team,
    "tags": Tag,
    "vendor": Organisation,
    "reference": ExternalReference,
}
GONE: dict[type[Any], Callable[[set[int]], dict[int, str]]] = {}
"""Of models whose rows may be deleted: what those were called, by their keys, where that is still known."""


@dataclass
class Names:
    """Rows by model and key."""

    rows: dict[type[Any], dict[int, Any]] = field(default_factory=dict)
    gone: dict[type[Any], dict[int, str]] = field(default_factory=dict)
    """What deleted rows were called."""

    @classmethod
    def of(cls, events: Iterable[Event], known: Iterable[Any] = (), *, people: Iterable[int] = ()) -> "Names":
        """Read what the events mention, and `people`, without the rows that the caller has at hand (`known`)."""
        wanted: dict[type[Any], set[int]] = {User: {*people}}
        found: dict[type[Any], dict[int, Any]] = {}
        for row in known:
            found.setdefault(type(row), {})[row.pk] = row
        for event in events:
            if event.by_id:
                wanted.setdefault(User, set()).add(event.by_id)
            for column, pair in event.changes.items():
                if column in COLUMNS:
                    wanted.setdefault(COLUMNS[column], set()).update(filter(None, pair))
            for name, value in event.data.items():
                if name in DATA and value:
                    wanted.setdefault(DATA[name], set()).update(value if isinstance(value, list) else [value])
            wanted.setdefault(Revision, set()).update(_subjects(event))
        for model, keys in wanted.items():
            missing = keys - found.get(model, {}).keys()
            if missing:
                kept = kept_rows(model, missing)
                rows = kept if kept is not None else model._base_manager.in_bulk(missing)
                found[model] = {**found.get(model, {}), **rows}
        gone = {
            model: ask(keys)
            for model, ask in GONE.items()
            if (keys := wanted.get(model, set()) - found.get(model, {}).keys())
        }
        return cls(found, gone)

    def row(self, model: type[Any], key: int | None) -> Any:
        return self.rows.get(model, {}).get(key) if key is not None else None

    def name(self, model: type[Any], key: int | None) -> str:
        row = self.row(model, key)
        if row is None and key in self.gone.get(model, {}):
            return self.gone[model][key]
        return _("somebody") if row is None and model is User else str(row) if row is not None else f"#{key}"

    def knows(self, model: type[Any], key: int | None) -> bool:
        """Whether it has a name, be it that of a row which is gone."""
        return self.row(model, key) is not None or key in self.gone.get(model, {})

    def list(self, model: type[Any], keys: Iterable[int]) -> str:
        return get_text_list([self.name(model, key) for key in keys], _("and"))


def _subjects(event: Event) -> set[int]:
    """The revisions that held the subject before and after."""
    words = event.changes.get("words")
    if not words or not words[0]:
        return set()
    return {revision for each in words if (revision := (each or {}).get("subject"))}


@dataclass(frozen=True)
class Line:
    """One event with what a sentence about it needs."""

    event: Event
    names: Names
    viewer: User | None = None
    team: Team | None = None
    """Where the ticket was afterwards, where the caller has followed it so far."""

    @property
    def is_mine(self) -> bool:
        return self.viewer is not None and self.event.by_id == self.viewer.pk

    @property
    def by(self) -> str:
        if self.event.by_id:
            return self.names.name(User, self.event.by_id)
        if "rule" in DATA and self.data("rule"):
            return _("The rule “%(rule)s”") % {"rule": self.names.name(DATA["rule"], self.data("rule"))}
        return _("The system")

    def was(self, column: str) -> Any:
        return self.event.changes.get(column, (None, None))[0]

    def now(self, column: str) -> Any:
        return self.event.changes.get(column, (None, None))[1]

    def changed(self, column: str) -> bool:
        return column in self.event.changes

    def name(self, column: str) -> str:
        """The name of what a column says now."""
        return self.names.name(COLUMNS[column], self.now(column))

    def data(self, name: str) -> Any:
        return self.event.data.get(name)

    @property
    def other(self) -> str:
        return f"{NUMBER_PREFIX}{self.data('other')}"


def label(choices: Any, code: Any) -> str:
    """The label of a code; the code itself where the list no longer has it."""
    try:
        return str(choices(code).label)
    except ValueError:
        return str(code or "")


def tier_code(level: int | None) -> str:
    return "" if level is None else f"L{level}"


def day(iso: str | datetime | None) -> str:
    at = datetime.fromisoformat(iso) if isinstance(iso, str) else iso
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""
