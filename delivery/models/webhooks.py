from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def subscribed(self) -> "WebhookQuerySet":
        """In use, and asking for events."""
        return self.filter(is_enabled=True).exclude(kinds=[])


class Webhook(models.Model):
    """An address outside that is told things. Each message is signed with the secret that both sides know.

    Rules and scripts call it by name. With `kinds` it is a subscription as well: it is told of the events of tickets
    that its owner may open. The secret is kept as it is, for it signs; people see it once, when it is made.
    """

    class Off(models.TextChoices):
        """Why nothing is sent to it any more."""

        BY_HAND = "by_hand", _("taken out of use")
        GONE = "gone", _("the receiver answered 410")
        FAILING = "failing", _("it failed for days")

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("address"), max_length=500)
    secret = models.CharField(max_length=100)
    old_secret = models.CharField(max_length=100, blank=True, default="", db_default="")
    old_secret_until = models.DateTimeField(null=True)
    """Until then what is sent is signed with both."""
    is_enabled = models.BooleanField(_("in use"), default=True)
    off_because = models.CharField(
        _("why not in use"), max_length=8, choices=Off, blank=True, default="", db_default=""
    )
    off_at = models.DateTimeField(_("out of use since"), null=True)
    created_at = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="webhooks",
        verbose_name=_("owner"),
    )
    """Whose rights decide which events it is told of. Without an owner it is told of none."""
    kinds = ArrayField(
        models.CharField(max_length=60), verbose_name=_("events"), default=list, blank=True, db_default=[]
    )
    """Kinds of events, groups such as `ticket.*`, or `*`."""
    filter = models.JSONField(_("filter"), default=dict, blank=True, db_default={})
    """A tree of the filter vocabulary; empty for every ticket."""
    listens_from = models.BigIntegerField(default=0, db_default=0)
    """The transaction from which on it is told: what was written before it subscribed is no news to it."""
    failures = models.PositiveIntegerField(default=0, db_default=0)
    """In a row, of any message."""
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    """Several failures in a row: until then nothing is tried, so that a dead receiver costs next to nothing."""

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    def wants(self, kind: str) -> bool:
        """Whether events of this kind are among those that it asks for."""
        return any(
            asked in ("*", kind) or (asked.endswith(".*") and kind.startswith(asked[:-1]))
            for asked in self.kinds
        )

    def secrets_at(self, at: datetime) -> list[str]:
        """What signs a message at this moment, the newest first."""
        is_old_valid = self.old_secret_until is not None and at < self.old_secret_until
        return [self.secret, self.old_secret] if is_old_valid and self.old_secret else [self.secret]


class WebhookCall(models.Model):
    """One attempt to reach a webhook: what was sent, and what came back. Kept as long as what was delivered."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="calls", db_index=False)
    delivery_id = models.BigIntegerField()
    """Of the delivery that asked for it; that is forgotten when it is done and old."""
    event_id = models.BigIntegerField(null=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1, db_default=1)
    created_at = models.DateTimeField(_("sent"))
    is_test = models.BooleanField(default=False)
    url = models.CharField(_("address"), max_length=500)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("message"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    """None where nothing came back; then `error` says why."""
    answer = models.TextField(_("answer"), blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("call of a webhook")
        verbose_name_plural = _("calls of webhooks")
        indexes = [
            models.Index(fields=["webhook", "-created_at", "-id"], name="webhook_call_newest"),
            models.Index(fields=["created_at"], name="webhook_call_to_prune"),
            models.Index(fields=["delivery_id"], name="webhook_call_of_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.webhook_id} #{self.pk} ({self.status or self.error})"

    @property
    def is_yes(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
