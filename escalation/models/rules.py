import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Event, Ticket


class Rule(models.Model):
    """When, if, then: with a name and a place in the order. What it says stands in its versions."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveIntegerField(_("place in the order"), default=0)
    is_enabled = models.BooleanField(_("in use"), default=False)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("owner"))
    note = models.CharField(_("note"), max_length=400, blank=True)
    current = models.ForeignKey(
        "escalation.RuleVersion", models.PROTECT, null=True, related_name="+", verbose_name=_("in force")
    )

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """A rule as it was published once, never changed: firings point at the version that fired."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    spec = models.JSONField(_("what it says"))
    at = models.DateTimeField(_("published"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("published by"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["rule", "-number"]
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_rule_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} v{self.number}"


class RuleBook(models.Model):
    """Exactly one row; `stamp` is another with every change of rules, so that processes know what they have read."""

    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_rule_book")]

    def __str__(self) -> str:
        return str(self.stamp)


class TimePass(models.Model):
    """How far the timer has looked for a rule that waits: until then nothing that changed was missed.

    `whole_at` is when it looked at all tickets last, for what becomes true without a change of the ticket.
    """

    rule = models.OneToOneField(Rule, models.CASCADE, primary_key=True, related_name="time_pass")
    version = models.BigIntegerField()
    """The key of the version that was asked; another one is asked of all tickets."""
    at = models.DateTimeField()
    whole_at = models.DateTimeField()

    class Meta:
        verbose_name = _("pass of the timer")
        verbose_name_plural = _("passes of the timer")

    def __str__(self) -> str:
        return f"{self.rule_id} {self.at}"


class Arming(models.Model):
    """That a rule has fired on a ticket for this occasion: it does so once.

    `occasion` is `event:<id>` of the event at the root of a chain, or `since:<time>` of the column that a time
    rule measures from. The unique row is the lock.
    """

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="armings", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="armings")
    occasion = models.CharField(max_length=50)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("arming")
        verbose_name_plural = _("armings")
        constraints = [
            models.UniqueConstraint(fields=["rule", "ticket", "occasion"], name="fires_once_an_occasion"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.ticket_id} {self.occasion}"


class Firing(models.Model):
    """One time that a rule's conditions held on a ticket: why, and what came of it.

    `why` holds each condition with the value it had, as codes; `effects` what each action did.
    """

    class State(models.TextChoices):
        DONE = "done", _("done")
        OVERTAKEN = "overtaken", _("overtaken by a person")
        LIMITED = "limited", _("stopped: the chain was too long")
        FAILED = "failed", _("could not be carried out")

    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="firings")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="firings")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", db_index=False)
    """The ticket's event that set it off; none for a time rule."""
    root = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", db_index=False)
    """The event at the beginning of the chain: a person's act, or a clock's."""
    depth = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State)
    why = models.JSONField(default=list)
    effects = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        indexes = [models.Index(fields=["version", "-id"], name="firing_of_version")]

    def __str__(self) -> str:
        return f"{self.version} on {self.ticket_id}"
