from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models import Message, Ticket


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
    question = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+", db_index=False)
    from_team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    """The team that had the ticket and was helped."""
    helped_by = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    """The team that is asked, or the one in which the person who is asked sits."""
    minutes = models.PositiveIntegerField(default=0, db_default=0)
    watches = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    """The watches that were added for it: they go with it, others stay."""
    named = models.BigIntegerField(null=True)
    """The row by which those who help see a restricted ticket, where it was added for it."""
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
        indexes = [
            models.Index(fields=["until"], name="invitation_ends", condition=Q(state="open")),
            models.Index(fields=["helped_by", "at"], name="invitation_of_team"),
        ]

    @property
    def helper(self) -> User | Team:
        found = self.user or self.team
        if found is None:  # the check constraint says that there is one
            raise ValueError(f"invitation {self.pk} names nobody")
        return found

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.user_id or self.team_id}"
