from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Calendar(models.Model):
    """Business hours with a name. What it says stands in its versions; `current` is the one in force."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    current = models.ForeignKey(
        "sla.CalendarVersion", models.PROTECT, null=True, related_name="+", verbose_name=_("in force")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """Hours as they were saved once, never changed: cycles of clocks point at the version they count in.

    `weekly` holds seven lists, Monday first, of [start, end] in minutes after local midnight; an end above
    1440 lies on the next day. Holidays are rows (`CalendarDay`), so that a replay asks no library.
    """

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    zone = models.CharField(_("time zone"), max_length=64)
    is_always_open = models.BooleanField(_("around the clock"), default=False)
    weekly = models.JSONField(_("weekly hours"), default=list)
    country = models.CharField(_("country of the public holidays"), max_length=2, blank=True)
    subdivision = models.CharField(_("subdivision"), max_length=40, blank=True)
    days_from = models.DateField(_("holidays known from"))
    days_until = models.DateField(_("holidays known until"))
    at = models.DateTimeField(_("saved"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("saved by"))

    class Meta:
        ordering = ["calendar", "-number"]
        verbose_name = _("version of a calendar")
        verbose_name_plural = _("versions of calendars")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "number"], name="one_calendar_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"


class CalendarDay(models.Model):
    """A date on which other hours hold than its weekday's: a public holiday, a day off, a short day.

    `intervals` as in `CalendarVersion.weekly`; empty is closed all day. It replaces what begins on that date.
    """

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("public holiday")
        OWN = "own", _("own day")

    version = models.ForeignKey(CalendarVersion, models.CASCADE, related_name="days")
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = models.CharField(_("name"), max_length=200, blank=True)
    intervals = models.JSONField(_("hours"), default=list)

    class Meta:
        ordering = ["version", "date"]
        verbose_name = _("day of a calendar")
        verbose_name_plural = _("days of calendars")
        constraints = [
            models.UniqueConstraint(fields=["version", "date"], name="one_calendar_day_a_date"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
