"""Replies on their way: drafts with a time at which they are sent."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models.ticket import Ticket


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def due(self, at: datetime) -> "OutgoingQuerySet":
        return self.filter(state=Outgoing.State.WAITING, send_at__lte=at)

    def unsent(self) -> "OutgoingQuerySet":
        """What still has its words: on its way, held up, or taken back."""
        return self.exclude(state=Outgoing.State.SENT)


class Outgoing(models.Model):
    """Something public that somebody has sent and that has not left yet.

    Until it leaves nothing has happened: no operation, no event, no clock. When it leaves, the operation of its way
    is carried out by its writer at that moment, in the transaction that settles this row; so it leaves once. Then
    its words are emptied: the message has them.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("on its way")
        HELD = "held", _("held up")
        TAKEN_BACK = "back", _("taken back")
        SENT = "sent", _("sent")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="outgoing", db_index=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    way = models.CharField(max_length=20)
    """Which operation sends it (`tickets.operations.outgoing.teach`)."""
    body = models.TextField(blank=True)
    attachments = ArrayField(models.UUIDField(), default=list, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    """What else the operation is given, as JSON keeps it."""
    ready = models.JSONField(default=list, blank=True)
    """What ready-made things are in it, as [of, key]: their use is counted when it leaves."""
    written_at = models.DateTimeField()
    send_at = models.DateTimeField()
    is_later = models.BooleanField(default=False)
    """Its writer has chosen the time; else it is the moment in which one may still undo."""
    after_event = models.BigIntegerField(default=0)
    """The newest event of the ticket when it was written: what was said since, its writer has not read."""
    was_final = models.BooleanField(default=False)
    """The ticket had ended already: the reply is meant to open a follow-up."""
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    """Why it is held up, in its writer's language."""
    code = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, db_index=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply on its way")
        verbose_name_plural = _("replies on their way")
        indexes = [
            models.Index(fields=["send_at"], name="outgoing_due", condition=Q(state="waiting")),
            models.Index(fields=["ticket"], name="outgoing_of_ticket", condition=~Q(state="sent")),
            models.Index(fields=["by", "send_at"], name="outgoing_of_person", condition=~Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.way} {self.state}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_held(self) -> bool:
        return self.state == self.State.HELD


class UndoTime(models.Model):
    """For how long a reply can be taken back after it was sent: the desk's (no person) or somebody's own."""

    LONGEST = 60

    user = models.OneToOneField(User, models.CASCADE, null=True, related_name="+")
    seconds = models.PositiveSmallIntegerField(_("seconds"))

    class Meta:
        verbose_name = _("time to undo sending")
        verbose_name_plural = _("times to undo sending")
        constraints = [
            models.UniqueConstraint(Coalesce("user", 0), name="one_time_to_undo_of_the_desk"),
            models.CheckConstraint(condition=Q(seconds__lte=60), name="undo_is_a_minute_at_most"),
        ]

    def __str__(self) -> str:
        return str(self.seconds)
