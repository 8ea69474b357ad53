from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Firing(models.Model):
    """One batch of deadlines that fired together: how many, and how late each was written. Kept for a week."""

    at = models.DateTimeField(_("written"))
    warned = models.PositiveIntegerField(_("warnings"), default=0)
    breached = models.PositiveIntegerField(_("breaches"), default=0)
    lags = ArrayField(models.PositiveIntegerField(), default=list)
    """Milliseconds between the moment it was due and its writing, for every clock of the batch."""

    class Meta:
        ordering = ["-id"]
        verbose_name = _("batch of deadlines")
        verbose_name_plural = _("batches of deadlines")
        indexes = [models.Index(fields=["at"], name="firing_at")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {len(self.lags)}"
