from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models import Ticket


class Invitation(models.Model):
    """Help without a hand-over: a person or a team of another tier sees and writes for a time; the owner stays."""

    class State(models.TextChoices):
        OPEN = "open", _("helping")
        ENDED = "ended", _("ended")
        HANDED_OVER = "handed_over", _("became a hand-over")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="invitations")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(team__isnull=False), name="a_person_or_a_team_is_invited"
            ),
            models.UniqueConstraint(
                fields=["ticket", "user", "team"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="invited_once_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["until"], name="invitation_ends", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.user_id or self.team_id}"
