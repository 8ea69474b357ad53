from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from knowledgebase.models.choices import (
    LANGUAGES,
    ArticleAudience,
    ArticleKind,
    ArticleStatus,
    ErrorStatus,
)
from knowledgebase.models.querysets import ArticleQuerySet
from knowledgebase.models.sections import Section
from tickets.models import Ticket


class Article(models.Model):
    """One thing that somebody should know: where it stands, who reads it, who answers for it.

    What it says stands in its versions: `published` is what readers see, `draft` what is written for next time.
    `title` is a copy of the published version's title (or the draft's, before), for lists and their order.
    Operations are its only writers.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=ArticleKind, default=ArticleKind.HOW_TO)
    section = models.ForeignKey(
        Section, models.PROTECT, related_name="articles", verbose_name=_("section"), db_index=False
    )
    slug = models.SlugField(_("short name in addresses"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=200, editable=False)
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="owned_articles", verbose_name=_("owner")
    )
    status = models.CharField(_("status"), max_length=10, choices=ArticleStatus, default=ArticleStatus.DRAFT)
    audience = models.CharField(
        _("audience"), max_length=14, choices=ArticleAudience, default=ArticleAudience.SIGNED_IN
    )
    organisations = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("organisations")
    )
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("tags"))

    language = models.CharField(_("language"), max_length=8, choices=list(LANGUAGES.items()), default="en")
    original = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="translations",
        verbose_name=_("translation of"),
    )
    manual = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="chapters",
        verbose_name=_("chapter of"),
        db_index=False,
    )
    position = models.PositiveSmallIntegerField(_("place among the chapters"), default=0)
    related = models.ManyToManyField("self", blank=True, symmetrical=True, verbose_name=_("related articles"))

    published = models.ForeignKey(
        "knowledgebase.ArticleVersion",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("published version"),
    )
    draft = models.ForeignKey(
        "knowledgebase.ArticleVersion",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("draft"),
    )
    published_at = models.DateTimeField(_("published"), null=True)
    """When it was published first."""
    changed_at = models.DateTimeField(_("changed"))
    created_at = models.DateTimeField(_("written"))
    review_since = models.DateTimeField(_("waits for a review since"), null=True)
    """Since when its draft waits for a reviewer; none while it does not."""
    review_by = models.DateField(_("look at it again by"), null=True, blank=True)
    reminded_on = models.DateField(_("owner reminded on"), null=True)

    error_status = models.CharField(
        _("status of the error"), max_length=10, choices=ErrorStatus, blank=True, default=""
    )
    problem = models.ForeignKey(
        Ticket,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="known_errors",
        verbose_name=_("problem"),
    )

    views = models.PositiveIntegerField(_("views"), default=0, db_default=0)
    helpful = models.PositiveIntegerField(_("helped"), default=0, db_default=0)
    not_helpful = models.PositiveIntegerField(_("did not help"), default=0, db_default=0)
    solved = models.PositiveIntegerField(_("tickets solved"), default=0, db_default=0)
    """Tickets whose solution it is."""

    words = SearchVectorField(default="", db_default="", editable=False)
    """Of the published version: title A, summary B, headings C, body D. Empty for what is not published."""

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            models.UniqueConstraint(
                fields=["original", "language"],
                condition=Q(original__isnull=False),
                name="one_translation_a_language",
            ),
            models.CheckConstraint(condition=~Q(original=F("id")), name="no_translation_of_itself"),
            models.CheckConstraint(condition=~Q(manual=F("id")), name="no_chapter_of_itself"),
            models.CheckConstraint(
                condition=~Q(status=ArticleStatus.PUBLISHED) | Q(published__isnull=False),
                name="published_means_a_version",
            ),
            models.CheckConstraint(
                condition=Q(kind=ArticleKind.KNOWN_ERROR) | Q(error_status="", problem__isnull=True),
                name="only_known_errors_have_a_state",
            ),
        ]
        indexes = [
            GinIndex(fields=["words"], name="article_words"),
            # Letters anywhere in a title (icontains), as somebody types them.
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="article_title_likeness"),
            # Whether somebody may read it, asked for hundreds of articles of one search.
            models.Index(
                fields=["id"],
                include=["audience"],
                condition=Q(status=ArticleStatus.PUBLISHED),
                name="article_to_read",
            ),
            models.Index(fields=["section", "title", "id"], name="article_of_section"),
            models.Index(fields=["status", "title", "id"], name="article_by_title"),
            models.Index(fields=["-changed_at", "-id"], name="article_by_change"),
            models.Index(fields=["manual", "position", "id"], name="article_chapters"),
            models.Index(
                fields=["review_since", "id"],
                name="article_waits_for_review",
                condition=Q(review_since__isnull=False),
            ),
            models.Index(
                fields=["review_by", "id"],
                name="article_by_review_date",
                condition=Q(status=ArticleStatus.PUBLISHED, review_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        return self.status == ArticleStatus.PUBLISHED

    @property
    def is_known_error(self) -> bool:
        return self.kind == ArticleKind.KNOWN_ERROR

    @property
    def is_sop(self) -> bool:
        return self.kind == ArticleKind.SOP

    @property
    def address(self) -> str:
        """Where readers find it. The slug may change; old ones lead here."""
        return f"/help/{self.slug}/"


class Permalink(models.Model):
    """A slug that an article has or once had: an old address leads to the new one for ever."""

    slug = models.SlugField(max_length=120, primary_key=True)
    article = models.ForeignKey(Article, models.CASCADE, related_name="permalinks")

    class Meta:
        verbose_name = _("address of an article")
        verbose_name_plural = _("addresses of articles")

    def __str__(self) -> str:
        return self.slug


class ArticleVersion(models.Model):
    """What an article says. A draft is written in place, `revision` tells two writers apart; once it has been
    published it never changes again (a trigger refuses it).
    """

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=500, blank=True)
    body = models.TextField(_("text"), blank=True)
    symptom = models.TextField(_("symptom"), blank=True)
    cause = models.TextField(_("cause"), blank=True)
    workaround = models.TextField(_("workaround"), blank=True)
    fix = models.TextField(_("fix"), blank=True)
    script = models.JSONField(_("script"), null=True, blank=True)
    """The steps of an SOP; none for other kinds."""
    headings = models.JSONField(_("headings"), default=list)
    """[[level, text, anchor], ...] in order, worked out when it is written."""
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    written_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("written by")
    )
    """Who wrote last."""
    author_ids = ArrayField(models.BigIntegerField(), default=list)
    """Everybody who wrote in this version: none of them can be its reviewer."""
    at = models.DateTimeField(_("written"))
    submitted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    reviewed_at = models.DateTimeField(_("approved"), null=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published"), null=True)

    class Meta:
        ordering = ["article", "-number"]
        verbose_name = _("version of an article")
        verbose_name_plural = _("versions of articles")
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="one_article_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


WORDS_OF_VERSION = ("title", "summary", "body", "symptom", "cause", "workaround", "fix", "script")
"""What a version says, apart from when and by whom: what two versions are compared by."""
