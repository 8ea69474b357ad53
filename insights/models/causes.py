from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Ticket


class Cause(models.TextChoices):
    """Why a promise was broken, in one key."""

    LATE_TAKEN = "late_taken", _("taken too late")
    WRONG_ROUTE = "wrong_route", _("routed wrongly")
    NO_CAPACITY = "no_capacity", _("nobody was free")
    HARD = "hard", _("harder than usual")
    INFORMATION = "information", _("information was missing")
    VENDOR = "vendor", _("the vendor was late")
    REQUESTER = "requester", _("the requester was late")
    CHANGE = "change", _("a failed change")
    PLAN = "plan", _("the promise is too tight")
    OTHER = "other", _("something else")


class BreachCause(models.Model):
    """Why one promise was broken, as a person of the desk says. The last word counts; former ones stay in history."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="breach_causes")
    metric = models.CharField(max_length=16)
    scope = models.BigIntegerField(default=0)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    words = models.CharField(_("in words"), max_length=300, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("cause of a breach")
        verbose_name_plural = _("causes of breaches")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "metric", "scope"], name="one_cause_a_breach"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.cause}"


class SaidCause(models.Model):
    """What somebody once said about a breach, append-only (a trigger): also the word that counts now stands here."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="said_causes", db_index=False)
    metric = models.CharField(max_length=16)
    scope = models.BigIntegerField(default=0)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause, blank=True, default="")
    """Empty where it was taken back."""
    words = models.CharField(_("in words"), max_length=300, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("word about a breach")
        verbose_name_plural = _("words about breaches")
        indexes = [models.Index(fields=["ticket", "metric", "scope", "-id"], name="said_of_a_breach")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.cause}"


class BreachException(models.Model):
    """That organisation and desk agreed not to hold one breach against the desk. A second column beside the figure,
    which never changes."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="breach_exceptions")
    metric = models.CharField(max_length=16)
    scope = models.BigIntegerField(default=0)
    reason = models.CharField(_("why"), max_length=300)
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("agreed exception")
        verbose_name_plural = _("agreed exceptions")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "metric", "scope"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="one_exception_a_breach",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric}"
