"""Counts of a day and of a month, added up from facts: so that a year of a million tickets is a sum over few rows.

**Cells.** Every cell tells kind and priority apart, and one thing more, which its `cube` names: team (with the level),
organisation, category, channel or policy version. So each cube sums up to the whole desk, and one never adds the cells
of two cubes. What narrows further (two of these at once, a scope of teams or of one organisation) is counted from
`TicketFact` rows: all combinations together would be as many rows as tickets.

Each cube is there by day and by month (`grain`). `insights.queries.cells.covering(period)` takes whole months where a
period holds some and days at its edges, so that a year reads twelve months and no days; a trend by day or week asks
for days alone. Never sum over both grains.

**By which day.** `opened` stands on the day of opening; `ended` and `cancelled` on the day it ended; all other
columns on the day of the last resolution (`TicketFact.resolved_on`), also what happened before it. What is not counted
(`TicketFact.is_counted`) is in no cell. Sums of seconds belong to a count: `response_*` to `responded`,
`resolution_*` to `resolved`, `minutes` to `worked`, `rating_sum` to `rated`.

**Promises** are counted, not tickets: one that three tiers accepted had three accept promises. `broken_*` includes the
excepted ones; `excepted_*` are those of them with an agreed exception. What is not decided yet is in neither.

**Hands** (`HandCell`) stand on the day of the resolution too, by whose hands it was: the level and the team that had
it, which need not be those that resolved it.

**Distributions** (`Spread`) are kept by month: `bucket` n holds the values v with 1.1**(n - 1) <= v < 1.1**n seconds, 0
what took no whole second. A quantile that is read from them is less than 5 % off (the middle of a bucket stands for
it); periods that hold no whole month are read from facts, exactly. `insights.queries.cells` does both.

Written by `insights.operations.keeping` and `manage.py rebuild_facts` alone, from one statement (`insights.queries.counting`).
No column is a foreign key: a cell outlives what it names.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from insights.models.facts import Who
from sla.models import Metric

BUCKET_RATIO = 1.1
"""By how much the end of a bucket is longer than its beginning."""

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
    first_tier = models.IntegerField(default=0)
    resolved_l0 = models.IntegerField(default=0)
    resolved_l1 = models.IntegerField(default=0)
    resolved_l2 = models.IntegerField(default=0)
    resolved_l3 = models.IntegerField(default=0)
    resolved_l4 = models.IntegerField(default=0)
    reached_l0 = models.IntegerField(default=0)
    """Tickets that lay on this level or above it, at any time: reached L2 of reached L1 is the rate of escalation."""
    reached_l1 = models.IntegerField(default=0)
    reached_l2 = models.IntegerField(default=0)
    reached_l3 = models.IntegerField(default=0)
    reached_l4 = models.IntegerField(default=0)
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
                fields=["cube", "grain", "day", "kind", "priority", "level", "key", "channel"],
                name="one_cell_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cube} {self.day} {self.kind} P{self.priority} {self.key}{self.channel}"


class HandCell(models.Model):
    """How long the tickets resolved on one day or in one month had lain in one kind of hands, at one level and team."""

    grain = models.CharField(max_length=5, choices=Grain)
    day = models.DateField()
    kind = models.CharField(max_length=10)
    priority = models.SmallIntegerField()
    who = models.CharField(max_length=10, choices=Who)
    level = models.SmallIntegerField()
    team = models.BigIntegerField()
    """Level and team in whose hands it was."""

    rows = models.IntegerField(default=0)
    """How many tickets that is."""
    seconds = models.BigIntegerField(default=0)
    business_seconds = models.BigIntegerField(default=0)
    counted_seconds = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("times in hands of a day or month")
        verbose_name_plural = _("times in hands of days and months")
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "day", "kind", "priority", "who", "level", "team"], name="one_cell_of_hands"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.who} L{self.level}"


class Spread(models.Model):
    """How many tickets resolved in one month took about so long. The measures are columns of TicketFact."""

    class Measure(models.TextChoices):
        RESPONSE = "response_seconds", _("response")
        RESPONSE_BUSINESS = "response_business_seconds", _("response in business time")
        RESOLUTION = "resolution_seconds", _("resolution")
        RESOLUTION_BUSINESS = "resolution_business_seconds", _("resolution in business time")

    measure = models.CharField(max_length=30, choices=Measure)
    month = models.DateField()
    """Its first day."""
    kind = models.CharField(max_length=10)
    priority = models.SmallIntegerField()
    level = models.SmallIntegerField()
    team = models.BigIntegerField()
    """Where they were resolved."""
    bucket = models.SmallIntegerField()

    rows = models.IntegerField(default=0)
    """How many tickets that is."""

    class Meta:
        verbose_name = _("distribution of a month")
        verbose_name_plural = _("distributions of months")
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "month", "kind", "priority", "level", "team", "bucket"],
                name="one_bucket_of_a_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.measure} {self.bucket}"
