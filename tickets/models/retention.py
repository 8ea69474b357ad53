from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Purge(models.Model):
    """One run of retention: what was deleted for good, by whom and why. The only trace that is left."""

    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    closed_before = models.DateTimeField()
    tickets = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    first_number = models.BigIntegerField()
    last_number = models.BigIntegerField()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("purge")
        verbose_name_plural = _("purges")

    def __str__(self) -> str:
        return f"{self.tickets} tickets closed before {self.closed_before:%Y-%m-%d}"
