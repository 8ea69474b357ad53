"""What is written once and used often: canned replies and ready-made tickets, and how often each is used.

Each is a person's own, a team's, or everybody's. `escalation.models.Macro` is the third of them.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models.categories import Category
from tickets.models.choices import Impact, Kind, ResolutionCode, Urgency
from tickets.models.ticket import Ticket


class ReadyQuerySet(models.QuerySet[Any]):
    """Whose they are decides who finds them, and who changes them."""

    def usable_by(self, user: User) -> "ReadyQuerySet":
        """One's own, those of one's teams, and everybody's."""
        return self.filter(Q(owner=user) | Q(team_id__in=user.team_ids) | Q(owner=None, team=None))

    def managed_by(self, user: User) -> "ReadyQuerySet":
        """One's own; a lead those of the teams that they lead; an administrator all but other people's own."""
        if user.is_administrator:
            return self.filter(Q(owner=user) | Q(owner=None))
        return self.filter(Q(owner=user) | Q(owner=None, team_id__in=user.led_team_ids))


class Ready(models.Model):
    """Something ready-made: its name, the folder that it lies in, and whose it is."""

    name = models.CharField(_("name"), max_length=80)
    folder = models.CharField(_("folder"), max_length=80, blank=True, default="", db_default="")
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")

    objects = ReadyQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["folder", "name", "id"]

    def __str__(self) -> str:
        return self.name


class CannedReply(Ready):
    """A ready-made text. What stands in double braces is filled in from the ticket (`tickets/filling.py`)."""

    body = models.TextField(_("text"), max_length=10_000)

    class Meta(Ready.Meta):
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")


class ReadyTicket(Ready):
    """A usual request with its usual answer: what the form of a new ticket begins with."""

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.INCIDENT)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    subject = models.CharField(_("subject"), max_length=250)
    description = models.TextField(_("details"), max_length=10_000, blank=True)
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact, default=Impact.PERSON)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.HINDERED)
    answer = models.TextField(_("answer"), max_length=10_000, blank=True)
    is_resolved = models.BooleanField(_("answered and resolved"), default=False)
    resolve_as = models.CharField(_("resolved as"), max_length=16, choices=ResolutionCode, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=0)

    class Meta(Ready.Meta):
        verbose_name = _("ready-made ticket")
        verbose_name_plural = _("ready-made tickets")


class ReadyUse(models.Model):
    """That somebody has used something ready-made. Kept for a year: people sort by what was used of late."""

    class Of(models.TextChoices):
        REPLY = "reply", _("canned reply")
        MACRO = "macro", _("macro")
        TICKET = "ticket", _("ready-made ticket")

    of = models.CharField(max_length=8, choices=Of)
    about = models.BigIntegerField()
    by = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("use of something ready-made")
        verbose_name_plural = _("uses of what is ready-made")
        indexes = [models.Index(fields=["of", "about", "at"], name="uses_of_what_is_ready")]

    def __str__(self) -> str:
        return f"{self.of} {self.about}"
