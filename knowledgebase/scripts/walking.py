"""A script as a machine: given the answers so far, the way they have led and the step that is to be answered.

Each answered step has a place on the way: 0, 1, 2. A newer answer at a place overrules the older one; what was
answered after it counts for as long as the way still leads through the same steps.
"""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from knowledgebase.scripts.patterns import LONGEST_ANSWER, matches
from knowledgebase.scripts.reading import COMPARED
from knowledgebase.scripts.spec import ONWARD, OTHERWISE, WRITTEN, Kind, Script, Step

LONGEST_WORDS = 10_000
LONGEST_WAY = 500
"""Places on a way: whoever goes round this often is not helped by the script."""

Readings = Mapping[str, Collection[str]]
"""By field of the ticket all texts that stand for its value, in small letters: its code, its label."""


class NotAnAnswer(ValueError):
    """What was given is no answer of this step; the sentence says what is."""


@dataclass(frozen=True)
class Answer:
    """What was answered at a place: the step it belongs to, and the value that decides where it leads."""

    step: str
    value: str
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Passed:
    """A place on the way: its step and its answer."""

    place: int
    step: Step
    answer: Answer


@dataclass(frozen=True)
class Position:
    """Where a run stands. `needs` names the field of the ticket without which a branch cannot be passed."""

    path: tuple[Passed, ...]
    step: Step
    needs: str = ""

    @property
    def place(self) -> int:
        return len(self.path)

    @property
    def is_ended(self) -> bool:
        return self.step.is_end

    @property
    def is_verified(self) -> bool:
        return any(
            passed.step.kind == Kind.VERIFY and passed.answer.value == "passed" for passed in self.path
        )


def walk(script: Script, answers: Mapping[int, Answer], readings: Readings | None = None) -> Position:
    """Follow the answers from the start until a step that has none.

    Branches are passed through. The way ends at an outcome, or at a branch whose field is not among the readings.
    """
    path: list[Passed] = []
    known: dict[str, str] = {}
    step = script[script.start]
    while True:
        branches = 0
        while step.is_passed_through:
            if step.reads_ticket and step.reads_ticket not in (readings or {}):
                return Position(tuple(path), step, step.reads_ticket)
            step, branches = script[way_of(step, known, readings or {})], branches + 1
            if branches > len(script.steps):
                raise RuntimeError(f"The branches lead round from {step.key!r}: the script was not checked.")
        answer = answers.get(len(path))
        if (
            step.is_end
            or answer is None
            or answer.step != step.key
            or answer.value not in ways_of(step, answer)
        ):
            return Position(tuple(path), step)
        path.append(Passed(len(path), step, answer))
        known[step.key] = answer.value
        step = script[step.next[ONWARD if ONWARD in step.next else answer.value]]


def ways_of(step: Step, answer: Answer) -> Collection[str]:
    """The answers that lead on; of what is typed any."""
    return (answer.value,) if ONWARD in step.next else step.next


def way_of(step: Step, known: Mapping[str, str], readings: Readings) -> str:
    """Where a branch leads, by the first case that holds."""
    for case, to in step.next.items():
        if case != OTHERWISE and holds(step, case, known, readings):
            return to
    return step.next[OTHERWISE]


def holds(step: Step, case: str, known: Mapping[str, str], readings: Readings) -> bool:
    if step.reads_ticket:
        return case.casefold() in readings[step.reads_ticket]
    if step.of not in known:
        return False
    return is_case(case, known[step.of])


def is_case(case: str, value: str) -> bool:
    """Whether a value is what the case names; numbers are compared as such."""
    compared, number = COMPARED.fullmatch(case), _number(value)
    if compared is None or number is None:
        return {"true": "yes", "false": "no"}.get(case.lower(), case).casefold() == value.casefold()
    limit = float(compared[2])
    match compared[1]:
        case "<":
            return number < limit
        case "<=":
            return number <= limit
        case ">":
            return number > limit
        case ">=":
            return number >= limit
    return number == limit


def read_answer(step: Step, given: str) -> str:
    """The answer of a person as it is kept. Files, verifications and actions are answered by what happened.

    Raises:
        NotAnAnswer: saying what is one.
    """
    given = given.replace("\x00", "").replace("\r\n", "\n").strip()
    if step.kind in WRITTEN:
        return _typed(step, given)
    known = step.answers()
    if ONWARD in known:
        return ONWARD
    if given not in known:
        raise NotAnAnswer(_("Choose one of the answers."))
    return given


def _typed(step: Step, given: str) -> str:
    if not given:
        if step.required:
            raise NotAnAnswer(_("This is needed to go on."))
        return ""
    if step.kind == Kind.NUMBER:
        return _counted(step, given)
    if step.pattern and not matches(step.pattern, given):
        raise NotAnAnswer(
            _("This does not look right. Expected: %(pattern)s, at most %(n)d characters.")
            % {"pattern": step.pattern, "n": LONGEST_ANSWER}
        )
    if len(given) > LONGEST_WORDS:
        raise NotAnAnswer(_("At most %(n)d characters.") % {"n": LONGEST_WORDS})
    return given


def _counted(step: Step, given: str) -> str:
    number = _number(given.replace(",", ".") if "." not in given else given)
    if number is None:
        raise NotAnAnswer(_("Give a number, such as 12 or 0.5."))
    if step.min is not None and number < step.min:
        raise NotAnAnswer(_("At least %(n)s.") % {"n": short(step.min)})
    if step.max is not None and number > step.max:
        raise NotAnAnswer(_("At most %(n)s.") % {"n": short(step.max)})
    return short(number)


def _number(text: str) -> float | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}([.][0-9]{1,9})?", text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def short(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")
