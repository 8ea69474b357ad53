"""A policy as YAML that people read, keep and carry to another desk: names in place of keys, hours for minutes.

`write` and `read` are each other's inverse on the same desk. A refusal names line and place in the text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.db.models import QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from sla.conditions import check_condition
from sla.durations import parse_span, spell
from sla.models import Metric
from sla.queries.named import Named, named
from sla.spec import (
    ANY_VENDOR,
    LONGEST,
    PRIORITIES,
    REQUESTER_METRICS,
    TIER_METRICS,
    Goal,
    PolicySpec,
    Target,
    Threshold,
    check,
)
from sla.yaml_lines import Piece, parse
from tickets.models import Category
from tickets.refusals import Invalid
from tickets.vocabulary import EVERYTHING, Key, Tree, Word, field_named, to_json
from tickets.vocabulary.custom import Custom

EVERY_VENDOR = "any"
VENDOR_WORDS = {"respond": Metric.VENDOR_RESPONSE, "resolve": Metric.VENDOR_RESOLVE}
HEAD = """\
# A policy of the desk. Times are business time of the calendar beside them: 30m, 4h, 1h 30m, 2d
# (days of that calendar). What is left out is not promised. Goals are percent of a calendar month.
"""


@dataclass(frozen=True)
class Draft:
    """What a text says: not stored yet."""

    name: str
    spec: PolicySpec


# --- writing ---


def write(name: str, spec: PolicySpec, known: Named | None = None) -> str:
    """The policy as YAML; `known` where the caller has read it."""
    said = as_said(name, spec, known or named())
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return HEAD + str(text)


def as_said(name: str, spec: PolicySpec, known: Named) -> dict[str, Any]:
    """The same as plain values: what `read_piece` takes in."""
    said: dict[str, Any] = {"name": name}
    if spec.when != to_json(EVERYTHING):
        said["when"] = when_in_names(spec.when)
    said |= {
        "priorities": {f"P{priority}": _priority(spec, priority, known) for priority in PRIORITIES},
        "tiers": {
            f"L{level}": _row(row, known, {metric: str(metric) for metric in TIER_METRICS})
            for level, row in sorted(spec.tiers.items())
        },
        "vendors": {
            EVERY_VENDOR if key == ANY_VENDOR else known.vendor(key): _row(
                row, known, {metric: word for word, metric in VENDOR_WORDS.items()}
            )
            for key, row in sorted(spec.vendors.items())
        },
        "pauses": list(spec.pauses),
        "pauses_responses": spec.pauses_responses,
        "reopening": spec.reopening,
        "phone_is_response": spec.phone_is_response,
        "thresholds": [_threshold(each) for each in spec.thresholds],
    }
    return said


def _priority(spec: PolicySpec, priority: int, known: Named) -> dict[str, Any]:
    row = _row(spec.targets.get(priority, {}), known, {metric: str(metric) for metric in REQUESTER_METRICS})
    goal = spec.goals.get(priority)
    if goal is not None:
        row["goal"] = {"percent": goal.percent} | ({"penalty": goal.penalty} if goal.penalty else {})
    return row


def _row(row: Mapping[str, Target], known: Named, words: Mapping[Metric, str]) -> dict[str, Any]:
    return {
        word: {"time": spell(row[metric].minutes), "calendar": known.calendar(row[metric].calendar)}
        for metric, word in words.items()
        if metric in row
    }


def _threshold(threshold: Threshold) -> dict[str, Any]:
    said: dict[str, Any] = {"share": threshold.share, "notify": list(threshold.notify)}
    return said | ({"tag": threshold.tag} if threshold.tag else {})


# --- reading ---


def read(text: str, known: Named | None = None) -> Draft:
    """What a text promises, checked as `publish` checks it.

    Raises:
        Invalid: with the line and the place in the text, and the remedy.
    """
    return read_piece(parse(text), known or named())


def read_piece(root: Piece, known: Named) -> Draft:
    """The same for a text that was parsed already, such as the rest of one that says more than a policy."""
    return _Reader(root, known).draft()


class _Reader:
    def __init__(self, root: Piece, known: Named) -> None:
        self.root, self.known = root, known
        self.places: dict[str, Piece] = {}
        """Where in the text the fields of a spec stand, by the name that `check` gives them."""

    def draft(self) -> Draft:
        known = [
            "name",
            "when",
            "priorities",
            "tiers",
            "vendors",
            "pauses",
            "pauses_responses",
            "reopening",
            "phone_is_response",
            "thresholds",
        ]
        parts = self.root.mapping(known)
        if "name" not in parts:
            self.root.refuse(_("A policy has a name."))
        name, spec = parts["name"].text(), self._spec(parts)
        try:
            check(spec, self.known)
        except Invalid as refusal:
            self.places.get(refusal.field or "", self.root).refuse(str(refusal))
        return Draft(name, spec)

    def _spec(self, parts: Mapping[str, Piece]) -> PolicySpec:
        said: dict[str, Any] = {}
        readers: dict[str, Callable[[Piece], Any]] = {
            "pauses": lambda piece: tuple(each.text() for each in piece.items()),
            "pauses_responses": lambda piece: piece.flag(),
            "reopening": lambda piece: piece.text(),
            "phone_is_response": lambda piece: piece.flag(),
            "thresholds": lambda piece: tuple(self._threshold(each) for each in piece.items()),
        }
        for name, reader in readers.items():
            if name in parts:
                self.places[name] = parts[name]
                said[name] = reader(parts[name])
        if "when" in parts:
            said["when"] = to_json(read_when(parts["when"]))
        priorities = self._keyed(parts.get("priorities"), {f"P{n}": n for n in PRIORITIES})
        tiers = self._keyed(parts.get("tiers"), {f"L{n}": n for n in range(5)})
        return PolicySpec(
            targets=self._group("targets", priorities, _METRICS),
            tiers=self._group("tiers", tiers, _TIER),
            vendors=self._group("vendors", self._vendors(parts.get("vendors")), VENDOR_WORDS),
            goals={
                key: self._goal(piece.mapping(_ROW)["goal"], key)
                for key, piece in priorities
                if "goal" in piece.mapping(_ROW)
            },
            **said,
        )

    @staticmethod
    def _keyed(piece: Piece | None, keys: Mapping[str, int]) -> list[tuple[int, Piece]]:
        """Rows by key, without those that are empty."""
        rows = piece.mapping(list(keys)) if piece else {}
        return [(keys[name], row) for name, row in rows.items() if row.value is not None]

    def _vendors(self, piece: Piece | None) -> list[tuple[int, Piece]]:
        rows: Mapping[str, Piece] = piece.mapping(None) if piece else {}
        return [(self._vendor(name, row), row) for name, row in rows.items() if row.value is not None]

    def _vendor(self, name: str, row: Piece) -> int:
        if name == EVERY_VENDOR:
            return ANY_VENDOR
        key = self.known.vendor_named(name)
        if key is None:
            names = [EVERY_VENDOR, *self.known.vendors.values()]
            row.refuse(
                _("There is no vendor “%(name)s”. There are: %(known)s.")
                % {"name": name, "known": get_text_list(names, _("and"))}
            )
        return key

    def _group(
        self, group: str, rows: list[tuple[int, Piece]], words: Mapping[str, Metric]
    ) -> dict[int, dict[str, Target]]:
        found = {key: self._targets(piece, f"{group}.{key}", words) for key, piece in rows}
        return {key: targets for key, targets in found.items() if targets}

    def _targets(self, piece: Piece, where: str, words: Mapping[str, Metric]) -> dict[str, Target]:
        found = {}
        for word, part in piece.mapping([*words, *(["goal"] if words is _METRICS else [])]).items():
            if word == "goal" or part.value is None:
                continue
            metric = str(words[word])
            self.places[f"{where}.{metric}"] = part
            found[metric] = self._target(part)
        return found

    def _target(self, piece: Piece) -> Target:
        parts = piece.mapping(["time", "calendar"])
        for needed in ("time", "calendar"):
            if needed not in parts:
                piece.refuse(_("A target has a time and a calendar: {time: 4h, calendar: Business hours}."))
        name = parts["calendar"].text()
        key = self.known.calendar_named(name)
        if key is None:
            names = [known.name for known in self.known.calendars.values()]
            parts["calendar"].refuse(
                _("There is no calendar “%(name)s”. There are: %(known)s.")
                % {"name": name, "known": get_text_list(names, _("and"))}
            )
        return Target(self._minutes(parts["time"], self.known.calendars[key].day), key)

    @staticmethod
    def _minutes(piece: Piece, day: int) -> int:
        try:
            minutes = parse_span(piece.text(), day=day, field=piece.path)
        except Invalid as refusal:
            piece.refuse(str(refusal))
        if not 0 < minutes <= LONGEST:
            piece.refuse(
                _("A target is more than zero and at most five years. Leave it out to promise nothing.")
            )
        return minutes

    def _goal(self, piece: Piece, priority: int) -> Goal:
        self.places[f"goals.{priority}"] = piece
        parts = piece.mapping(["percent", "penalty"])
        if "percent" not in parts:
            piece.refuse(_("A goal has a percent: {percent: 95}."))
        return Goal(parts["percent"].number(), parts["penalty"].text() if "penalty" in parts else "")

    @staticmethod
    def _threshold(piece: Piece) -> Threshold:
        parts = piece.mapping(["share", "notify", "tag"])
        if "share" not in parts:
            piece.refuse(_("A threshold has a share in percent: {share: 75, notify: [assignee]}."))
        return Threshold(
            int(parts["share"].number()),
            tuple(each.text() for each in parts["notify"].items()) if "notify" in parts else (),
            parts["tag"].text() if "tag" in parts else "",
        )


_METRICS: Mapping[str, Metric] = {str(metric): metric for metric in REQUESTER_METRICS}
_TIER: Mapping[str, Metric] = {str(metric): metric for metric in TIER_METRICS}
_ROW = [*_METRICS, "goal"]


# --- conditions in names ---


def when_in_names(when: Mapping[str, Any]) -> dict[str, Any]:
    """The condition with organisations, categories and people by name; single values without their list."""
    return {
        key: [when_in_names(part) for part in value]
        if key in ("all", "any")
        else when_in_names(value)
        if key == "not"
        else _values_in_names(when)
        if key == "value"
        else value
        for key, value in when.items()
    }


def _values_in_names(found: Mapping[str, Any]) -> Any:
    given = found["value"] if isinstance(found["value"], list) else [found["value"]]
    shown = names_of(str(found["field"]), [str(value) for value in given])
    return shown[0] if len(shown) == 1 else shown


def names_of(name: str, raw: list[str]) -> list[str]:
    """What people write for these values of a field: names for keys, where the rows have any."""
    rows = _rows(name)
    if rows is None:
        return raw
    model, column = rows
    keys = [int(value) for value in raw if value.isdecimal()]
    known = {str(key): text for key, text in model.filter(pk__in=keys).values_list("pk", column)}
    return [known[value] if value in known and _is_name(known[value]) else value for value in raw]


def keys_of(name: str, raw: list[str]) -> list[str]:
    """The reverse: keys for names, everything else as it is.

    Raises:
        Invalid: nothing has this name.
    """
    rows = _rows(name)
    if rows is None:
        return raw
    model, column = rows
    return [_key(model, column, value) if _is_name(value) else value for value in raw]


def _key(model: "QuerySet[Any]", column: str, value: str) -> str:
    key = model.filter(**{f"{column}__iexact": value.strip()}).values_list("pk", flat=True).first()
    if key is None:
        raise Invalid(_("There is no “%(name)s” here.") % {"name": value[:80]}, field="when")
    return str(key)


def _is_name(value: str) -> bool:
    """Whether it cannot be taken for a key or for one of the words that stand for one."""
    return not value.isdecimal() and value not in set(Word)


def _rows(name: str) -> "tuple[QuerySet[Any], str] | None":
    """The rows that a field's values are keys of, and the column of their names."""
    field = field_named(name)
    model = (
        field.model
        if isinstance(field, Key)
        else User
        if isinstance(field, Custom) and field.type == "key"
        else None
    )
    column = {Organisation: "name", Category: "full_name", User: "email"}.get(model)  # type: ignore[arg-type]
    return (QuerySet(model), column) if model is not None and column is not None else None


def read_when(piece: Piece) -> Tree:
    """A condition in names, each part checked where it stands."""
    json = _json(piece)
    try:
        tree = check_condition(json)
    except Invalid as refusal:
        piece.refuse(str(refusal))
    return tree


def _json(piece: Piece) -> dict[str, Any]:
    parts = piece.mapping(["all", "any", "not", "field", "op", "value"])
    for word in ("all", "any"):
        if list(parts) == [word]:
            return {word: [_json(each) for each in parts[word].items()]}
    if list(parts) == ["not"]:
        return {"not": _json(parts["not"])}
    if set(parts) != {"field", "op", "value"}:
        piece.refuse(
            _("A part of a condition is one of {all: [...]}, {any: [...]}, {not: ...} or {field, op, value}.")
        )
    name, given = parts["field"].text(), parts["value"]
    values = [each.text() for each in given.items()] if isinstance(given.value, list) else [given.text()]
    found = {"field": name, "op": parts["op"].text(), "value": values}
    try:
        found["value"] = keys_of(name, values) if found["op"] != "empty" else values
        check_condition(found)
    except Invalid as refusal:
        piece.refuse(str(refusal))
    return found
