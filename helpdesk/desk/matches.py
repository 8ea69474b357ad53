"""Open tickets that a known error may be behind, to be linked and answered in one act."""

from functools import partial

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.desk.answering import Many, answer_page
from helpdesk.desk.guard import DeskRequest, technicians_page
from knowledgebase.models import Article, ErrorStatus
from knowledgebase.operations import answering
from knowledgebase.queries.matching import open_tickets_like


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def matches(request: DeskRequest, key: int) -> HttpResponseBase:
    rows = Article.objects.visible_to(request.user).select_related("published", "section", "draft")
    article = rows.filter(pk=key).first()
    if article is None or article.published is None or not article.is_known_error:
        raise Http404
    found = [match for match in open_tickets_like(article, request.user) if not match.is_linked]
    known = article.published
    is_fixed = article.error_status == ErrorStatus.FIXED
    many = Many(
        title=_("Open tickets that “%(title)s” may be behind") % {"title": article.title},
        tickets=[match.ticket for match in found],
        shares={match.ticket.pk: match.percent for match in found},
        act=partial(answering.answer_with, article=article),
        text=(known.fix if is_fixed else "") or known.workaround or known.fix,
        code="",
        url=f"/desk/matches/{article.pk}/",
        back=article.address,
        nothing=_("No open ticket that you see has the words of its symptom."),
        hint=_("By the words of its symptom, likest first. Look at each before you tick it."),
    )
    return answer_page(request, many)
