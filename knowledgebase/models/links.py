from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledgebase.models.articles import Article, ArticleVersion
from knowledgebase.models.choices import LinkRole
from tickets.models import Ticket


class TicketArticle(models.Model):
    """That an article has to do with a ticket, and how. Whoever may not read the article does not see the link."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="article_links", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="ticket_links", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+", db_index=False)
    """As it stood when it was linked."""
    role = models.CharField(_("how"), max_length=12, choices=LinkRole)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("article of a ticket")
        verbose_name_plural = _("articles of tickets")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "article", "role"], name="linked_once_a_role"),
        ]
        indexes = [models.Index(fields=["article", "role", "-id"], name="tickets_of_article")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.article_id} {self.role}"
