from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sla.models.calendars import CalendarVersion
from sla.models.policies import PolicyVersion
from tickets.models import FAR, Event, Ticket


class Metric(models.TextChoices):
    """What a clock measures. The first four and the own promise are SLA, the tier's two OLA (ITIL: a promise
    of one tier to the next), the vendor's two underpinning contracts."""

    FIRST_RESPONSE = "first_response", _("first response")
    NEXT_RESPONSE = "next_response", _("next response")
    UPDATE = "update", _("update")
    RESOLUTION = "resolution", _("resolution")
    ACCEPT = "accept", _("accept")
    WORK = "work", _("work")
    VENDOR_RESPONSE = "vendor_response", _("vendor responds")
    VENDOR_RESOLVE = "vendor_resolve", _("vendor resolves")
    PROMISE = "promise", _("own promise")


OWED = ["first_response", "next_response", "update", "resolution"]
"""Metrics of what a policy promises to the requester: contract goals count them."""


class Clock(models.Model):
    """One cycle of one clock of a ticket: a cache of the replay of its events, kept by sla.operations alone.

    `used` is the business time counted up to `since`; while it runs, what has passed in the calendar since
    then comes on top. Times are aware, spans are business time. `next_at` is when the next threshold
    (a warning, the breach) is due, far away where none is: the timer's index.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    class Outcome(models.TextChoices):
        MET = "met", _("done")
        CANCELLED = "cancelled", _("cancelled")
        MERGED = "merged", _("went on in another ticket")
        VOID = "void", _("taken back")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="clocks", db_index=False)
    metric = models.CharField(max_length=16, choices=Metric)
    scope = models.BigIntegerField(default=0)
    """The tier's level for accept and work, the vendor's id for the vendor's two, else 0."""
    cycle = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+", db_index=False)
    """The version that judges it; none for a person's own promise."""
    calendar = models.ForeignKey(CalendarVersion, models.PROTECT, null=True, related_name="+", db_index=False)
    """The version it counts in; none is around the clock."""
    priority = models.PositiveSmallIntegerField()
    target = models.DurationField()
    used = models.DurationField(default=timedelta(0))
    since = models.DateTimeField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    shares = models.JSONField(default=list)
    """The thresholds in percent of the target, rising, 100 the breach."""
    fired = models.PositiveSmallIntegerField(default=0)
    """How many of `shares` have fired since the last arming."""
    next_at = models.DateTimeField(default=FAR)
    generation = models.PositiveIntegerField(default=1)
    """Grows whenever the thresholds are set anew; a timer of an older one is a no-op."""
    revision = models.PositiveIntegerField(default=0)
    """Of the book (sla.models.Book) by which it was last judged."""

    class Meta:
        ordering = ["id"]
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "metric", "scope", "cycle"], name="one_clock_a_cycle"),
            models.UniqueConstraint(
                fields=["ticket", "metric", "scope"],
                condition=~Q(state="ended"),
                name="one_open_cycle_a_clock",
            ),
            models.CheckConstraint(condition=Q(target__gt=timedelta(0)), name="a_target_is_positive"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="ended") & Q(ended_at__isnull=True, outcome=""),
                name="an_ended_clock_has_its_end",
            ),
            models.CheckConstraint(
                condition=Q(state="running", due_at__isnull=False)
                | ~Q(state="running") & Q(due_at__isnull=True, next_at=FAR),
                name="only_a_running_clock_is_due",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], name="clock_fires", condition=Q(next_at__lt=FAR)),
            models.Index(fields=["due_at", "ticket"], name="clock_due", condition=Q(state="running")),
            models.Index(
                fields=["breached_at"], name="clock_breached", condition=Q(breached_at__isnull=False)
            ),
            models.Index(fields=["ended_at"], name="clock_kept", condition=Q(outcome="met", metric__in=OWED)),
            models.Index(fields=["since"], name="clock_paused", condition=Q(state="paused")),
            models.Index(fields=["revision"], name="clock_judged_by", condition=~Q(state="ended")),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.cycle}"


class ClockEvent(models.Model):
    """One thing that happened to a cycle. Append-only (a trigger); replaying them gives the clock's row.

    `cause` is the ticket's event that made it happen; a threshold that time alone passed has none.
    """

    class Kind(models.TextChoices):
        STARTED = "started", _("started")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("resumed")
        RETARGETED = "retargeted", _("target changed")
        ABSORBED = "absorbed", _("took over a merged ticket's time")
        WARNED = "warned", _("warned")
        BREACHED = "breached", _("breached")
        MET = "met", _("done")
        CANCELLED = "cancelled", _("cancelled")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="clock_events", db_index=False)
    metric = models.CharField(max_length=16, choices=Metric)
    scope = models.BigIntegerField(default=0)
    cycle = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    cause = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        verbose_name = _("event of a clock")
        verbose_name_plural = _("events of clocks")
        indexes = [
            models.Index(fields=["ticket", "id"], name="clock_event_of_ticket"),
            models.Index(
                fields=["at", "id"],
                name="clock_event_audited",
                condition=Q(kind__in=["paused", "retargeted", "cancelled"], cause__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.kind}"
