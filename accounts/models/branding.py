import uuid

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation


def logo_path(row: "Branding | None", filename: str) -> str:
    """A random path: nothing of the name that came from outside reaches the file system."""
    return f"branding/{uuid.uuid4().hex}.png"


class Branding(models.Model):
    """How the portal looks to the people of an organisation; the row without one is for everybody else."""

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, null=True, related_name="branding", verbose_name=_("organisation")
    )
    slug = models.SlugField(_("link"), max_length=60, unique=True)
    """Of the way in, /at/<slug>/."""
    host = models.CharField(_("host name"), max_length=253, blank=True)
    name = models.CharField(_("name of the help desk"), max_length=60, blank=True)
    colour = models.CharField(_("colour"), max_length=7, blank=True)
    logo = models.FileField(_("logo"), upload_to=logo_path, max_length=120, blank=True)
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)
    stamp = models.CharField(max_length=12)
    """Another with every change: part of the addresses of style sheet and logo, so that these are kept for ever."""

    class Meta:
        ordering = ["id"]
        verbose_name = _("branding")
        verbose_name_plural = _("brandings")
        constraints = [
            models.UniqueConstraint(
                Lower("host"), name="a_host_shows_one_branding", condition=~models.Q(host="")
            ),
            models.UniqueConstraint(
                models.Value(1), name="one_branding_for_everybody_else", condition=models.Q(organisation=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name or (self.organisation.name if self.organisation else "")
