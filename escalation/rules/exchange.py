"""Rules as YAML that people read, keep and carry to another desk: names in place of keys, spans in words.

`write` and `read` are each other's inverse on the same desk. A refusal names line and place in the text.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.db.models import Model, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, User
from delivery.models import Webhook
from escalation.models import Rule
from escalation.rules.checking import checked
from escalation.rules.spec import Action, RuleSpec, TimeTrigger, from_json
from sla.durations import WHOLE_DAY, parse_span, spell
from sla.models import Calendar
from sla.queries.named import Named, named
from sla.yaml_lines import Piece, parse
from tickets.models import CannedReply, Category
from tickets.refusals import Invalid
from tickets.vocabulary import Key, Many, Word, field_named
from tickets.vocabulary.custom import Custom

HEAD = """\
# Rules of the desk, in their order. Each is set off by events or by time that has passed, asks a condition of the
# one filter vocabulary, and carries out its actions. Spans: 30m, 4h, 1d (a day of the calendar beside it).
"""
RULES = "rules"
_PARTS = ("name", "note", "enabled", "events", "time", "when", "then", "stop")

NAMED: Mapping[type[Model], str] = {
    Organisation: "name",
    Category: "full_name",
    User: "email",
    Team: "name",
    Calendar: "name",
}
"""Rows that have names which people write, and the column of the name."""


@dataclass(frozen=True)
class Draft:
    """What a text says of one rule: not stored yet."""

    name: str
    spec: RuleSpec
    note: str = ""
    is_enabled: bool = True


def of_rule(rule: Rule) -> Draft:
    """A rule as it is kept."""
    spec = from_json(rule.current.spec) if rule.current else RuleSpec()
    return Draft(rule.name, spec, rule.note, rule.is_enabled)


# --- writing ---


def write(drafts: Iterable[Draft]) -> str:
    """The rules as YAML, in their order."""
    known = named()
    said = {RULES: [as_said(draft, known) for draft in drafts]}
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)
    return HEAD + str(text)


def as_said(draft: Draft, known: Named) -> dict[str, Any]:
    """One of them as plain values: what `read_piece` takes in."""
    spec = draft.spec
    said: dict[str, Any] = {"name": draft.name}
    if draft.note:
        said["note"] = draft.note
    said["enabled"] = draft.is_enabled
    if spec.time is not None:
        said["time"] = {"since": spec.time.since, "for": spell(spec.time.minutes)}
        if spec.time.calendar is not None:
            said["time"]["calendar"] = known.calendar(spec.time.calendar)
    else:
        said["events"] = list(spec.events)
    if spec.when != {"all": []}:
        said["when"] = _when_in_names(spec.when)
    said["then"] = [{action.do: _args_in_names(action)} for action in spec.actions]
    return said | ({"stop": True} if spec.stops else {})


def _when_in_names(when: Mapping[str, Any]) -> dict[str, Any]:
    if "not" in when:
        return {"not": _when_in_names(when["not"])}
    for word in ("all", "any"):
        if word in when:
            return {word: [_when_in_names(part) for part in when[word]]}
    given = when["value"] if isinstance(when["value"], list) else [when["value"]]
    values = [str(value) for value in given]
    model = _model_of(str(when["field"])) if when["op"] != "empty" else None
    shown = [_name(model, value) for value in values] if model is not None else values
    return {"field": when["field"], "op": when["op"], "value": shown[0] if len(shown) == 1 else shown}


def _name(model: type[Model], value: str) -> str:
    """The name of a row; its key where there is no such row, or where the name could be taken for a key."""
    if not value.isdecimal():
        return value
    found = QuerySet(model).filter(pk=int(value)).values_list(NAMED[model], flat=True).first()
    return str(found) if found is not None and _is_name(str(found)) else value


_ARGUMENTS: Mapping[tuple[str, str], tuple[Callable[[], "QuerySet[Any]"], str]] = {
    ("move", "team"): (Team.objects.all, "name"),
    ("vendor", "team"): (Team.objects.all, "name"),
    ("assign", "to"): (User.objects.all, "email"),
    ("notify", "person"): (User.objects.all, "email"),
    ("reply", "template"): (lambda: CannedReply.objects.filter(owner=None), "name"),
    ("webhook", "webhook"): (Webhook.objects.all, "name"),
}
"""The arguments of actions that are keys of rows, and where their names stand."""


def _args_in_names(action: Action) -> dict[str, Any]:
    shown = dict(action.args)
    for name, value in action.args.items():
        rows = _ARGUMENTS.get((action.do, name))
        if rows is not None:
            found = rows[0]().filter(pk=value).values_list(rows[1], flat=True).first()
            shown[name] = found if found is not None else value
    if action.do == "set" and action.args.get("field") == "category":
        shown["value"] = _name(Category, str(action.args["value"]))
    if action.do == "move" and "tier" in shown:
        shown["tier"] = f"L{shown['tier']}"
    return shown


# --- reading ---


def read(text: str) -> list[Draft]:
    """The rules of a text in their order, each checked as publishing it would be. One rule alone may stand there, too.

    Raises:
        Invalid: with the line and the place in the text, and the remedy.
    """
    root = parse(text)
    is_one = isinstance(root.value, dict) and "name" in root.value
    pieces = [root] if is_one else root.mapping([RULES]).get(RULES, Piece([], RULES, 1)).items()
    known = named()
    drafts = [_Reader(piece, known).draft() for piece in pieces]
    if not drafts:
        root.refuse(_("There is no rule in the text: “rules: [{name: …, events: […], then: […]}]”."))
    _refuse_twins(drafts, pieces)
    return drafts


def read_piece(piece: Piece) -> Draft:
    """One rule that was parsed already, such as the body of a request, checked as publishing it would be."""
    return _Reader(piece, named()).draft()


def _refuse_twins(drafts: list[Draft], pieces: list[Piece]) -> None:
    seen: set[str] = set()
    for draft, piece in zip(drafts, pieces, strict=True):
        if draft.name.casefold() in seen:
            piece.refuse(_("“%(name)s” stands here twice.") % {"name": draft.name})
        seen.add(draft.name.casefold())


class _Reader:
    def __init__(self, piece: Piece, known: Named) -> None:
        self.piece, self.known = piece, known
        self.places: dict[str, Piece] = {}
        """Where in the text the fields stand that `checked` names."""

    def draft(self) -> Draft:
        parts = self.piece.mapping(_PARTS)
        for needed in ("name", "then"):
            if needed not in parts:
                self.piece.refuse(_("A rule has a name and says what it does (“then”)."))
        self.places |= {
            {"then": "actions", "stop": "stops"}.get(name, name): part for name, part in parts.items()
        }
        spec = RuleSpec(
            events=tuple(each.text() for each in parts["events"].items()) if "events" in parts else (),
            time=self._time(parts["time"]) if "time" in parts else None,
            when=self.when(parts["when"]) if "when" in parts else {"all": []},
            actions=tuple(self._action(place, each) for place, each in enumerate(parts["then"].items())),
            stops=parts["stop"].flag() if "stop" in parts else False,
        )
        return Draft(
            " ".join(parts["name"].text().split()),
            self._checked(spec),
            parts["note"].text() if "note" in parts else "",
            parts["enabled"].flag() if "enabled" in parts else True,
        )

    def _checked(self, spec: RuleSpec) -> RuleSpec:
        try:
            return checked(spec)
        except Invalid as refusal:
            place = refusal.field or ""
            while place and place not in self.places:
                place = place.rpartition(".")[0]
            self.places.get(place, self.piece).refuse(str(refusal))

    def _time(self, piece: Piece) -> TimeTrigger:
        parts = piece.mapping(["since", "for", "calendar"])
        for needed in ("since", "for"):
            if needed not in parts:
                piece.refuse(
                    _("Time is written like {since: status_since, for: 4h, calendar: Business hours}.")
                )
        calendar = self._calendar(parts["calendar"]) if "calendar" in parts else None
        day = self.known.calendars[calendar].day if calendar is not None else WHOLE_DAY
        try:
            minutes = parse_span(parts["for"].text(), day=day, field=parts["for"].path)
        except Invalid as refusal:
            parts["for"].refuse(str(refusal))
        return TimeTrigger(parts["since"].text(), minutes, calendar)

    def _calendar(self, piece: Piece) -> int:
        key = self.known.calendar_named(piece.text())
        if key is None:
            piece.refuse(
                _("There is no calendar “%(name)s”. There are: %(known)s.")
                % {
                    "name": piece.text()[:80],
                    "known": get_text_list([each.name for each in self.known.calendars.values()], _("and")),
                }
            )
        return key

    def when(self, piece: Piece) -> dict[str, Any]:
        """A part of a condition, and all below it."""
        parts = piece.mapping(["all", "any", "not", "field", "op", "value"])
        for word in ("all", "any"):
            if list(parts) == [word]:
                return {word: [self.when(each) for each in parts[word].items()]}
        if list(parts) == ["not"]:
            return {"not": self.when(parts["not"])}
        if set(parts) != {"field", "op", "value"}:
            piece.refuse(
                _(
                    "A part of a condition is one of {all: [...]}, {any: [...]}, {not: ...} or {field, op, value}."
                )
            )
        name, op, given = parts["field"].text(), parts["op"].text(), parts["value"]
        pieces = given.items() if isinstance(given.value, list) else [given]
        model = _model_of(name) if op != "empty" else None
        return {"field": name, "op": op, "value": [_key(model, each) for each in pieces]}

    def _action(self, place: int, piece: Piece) -> Action:
        self.places[f"actions.{place}"] = piece
        parts = piece.mapping(None)
        if len(parts) != 1:
            piece.refuse(_("An action is written like {move: {team: Network}}."))
        ((do, given),) = parts.items()
        arguments: Mapping[str, Piece] = given.mapping(None) if given.value is not None else {}
        args: dict[str, Any] = {}
        for name, each in arguments.items():
            self.places[f"actions.{place}.{name}"] = each
            args[name] = self._argument(do, name, each)
        if do == "set" and str(args.get("field")) == "category" and "value" in arguments:
            args["value"] = _key(Category, arguments["value"])
        return Action(do, args)

    @staticmethod
    def _argument(do: str, name: str, piece: Piece) -> Any:
        rows = _ARGUMENTS.get((do, name))
        if rows is not None:
            return _row_named(rows[0](), rows[1], piece)
        if name == "tier" and isinstance(piece.value, str):
            return piece.value.upper().removeprefix("L")
        return piece.value if isinstance(piece.value, int | bool) else piece.text()


def names_of(name: str, raw: list[str]) -> list[str]:
    """What people write for these values of a field: names for keys, where the rows have any."""
    model = _model_of(name)
    return [_name(model, value) for value in raw] if model is not None else raw


def keys_of(name: str, raw: list[str]) -> list[str]:
    """The reverse: keys for names, everything else as it is.

    Raises:
        Invalid: nothing has this name.
    """
    model = _model_of(name)
    found = []
    for value in raw:
        if model is None or not _is_name(value):
            found.append(value)
            continue
        key = _key_named(QuerySet(model), NAMED[model], value)
        if key is None:
            raise Invalid(_("There is no “%(name)s” here.") % {"name": value[:80]}, field="when")
        found.append(str(key))
    return found


def when_in_names(when: Mapping[str, Any]) -> dict[str, Any]:
    """A condition as people write it."""
    return _when_in_names(when)


def read_when(piece: Piece) -> dict[str, Any]:
    """A condition in names, each part found where it stands; whether it can be kept `checked` says."""
    return _Reader(piece, named()).when(piece)


def _model_of(name: str) -> type[Model] | None:
    """The rows that a field's values are keys of, where they have names."""
    field = field_named(name)
    model: type[Model] | None = None
    if isinstance(field, Key):
        model = field.model
    elif isinstance(field, Many):
        model = field.keys
    elif isinstance(field, Custom) and field.type == "key":
        model = User
    return model if model in NAMED else None


def _key(model: type[Model] | None, piece: Piece) -> str:
    text = piece.text()
    return str(_row_named(QuerySet(model), NAMED[model], piece)) if model and _is_name(text) else text


def _row_named(rows: "QuerySet[Any]", column: str, piece: Piece) -> Any:
    """The key of the row with this name; a number is a key already."""
    text = piece.text().strip()
    if text.isdecimal():
        return int(text)
    key = _key_named(rows, column, text)
    if key is None:
        piece.refuse(_("There is no “%(name)s” here.") % {"name": text[:80]})
    return key


def _key_named(rows: "QuerySet[Any]", column: str, text: str) -> Any:
    return rows.filter(**{f"{column}__iexact": text.strip()}).values_list("pk", flat=True).first()


def _is_name(value: str) -> bool:
    """Whether it cannot be taken for a key or for one of the words that stand for one."""
    return not value.isdecimal() and value not in set(Word)
