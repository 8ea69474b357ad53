import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Policy(models.Model):
    """A promise with a name and a place in the order. What it says stands in its versions (`sla.spec`)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveIntegerField(_("place in the order"), default=0)
    is_enabled = models.BooleanField(_("in use"), default=True)
    is_default = models.BooleanField(_("for all that no other matches"), default=False)
    current = models.ForeignKey(
        "sla.PolicyVersion", models.PROTECT, null=True, related_name="+", verbose_name=_("in force")
    )

    class Meta:
        ordering = ["is_default", "position", "id"]
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_policy"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_enabled=True), name="the_default_policy_is_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """A policy as it was published once, never changed: cycles of clocks point at the version that judges them."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    spec = models.JSONField(_("what it promises"))
    at = models.DateTimeField(_("published"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("published by"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["policy", "-number"]
        verbose_name = _("version of a policy")
        verbose_name_plural = _("versions of policies")
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_policy_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class Book(models.Model):
    """The whole of policies and calendars in force: exactly one row. `revision` grows with every publication.

    A clock remembers the revision it was last judged by, so that what an edit touched and nobody has judged
    anew yet can be found. `stamp` is another with each publication, in whatever database: processes know by it
    that what they have read still holds.
    """

    revision = models.PositiveIntegerField(default=1)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_book")]

    def __str__(self) -> str:
        return f"revision {self.revision}"


class Recompute(models.Model):
    """Judging every open ticket anew after a publication: a job with its progress and its outcome."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REPLACED = "replaced", _("taken over by a newer one")

    revision = models.PositiveIntegerField()
    reason = models.CharField(_("because of"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("asked for"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    starts_missing = models.BooleanField(default=False)
    """Also start clocks on open tickets that have none: what an administrator decides after an import."""
    last_ticket = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(_("open tickets"), default=0)
    seen = models.PositiveIntegerField(_("looked at"), default=0)
    moved = models.PositiveIntegerField(_("due times moved"), default=0)
    breached = models.PositiveIntegerField(_("breached now"), default=0)
    started = models.PositiveIntegerField(_("clocks started"), default=0)
    done_at = models.DateTimeField(_("done"), null=True)
    touched_at = models.DateTimeField(_("last progress"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("recomputation")
        verbose_name_plural = _("recomputations")

    def __str__(self) -> str:
        return f"{self.reason} ({self.state})"
