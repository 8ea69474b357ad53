from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models.choices import SkipReason
from tickets.models.ticket import Ticket


class WorkLog(models.Model):
    """Minutes that somebody worked on a ticket."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="work")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    tier_level = models.PositiveSmallIntegerField()
    minutes = models.PositiveIntegerField(_("minutes worked"))
    is_billable = models.BooleanField(_("billable"), default=False)

    class Meta:
        verbose_name = _("work")
        verbose_name_plural = _("work")

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.minutes} min"


class Skip(models.Model):
    """A ticket that somebody was offered and passed on; not offered to them again before it changes."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="skips")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=16, choices=SkipReason)

    class Meta:
        verbose_name = _("skip")
        verbose_name_plural = _("skips")
        indexes = [models.Index(fields=["by", "ticket", "at"], name="skip_of_person")]

    def __str__(self) -> str:
        return f"{self.by_id} skipped {self.ticket_id}"
