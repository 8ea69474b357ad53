from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from knowledgebase.models.articles import Article, ArticleVersion
from tickets.models import Ticket


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def visible_to(self, user: User | AnonymousUser) -> "AnnouncementQuerySet":
        """Of articles that this person may read now."""
        return self.filter(article__in=Article.objects.visible_to(user).values("pk"))

    def current(self) -> "AnnouncementQuerySet":
        """The last one of each article: an earlier one asks nobody any more."""
        return self.filter(is_current=True)

    def asked_of(self, user: User) -> "AnnouncementQuerySet":
        """What this person should have read, whether or not they have; who wrote it knows it already."""
        seats = [seat for seat in user.seats if not seat.is_vendor]
        if not user.is_active or not seats:
            return self.none()
        through = Announcement.teams.through.objects
        named = through.filter(team__in=[seat.team_id for seat in seats]).values("announcement_id")
        for_them = Q(tiers__overlap=sorted({seat.tier for seat in seats})) | Q(pk__in=named)
        knows = Q(by=user) | Q(version__author_ids__contains=[user.pk])
        return self.current().visible_to(user).filter(for_them).exclude(knows)

    def unread_by(self, user: User) -> "AnnouncementQuerySet":
        """What this person is asked to read and has not confirmed."""
        done = Confirmation.objects.filter(announcement=OuterRef("pk"), person=user)
        return self.asked_of(user).filter(~Exists(done))


class Announcement(models.Model):
    """That a version of an article is to be read by the technicians of some tiers or teams."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="announcements", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+", db_index=False)
    tiers = ArrayField(models.PositiveSmallIntegerField(), default=list, verbose_name=_("tiers"))
    teams = models.ManyToManyField(Team, blank=True, related_name="+", verbose_name=_("teams"))
    note = models.CharField(_("why it matters"), max_length=300, blank=True)
    is_current = models.BooleanField(default=True, db_default=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(_("announced"))
    reminded_at = models.DateTimeField(_("last reminded"), null=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints = [
            models.UniqueConstraint(
                fields=["article"], condition=Q(is_current=True), name="one_current_announcement"
            ),
        ]
        indexes = [
            models.Index(fields=["article", "-id"], name="announcement_of_article"),
            models.Index(fields=["-at", "-id"], name="announcement_current", condition=Q(is_current=True)),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} v{self.version_id}"


class Confirmation(models.Model):
    """That somebody has read and understood what was announced. `version` is the one that they had before them:
    that of the announcement, or a later one.
    """

    announcement = models.ForeignKey(
        Announcement, models.PROTECT, related_name="confirmations", db_index=False
    )
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(_("read and understood"))

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "person"], name="confirmed_once"),
        ]
        indexes = [models.Index(fields=["person", "announcement"], name="confirmation_of_person")]

    def __str__(self) -> str:
        return f"{self.announcement_id} {self.person_id}"


class Source(models.Model):
    """The ticket that an article was written from.

    Its words came from people: until somebody has looked through them (`checked_at`) the article is not
    published. What the stripping took out is kept as numbers.
    """

    article = models.OneToOneField(Article, models.PROTECT, related_name="source")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="articles_from_it")
    stripped = models.JSONField(_("taken out"), default=dict)
    """How many names, addresses, numbers and so on, by kind."""
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    checked_at = models.DateTimeField(_("looked through"), null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("source of an article")
        verbose_name_plural = _("sources of articles")

    def __str__(self) -> str:
        return f"{self.article_id} < {self.ticket_id}"


class Decision(models.TextChoices):
    """What becomes of a problem."""

    FIX = "fix", _("it is fixed")
    WORKAROUND = "workaround", _("the workaround stays")
    VENDOR = "vendor", _("a vendor fixes it")
    ACCEPT = "accept", _("we live with it")


class ProblemRecord(models.Model):
    """What is known of the cause behind incidents, and what was decided. One to a ticket of kind problem.

    Its incidents are the tickets that are linked as caused by it. Every state it was in is a `ProblemRevision`.
    """

    ticket = models.OneToOneField(Ticket, models.PROTECT, related_name="problem_record")
    reproduced_how = models.TextField(_("how it was reproduced"), blank=True)
    reproduced_where = models.CharField(_("where it was reproduced"), max_length=200, blank=True)
    root_cause = models.TextField(_("root cause"), blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True, default="")
    decision_why = models.TextField(_("why"), blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(_("decided"), null=True)
    revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("problem record")
        verbose_name_plural = _("problem records")
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="a_decision_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)


PROBLEM_WORDS = ("reproduced_how", "reproduced_where", "root_cause", "decision", "decision_why")
"""What a problem record says, apart from when and by whom."""


class ProblemRevision(models.Model):
    """One state of a problem record, by whom and when. Append-only: a trigger refuses UPDATE and DELETE."""

    record = models.ForeignKey(ProblemRecord, models.PROTECT, related_name="revisions", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="problem_revisions", db_index=False)
    """Retention finds it by this name: what is deleted for good takes every state along."""
    number = models.PositiveIntegerField()
    reproduced_how = models.TextField(blank=True)
    reproduced_where = models.CharField(max_length=200, blank=True)
    root_cause = models.TextField(blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True, default="")
    decision_why = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        verbose_name = _("state of a problem record")
        verbose_name_plural = _("states of problem records")
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="one_problem_state_a_number"),
        ]
        indexes = [models.Index(fields=["ticket"], name="problem_state_of_ticket")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.number}"
