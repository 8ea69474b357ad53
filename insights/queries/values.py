"""What a figure is given as, so that pages, exports and the API tell it alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from insights.cuts import Cut

Values = Mapping[str, "Value"]


@dataclass(frozen=True)
class Value:
    """One figure, by its measure's unit.

    A count: `value` and `n` are the count, `of` too. A share: `n` of `of`, `value` between 0 and 1. Seconds, a rating,
    money: `n` is how many tickets are behind it, `of` out of how many. `value` is None where nothing is behind it.
    """

    value: float | None
    n: int
    of: int

    @classmethod
    def count(cls, n: int) -> "Value":
        return cls(n, n, n)

    @classmethod
    def share(cls, n: int, of: int) -> "Value":
        return cls(n / of if of else None, n, of)


@dataclass(frozen=True)
class Group:
    """The figures of one group of a dimension. `cut` narrows to it: its lists and its own page."""

    key: int | str
    """NONE for those that have none."""
    label: str
    values: Values
    cut: Cut


@dataclass(frozen=True)
class Kept:
    """What became of one promise in one group. Its lists are `kept_<metric>`, and that with `.not` or `.excepted`.

    `excepted` of the broken were agreed not to be held against the desk: a second column, `broken` has them too.
    """

    key: int | str
    label: str
    metric: str
    kept: int
    broken: int
    excepted: int
    cut: Cut

    @property
    def value(self) -> Value:
        return Value.share(self.kept, self.kept + self.broken)

    @property
    def with_exceptions(self) -> Value:
        """As it would be if the agreed exceptions had been kept."""
        return Value.share(self.kept + self.excepted, self.kept + self.broken)


@dataclass(frozen=True)
class Bucket:
    """So many from `low` to below `high` seconds; `high` None has no end. `key` opens its list."""

    low: int
    high: int | None
    n: int
    key: str
    label: str


@dataclass(frozen=True)
class Hands:
    """How long resolved tickets lay in one kind of hands at one tier. `key` opens the list of the `n` tickets."""

    who: str
    level: int
    n: int
    seconds: int
    business_seconds: int
    key: str

    @property
    def mean(self) -> float:
        """Business seconds a ticket that lay there."""
        return self.business_seconds / self.n if self.n else 0.0


@dataclass(frozen=True)
class Load:
    """What one technician resolved in the period and has open now. `name` is "" where a setting hides names."""

    person: int
    name: str
    resolved: int
    logged_seconds: int
    """What this person logged on tickets of the cut in the period."""
    open_now: int
    key: str
    """Opens the list of what was resolved, `open_key` that of what is open; "" where names are hidden."""
    open_key: str


@dataclass(frozen=True)
class TierCost:
    """What the resolved tickets cost on one tier: seconds by a rate an hour."""

    level: int
    seconds: int
    cents: int


@dataclass(frozen=True)
class Costs:
    """`logged` of the `tickets` are counted by the minutes that were logged on them, the rest by business time in the
    hands of a tier. Money is in cents of the desk's currency."""

    tiers: list[TierCost]
    tickets: int
    logged: int
    currency: str

    @property
    def cents(self) -> int:
        return sum(tier.cents for tier in self.tiers)

    @property
    def value(self) -> Value:
        """Money a ticket, in the currency, not in cents."""
        return Value(self.cents / 100 / self.tickets if self.tickets else None, self.tickets, self.tickets)
