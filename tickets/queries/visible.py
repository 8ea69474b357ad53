"""Queries over what a person may open, written and planned once for all whose access has the same shape.

`visible_to` asks up to ten things of a person and takes longer to write than PostgreSQL to answer by a key. What it
asks is of two kinds: what decides which conditions there are (tiers, roles, how many teams), and keys that
stand in them. The first is the shape; the second are parameters. A stand-in with places for keys goes through
`visible_to` itself, so there is no second rule.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from accounts.models import Organisation, User
from accounts.models.people import Seat
from accounts.prepared import Prepared

Row = TypeVar("Row")

MOST_SHAPES = 64
"""Of one query. Each is a plan in every connection; whoever comes later is asked for plainly."""


class PreparedFor(Generic[Row]):
    """Rows by a person and parameters. `build` gets the person, then a number for each name, as for `Prepared`."""

    def __init__(
        self, build: Callable[..., "QuerySet[Any, Row]"], *names: str, keeps_plan: bool = True
    ) -> None:
        self.build, self.names, self.keeps_plan = build, names, keeps_plan
        self._known: dict[Any, Prepared[Row]] = {}

    def __call__(self, person: User, **values: Any) -> list[Row]:
        if not person.is_active or not person.is_authenticated:
            return []
        shape, keys = _shape(person), _keys(person)
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= MOST_SHAPES:
                return list(self.build(person, **values))
            known = self._known[shape] = Prepared(
                self._written_for(person), *self.names, *keys, keeps_plan=self.keeps_plan
            )
        return known(**values, **keys)

    def first(self, person: User, **values: Any) -> Row | None:
        return next(iter(self(person, **values)), None)

    def _written_for(self, person: User) -> Callable[..., "QuerySet[Any, Row]"]:
        def build(**places: int) -> "QuerySet[Any, Row]":
            asked = {name: places.pop(name) for name in self.names}
            return self.build(_stand_in(person, places), **asked)

        return build


def access_of(person: User) -> tuple[Any, ...]:
    """All that what they may open depends on; with it a query that was written for them once holds again."""
    return person.is_active, person.is_authenticated, _shape(person), tuple(_keys(person).items())


def _shape(person: User) -> tuple[Any, ...]:
    """All that decides how `visible_to` is written for this person."""
    return (
        person.is_administrator,
        person.is_manager,
        person.sees_organisation,
        person.organisation_id is None,
        *((seat.role, *_rights(seat), seat.is_vendor, len(seat.serves)) for seat in person.seats),
    )


def _rights(seat: Seat) -> tuple[int, str, int, bool]:
    return seat.tier, seat.sees, seat.clearance, seat.writes


def _keys(person: User) -> dict[str, int]:
    """The keys that stand in the conditions, by name."""
    keys = {"person": person.pk}
    if person.organisation_id is not None:
        keys["organisation"] = person.organisation_id
    for at, seat in enumerate(person.seats):
        keys[f"team {at}"] = seat.team_id
        if seat.vendor_id is not None:
            keys[f"vendor {at}"] = seat.vendor_id
        keys |= {f"served {at} {number}": key for number, key in enumerate(seat.serves)}
    return keys


def _stand_in(person: User, places: dict[str, int]) -> User:
    """Somebody of the same shape, with places for keys."""
    stand_in = User(
        pk=places["person"],
        organisation_id=places.get("organisation"),
        is_administrator=person.is_administrator,
        is_manager=person.is_manager,
        sees_organisation=person.sees_organisation,
    )
    stand_in.seats = [_seat(seat, at, places) for at, seat in enumerate(person.seats)]
    return stand_in


def _seat(seat: Seat, at: int, places: dict[str, int]) -> Seat:
    vendor = places.get(f"vendor {at}")
    return Seat(
        places[f"team {at}"],
        "",
        seat.role,
        *_rights(seat),
        vendor,
        None if vendor is None else Organisation.Kind.VENDOR,
        [places[f"served {at} {number}"] for number in range(len(seat.serves))],
    )
