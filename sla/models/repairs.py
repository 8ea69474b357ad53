from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Ticket


class Repair(models.Model):
    """A ticket's clocks were written anew from their events, and what was found wrong before that."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("repaired"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    differences = models.JSONField(_("differences"))
    """A list of [clock, column, by its events, in its row], as text."""

    class Meta:
        ordering = ["-id"]
        verbose_name = _("repair of clocks")
        verbose_name_plural = _("repairs of clocks")

    def __str__(self) -> str:
        return f"TD-{self.ticket_id} {self.at:%Y-%m-%d}"
