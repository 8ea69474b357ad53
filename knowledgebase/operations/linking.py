"""Articles and tickets: that one was suggested, sent, or is the solution or the known error of the other."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from knowledgebase import events
from knowledgebase.models import Article, ArticleKind, LinkRole, TicketArticle
from knowledgebase.permissions import readable_now
from knowledgebase.refusals import NotPublished
from tickets import events as tickets
from tickets.models import Ticket
from tickets.operations.guards import require, require_desk
from tickets.permissions import may_see
from tickets.refusals import Invalid


@transaction.atomic
def link_article(
    ticket: Ticket, *, article: Article, role: str, by: User | None, at: datetime
) -> TicketArticle:
    """Say what an article has to do with a ticket. To say it again changes nothing.

    The ticket's history tells of it quietly: nobody's open page collides with it.

    Raises:
        NotAllowed: who is not of the desk, or does not see the ticket.
        NotPublished: who links cannot read the article now.
        Invalid: a role that there is not, or the known error is none.
    """
    require_desk(by)
    require(may_see(by, ticket), _("You cannot see that ticket."))
    article = Article.objects.select_related("published").get(pk=article.pk)
    if article.published is None or not (by is None or readable_now(article, by)):
        raise NotPublished(article)
    if role not in LinkRole.values:
        raise Invalid(_("Choose how they belong together."), field="role")
    if role == LinkRole.KNOWN_ERROR and article.kind != ArticleKind.KNOWN_ERROR:
        raise Invalid(_("“%(title)s” is no known error.") % {"title": article.title}, field="article")
    row, is_new = TicketArticle.objects.get_or_create(
        ticket=ticket,
        article=article,
        role=role,
        defaults={"version": article.published, "by": by, "at": at},
    )
    if is_new:
        _tell(events.LINKED, row, by, at)
        _count(row, 1)
    return row


@transaction.atomic
def unlink_article(link: TicketArticle, *, by: User | None, at: datetime) -> None:
    """Take the link back; the ticket's history keeps that it was there."""
    require_desk(by)
    require(may_see(by, link.ticket), _("You cannot see that ticket."))
    if TicketArticle.objects.filter(pk=link.pk).delete()[0]:
        _tell(events.UNLINKED, link, by, at)
        _count(link, -1)


def link_solution(ticket: Ticket, *, article: Article, by: User | None, at: datetime) -> TicketArticle:
    """The article that answers this ticket: one of each ticket; another one takes its place."""
    with transaction.atomic():
        others = TicketArticle.objects.filter(ticket=ticket, role=LinkRole.SOLUTION).exclude(article=article)
        for other in others.select_related("ticket", "article"):
            unlink_article(other, by=by, at=at)
        return link_article(ticket, article=article, role=LinkRole.SOLUTION, by=by, at=at)


# --- below ---


def _tell(kind: str, link: TicketArticle, by: User | None, at: datetime) -> None:
    data = {"article": link.article_id, "role": str(link.role)}
    told = tickets.Quiet(link.ticket_id, kind, at, data, by_id=by.pk if by else None)
    tickets.tell([told], written=at)


def _count(link: TicketArticle, step: int) -> None:
    if link.role == LinkRole.SOLUTION:
        Article.objects.filter(pk=link.article_id).update(solved=F("solved") + step)
