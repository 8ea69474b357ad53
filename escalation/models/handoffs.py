from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models import Message, Ticket
from tickets.models.querysets import countable


class Reason(models.TextChoices):
    """Why a ticket is handed to another tier or team."""

    NEEDS_EXPERTISE = "needs_expertise", _("needs more expertise")
    NEEDS_ACCESS = "needs_access", _("needs access that we lack")
    NEEDS_VENDOR = "needs_vendor", _("needs the vendor")
    WRONG_TEAM = "wrong_team", _("belongs to another team")
    NO_CAPACITY = "no_capacity", _("cannot be done here in time")
    FIX_FOUND = "fix_found", _("fix found, to be applied below")
    FOLLOW_UP = "follow_up", _("our part is done")
    COVER = "cover", _("its team is out of hours")

    @classmethod
    def for_people(cls) -> list[tuple[str, str | Promise]]:
        """What people and rules choose from. That a team is out of hours the clock says."""
        return [(one.value, one.label) for one in cls if one is not cls.COVER]


class ReturnReason(models.TextChoices):
    """Why a hand-off is given back. Every return counts as a bounce."""

    INFORMATION_MISSING = "information_missing", _("information missing")
    WRONG_TEAM = "wrong_team", _("wrong team")
    SOLVABLE_BELOW = "solvable_below", _("could have been solved below")
    NOT_OURS = "not_ours", _("not ours")
    DUPLICATE = "duplicate", _("duplicate")
    NOT_FIXED = "not_fixed", _("not fixed")


class Fix(models.TextChoices):
    """What has come of a ticket that was handed to a vendor. Empty: nothing, or it was never there."""

    AWAITED = "awaited", _("lies with the vendor")
    CLAIMED = "claimed", _("to be confirmed")
    CONFIRMED = "confirmed", _("confirmed")


class HandoffRating(models.TextChoices):
    """How the receiver found a hand-off, in one click."""

    COMPLETE = "complete", _("complete")
    INCOMPLETE = "incomplete", _("something missing")
    SOLVABLE_BELOW = "solvable_below", _("should have been solved below")


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def waiting(self) -> "HandoffQuerySet":
        return self.filter(state=Handoff.State.WAITING)

    def countable(self) -> "HandoffQuerySet":
        """Without those of tickets that were set aside as no request: outside all figures."""
        return self.filter(countable("ticket"))


class Handoff(models.Model):
    """One move of a ticket between teams: who gave it, who received it, and what came of it.

    The sender is recorded, so that a return goes back to whom it came from (PEERS, complaint 23).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be accepted")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("returned")
        OVERTAKEN = "overtaken", _("overtaken by another move")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="handoffs")
    from_tier = models.PositiveSmallIntegerField()
    from_team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    from_assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    to_tier = models.PositiveSmallIntegerField()
    to_team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    summary = models.ForeignKey(Message, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    return_reason = models.CharField(max_length=20, choices=ReturnReason, blank=True, default="")
    rating = models.CharField(max_length=16, choices=HandoffRating, blank=True, default="", db_default="")
    rated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    overridden_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    """The lead who let it go up with required items of the checklist missing."""
    is_owner_named = models.BooleanField(default=False, db_default=False)
    """The two leads have named the owner after the second return: it stays there."""
    firing = models.ForeignKey(
        "escalation.Firing", models.PROTECT, null=True, related_name="handoffs", db_index=False
    )
    """The firing of the rule that moved it: a return counts against the rule, not against a person."""
    responsible = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("responsible here")
    )
    """Who of the desk sees to it while a vendor has it: whoever handed it over, unless changed."""
    fix = models.CharField(max_length=10, choices=Fix, blank=True, default="", db_default="")
    next_chase_at = models.DateTimeField(null=True)
    """When whoever is responsible is reminded that the vendor has not answered."""
    chase_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_chased_at = models.DateTimeField(null=True)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("hand-off")
        verbose_name_plural = _("hand-offs")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state="waiting"), name="one_waiting_handoff_a_ticket"
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""), name="a_return_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["to_team", "at"], name="handoff_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["next_chase_at"], name="handoff_to_chase", condition=Q(next_chase_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}: L{self.from_tier} > L{self.to_tier}"

    @property
    def is_up(self) -> bool:
        return self.to_tier > self.from_tier
