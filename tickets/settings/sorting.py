"""Putting things into order without JavaScript: a button says which one goes where."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def moved(order: Sequence[Item], asked: str) -> list[Item]:
    """The order after `<place>:up` or `<place>:down`, places counted from 0; nonsense changes nothing."""
    found = list(order)
    place, _colon, way = asked.partition(":")
    if not (place.isascii() and place.isdecimal() and len(place) < 6 and int(place) < len(found)):
        return found
    here = int(place)
    there = here - 1 if way == "up" else here + 1 if way == "down" else here
    if 0 <= there < len(found):
        found[here], found[there] = found[there], found[here]
    return found
