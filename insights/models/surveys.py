"""Asking people how it went: the desk's choices about it, and one row for each resolution, asked about or not."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team, User
from tickets.models import Category, Message, Ticket


class SurveySettings(models.Model):
    """How the desk asks: exactly one row. Its changes stand in the history of settings."""

    is_on = models.BooleanField(
        _("ask how it went"),
        default=True,
        help_text=_("The mail that says a request is resolved asks for one click: 1 to 5."),
    )
    wait_hours = models.PositiveSmallIntegerField(
        _("hours to wait before asking"),
        default=0,
        validators=[MaxValueValidator(24 * 14)],
        help_text=_("0: with the mail of the resolution. Later: in a mail of its own."),
    )
    days_between = models.PositiveSmallIntegerField(
        _("days between two questions"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Nobody is asked twice within so many days, whatever is resolved for them."),
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("working days until the reminder"),
        default=3,
        # Later the link may have ended: it does 30 days after the ticket was closed.
        validators=[MaxValueValidator(15)],
        help_text=_("One reminder, to those who have not answered. 0: none, at most 15."),
    )
    low_score = models.PositiveSmallIntegerField(
        _("low up to"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
        help_text=_("A score up to this tells the lead of the team that has resolved it."),
    )
    shows_names = models.BooleanField(
        _("managers see who answered"),
        default=False,
        help_text=_("On the page of results. On the ticket itself it can always be seen."),
    )

    class Meta:
        verbose_name = _("settings of surveys")
        verbose_name_plural = _("settings of surveys")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="surveys_have_one_row_of_settings"),
            models.CheckConstraint(condition=Q(days_between__gte=1), name="surveys_leave_a_day_between"),
            models.CheckConstraint(condition=Q(low_score__range=(1, 4)), name="a_low_score_is_1_to_4"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def load(cls) -> "SurveySettings":
        return cls.objects.get_or_create(pk=1)[0]


class WhyNot(models.TextChoices):
    """Why nobody was asked about a resolution."""

    OFF = "off", _("surveys were off")
    IMPORTED = "imported", _("imported")
    PROGRAM = "program", _("filed by a program")
    PROBLEM = "problem", _("a problem record, nobody's request")
    UNANSWERED = "unanswered", _("ended without an answer")
    DUPLICATE = "duplicate", _("a duplicate")
    OVERTAKEN = "overtaken", _("reopened or ended otherwise meanwhile")
    OWN = "own", _("resolved by whoever had asked for it")
    RATED = "rated", _("rated already")
    STOPPED = "stopped", _("wants no surveys")
    NO_MAIL = "no_mail", _("cannot be reached by mail")
    PARENT = "parent", _("asked about the ticket that it belongs to")
    RECENT = "recent", _("was asked lately")


class Settled(models.TextChoices):
    """What was done about a low score."""

    REOPENED = "reopened", _("reopened")
    SPOKEN = "spoken", _("spoken with them")
    NOTED = "noted", _("noted, nothing to do")


class Survey(models.Model):
    """What became of one resolution: asked how it went, or why not; and what was answered.

    It has the answer also where nobody was asked: rating a ticket on its page is the same act. Where it stood
    (level, team, category, organisation, kind) is kept as it was when it was resolved, so that what was read last
    month reads the same today.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="surveys")
    resolution = models.BigIntegerField(unique=True)
    """The event that told of it."""
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    resolved_at = models.DateTimeField()
    resolved_on = models.DateField()
    """In the desk's zone: the day under which it is counted."""
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)
    level = models.PositiveSmallIntegerField()
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", db_index=False)
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", db_index=False
    )
    is_counted = models.BooleanField(default=True)
    """Not where the ticket was set aside as no request, or merged, later on."""

    why_not = models.CharField(max_length=10, choices=WhyNot, blank=True, default="")
    asked_at = models.DateTimeField(null=True)
    """None and no `why_not`: it is to be decided yet."""
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    comment = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+")
    is_low = models.BooleanField(default=False)
    """By what was low when it was given."""
    settled_as = models.CharField(max_length=8, choices=Settled, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        constraints = [
            models.CheckConstraint(
                condition=Q(asked_at__isnull=True) | Q(why_not=""), name="a_survey_is_asked_or_says_why_not"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True, answered_at__isnull=True)
                | Q(score__range=(1, 5), answered_at__isnull=False),
                name="a_score_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(reminded_at__isnull=True) | Q(asked_at__isnull=False),
                name="who_is_reminded_was_asked",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "asked_at"], name="survey_last_asked", condition=Q(asked_at__isnull=False)
            ),
            # Results over a year are read from these two alone.
            models.Index(
                fields=["resolved_on"],
                include=["level", "team", "category", "organisation", "kind", "asked_at", "score", "is_low"],
                name="survey_told",
                condition=Q(is_counted=True) & (Q(asked_at__isnull=False) | Q(score__isnull=False)),
            ),
            models.Index(
                fields=["resolved_on", "why_not"], name="survey_why_not", condition=Q(is_counted=True)
            ),
            models.Index(
                fields=["answered_at", "id"],
                name="survey_answers",
                condition=Q(is_counted=True, answered_at__isnull=False),
            ),
            models.Index(
                fields=["answered_at", "id"],
                name="survey_low_open",
                condition=Q(is_counted=True, is_low=True, settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.score or self.why_not}".strip()

    @property
    def is_decided(self) -> bool:
        return self.asked_at is not None or self.why_not != ""

    @property
    def is_open_low(self) -> bool:
        """A low score about which nothing was done yet."""
        return self.is_low and self.settled_at is None
