"""What a script says, as plain data: its steps, and where each leads. `reading` reads it, `to_json` writes it back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"`+|\*+(?=\S)|(?<=\S)\*+|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)|\\(?=[^\w\s\\])")
FIELD_OF_TICKET = re.compile(r"ticket\.([a-z][a-z0-9_.]{0,60})")

YES, NO = "yes", "no"
PASSED, FAILED = "passed", "failed"
OK = "ok"
ONWARD = ""
"""The answer of a step that has one way out."""
OTHERWISE = "*"
"""The way of a branch that no case takes."""
ON_TICKET = "ticket."

SUMMARY, TRIED, CHECKLIST = "summary", "tried", "checklist:"
CALL_BACK, CODE, MANAGER = "call_back", "code", "manager"
RESOLVE, HAND_OVER, NEXT_SOP = "resolve", "hand_over", "next_sop"
ACTS = (RESOLVE, HAND_OVER, NEXT_SOP)


class Kind(StrEnum):
    INSTRUCTION = "instruction"
    YES_NO = "yes_no"
    CHOICE = "choice"
    TEXT = "text"
    NUMBER = "number"
    FILE = "file"
    VERIFY = "verify"
    ACTION = "action"
    BRANCH = "branch"
    LINK = "link"
    TIMER = "timer"
    OUTCOME = "outcome"


LABELS: dict[Kind, Promise] = {
    Kind.INSTRUCTION: gettext_lazy("Instruction"),
    Kind.YES_NO: gettext_lazy("Yes or no"),
    Kind.CHOICE: gettext_lazy("Choice"),
    Kind.TEXT: gettext_lazy("Text"),
    Kind.NUMBER: gettext_lazy("Number"),
    Kind.FILE: gettext_lazy("File"),
    Kind.VERIFY: gettext_lazy("Verify the caller"),
    Kind.ACTION: gettext_lazy("Action"),
    Kind.BRANCH: gettext_lazy("Branch"),
    Kind.LINK: gettext_lazy("Link"),
    Kind.TIMER: gettext_lazy("Timer"),
    Kind.OUTCOME: gettext_lazy("Outcome"),
}
WAYS: dict[str, Promise] = {
    CALL_BACK: gettext_lazy("called back on the number on file"),
    CODE: gettext_lazy("a code sent to the address on file"),
    MANAGER: gettext_lazy("the manager on file vouches"),
}
ACT_LABELS: dict[str, Promise] = {
    RESOLVE: gettext_lazy("resolve the ticket"),
    HAND_OVER: gettext_lazy("hand the ticket over"),
    NEXT_SOP: gettext_lazy("go on with another script"),
}

WRITTEN = (Kind.TEXT, Kind.NUMBER)
"""Steps whose answer is typed."""
READABLE = (Kind.YES_NO, Kind.CHOICE, Kind.TEXT, Kind.NUMBER, Kind.VERIFY)
"""Steps whose answer a branch can read."""
FILLING = (Kind.YES_NO, Kind.CHOICE, Kind.TEXT, Kind.NUMBER, Kind.FILE)
"""Steps whose answer can fill in the hand-over."""
NEEDS_TEXT = (Kind.INSTRUCTION, Kind.YES_NO, Kind.CHOICE)

_ASKS = ("text", "label", "next", "fills")
TAKES: dict[Kind, tuple[str, ...]] = {
    Kind.INSTRUCTION: ("text", "next"),
    Kind.YES_NO: _ASKS,
    Kind.CHOICE: (*_ASKS, "options"),
    Kind.TEXT: (*_ASKS, "required", "pattern"),
    Kind.NUMBER: (*_ASKS, "required", "min", "max"),
    Kind.FILE: (*_ASKS, "required"),
    Kind.VERIFY: ("text", "ways", "next"),
    Kind.ACTION: ("text", "webhook", "next"),
    Kind.BRANCH: ("text", "of", "cases", "otherwise"),
    Kind.LINK: ("text", "article", "url", "next"),
    Kind.TIMER: ("text", "minutes", "next"),
    Kind.OUTCOME: ("text", "act", "code", "tier", "team", "reason", "sop"),
}
"""What a step of each kind may say, in the order in which it is written."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong: in which step ("" for the script as a whole), in which of its fields, and the remedy."""

    step: str
    field: str
    message: str
    line: int = 0
    """In the YAML that was read; 0 where there is none."""

    def __str__(self) -> str:
        if not self.step:
            return self.message
        return _("Step “%(step)s”: %(message)s") % {"step": self.step, "message": self.message}


class Faulty(ValueError):
    """A script that cannot be used; `faults` has all that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(map(str, self.faults)))


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `next` says by answer where it leads; of a branch by case, and `OTHERWISE`."""

    key: str
    kind: Kind
    text: str = ""
    label: str = ""
    next: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    required: bool = True
    pattern: str = ""
    min: float | None = None
    max: float | None = None
    fills: str = ""
    ways: tuple[str, ...] = ()
    webhook: str = ""
    article: str = ""
    url: str = ""
    minutes: int = 0
    of: str = ""
    act: str = ""
    code: str = ""
    tier: str = ""
    team: str = ""
    reason: str = ""
    sop: str = ""

    @property
    def name(self) -> str:
        """What it is called in one line: its label, else the first line of its text, else its key."""
        lines = (_without_marks(line) for line in self.text.splitlines())
        return self.label or next(filter(None, lines), self.key.replace("_", " "))

    @property
    def is_end(self) -> bool:
        return self.kind == Kind.OUTCOME

    @property
    def is_passed_through(self) -> bool:
        """Nobody is asked: the way follows from what is known."""
        return self.kind == Kind.BRANCH

    @property
    def reads_ticket(self) -> str:
        """The field of the ticket that a branch reads; empty where it reads an answer."""
        found = FIELD_OF_TICKET.fullmatch(self.of)
        return found[1] if found else ""

    def says(self, answer: str) -> str:
        """A way out in words: its answer, the case of a branch, nothing where there is but one."""
        if answer == OTHERWISE:
            return str(_("otherwise"))
        if self.kind == Kind.BRANCH or answer == ONWARD:
            return answer
        return str(self.answers().get(answer, answer))

    def answers(self) -> dict[str, str]:
        """What can be answered, with its words, where that is a closed list; a single way has the answer ONWARD."""
        match self.kind:
            case Kind.YES_NO:
                return {YES: _("Yes"), NO: _("No")}
            case Kind.CHOICE:
                return dict(self.options)
            case Kind.VERIFY:
                return {PASSED: _("Verified"), FAILED: _("Not verified")}
            case Kind.ACTION:
                return {OK: _("Done"), FAILED: _("Failed")}
        return {} if self.kind in (Kind.BRANCH, Kind.OUTCOME) else {ONWARD: ""}


@dataclass(frozen=True)
class Script:
    """The steps by key in the order in which they are written, and the first of them."""

    start: str
    steps: Mapping[str, Step]
    requires_verification: bool = False

    def __getitem__(self, key: str) -> Step:
        return self.steps[key]

    def read_by_branches(self) -> dict[str, list[str]]:
        """What branches read (a step's key or `ticket.FIELD`), with all cases that ask about it."""
        found: dict[str, list[str]] = {}
        for step in self.steps.values():
            if step.kind == Kind.BRANCH:
                found.setdefault(step.of, []).extend(case for case in step.next if case != OTHERWISE)
        return found


# --- writing ---


def to_mapping(script: Script) -> dict[str, Any]:
    """As people write it: reading it back yields the same script."""
    found: dict[str, Any] = {"start": script.start}
    if script.requires_verification:
        found["requires_verification"] = True
    return found | {"steps": {key: _written(step) for key, step in script.steps.items()}}


def to_json(script: Script) -> dict[str, Any]:
    """As it is stored: the same script is the same JSON."""
    return in_order(to_mapping(script))


def in_order(json: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as it is stored, be it a script or not: the database forgets the order of names, so lists keep it."""
    steps = json.get("steps")
    if not isinstance(steps, Mapping):
        return dict(json)
    kept = {str(key): _pairs_of(step) for key, step in steps.items()}
    return {**json, "order": list(kept), "steps": kept}


def in_words(json: Any) -> Any:
    """What was stored as people write it, in its order; for what goes out of the database."""
    if not isinstance(json, Mapping) or not isinstance(json.get("steps"), Mapping):
        return json
    steps = ordered(json["steps"], json.get("order"))
    rest = {name: value for name, value in json.items() if name not in ("order", "steps")}
    first = {name: rest.pop(name) for name in ("start", "requires_verification") if name in rest}
    return {**first, **rest, "steps": {key: _mappings_of(step) for key, step in steps.items()}}


def ordered(steps: Mapping[str, Any], order: Any) -> dict[str, Any]:
    """The steps in the order that was kept beside them."""
    names = [name for name in order if name in steps] if isinstance(order, list) else []
    return {name: steps[name] for name in dict.fromkeys([*map(str, names), *steps])}


def _pairs_of(step: Any) -> Any:
    if not isinstance(step, Mapping):
        return step
    return {
        name: [[key, each] for key, each in value.items()]
        if name in WHERE_ORDER_COUNTS and isinstance(value, Mapping)
        else value
        for name, value in step.items()
    }


def _mappings_of(step: Any) -> Any:
    if not isinstance(step, Mapping):
        return step
    names = [*("kind", *TAKES.get(step.get("kind", ""), ())), *step]
    return {
        name: mapping_of(step[name]) if name in WHERE_ORDER_COUNTS else step[name]
        for name in dict.fromkeys(names)
        if name in step
    }


def mapping_of(pairs: Any) -> Any:
    """Pairs as a mapping; whatever else it is stays."""
    if isinstance(pairs, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return {key: value for key, value in pairs if isinstance(key, str)}
    return pairs


WHERE_ORDER_COUNTS = ("options", "cases")


def _written(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": str(step.kind)}
    for name in TAKES[step.kind]:
        match name:
            case "next":
                found["next"] = step.next[ONWARD] if set(step.next) == {ONWARD} else dict(step.next)
            case "cases":
                found["cases"] = {case: to for case, to in step.next.items() if case != OTHERWISE}
            case "otherwise":
                found["otherwise"] = step.next[OTHERWISE]
            case "required":
                found |= {} if step.required else {"required": False}
            case "options":
                found["options"] = dict(step.options)
            case "ways":
                found["ways"] = list(step.ways)
            case "min" | "max":
                limit = getattr(step, name)
                found |= {} if limit is None else {name: int(limit) if limit == int(limit) else limit}
            case _:
                found |= {name: value} if (value := getattr(step, name)) else {}
    return found


def _without_marks(line: str) -> str:
    """One line of Markdown as it is read."""
    return _MARKS.sub("", _LINK.sub(r"\1", line)).strip("#> ").removeprefix("- ")
