from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a part of the machinery last answered; /readyz reads how long ago that was."""

    class Name(models.TextChoices):
        BEAT = "beat", _("clock (beat)")
        TIMERS = "timers", _("timer worker")
        WORKER = "worker", _("delivery worker")

    name = models.CharField(_("name"), max_length=20, primary_key=True, choices=Name)
    at = models.DateTimeField(_("last answer"))
    detail = models.CharField(_("who answered"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
