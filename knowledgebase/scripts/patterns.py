"""Patterns that authors write for answers, as far as they cannot keep a server busy.

Python's matcher tries one way after the other, and some patterns have more ways than there is time. So the ways are
counted beforehand, as an upper bound on an answer of full length, and what could take long is refused.
"""

import re
from re import _constants as ops  # the same names that the parser below yields
from re import _parser as parser  # no other part of Python tells what is in a pattern
from typing import Any

from django.utils.translation import gettext as _

LONGEST_PATTERN = 200
LONGEST_ANSWER = 200
"""Characters that are compared with a pattern."""
MOST_WAYS = 200_000


class Untame(ValueError):
    """A pattern that cannot be used; the sentence says what to do."""


def tame(pattern: str) -> None:
    """Nothing, if the pattern may be used.

    Raises:
        Untame: it cannot be read, or it could take long.
    """
    if not pattern:
        return
    if len(pattern) > LONGEST_PATTERN or "\x00" in pattern:
        raise Untame(_("A pattern has at most %(n)d characters.") % {"n": LONGEST_PATTERN})
    try:
        re.compile(pattern)
        ways = _ways(parser.parse(pattern))
    except (re.error, RecursionError, OverflowError) as error:
        raise Untame(_("This is no pattern: %(why)s.") % {"why": error}) from error
    if ways > MOST_WAYS:
        raise Untame(
            _(
                "This pattern could take very long. Say how often with numbers, such as [0-9]{1,3}, and nest less."
            )
        )


def matches(pattern: str, answer: str) -> bool:
    """Whether the whole answer is of this pattern, which must be tame."""
    return not pattern or (len(answer) <= LONGEST_ANSWER and bool(re.fullmatch(pattern, answer)))


def _ways(parts: Any) -> int:
    """In how many ways at most these parts can match, one after the other."""
    found = 1
    for op, value in parts:
        found = min(found * _ways_of(op, value), MOST_WAYS + 1)
    return found


def _ways_of(op: Any, value: Any) -> int:
    if op in (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN, ops.AT, ops.CATEGORY, ops.RANGE):
        return 1
    if op is ops.SUBPATTERN:
        return _ways(value[-1])
    if op is ops.BRANCH:
        return sum(_ways(part) for part in value[1])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        least, most, inner = int(value[0]), min(int(value[1]), LONGEST_ANSWER), _ways(value[2])
        if least > LONGEST_ANSWER:
            return 1
        if inner == 1:
            return max(1, most - least + 1)
        together: int = inner ** min(most, 20)
        return min(together, MOST_WAYS + 1) * max(1, most - least + 1)
    raise Untame(_("Leave out looking ahead and behind, conditions and back references."))
