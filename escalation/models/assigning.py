from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from sla.models import Calendar


class Strategy(models.TextChoices):
    """Who of a team gets what arrives."""

    BY_HAND = "by_hand", _("by hand")
    ROUND_ROBIN = "round_robin", _("in turn")
    LEAST_LOADED = "least_loaded", _("who has least to do")
    SKILLS = "skills", _("who knows it best and is free")


class TeamWork(models.Model):
    """How a team works: how it assigns, when it is covered, and who covers the rest."""

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="work")
    strategy = models.CharField(_("assigns"), max_length=14, choices=Strategy, default=Strategy.BY_HAND)
    capacity = models.PositiveSmallIntegerField(
        _("open tickets a person"),
        default=12,
        help_text=_("Nobody is given more than this; their own number on their page goes before."),
    )
    hours = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cover hours")
    )
    covered_by = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("covered by, outside them"),
    )
    last_given = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("way of working")
        verbose_name_plural = _("ways of working")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(covered_by=None) | ~models.Q(covered_by=models.F("team")),
                name="no_team_covers_itself",
            ),
            models.CheckConstraint(
                condition=models.Q(covered_by=None) | models.Q(hours__isnull=False),
                name="cover_is_for_the_time_outside_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.strategy}"


class Availability(models.Model):
    """Whether a person can be given work: present, or away until some time, and how much they can have."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="availability")
    is_away = models.BooleanField(_("away"), default=False)
    away_until = models.DateTimeField(_("back"), null=True, blank=True)
    away_since = models.DateTimeField(_("away since"), null=True, blank=True)
    hours = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("working hours")
    )
    capacity = models.PositiveSmallIntegerField(_("open tickets at most"), null=True, blank=True)

    class Meta:
        verbose_name = _("availability")
        verbose_name_plural = _("availabilities")

    def __str__(self) -> str:
        return f"{self.user}"


class Shift(models.Model):
    """A hand-on at the end of a shift: who gave what to whom, in one act."""

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    back_at = models.DateTimeField(null=True)
    tickets = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("end of a shift")
        verbose_name_plural = _("ends of shifts")

    def __str__(self) -> str:
        return f"{self.by} {self.at}"
