from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledgebase.models.articles import Article, ArticleVersion
from knowledgebase.models.choices import VoteReason


class Vote(models.Model):
    """That an article helped somebody or not, once a person. Without a login `visitor` stands for the session:
    a keyed hash of it and the article, from which neither can be read back.
    """

    article = models.ForeignKey(Article, models.CASCADE, related_name="votes", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    visitor = models.CharField(max_length=64, blank=True)
    is_helpful = models.BooleanField(_("helped"))
    reason = models.CharField(_("why not"), max_length=14, choices=VoteReason, blank=True)
    text = models.CharField(_("in words"), max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "user"], condition=Q(user__isnull=False), name="one_vote_a_person"
            ),
            models.UniqueConstraint(
                fields=["article", "visitor"], condition=Q(user__isnull=True), name="one_vote_a_visitor"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, visitor="") | (Q(user__isnull=True) & ~Q(visitor="")),
                name="a_vote_has_a_voter",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} {'+' if self.is_helpful else '-'}"


class Comment(models.Model):
    """A word to the owner of an article; open until somebody has done something about it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="comments", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.CharField(_("comment"), max_length=2000)
    at = models.DateTimeField()
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [models.Index(fields=["article", "done_at", "-id"], name="comment_of_article")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.at}"


class DailyCount(models.Model):
    """What happened to an article in a day (UTC), in numbers alone."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    views = models.PositiveIntegerField(default=0, db_default=0)
    shown = models.PositiveIntegerField(default=0, db_default=0)
    """Times it was suggested beside the form."""
    read = models.PositiveIntegerField(default=0, db_default=0)
    """Times it was opened there."""
    solved = models.PositiveIntegerField(default=0, db_default=0)
    """Forms that it ended: "this solved it"."""
    filed_anyway = models.PositiveIntegerField(default=0, db_default=0)
    """Forms that were sent although it had been read."""

    class Meta:
        verbose_name = _("count of a day")
        verbose_name_plural = _("counts of days")
        constraints = [
            models.UniqueConstraint(fields=["article", "day"], name="one_count_an_article_and_day"),
        ]
        indexes = [models.Index(fields=["day"], name="article_count_by_day")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.day}"
