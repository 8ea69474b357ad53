from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Area(models.TextChoices):
    """What a token may be good for. Each is read and written under a scope of its own."""

    TICKETS = "tickets", _("tickets")
    ARTICLES = "articles", _("articles")
    SLA = "sla", _("promises")
    RULES = "rules", _("rules and hand-offs")
    PEOPLE = "people", _("people and teams")
    VENDORS = "vendors", _("vendors")
    DELIVERIES = "deliveries", _("deliveries")
    WEBHOOKS = "webhooks", _("webhooks")
    EVENTS = "events", _("the change feed")
    VIEWS = "views", _("saved views")
    INSIGHTS = "insights", _("figures and surveys")


READ, WRITE = "read", "write"
SCOPES = tuple(f"{area}:{way}" for area in Area.values for way in (READ, WRITE))


class Token(models.Model):
    """A key to the API that acts for one person. Only a digest of it is kept; the text is shown once.

    It never allows more than the person may do, and less where its scopes or its tier limit say so.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="tokens", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=24), verbose_name=_("scopes"))
    max_tier = models.PositiveSmallIntegerField(_("acts as tier"), null=True)
    """Seats above this tier, and the rights of managers and administrators, do not count. None: all count."""
    created_at = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    expires_at = models.DateTimeField(_("expires"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = [
            models.CheckConstraint(
                condition=Q(max_tier__isnull=True) | Q(max_tier__lte=4), name="a_token_acts_as_a_tier"
            ),
        ]
        indexes = [
            models.Index(fields=["revoked_at"], name="token_to_drop", condition=Q(revoked_at__isnull=False)),
            models.Index(fields=["expires_at"], name="token_ended", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.start})"

    @property
    def start(self) -> str:
        """What its text begins with: enough to tell it from others in a log or a vault."""
        return f"td_{self.pk}_"

    def allows(self, scope: str) -> bool:
        return scope in self.scopes
