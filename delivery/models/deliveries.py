from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> "DeliveryQuerySet":
        return self.filter(state__in=Delivery.UNFINISHED)

    def dead(self) -> "DeliveryQuerySet":
        return self.filter(state=Delivery.State.DEAD)

    def in_lane(self, lane: str) -> "DeliveryQuerySet":
        return self.filter(lane=lane)

    def due(self, at: datetime) -> "DeliveryQuerySet":
        """What may be taken now: its time has come, and nothing older with its order key is unfinished."""
        older = (
            Delivery.objects.unfinished()
            .filter(order_key=OuterRef("order_key"), id__lt=OuterRef("id"))
            .exclude(order_key="")  # says to the planner that its partial index holds them all
        )
        return self.unfinished().filter(next_at__lte=at).filter(Q(order_key="") | ~Exists(older))


class Delivery(models.Model):
    """One effect that leaves the database: written with the change that causes it, done by a worker.

    waiting > leased > done, or back to waiting with a later `next_at`, or dead after the last try.
    While leased, `next_at` is the end of the lease: one index finds both what is due and what a lost
    worker left behind.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        LEASED = "leased", _("being delivered")
        DONE = "done", _("done")
        DEAD = "dead", _("given up")

    UNFINISHED = (State.WAITING, State.LEASED)

    class Lane(models.TextChoices):
        """Who waits for whom: calls to programs outside, which may be slow, keep nothing else waiting; and a thousand
        mails that came in keep nobody waiting who is to be told of something."""

        USUAL = "", _("usual")
        CALLS = "calls", _("calls of webhooks")
        MAIL = "mail", _("mail that comes in")

    kind = models.CharField(_("kind"), max_length=60)
    payload = models.JSONField(_("payload"), default=dict)
    event_id = models.BigIntegerField(_("event"), null=True, blank=True)
    ticket_number = models.BigIntegerField(_("ticket"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("attempts at most"), default=16)
    next_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    leased_by = models.CharField(_("leased by"), max_length=120, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    dedupe_key = models.CharField(_("key against doubles"), max_length=200, null=True, blank=True)
    order_key = models.CharField(
        _("order key"),
        max_length=100,
        blank=True,
        help_text=_("Deliveries with the same key are made one after the other, oldest first."),
    )
    lane = models.CharField(
        _("lane"), max_length=8, choices=Lane, default=Lane.USUAL, blank=True, db_default=""
    )
    webhook_id = models.BigIntegerField(_("webhook"), null=True, blank=True)
    """Where it goes. Kept as a number, as event and ticket are: it outlives what it names."""
    replayed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("replayed by"),
    )
    replayed_at = models.DateTimeField(_("replayed"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key"], name="one_delivery_a_dedupe_key"),
            models.CheckConstraint(
                condition=Q(state="leased", lease_until__isnull=False, next_at=F("lease_until"))
                | (~Q(state="leased") & Q(lease_until__isnull=True)),
                name="a_lease_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False)
                | (~Q(state="done") & Q(done_at__isnull=True)),
                name="done_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "next_at", "id"],
                condition=Q(state__in=["waiting", "leased"]),
                name="delivery_due_in_lane",
            ),
            models.Index(
                fields=["webhook_id", "next_at", "id"],
                condition=Q(webhook_id__isnull=False) & ~Q(state="done"),
                name="delivery_of_webhook",
            ),
            models.Index(
                fields=["order_key", "id"],
                condition=Q(state__in=["waiting", "leased"]) & ~Q(order_key=""),
                name="delivery_in_order",
            ),
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
            models.Index(
                fields=["-created_at", "-id"], condition=~Q(state="done"), name="delivery_newest_not_done"
            ),
            models.Index(fields=["done_at"], condition=Q(state="done"), name="delivery_to_prune"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} ({self.state})"

    @property
    def is_last_try(self) -> bool:
        return self.attempts >= self.max_attempts

    @property
    def can_replay(self) -> bool:
        """Done is done; what is being delivered is left to its worker."""
        return self.state in (self.State.WAITING, self.State.DEAD)
