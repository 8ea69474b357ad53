from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class NoticePreferences(models.Model):
    """What one person wants to be told, how and when. Who has no row has the defaults of their role."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notice_preferences"
    )
    choices = models.JSONField(
        _("choices"),
        default=dict,
        blank=True,
        help_text=_(
            "By kind of notice what differs from the default: when by mail, and whether in the product."
        ),
    )
    digest_hour = models.PositiveSmallIntegerField(
        _("hour of the daily digest"), default=8, validators=[MaxValueValidator(23)]
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    quiet_weekends = models.BooleanField(_("quiet on Saturdays and Sundays"), default=False)
    urgent_anyway = models.BooleanField(_("what is urgent comes anyway"), default=True)
    gathers = models.BooleanField(_("waits a minute for what follows"), default=False)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("choices of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [
            models.CheckConstraint(condition=Q(digest_hour__lt=24), name="a_digest_has_an_hour_of_the_day"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
            ),
        ]

    def __str__(self) -> str:
        return f"choices of {self.person_id}"
