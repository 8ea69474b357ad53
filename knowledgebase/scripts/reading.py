"""A script from JSON or YAML. All that is wrong with it is told at once, each fault with its step and the remedy."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from knowledgebase.scripts.patterns import Untame, tame
from knowledgebase.scripts.spec import (
    ACTS,
    CHECKLIST,
    HAND_OVER,
    NEEDS_TEXT,
    NEXT_SOP,
    NO,
    ONWARD,
    OTHERWISE,
    READABLE,
    RESOLVE,
    SUMMARY,
    TAKES,
    TRIED,
    WAYS,
    WRITTEN,
    YES,
    Fault,
    Faulty,
    Kind,
    Script,
    Step,
    mapping_of,
    ordered,
    to_mapping,
)
from sla.yaml_lines import Piece, parse
from tickets.refusals import Invalid

MOST_STEPS, MOST_OPTIONS = 200, 20
LONGEST_SCRIPT, LONGEST_TEXT, LONGEST_LINE = 100_000, 10_000, 200
LONGEST_WAIT = 7 * 24 * 60
"""Minutes of a timer."""
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
TYPED_OR_FILE = (*WRITTEN, Kind.FILE)
CHOSEN = re.compile(r"\S(.{0,58}\S)?")
TRUTHS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
TIER = re.compile(r"L[0-4]")
COMPARED = re.compile(r"(<=|>=|<|>|)\s*(-?\d{1,15}(?:\.\d{1,9})?)")
"""A case of a number: 5, < 5, >= 5."""


def from_json(json: Any) -> Script:
    """The script of a mapping as it is stored, or as YAML yields it.

    Raises:
        Faulty: naming each step and what to do about it.
    """
    script, faults = read(json)
    if faults:
        raise Faulty(faults)
    return script


def read(json: Any) -> tuple[Script, list[Fault]]:
    """The script as far as it can be read, and what is wrong with it."""
    reader = _Reader()
    script = reader.script(json)
    return script, reader.faults


def from_yaml(text: str) -> Script:
    """The script of a YAML text.

    Raises:
        Faulty: naming each step, its line, and what to do about it.
    """
    plain, lines = _parsed(text)
    script, faults = read(plain)
    if faults:
        raise Faulty(replace(fault, line=_line_of(fault, lines)) for fault in faults)
    return script


def to_yaml(script: Script) -> str:
    return as_text(to_mapping(script))


def from_text(text: str) -> dict[str, Any]:
    """A YAML text as a mapping that a draft can keep, whether it is a script already or not.

    Raises:
        Faulty: it is no YAML, too long, or no mapping with steps.
    """
    plain, _lines = _parsed(text)
    if not isinstance(plain, dict) or not isinstance(plain.get("steps"), dict):
        raise Faulty([Fault("", "", _("A script is a mapping with “start” and “steps”."))])
    return plain


def as_text(mapping: Mapping[str, Any]) -> str:
    """A mapping as YAML, in its order."""
    return str(yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True, width=100))


def _parsed(text: str) -> tuple[Any, dict[str, int]]:
    """The plain values of a text, and by path the line where each stands."""
    if len(text) > LONGEST_SCRIPT:
        raise Faulty([Fault("", "", _("A script has at most %(n)d characters.") % {"n": LONGEST_SCRIPT})])
    try:
        piece = parse(text)
    except Invalid as refused:
        raise Faulty([Fault("", "", str(refused), line=refused.facts.get("line", 0))]) from refused
    lines: dict[str, int] = {}
    return _plain(piece, lines), lines


def _plain(piece: Piece, lines: dict[str, int]) -> Any:
    """The value of a piece of YAML, and where each part of it stands."""
    lines[piece.path] = piece.line
    if isinstance(piece.value, dict):
        return {name: _plain(part, lines) for name, part in piece.value.items()}
    if isinstance(piece.value, list):
        return [_plain(part, lines) for part in piece.value]
    return piece.value


def _line_of(fault: Fault, lines: dict[str, int]) -> int:
    place = f"steps.{fault.step}" if fault.step else ""
    return lines.get(f"{place}.{fault.field}".strip("."), lines.get(place, 0))


class _Reader:
    """Reads one script and keeps what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.key = ""

    def script(self, json: Any) -> Script:
        if not isinstance(json, Mapping):
            self._fault("", _("A script is a mapping with “start” and “steps”."))
            return Script("", {})
        for name in json:
            if name not in ("start", "steps", "order", "requires_verification"):
                self._fault(
                    "",
                    _("“%(name)s” is not known here. A script has start, steps and requires_verification.")
                    % {"name": name},
                )
        rows = json.get("steps")
        if not isinstance(rows, Mapping) or not rows:
            self._fault("steps", _("Write at least one step under “steps”: a name with what it does."))
            return Script("", {})
        if len(rows) > MOST_STEPS:
            self._fault(
                "steps",
                _("A script has at most %(n)d steps. Split it: the outcome “next_sop” leads to another.")
                % {"n": MOST_STEPS},
            )
            return Script("", {})
        rows = ordered(rows, json.get("order"))
        steps = {str(key): step for key, row in rows.items() if (step := self._step(str(key), row))}
        self.key = ""
        start = _word(json.get("start"))
        if start not in rows:
            self._fault("start", _("Name under “start” the step that the script begins with."))
        verifies = json.get("requires_verification", False)
        if not isinstance(verifies, bool):
            self._fault("requires_verification", _("Give true or false."))
        script = Script(start, steps, verifies is True)
        self._check_targets(script, {str(key) for key in rows})
        return script

    def _step(self, key: str, row: Any) -> Step | None:
        self.key = key
        if not KEY.fullmatch(key):
            self._fault(
                "key",
                _("A step's name has small letters, digits and _, begins with a letter, and has at most 40."),
            )
        if key in TRUTHS:
            self._fault("key", _("YAML takes this word for a truth value. Give the step another name."))
        if not isinstance(row, Mapping):
            self._fault("", _("Say what the step does: {kind: …, text: …, next: …}."))
            return None
        given = {str(name): value for name, value in row.items()}
        try:
            kind = Kind(_word(given.get("kind")))
        except ValueError:
            self._fault("kind", _("Choose a kind: %(known)s.") % {"known": ", ".join(Kind)})
            return None
        for name in given:
            if name not in ("kind", *TAKES[kind]):
                self._fault(
                    name,
                    _("A step of kind %(kind)s has no “%(name)s”. It has: %(known)s.")
                    % {"kind": kind, "name": name, "known": ", ".join(TAKES[kind])},
                )
        taken = {name: given[name] for name in TAKES[kind] if given.get(name) is not None}
        return self._of_kind(key, kind, taken)

    def _of_kind(self, key: str, kind: Kind, given: dict[str, Any]) -> Step:
        facts: dict[str, Any] = {"text": self._text(given), "label": self._line(given, "label")}
        if kind in NEEDS_TEXT and not facts["text"]:
            self._fault("text", _("Write what is to be asked or done."))
        if kind in TYPED_OR_FILE:
            facts["required"] = self._flag(given, "required")
            if not (facts["text"] or facts["label"]):
                self._fault("label", _("Write a label or a text that says what is asked."))
        facts["fills"] = self._fills(given)
        facts |= self._own_facts(kind, given)
        if kind == Kind.BRANCH:
            facts["next"] = self._cases(given)
        elif kind != Kind.OUTCOME:
            facts["next"] = self._next(Step(key=key, kind=kind, options=facts.get("options", {})), given)
        return Step(key=key, kind=kind, **facts)

    def _own_facts(self, kind: Kind, given: dict[str, Any]) -> dict[str, Any]:
        """What only a step of this kind has, besides its ways out."""
        readers: dict[Kind, Callable[[dict[str, Any]], dict[str, Any]]] = {
            Kind.CHOICE: self._options,
            Kind.TEXT: self._pattern,
            Kind.NUMBER: self._limits,
            Kind.VERIFY: self._ways,
            Kind.ACTION: self._webhook,
            Kind.LINK: self._link,
            Kind.TIMER: self._minutes,
            Kind.BRANCH: self._of,
            Kind.OUTCOME: self._outcome,
        }
        return readers[kind](given) if kind in readers else {}

    # Ways out

    def _next(self, step: Step, given: dict[str, Any]) -> dict[str, str]:
        """Every answer needs its way; one word is the way of them all."""
        ways, found = step.answers(), given.get("next")
        names = ", ".join(ways) if ONWARD not in ways else ""
        if found is None:
            self._fault("next", _("Say under “next” which step follows; without it the script ends nowhere."))
            return {}
        if not isinstance(found, Mapping):
            return dict.fromkeys(ways, _word(found))
        if not names:
            self._fault("next", _("This step has one way on: “next: STEP”."))
            return {}
        given_ways = {self._answer(step, name): _word(to) for name, to in found.items()}
        for name in given_ways:
            if name not in ways:
                self._fault(
                    "next",
                    _("“%(name)s” is no answer of this step. Its answers: %(known)s.")
                    % {"name": name, "known": names},
                )
        for name in ways:
            if not given_ways.get(name):
                self._fault("next", _("Say where the answer “%(name)s” leads.") % {"name": name})
        return {name: given_ways[name] for name in ways if given_ways.get(name)}

    @staticmethod
    def _answer(step: Step, name: Any) -> str:
        """YAML reads an unquoted yes as true, and JSON writes that down as a text."""
        word = _word(name)
        if step.kind == Kind.YES_NO:
            return {"true": YES, "false": NO}.get(word.lower(), word)
        return word

    def _cases(self, given: dict[str, Any]) -> dict[str, str]:
        cases = mapping_of(given.get("cases"))
        if not isinstance(cases, Mapping) or not cases:
            self._fault("cases", _("Say under “cases” which value leads to which step."))
            cases = {}
        otherwise = _word(given.get("otherwise"))
        if not otherwise:
            self._fault("otherwise", _("Say under “otherwise” which step follows when no case holds."))
        found = {_word(case): _word(to) for case, to in cases.items()}
        if len(found) > MOST_OPTIONS or OTHERWISE in found or not all(map(CHOSEN.fullmatch, found)):
            self._fault(
                "cases", _("Give 1 to %(n)d cases, each of 1 to 60 characters.") % {"n": MOST_OPTIONS}
            )
        return {case: to for case, to in found.items() if case != OTHERWISE} | {OTHERWISE: otherwise}

    def _check_targets(self, script: Script, known: set[str]) -> None:
        for step in script.steps.values():
            self.key = step.key
            for answer, to in step.next.items():
                if to and to not in known:
                    name = "cases" if step.kind == Kind.BRANCH else "next"
                    name = "otherwise" if answer == OTHERWISE else name
                    self._fault(name, _("There is no step “%(to)s”. Add it, or lead elsewhere.") % {"to": to})
            if step.kind == Kind.BRANCH and step.of and not step.reads_ticket:
                self._check_branch(step, script.steps.get(step.of))

    def _check_branch(self, step: Step, of: Step | None) -> None:
        if of is None or of.kind not in READABLE:
            self._fault(
                "of",
                _("“%(of)s” is no step that asks something. Name one of kind %(kinds)s, or ticket.FIELD.")
                % {"of": step.of, "kinds": get_text_list(list(READABLE), _("or"))},
            )
            return
        cases = [case for case in step.next if case != OTHERWISE]
        closed = {_yes_no(case) if of.kind == Kind.YES_NO else case for case in cases}
        possible = of.answers()
        wrong = sorted(closed - set(possible)) if ONWARD not in possible else []
        if of.kind == Kind.NUMBER:
            wrong = [case for case in cases if not COMPARED.fullmatch(case)]
        if wrong:
            known = ", ".join(possible) if ONWARD not in possible else "5, < 5, >= 5"
            self._fault(
                "cases",
                _("“%(name)s” is never the answer of “%(of)s”. Choose from: %(known)s.")
                % {"name": wrong[0], "of": of.key, "known": known},
            )

    # Single facts

    def _text(self, given: dict[str, Any]) -> str:
        text = _word(given.get("text")).replace("\x00", "").replace("\r\n", "\n")
        if len(text) > LONGEST_TEXT:
            self._fault(
                "text",
                _(
                    "This is too long: at most %(n)d characters a step. Put the rest into an article and link it."
                )
                % {"n": LONGEST_TEXT},
            )
        return text

    def _line(self, given: dict[str, Any], name: str, *, needed: str = "") -> str:
        text = " ".join(_word(given.get(name)).replace("\x00", "").split())
        if not text and needed:
            self._fault(name, needed)
        if len(text) > LONGEST_LINE:
            self._fault(name, _("At most %(n)d characters.") % {"n": LONGEST_LINE})
        return text

    def _flag(self, given: dict[str, Any], name: str) -> bool:
        value = given.get(name, True)
        if not isinstance(value, bool):
            self._fault(name, _("Give true or false."))
        return value is not False

    def _fills(self, given: dict[str, Any]) -> str:
        fills = self._line(given, "fills")
        item = fills.removeprefix(CHECKLIST).strip() if fills.startswith(CHECKLIST) else ""
        if fills and fills not in (SUMMARY, TRIED) and not item:
            self._fault("fills", _("It can fill summary, tried, or checklist:WORDS OF THE ITEM."))
        return fills

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        options = mapping_of(given.get("options"))
        if not isinstance(options, Mapping) or not 2 <= len(options) <= MOST_OPTIONS:
            self._fault(
                "options", _("Give 2 to %(n)d options, each a name with its words.") % {"n": MOST_OPTIONS}
            )
            return {"options": {}}
        found = {_word(name): _word(words) or _word(name) for name, words in options.items()}
        for name, words in found.items():
            if not CHOSEN.fullmatch(name) or len(words) > LONGEST_LINE:
                self._fault(
                    "options",
                    _("“%(name)s”: a name has 1 to 60 characters, its words at most 200.")
                    % {"name": name[:60]},
                )
        return {"options": found}

    def _pattern(self, given: dict[str, Any]) -> dict[str, Any]:
        pattern = _word(given.get("pattern"))
        try:
            tame(pattern)
        except Untame as error:
            self._fault("pattern", str(error))
        return {"pattern": pattern}

    def _limits(self, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, float | None] = {"min": None, "max": None}
        for name in found:
            value = given.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                self._fault(name, _("Give a number."))
            elif abs(value) > 1e15:
                self._fault(name, _("Give a smaller number."))
            else:
                found[name] = float(value)
        if None not in found.values() and found["min"] > found["max"]:  # type: ignore[operator]
            self._fault("max", _("The largest number lies below the smallest."))
        return found

    def _ways(self, given: dict[str, Any]) -> dict[str, Any]:
        ways = given.get("ways", list(WAYS))
        found = [_word(way) for way in ways] if isinstance(ways, list | tuple) else []
        if not found or not set(found) <= set(WAYS):
            self._fault("ways", _("Choose from: %(known)s.") % {"known": ", ".join(WAYS)})
        return {"ways": tuple(way for way in WAYS if way in found)}

    def _webhook(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"webhook": self._line(given, "webhook", needed=_("Name the webhook that does it."))}

    def _of(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"of": self._line(given, "of", needed=_("Say what it looks at: a step, or ticket.FIELD."))}

    def _link(self, given: dict[str, Any]) -> dict[str, Any]:
        article, url = self._line(given, "article"), self._line(given, "url")
        if bool(article) == bool(url):
            self._fault("article", _("Name an article or an address (url), one of the two."))
        if url and not re.match(r"https?://[^/\s]", url):
            self._fault("url", _("An address begins with https:// and names a host."))
        return {"article": article, "url": url}

    def _minutes(self, given: dict[str, Any]) -> dict[str, Any]:
        minutes = given.get("minutes")
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= LONGEST_WAIT:
            self._fault("minutes", _("Say how many minutes: 1 to %(n)d.") % {"n": LONGEST_WAIT})
            return {"minutes": 1}
        return {"minutes": minutes}

    def _outcome(self, given: dict[str, Any]) -> dict[str, Any]:
        facts = {name: self._line(given, name) for name in ("act", "code", "tier", "team", "reason", "sop")}
        needs = {RESOLVE: ("code",), HAND_OVER: (), NEXT_SOP: ("sop",)}
        takes = {RESOLVE: ("code",), HAND_OVER: ("tier", "team", "reason"), NEXT_SOP: ("sop",)}
        act = facts["act"]
        if act not in ACTS:
            self._fault("act", _("Say how it ends: %(known)s.") % {"known": ", ".join(ACTS)})
            return facts
        for name in needs[act]:
            if not facts[name]:
                self._fault(name, _("The outcome “%(act)s” needs “%(name)s”.") % {"act": act, "name": name})
        if act == HAND_OVER and not (facts["tier"] or facts["team"]):
            self._fault("tier", _("Say to which tier (L2) or team it goes."))
        if facts["tier"] and not TIER.fullmatch(facts["tier"]):
            self._fault("tier", _("A tier is written L0 to L4."))
        for name, value in facts.items():
            if value and name != "act" and name not in takes[act]:
                self._fault(name, _("The outcome “%(act)s” has no “%(name)s”.") % {"act": act, "name": name})
        return facts

    def _fault(self, name: str, message: str) -> None:
        self.faults.append(Fault(self.key, name, message))


def _yes_no(word: str) -> str:
    return {"true": YES, "false": NO}.get(word.lower(), word)


def _word(value: Any) -> str:
    """A value as text: YAML reads an unquoted yes as true."""
    if value is None or isinstance(value, Mapping | list):
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    return str(value).strip()
