"""Shares and differences of shares with their intervals: what may be said of a number of forms."""

from dataclasses import dataclass
from math import sqrt

Z = 1.959964
"""Of a normal distribution: 95 of 100 intervals hold the truth."""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's: it holds for few forms and for shares near 0 and 1 as well."""
        if not self.whole:
            return 0.0, 1.0
        square = Z * Z
        middle = self.value + square / (2 * self.whole)
        spread = Z * sqrt(self.value * (1 - self.value) / self.whole + square / (4 * self.whole**2))
        below = 1 + square / self.whole
        return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


@dataclass(frozen=True)
class Difference:
    """How much larger one share is than another one, after Newcombe: his hybrid of two Wilson intervals."""

    one: Share
    other: Share

    @property
    def value(self) -> float:
        return self.one.value - self.other.value

    @property
    def interval(self) -> tuple[float, float]:
        low_one, high_one = self.one.interval
        low_other, high_other = self.other.interval
        down = sqrt((self.one.value - low_one) ** 2 + (high_other - self.other.value) ** 2)
        up = sqrt((high_one - self.one.value) ** 2 + (self.other.value - low_other) ** 2)
        return max(-1.0, self.value - down), min(1.0, self.value + up)

    @property
    def is_told(self) -> bool:
        """The interval does not hold zero: there is a difference, and its sign is known."""
        low, high = self.interval
        return bool(self.one.whole and self.other.whole) and (low > 0 or high < 0)
