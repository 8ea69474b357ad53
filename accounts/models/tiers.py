from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Sees(models.TextChoices):
    """Which tickets a tier's technicians see, beside those they work, track, watch or asked for."""

    HANDED = "handed", _("only what was handed to it")
    OWN_TEAMS = "own_teams", _("those of its own teams")
    SERVED = "served", _("those of the organisations its teams serve")
    EVERYTHING = "everything", _("every ticket")


class TierQuerySet(models.QuerySet["Tier"]):
    def enabled(self) -> "TierQuerySet":
        return self.filter(is_enabled=True)


class Tier(models.Model):
    """A rung of the ladder, L0 (self-service and triage) to L4 (vendors).

    The level is the primary key: a ticket's `tier_id` reads as its level everywhere.
    """

    level = models.PositiveSmallIntegerField(_("level"), primary_key=True)
    name = models.CharField(_("name"), max_length=60)
    colour = models.CharField(_("colour"), max_length=20, blank=True)
    is_enabled = models.BooleanField(_("in use"), default=True)
    writes_to_requesters = models.BooleanField(
        _("writes to requesters"),
        default=True,
        help_text=_("When off, a public reply goes through the contact."),
    )
    proposal_minutes = models.PositiveSmallIntegerField(
        _("proposed replies wait"),
        default=30,
        db_default=30,
        help_text=_("So many working minutes the contact has. Then whoever proposed it may send it."),
    )
    sees = models.CharField(_("sees"), max_length=12, choices=Sees, default=Sees.SERVED)
    clearance = models.PositiveSmallIntegerField(
        _("clearance"),
        default=1,
        help_text=_("Fields, files and notes marked for a higher tier stay hidden from this one."),
    )

    objects = TierQuerySet.as_manager()

    class Meta:
        ordering = ["level"]
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        constraints = [
            models.CheckConstraint(condition=Q(level__lte=4), name="tier_level_is_l0_to_l4"),
            models.CheckConstraint(condition=Q(clearance__lte=4), name="tier_clearance_is_a_level"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def code(self) -> str:
        return f"L{self.level}"
