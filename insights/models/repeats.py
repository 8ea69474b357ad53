"""Repeats: what the upper tiers solve again and again, as it was worked out on one night or when somebody asked."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from knowledgebase.models import Article
from tickets.models import Ticket


class RepeatRun(models.Model):
    """One working out of repeats: over which days, how far it is, and how it ended. The newest that is done counts."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    """Days of resolutions, both included, in the desk's zone."""
    total = models.PositiveIntegerField(_("tickets"), default=0)
    seen = models.PositiveIntegerField(_("compared"), default=0)
    is_cut = models.BooleanField(_("only the newest were read"), default=False)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    """Who asked for it; none is the night's own."""
    at = models.DateTimeField(_("asked"))
    started_at = models.DateTimeField(_("begun"), null=True)
    touched_at = models.DateTimeField(_("last progress"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("search for repeats")
        verbose_name_plural = _("searches for repeats")
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_search_for_repeats_in_a_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} {self.last} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)


class RepeatAside(models.Model):
    """That a repeat is not worth an article, or not now: it is asked no more, also when it is found anew."""

    ticket_ids = ArrayField(models.BigIntegerField())
    """By which it is known again; follows it from one search to the next."""
    words = ArrayField(models.CharField(max_length=40), default=list)
    reason = models.CharField(_("why"), max_length=300, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("repeat set aside")
        verbose_name_plural = _("repeats set aside")

    def __str__(self) -> str:
        return " ".join(self.words)


class Repeat(models.Model):
    """Tickets that the upper tiers solved, and that are alike; and the article that covers them, if there is one."""

    run = models.ForeignKey(RepeatRun, models.CASCADE, related_name="repeats", db_index=False)
    place = models.PositiveIntegerField()
    """By the time that it cost, the most first."""
    words = ArrayField(models.CharField(max_length=40), default=list)
    """What its tickets share, the most telling first. Read by those alone whose figures leave out nothing."""
    article = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="+", db_index=False)
    share = models.FloatField(default=0)
    """How much of what it is known by stands in the article, from 0 to 1."""
    solved = models.PositiveIntegerField(default=0)
    """Its tickets that name the article as their solution or known error."""
    aside = models.ForeignKey(RepeatAside, models.SET_NULL, null=True, related_name="repeats")

    class Meta:
        ordering = ["place"]
        verbose_name = _("repeat")
        verbose_name_plural = _("repeats")
        constraints = [
            models.UniqueConstraint(fields=["run", "place"], name="one_repeat_a_place"),
        ]

    def __str__(self) -> str:
        return " ".join(self.words)


class RepeatTicket(models.Model):
    """A ticket of a repeat, and the time that it cost."""

    repeat = models.ForeignKey(Repeat, models.CASCADE, related_name="rows", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    """0 is the middle, which all others are like."""
    likeness = models.FloatField()
    seconds = models.BigIntegerField(default=0)
    is_logged = models.BooleanField(default=False)
    """The time is what people wrote down; else how long it lay in work on the upper tiers, in their hours."""
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    """Of the upper tiers, that had it in work longest."""
    level = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["place"]
        verbose_name = _("ticket of a repeat")
        verbose_name_plural = _("tickets of repeats")
        constraints = [
            models.UniqueConstraint(fields=["repeat", "place"], name="one_ticket_a_place_in_a_repeat"),
        ]

    def __str__(self) -> str:
        return f"{self.repeat_id} {self.ticket_id}"
