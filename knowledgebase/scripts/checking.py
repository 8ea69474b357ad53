"""Whether a script always ends: every way that answers can take is gone, in what a branch can tell apart.

What is explored are situations: the step, the answers that branches read (by representatives: for a number one
below, at and above each limit), and whether the caller was verified. From each there must be a way to an outcome.
A field of the ticket counts as fixed once it was read, as it is in a run. So a loop is found wherever it lies,
also one whose way out hangs on an answer that nobody is asked again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from knowledgebase.scripts.reading import COMPARED
from knowledgebase.scripts.spec import (
    NO,
    ONWARD,
    OTHERWISE,
    PASSED,
    RESOLVE,
    YES,
    Fault,
    Faulty,
    Kind,
    Script,
    Step,
)
from knowledgebase.scripts.walking import NotAnAnswer, is_case, read_answer, short

MOST_SITUATIONS = 20_000
NOTHING_KNOWN = "\0"
"""Stands for any value that no case names."""

Known = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Situation:
    step: str
    known: Known = ()
    is_verified: bool = False


def check(script: Script) -> Script:
    """The script, if it may be used.

    Raises:
        Faulty: a step that no way leads to, one from which no way leads to an outcome, or one that needs a verified
            caller and can be reached without.
    """
    faults = list(faults_of(script))
    if faults:
        raise Faulty(faults)
    return script


def faults_of(script: Script) -> Iterator[Fault]:
    ways = _explore(script)
    if ways is None:
        message = _("Too many branches hang on each other. Split the script: “next_sop” leads to another.")
        yield Fault("", "steps", message)
        return
    reached = {situation.step for situation in ways}
    for key in script.steps:
        if key not in reached:
            message = _("No way leads to this step. Lead another step to it, or delete it.")
            yield Fault(key, "key", message)
    lost = _without_end(script, ways)
    first = next((situation for situation in ways if situation in lost), None)
    if first is not None:
        yield Fault(first.step, "next", _lost(script, _round(first, ways, lost)))
    if script.requires_verification:
        yield from _unverified(script, ways)


def _explore(script: Script) -> dict[Situation, list[Situation]] | None:
    """All situations with those that follow, in the order in which they are met; None when they are too many."""
    read = script.read_by_branches()
    begin = Situation(script.start)
    ways: dict[Situation, list[Situation]] = {begin: []}
    waiting = [begin]
    for situation in waiting:
        for follower in _followers(script, situation, read):
            ways[situation].append(follower)
            if follower not in ways:
                if len(ways) >= MOST_SITUATIONS:
                    return None
                ways[follower] = []
                waiting.append(follower)
    return ways


def _followers(script: Script, here: Situation, read: dict[str, list[str]]) -> Iterator[Situation]:
    step, known = script[here.step], dict(here.known)
    if step.is_end:
        return
    if step.is_passed_through:
        for to, after in _passing(step, known):
            yield Situation(to, _sorted(after), here.is_verified)
        return
    is_verified = here.is_verified
    for answer in answers_to_try(step, read.get(step.key, ())):
        to = step.next[ONWARD if ONWARD in step.next else answer]
        after = known | {step.key: answer} if step.key in read else known
        passed = step.kind == Kind.VERIFY and answer == PASSED
        yield Situation(to, _sorted(after), is_verified or passed)


def _passing(step: Step, known: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where a branch can lead, and what is known then. What is unknown of a ticket is supposed both ways.

    Several cases may hold for a ticket: a category is also all that lie above it.
    """
    for case, to in step.next.items():
        if case == OTHERWISE:
            continue
        if not step.reads_ticket:
            if step.of in known and is_case(case, known[step.of]):
                yield to, known
                return
            continue
        name = f"{step.of}={case.casefold()}"
        if known.get(name) == NO:
            continue
        yield to, known | {name: YES}
        if name in known:
            return
        known = known | {name: NO}
    yield step.next[OTHERWISE], known


def _sorted(known: dict[str, str]) -> Known:
    return tuple(sorted(known.items()))


def answers_to_try(step: Step, cases: Iterable[str]) -> list[str]:
    """Answers that stand for all: each of a closed list; of what is typed one for each case that can come about."""
    closed = list(step.answers())
    if ONWARD not in closed:
        return closed
    cases = list(cases)
    if not cases:
        return [ONWARD]
    if step.kind != Kind.NUMBER:
        return [case for case in cases if _can_be(step, case)] + [NOTHING_KNOWN]
    limits = [float(found[2]) for case in cases if (found := COMPARED.fullmatch(case))]
    edges = [edge for edge in (step.min, step.max) if edge is not None]
    marks = sorted({*limits, *edges})
    between = [(one + other) / 2 for one, other in pairwise(marks)]
    tried = [short(value) for value in sorted({marks[0] - 1, *marks, *between, marks[-1] + 1})]
    return [value for value in tried if _can_be(step, value)] + ([] if step.required else [""])


def _can_be(step: Step, answer: str) -> bool:
    try:
        read_answer(step, answer)
    except NotAnAnswer:
        return False
    return True


def _without_end(script: Script, ways: dict[Situation, list[Situation]]) -> set[Situation]:
    """The situations from which no way leads to an outcome."""
    from_: dict[Situation, list[Situation]] = {}
    for situation, followers in ways.items():
        for follower in followers:
            from_.setdefault(follower, []).append(situation)
    waiting = [situation for situation in ways if script[situation.step].is_end]
    ending = set(waiting)
    for situation in waiting:
        for before in from_.get(situation, ()):
            if before not in ending:
                ending.add(before)
                waiting.append(before)
    return set(ways) - ending


def _round(begin: Situation, ways: dict[Situation, list[Situation]], lost: set[Situation]) -> list[str]:
    """The steps that are gone round from here, in order."""
    seen: list[Situation] = []
    here = begin
    while here not in seen and ways[here]:
        seen.append(here)
        here = next(follower for follower in ways[here] if follower in lost)
    steps = seen[seen.index(here) :] if here in seen else seen
    return list(dict.fromkeys(situation.step for situation in steps))


def _lost(script: Script, steps: list[str]) -> str:
    names = " › ".join(steps)
    if all(script[step].is_passed_through for step in steps):
        return _("%(names)s go round without anybody being asked. Lead one of them out.") % {"names": names}
    return _(
        "From here no answer leads to an outcome: it goes round through %(names)s. Lead an answer out of it."
    ) % {"names": names}


def _unverified(script: Script, ways: dict[Situation, list[Situation]]) -> Iterator[Fault]:
    """Steps that act or resolve and can be reached by a caller whom nobody has verified."""
    reached = {situation.step for situation in ways if not situation.is_verified}
    for key, step in script.steps.items():
        if key in reached and (step.kind == Kind.ACTION or step.act == RESOLVE):
            message = _(
                "It can be reached without a verified caller. Lead to it only from the answer “passed” of a step"
                " “verify”."
            )
            yield Fault(key, "key", message)
