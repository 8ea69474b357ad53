"""Candidates for problems: what arrives far more often than it did in the same hours of former weeks."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import NUMBER_PREFIX, Ticket


class Candidate(models.Model):
    """One series of arrivals that was far above its own past, since when, and what became of it."""

    class By(models.TextChoices):
        CATEGORY = "category", _("category")
        ORGANISATION = "organisation", _("organisation")
        LOCATION = "location", _("location")
        DEVICE = "device", _("asset label")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PROBLEM = "problem", _("a problem was opened")
        DISMISSED = "dismissed", _("dismissed")
        PASSED = "passed", _("passed by itself")

    by = models.CharField(_("by"), max_length=12, choices=By)
    value = models.CharField(max_length=120)
    """The key of a category or an organisation; a place or an asset label folded, as it is compared."""
    label = models.CharField(_("what"), max_length=330)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)

    hours = models.PositiveSmallIntegerField()
    """How long the stretch was that it was raised for."""
    since = models.DateTimeField(_("since"))
    """When the first of its tickets arrived."""
    raised_at = models.DateTimeField(_("raised"))
    last_at = models.DateTimeField(_("last seen so"))
    """When it was still so; when that is a while ago, it has passed."""
    seen = models.PositiveIntegerField(_("arrived"))
    expected = models.FloatField(_("usual"))
    chance = models.FloatField()
    """That as many arrive by themselves, when it was raised."""
    weeks = models.PositiveSmallIntegerField()
    """Of past that it was compared with."""

    problem_number = models.BigIntegerField(null=True)
    """Of the problem that was opened. No key: that ticket may be deleted for good one day."""
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(_("why"), max_length=300, blank=True, default="")
    quiet_until = models.DateTimeField(null=True)
    """Dismissed: until then the same cause raises nothing."""

    class Meta:
        ordering = ["-id"]
        verbose_name = _("candidate for a problem")
        verbose_name_plural = _("candidates for problems")
        constraints = [
            models.UniqueConstraint(
                fields=["by", "value"], condition=Q(state="open"), name="one_open_candidate_a_series"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="candidate_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.label}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def problem(self) -> str:
        """The problem's number as people say it; empty where there is none."""
        return f"{NUMBER_PREFIX}{self.problem_number}" if self.problem_number else ""

    @property
    def times(self) -> float | None:
        """How many times the usual it is; None where nothing is usual."""
        return self.seen / self.expected if self.expected >= 0.05 else None


class CandidateTicket(models.Model):
    """A ticket that made a series stand out."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="rows", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name = _("ticket of a candidate")
        verbose_name_plural = _("tickets of candidates")
        constraints = [
            models.UniqueConstraint(fields=["candidate", "ticket"], name="a_ticket_once_a_candidate"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} {self.ticket_id}"
