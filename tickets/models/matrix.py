from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.choices import Impact, Priority, Urgency


class PriorityRule(models.Model):
    """One cell of the matrix impact x urgency > priority (ITIL). Nine rows, editable, never deleted."""

    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)

    class Meta:
        ordering = ["impact", "urgency"]
        verbose_name = _("priority rule")
        verbose_name_plural = _("priority matrix")
        constraints = [models.UniqueConstraint(fields=["impact", "urgency"], name="one_priority_a_cell")]

    def __str__(self) -> str:
        return f"{self.impact} x {self.urgency} = P{self.priority}"
