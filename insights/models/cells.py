"""Counts of a day and of a month, added up from facts: so that a year of a million tickets is a sum over few rows.

**Cells.** Every cell tells kind and priority apart, and one thing more, which its `cube` names: team (with the level),
organisation, category, channel or policy version. So each cube sums up to the whole desk, and one never adds the cells
of two cubes. What narrows further (two of these at once) is counted from `TicketFact` rows: all combinations together
would be as many rows as tickets.

**Restricted tickets** have cells of their own: figures of managers count both, those of leads and organisations leave
them out (`is_restricted`).

Each cube is there by day and by month (`grain`). `insights.queries.cells.covering(period)` takes whole months where a
period holds some and days at its edges, so that a year reads twelve months and no days; a trend by day or week asks
for days alone. Never sum over both grains.

**By which day.** `opened` stands on the day of opening; `ended` and `cancelled` on the day it ended; all other
columns on the day of the last resolution (`TicketFact.resolved_on`), also what happened before it. What is not counted
(`TicketFact.is_counted`) is in no cell. Sums of seconds belong to a count: `response_*` to `responded`,
`resolution_*` to `resolved`, `minutes` to `worked`, `rating_sum` to `rated`.

**Promises** are told of tickets: one that three tiers accepted counts once, by the worst of the three. `broken_*`
includes the excepted ones; `excepted_*` are those whose every broken one has an agreed exception. What is not decided
yet is in neither.

**What is more than a count** (`DeskCell`, see `Told`) is told of the whole desk by day and by month, and of each team,
organisation and channel by month alone: the days at the edges of a period come from facts then.

**Distributions** are some of it: bucket n holds the seconds from the (n - 1)th to below the nth of `BUCKETS`, which are
at most 10 % apart and have every round time among them. A quantile that is read from them is less than 5 % off (the
middle of a bucket stands for it).

Written by `insights.operations.keeping` and `manage.py rebuild_facts` alone, from one statement
(`insights.queries.counting`). No column is a foreign key: a cell outlives what it names.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, log

from django.db import models
from django.utils.translation import gettext_lazy as _

from sla.models import Metric

MINUTE, HOUR, DAY = 60, 3_600, 86_400
ROUND = (
    *(1, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 3_650 * DAY),
)
"""Times at which a bucket begins for certain, so that what is shown between two of them is exact."""
BUCKET_RATIO = 1.1
"""By how much the end of a bucket is longer than its beginning, at most (beyond the first seconds)."""


def _buckets() -> Iterator[int]:
    """Between two round times as many steps of the same ratio as it takes."""
    for low, high in pairwise(ROUND):
        steps = ceil(log(high / low, BUCKET_RATIO))
        yield from (round(low * (high / low) ** (step / steps)) for step in range(steps))
    yield ROUND[-1]


BUCKETS: tuple[int, ...] = tuple(dict.fromkeys(_buckets()))
"""Where buckets begin, in seconds, rising; below the first is bucket 0."""

METRICS: tuple[str, ...] = tuple(str(metric) for metric in Metric if metric != Metric.PROMISE)
"""What is counted as a promise: a person's own ones are no policy's."""
LEVELS = range(5)


class Cube(models.TextChoices):
    """What a cell tells apart beside kind and priority."""

    TEAM = "team", _("team")
    ORGANISATION = "org", _("organisation")
    CATEGORY = "category", _("category")
    CHANNEL = "channel", _("channel")
    POLICY = "policy", _("policy version")


class Grain(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")


class Cell(models.Model):
    """What happened on one day or in one month, of one kind and priority, at one team (organisation, ...)."""

    cube = models.CharField(max_length=8, choices=Cube)
    grain = models.CharField(max_length=5, choices=Grain)
    day = models.DateField()
    """Of a month its first."""
    kind = models.CharField(max_length=10)
    priority = models.SmallIntegerField()
    level = models.SmallIntegerField(default=0)
    """Of the cube of teams alone; 0 in the others."""
    key = models.BigIntegerField(default=0)
    """Of the team, organisation, category or policy version; 0 where there is none, and in the cube of channels."""
    channel = models.CharField(max_length=10, blank=True, default="")
    """Of the cube of channels alone."""
    is_restricted = models.BooleanField(default=False)

    rows = models.IntegerField(default=0)
    """How many parts it was added up from. A cell without any is deleted."""

    opened = models.IntegerField(default=0)
    ended = models.IntegerField(default=0)
    """Resolved or cancelled: departures."""
    cancelled = models.IntegerField(default=0)
    """Ended without a resolution: cancelled or withdrawn."""

    resolved = models.IntegerField(default=0)
    responded = models.IntegerField(default=0)
    """Resolved tickets of which a response time is known."""
    response_seconds = models.BigIntegerField(default=0)
    response_business_seconds = models.BigIntegerField(default=0)
    resolution_seconds = models.BigIntegerField(default=0)
    resolution_business_seconds = models.BigIntegerField(default=0)
    first_contact = models.IntegerField(default=0)
    conversed = models.IntegerField(default=0)
    """Resolved tickets whose conversation is known, all but imported ones: out of which `first_contact` is."""
    first_tier = models.IntegerField(default=0)
    resolved_l0 = models.IntegerField(default=0)
    resolved_l1 = models.IntegerField(default=0)
    resolved_l2 = models.IntegerField(default=0)
    resolved_l3 = models.IntegerField(default=0)
    resolved_l4 = models.IntegerField(default=0)
    lay_l0 = models.IntegerField(default=0)
    """Tickets that lay on this level, at any time."""
    lay_l1 = models.IntegerField(default=0)
    lay_l2 = models.IntegerField(default=0)
    lay_l3 = models.IntegerField(default=0)
    raised_l0 = models.IntegerField(default=0)
    """Tickets that went from this level to a higher one: of those that lay there, its rate of escalation."""
    raised_l1 = models.IntegerField(default=0)
    raised_l2 = models.IntegerField(default=0)
    raised_l3 = models.IntegerField(default=0)
    escalated = models.IntegerField(default=0)
    """Tickets that were handed to a higher level at least once."""
    handed_over = models.IntegerField(default=0)
    """Tickets that were handed over at all; the next three count hand-overs."""
    handoffs_up = models.IntegerField(default=0)
    handoffs_down = models.IntegerField(default=0)
    handoffs_sideways = models.IntegerField(default=0)
    bounced = models.IntegerField(default=0)
    """Tickets with a returned hand-over; `bounces` counts the returns."""
    bounces = models.IntegerField(default=0)
    ping_ponged = models.IntegerField(default=0)
    ping_pongs = models.IntegerField(default=0)
    reopened = models.IntegerField(default=0)
    """Tickets; `reopenings` counts how often."""
    reopenings = models.IntegerField(default=0)
    surveyed = models.IntegerField(default=0)
    """Tickets whose requester was asked how it went."""
    rated = models.IntegerField(default=0)
    rating_sum = models.IntegerField(default=0)
    worked = models.IntegerField(default=0)
    """Tickets on which minutes were logged."""
    minutes = models.BigIntegerField(default=0)
    minutes_l0 = models.BigIntegerField(default=0)
    """What of them was worked on this level."""
    minutes_l1 = models.BigIntegerField(default=0)
    minutes_l2 = models.BigIntegerField(default=0)
    minutes_l3 = models.BigIntegerField(default=0)
    minutes_l4 = models.BigIntegerField(default=0)

    kept_first_response = models.IntegerField(default=0)
    kept_next_response = models.IntegerField(default=0)
    kept_update = models.IntegerField(default=0)
    kept_resolution = models.IntegerField(default=0)
    kept_accept = models.IntegerField(default=0)
    kept_work = models.IntegerField(default=0)
    kept_vendor_response = models.IntegerField(default=0)
    kept_vendor_resolve = models.IntegerField(default=0)
    broken_first_response = models.IntegerField(default=0)
    broken_next_response = models.IntegerField(default=0)
    broken_update = models.IntegerField(default=0)
    broken_resolution = models.IntegerField(default=0)
    broken_accept = models.IntegerField(default=0)
    broken_work = models.IntegerField(default=0)
    broken_vendor_response = models.IntegerField(default=0)
    broken_vendor_resolve = models.IntegerField(default=0)
    excepted_first_response = models.IntegerField(default=0)
    excepted_next_response = models.IntegerField(default=0)
    excepted_update = models.IntegerField(default=0)
    excepted_resolution = models.IntegerField(default=0)
    excepted_accept = models.IntegerField(default=0)
    excepted_work = models.IntegerField(default=0)
    excepted_vendor_response = models.IntegerField(default=0)
    excepted_vendor_resolve = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("counts of a day or month")
        verbose_name_plural = _("counts of days and months")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("cube", "grain", "day", "kind", "priority", "level", "key", "channel"),
                    "is_restricted",
                ],
                name="one_cell_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cube} {self.day} {self.kind} P{self.priority} {self.key}{self.channel}"


class Span(models.TextChoices):
    """Times of which distributions are kept: columns of TicketFact."""

    RESPONSE = "response_seconds", _("response")
    RESPONSE_BUSINESS = "response_business_seconds", _("response in business time")
    RESOLUTION = "resolution_seconds", _("resolution")
    RESOLUTION_BUSINESS = "resolution_business_seconds", _("resolution in business time")


class Told(models.TextChoices):
    """What a `DeskCell` tells; `name` is of what. By the day of the resolution, but for hours."""

    PATH = "path", _("path")
    """`name` is TicketFact.path."""
    HOUR = "hour", _("hour")
    """By the day of opening: `name` is the weekday, Monday 1, and the hour in the desk's zone, as in "1_09"."""
    KEPT = "kept", _("kept")
    """`name` is metric and level of what a tier promised, as in "accept_2": tickets."""
    BROKEN = "broken", _("broken")
    EXCEPTED = "excepted", _("excepted")
    HANDS = "hands", _("hands")
    """`name` is whose and the level, as in "tier_2"; seconds and business seconds are sums."""
    WORK = "work", _("work")
    """What tickets cost: `name` is the level, `seconds` what was logged there, or, of tickets on which nothing was
    logged at all, the business time in the tier's hands. No ticket is counted."""
    LOGGED = "logged", _("logged")
    """Tickets on which minutes were logged; `name` is ""."""
    TOOK = "took", _("took")
    """How long it took: `name` is a `Span` and the bucket, as in "resolution_seconds_57". Of the desk by month of each
    priority, by day of all together (priority 0): days are read for medians of the whole desk. Of the rest of all
    together too."""
    PERSON = "person", _("person")
    """`name` is the key of who resolved them."""


class DeskCell(models.Model):
    """What is told of one day or one month of the whole desk, or of one month of a team, an organisation or a channel,
    by kind and priority alone."""

    told = models.CharField(max_length=8, choices=Told)
    cube = models.CharField(max_length=8, blank=True, default="")
    """Of what it is told: "" is the whole desk, else as of `Cell`, with level, key and channel."""
    key = models.BigIntegerField(default=0)
    channel = models.CharField(max_length=10, blank=True, default="")
    level = models.SmallIntegerField(default=0)
    grain = models.CharField(max_length=5, choices=Grain)
    day = models.DateField()
    kind = models.CharField(max_length=10)
    priority = models.SmallIntegerField()
    is_restricted = models.BooleanField(default=False)
    name = models.CharField(max_length=40)

    rows = models.IntegerField(default=0)
    """How many tickets that is; of WORK how many parts it was added up from."""
    seconds = models.BigIntegerField(default=0)
    business_seconds = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("what is told of the desk")
        verbose_name_plural = _("what is told of the desk")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("told", "cube", "key", "channel", "grain", "day", "level"),
                    *("kind", "priority", "is_restricted", "name"),
                ],
                name="one_cell_of_the_desk",
            ),
        ]
        indexes = [
            models.Index(
                fields=["grain", "day"],
                include=["kind", "priority", "name", "rows"],
                name="cells_of_how_long_it_took",
                condition=models.Q(told=Told.TOOK.value, cube=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.told} {self.cube} {self.name}"
