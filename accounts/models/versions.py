from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.events import AccountEvent
from accounts.models.people import User


class SettingVersion(models.Model):
    """What a setting held after a change. Never changed: whoever puts an earlier one back writes the next.

    The first version of a setting that was there before its history began has no event, and nobody who wrote it.
    `content` holds what administrators typed and keys of other rows; words of requesters are in no setting.
    """

    subject = models.CharField(_("setting"), max_length=40)
    key = models.BigIntegerField(_("key"), default=0)
    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"))
    event = models.OneToOneField(
        AccountEvent, models.PROTECT, null=True, related_name="version", verbose_name=_("change")
    )
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    class Meta:
        ordering = ["subject", "key", "-number"]
        verbose_name = _("version of a setting")
        verbose_name_plural = _("versions of settings")
        constraints = [
            models.UniqueConstraint(fields=["subject", "key", "number"], name="versions_are_counted")
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.key} v{self.number}"
