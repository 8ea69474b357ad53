from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.models.teams import Team


class AccountEvent(models.Model):
    """One change of who may do what. Append-only: a trigger refuses UPDATE and DELETE.

    `data` holds ids, codes and the names of changed fields. No words, so that erasing a person's
    details never touches this history.
    """

    kind = models.CharField(_("what"), max_length=40)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"), db_index=False
    )
    at = models.DateTimeField(_("at"))
    person = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="account_events", verbose_name=_("person")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, related_name="account_events", verbose_name=_("team")
    )
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("change of accounts")
        verbose_name_plural = _("changes of accounts")

    def __str__(self) -> str:
        return f"{self.kind} {self.person_id or self.team_id or ''}".strip()
