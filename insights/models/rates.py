from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

MOST_CENTS = 10_000_00


class FigureSettings(models.Model):
    """How figures are told: exactly one row. Its changes stand in the history of settings."""

    hides_names = models.BooleanField(
        _("hide the names of technicians"),
        default=False,
        help_text=_(
            "Work per technician is shown to compare load, not to rank people. Without names the loads stand "
            "side by side, unnamed."
        ),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as EUR or USD."))],
        help_text=_("In which the rates are given."),
    )

    class Meta:
        verbose_name = _("settings of figures")
        verbose_name_plural = _("settings of figures")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="figures_have_one_row_of_settings")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def load(cls) -> "FigureSettings":
        return cls.objects.get_or_create(pk=1)[0]


class TierRate(models.Model):
    """What an hour of work on a tier costs from a day on. A ticket costs by the rates of the day it was resolved.

    Of two for the same tier and day the later one counts; none is changed or deleted, so that it can be seen who said
    what and when.
    """

    level = models.PositiveSmallIntegerField(_("tier"))
    first_day = models.DateField(_("from"))
    cents = models.PositiveIntegerField(_("cents an hour"), validators=[MaxValueValidator(MOST_CENTS)])
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["level", "first_day", "id"]
        verbose_name = _("rate of a tier")
        verbose_name_plural = _("rates of tiers")
        constraints = [
            models.CheckConstraint(condition=Q(level__lte=4), name="a_rate_is_of_l0_to_l4"),
            models.CheckConstraint(condition=Q(cents__lte=MOST_CENTS), name="a_rate_has_a_limit"),
        ]

    def __str__(self) -> str:
        return f"L{self.level} {self.first_day} {self.cents}"
