from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation
from accounts.models.people import User
from accounts.models.tiers import Tier


class TeamQuerySet(models.QuerySet["Team"]):
    def active(self) -> "TeamQuerySet":
        return self.filter(is_active=True)

    def in_use(self) -> "TeamQuerySet":
        """Teams that can receive a ticket: active, on a tier that is enabled."""
        return self.filter(is_active=True, tier__is_enabled=True)


class Team(models.Model):
    """People who share a queue. A team sits on exactly one tier."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="teams", verbose_name=_("tier"))
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name=_("organisation"),
        help_text=_("For a vendor's team: the vendor."),
    )
    serves = models.ManyToManyField(
        Organisation, blank=True, related_name="served_by", verbose_name=_("organisations it serves")
    )
    takes = models.CharField(_("takes"), max_length=200, blank=True)
    takes_not = models.CharField(_("does not take"), max_length=200, blank=True)
    is_default = models.BooleanField(
        _("first choice of its tier"),
        default=False,
        help_text=_("Receives what is handed to the tier without naming a team."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["tier_id", "name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            models.UniqueConstraint(
                fields=["tier"], condition=models.Q(is_default=True), name="one_default_team_a_tier"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    TECHNICIAN = "technician", _("technician")
    LEAD = "lead", _("lead")


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.TECHNICIAN)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="one_membership_a_team")]

    def __str__(self) -> str:
        return f"{self.user} · {self.team} ({self.role})"
