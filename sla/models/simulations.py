from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Simulation(models.Model):
    """Something that is worked out on paper in the background: a question, its progress and the answer."""

    class Kind(models.TextChoices):
        WHAT_IF = "what_if", _("what if")
        START = "start", _("clocks that are missing")
        RULES = "rules", _("rules on trial")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    asked = models.JSONField(_("question"), default=dict)
    answer = models.JSONField(_("answer"), null=True)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    total = models.PositiveIntegerField(_("tickets"), default=0)
    seen = models.PositiveIntegerField(_("looked at"), default=0)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by"))
    at = models.DateTimeField(_("asked"))
    touched_at = models.DateTimeField(_("last progress"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)
