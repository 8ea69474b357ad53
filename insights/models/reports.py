from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User


class SavedReport(models.Model):
    """A report under a name: which figures of which period, narrowed and grouped. Its figures are those of the day on
    which it is opened, and of its reader: nobody sees by it what their scope leaves out.
    """

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_reports", verbose_name=_("owner"))
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="saved_reports", verbose_name=_("for team")
    )
    for_everyone = models.BooleanField(_("for everyone"), default=False)
    period = models.JSONField(default=dict)
    """As an address asks for it: {"period": "last-month"}, or {"period": "own", "from": day, "to": day}."""
    cut = models.JSONField(default=dict)
    """What narrows it, by the parameters of an address (`insights.forms.cut`)."""
    grouping = models.CharField(_("grouped by"), max_length=12, blank=True, default="")
    figures = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    """Keys of `insights.measures.MEASURES`."""
    charts = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_report_a_name")]

    def __str__(self) -> str:
        return self.name
