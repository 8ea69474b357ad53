from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models import Message, ResolutionCode, Ticket


class Proposal(models.Model):
    """A public reply that a tier behind L1 proposes: the contact sends, edits or refuses it.

    Its words are an internal message; what was sent is a message of its own. Not handled by `due_at`, or on a
    P1, its author may send it.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        QUESTION = "question", _("question")
        RESOLUTION = "resolution", _("resolution")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the contact")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")
        OVERTAKEN = "overtaken", _("overtaken")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=10, choices=Kind)
    code = models.CharField(max_length=14, choices=ResolutionCode, blank=True, default="")
    publish_fix = models.BooleanField(default=False, db_default=False)
    """Of a resolution: the tiers below should learn the fix."""
    message = models.ForeignKey(Message, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    from_tier = models.PositiveSmallIntegerField()
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    """The L1 team, which handles it where the contact is away or there is none."""
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    sent_message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+", db_index=False)
    was_edited = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("proposed reply")
        verbose_name_plural = _("proposed replies")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state="waiting"), name="one_waiting_proposal_a_ticket"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="proposal_due", condition=Q(state="waiting")),
            models.Index(fields=["team", "ticket"], name="proposal_to_team", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} ({self.state})"
