from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User


class PublishedMonth(models.Model):
    """The figures of a calendar month as they were published: frozen. What changes later is a correction beside it."""

    month = models.DateField(_("month"))
    """Its first day."""
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    """Whose month it is; none is the whole desk's."""
    figures = models.JSONField()
    tickets = models.JSONField(default=dict)
    """By figure the tickets that it counted, so that a later correction names them."""
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)
    """When it was last held against what the facts say by then."""

    class Meta:
        ordering = ["-month", "organisation"]
        verbose_name = _("published month")
        verbose_name_plural = _("published months")
        constraints = [
            models.UniqueConstraint(
                fields=["month", "organisation"], name="a_month_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Correction(models.Model):
    """One figure of a published month that would be another today, and since when it is known."""

    published = models.ForeignKey(PublishedMonth, models.PROTECT, related_name="corrections")
    figure = models.CharField(max_length=60)
    was = models.JSONField()
    now = models.JSONField()
    tickets = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")

    def __str__(self) -> str:
        return f"{self.published} {self.figure}"
