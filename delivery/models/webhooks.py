from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Webhook(models.Model):
    """An address outside that is told things. Each message is signed with the secret that both sides know.

    The secret is kept as it is, for it signs; people see it once, when it is made.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("address"), max_length=500)
    secret = models.CharField(max_length=100)
    is_enabled = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name


class WebhookCall(models.Model):
    """One attempt to reach a webhook: what was sent, and what came back. Kept as long as what was delivered."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="calls", db_index=False)
    delivery_id = models.BigIntegerField()
    """Of the delivery that asked for it; that is forgotten when it is done and old."""
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
