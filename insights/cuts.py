"""What part of the record a figure is about: a period, and whatever narrows it. One form for pages, reports and
exports, so that a number and the list behind it are asked for in the same words.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

LONGEST = timedelta(days=366 * 10)
NONE = -1
"""In a cut: those that have no organisation, category or policy."""


class Dimension(StrEnum):
    """By what figures are broken down."""

    KIND = "kind"
    PRIORITY = "priority"
    TIER = "tier"
    TEAM = "team"
    ORGANISATION = "organisation"
    CATEGORY = "category"
    CHANNEL = "channel"
    POLICY = "policy"


class Step(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """Whole days of the desk's time zone, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def step(self) -> Step:
        """Into what a trend over it is cut: at most some sixty points."""
        if self.days <= 62:
            return Step.DAY
        return Step.WEEK if self.days <= 190 else Step.MONTH

    def before(self) -> "Period":
        """The period of the same length right before it."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


@dataclass(frozen=True)
class Scope:
    """What of the record somebody's figures may count.

    `teams` None: all of them, else only tickets that these teams resolved or have. `organisation` 0: all of them.
    """

    teams: frozenset[int] | None = None
    organisation: int = 0

    @property
    def is_everything(self) -> bool:
        return self.teams is None and not self.organisation


@dataclass(frozen=True)
class Cut:
    """A period and what narrows it; 0 and "" narrow nothing, NONE means those that have none. `scope` is the reader's
    and cannot be widened."""

    period: Period
    scope: Scope = Scope()
    kind: str = ""
    priority: int = 0
    level: int | None = None
    team: int = 0
    organisation: int = 0
    category: int = 0
    """With all below it, unless `category_alone`."""
    category_alone: bool = False
    channel: str = ""
    policy: int = 0
    """A policy version."""

    def within(self, **changes: object) -> "Cut":
        return replace(self, **changes)  # type: ignore[arg-type]


LABELS = {
    Dimension.KIND: _("kind"),
    Dimension.PRIORITY: _("priority"),
    Dimension.TIER: _("tier"),
    Dimension.TEAM: _("team"),
    Dimension.ORGANISATION: _("organisation"),
    Dimension.CATEGORY: _("category"),
    Dimension.CHANNEL: _("channel"),
    Dimension.POLICY: _("policy version"),
}
