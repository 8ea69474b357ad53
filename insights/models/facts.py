"""Facts: what figures know of each ticket, worked out from its history and its clocks.

Everything here is a cache. `manage.py rebuild_facts` makes it anew from history, `manage.py check_facts` compares.
Days are those of the desk's time zone; spans are whole seconds. docs/kpis.md says what each figure means.

Keys of what they name are not constraints of the database: tickets hold those, and checking ten of them a row again
would take most of the time of a rebuild.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team, User
from sla.models import PolicyVersion
from sla.verdicts import Verdict
from tickets.models import Category, Ticket


class Who(models.TextChoices):
    """In whose hands a ticket lay (the words of sla.spent)."""

    TIER = "tier", _("work")
    HAND_OFF = "hand_off", _("hand-off")
    VENDOR = "vendor", _("vendor")
    REQUESTER = "requester", _("requester")
    HOLD = "hold", _("on hold")


NARROWS = ("team", "organisation", "kind", "priority", "level", "channel", "category", "is_restricted")
"""What narrows figures, for indexes from which they are counted without a look at the row."""


class TicketFact(models.Model):
    """One ticket as figures see it. What is set aside as no request, or was merged into another, is not counted.

    A resolution counts on the day of the last one; a ticket that was reopened has none until it is resolved again.
    """

    ticket = models.OneToOneField(
        Ticket, models.PROTECT, primary_key=True, related_name="fact", db_constraint=False
    )
    is_counted = models.BooleanField()
    is_open = models.BooleanField()
    is_imported = models.BooleanField(default=False)
    is_restricted = models.BooleanField(default=False)
    """Named people alone may open it: it is in the figures of managers, and in nobody else's."""

    kind = models.CharField(max_length=10)
    priority = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=10)
    status = models.CharField(max_length=18)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    requester = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    location = models.CharField(max_length=120, blank=True, default="")
    device = models.CharField(max_length=80, blank=True, default="")
    """Both folded (tickets.words.fold_words): they are only compared."""
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    level = models.PositiveSmallIntegerField()
    """Team and tier where it was resolved, else where it lies or ended."""
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    """By which its resolution was last judged."""

    opened_at = models.DateTimeField()
    opened_on = models.DateField()
    resolved_at = models.DateTimeField(null=True)
    resolved_on = models.DateField(null=True)
    resolved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    resolution_code = models.CharField(max_length=14, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    """Resolved, cancelled or withdrawn; none while it is open."""
    ended_on = models.DateField(null=True)
    responded_at = models.DateTimeField(null=True)

    response_seconds = models.BigIntegerField(null=True)
    response_business_seconds = models.BigIntegerField(null=True)
    resolution_seconds = models.BigIntegerField(null=True)
    resolution_business_seconds = models.BigIntegerField(null=True)
    """From opening to the last resolution. Business seconds count in the calendar of its resolution clock, else in
    the desk's usual one, and include waiting for others: whose time it was stands in HandFact."""
    minutes_worked = models.PositiveIntegerField(default=0)
    minutes_l0 = models.PositiveIntegerField(default=0)
    """What of it was worked on this level."""
    minutes_l1 = models.PositiveIntegerField(default=0)
    minutes_l2 = models.PositiveIntegerField(default=0)
    minutes_l3 = models.PositiveIntegerField(default=0)
    minutes_l4 = models.PositiveIntegerField(default=0)

    path = models.CharField(max_length=40, blank=True, default="")
    """The levels it lay on, one after the other, such as "121"; of one that moved more often the first forty."""
    highest_level = models.PositiveSmallIntegerField()
    handoffs_up = models.PositiveSmallIntegerField(default=0)
    handoffs_down = models.PositiveSmallIntegerField(default=0)
    handoffs_sideways = models.PositiveSmallIntegerField(default=0)
    bounces = models.PositiveSmallIntegerField(default=0)
    ping_pongs = models.PositiveSmallIntegerField(default=0)
    reopened = models.PositiveSmallIntegerField(default=0)
    is_first_contact = models.BooleanField(default=False)
    is_first_tier = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(null=True)
    is_surveyed = models.BooleanField(default=False)
    """Its requester was asked how it went. Of surveys, not of its history: insights.queries.beside adds it."""

    class Meta:
        verbose_name = _("facts of a ticket")
        verbose_name_plural = _("facts of tickets")
        indexes = [
            models.Index(
                fields=["resolved_on", "ticket"], name="fact_resolved", condition=Q(is_counted=True)
            ),
            models.Index(fields=["opened_on", "ticket"], name="fact_opened", condition=Q(is_counted=True)),
            models.Index(
                fields=["ended_on", "ticket"],
                name="fact_ended",
                condition=Q(is_counted=True, ended_on__isnull=False),
            ),
            models.Index(
                fields=["opened_on", "ticket"],
                include=NARROWS,
                name="what_is_open",
                condition=Q(is_counted=True, ended_on__isnull=True),
            ),
            models.Index(fields=["ticket"], name="fact_aside", condition=Q(is_counted=False)),
            models.Index(
                fields=["ticket"],
                name="fact_to_and_fro",
                condition=Q(is_counted=True, ping_pongs__gt=0),
            ),
            models.Index(
                fields=["team", "resolved_on"],
                include=["ticket", "kind", "priority", "is_restricted"],
                name="what_a_team_resolved",
                condition=Q(is_counted=True),
            ),
            models.Index(
                fields=["organisation", "resolved_on"],
                include=["ticket", "kind", "priority", "is_restricted"],
                name="what_was_resolved_for",
                condition=Q(is_counted=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)


class HandFact(models.Model):
    """How long a ticket lay in one kind of hands at one tier and team, all stretches together."""

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="hand_facts", db_index=False, db_constraint=False
    )
    who = models.CharField(max_length=10, choices=Who)
    level = models.PositiveSmallIntegerField()
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    seconds = models.BigIntegerField()
    business_seconds = models.BigIntegerField()
    counted_seconds = models.BigIntegerField(default=0)
    """What of it the resolution clock has used: the SLA budget."""

    class Meta:
        verbose_name = _("time in hands")
        verbose_name_plural = _("times in hands")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "who", "level", "team"], name="one_time_in_hands"),
        ]
        indexes = [
            models.Index(
                fields=["ticket"],
                include=["who", "level", "team", "counted_seconds"],
                name="hands_counted",
                condition=Q(counted_seconds__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.who} L{self.level}"


class PromiseFact(models.Model):
    """What became of one promise of a ticket: the worst of its cycles (sla.verdicts), none where nothing counts."""

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="promise_facts", db_index=False, db_constraint=False
    )
    metric = models.CharField(max_length=16)
    scope = models.BigIntegerField(default=0)
    """As of the clock: the tier's level for accept and work, the vendor's id for the vendor's two, else 0."""
    verdict = models.CharField(max_length=8)
    priority = models.PositiveSmallIntegerField()
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    breached_at = models.DateTimeField(null=True)
    target_seconds = models.BigIntegerField()
    used_seconds = models.BigIntegerField()
    """Of ended clocks; of one that runs what was counted when it was last written."""
    is_excepted = models.BooleanField(default=False)
    """Broken, and agreed not to hold it against the desk: insights.queries.beside adds it."""

    class Meta:
        verbose_name = _("outcome of a promise")
        verbose_name_plural = _("outcomes of promises")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "metric", "scope"], name="one_outcome_a_promise"),
        ]
        indexes = [
            models.Index(
                fields=["breached_at", "ticket"],
                include=["metric", "scope", "target_seconds", "used_seconds"],
                name="outcome_broken",
                condition=Q(verdict=Verdict.BREACHED.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.verdict}"


class FactState(models.Model):
    """How far the facts have followed the change feed. One row, number 1."""

    epoch = models.CharField(max_length=16, blank=True, default="")
    cursor = models.CharField(max_length=200, blank=True, default="")
    """Of tickets.queries.feed: all before it is in the facts."""
    rebuilt_at = models.DateTimeField(null=True)
    """When all of them were last worked out anew; none while they never were."""
    followed_at = models.DateTimeField(null=True)
    zone = models.CharField(max_length=60, blank=True, default="")
    """In which days are counted; another one asks for a rebuild."""
    version = models.PositiveSmallIntegerField(default=0)
    """Of the definitions (insights.operations.keeping.VERSION); another one asks for a rebuild."""
    usual_calendar = models.BigIntegerField(null=True)
    """The calendar version in which the business time of tickets without clocks is counted, until the next rebuild."""
    walked_to = models.BigIntegerField(null=True)
    """While the follower works all of them out anew: up to this ticket. Then it goes on from `cursor`."""
    recounted_to = models.DateField(null=True)
    """After such a walk, while cells are compared with them month by month: up to this month."""

    class Meta:
        verbose_name = _("state of the facts")
        verbose_name_plural = _("states of the facts")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_state_of_facts")]

    def __str__(self) -> str:
        return self.cursor

    @property
    def is_whole(self) -> bool:
        """Whether every ticket has its facts; else they are being worked out, for the first time or anew."""
        return self.rebuilt_at is not None and self.walked_to is None and self.recounted_to is None


class Touched(models.Model):
    """A ticket whose facts have to be worked out anew though no event of its own says so: a follow-up was opened, a
    clock was judged anew, an exception was agreed. Added by insights.operations.touch in the transaction of that
    change, as often as it happens, so that nobody waits for anybody; deleted when it is done."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        verbose_name = _("touched ticket")
        verbose_name_plural = _("touched tickets")

    def __str__(self) -> str:
        return str(self.ticket_id)
