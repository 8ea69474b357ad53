from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledgebase.models.articles import Article


class ArticleEvent(models.Model):
    """One thing that happened to an article. Append-only: a trigger refuses UPDATE and DELETE.

    `data` holds ids, codes, numbers and slugs; what was written stands in the versions.
    """

    article = models.ForeignKey(Article, models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        verbose_name = _("event of an article")
        verbose_name_plural = _("events of articles")
        indexes = [models.Index(fields=["article", "id"], name="event_of_article")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.kind}"
