"""Articles beside a ticket: what its requester has seen of them, and what may answer it, to be put into the reply."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from helpdesk.desk.sending import url_of
from knowledgebase.models import Article
from knowledgebase.queries.beside_ticket import Suggested, for_ticket
from knowledgebase.queries.quoting import link_to, words_for
from knowledgebase.queries.reading import reads_language
from knowledgebase.queries.with_ticket import Linked, linked_with
from knowledgebase.queries.wording import visible_to
from tickets.models import Ticket
from tickets.queries.visible import PreparedFor


@dataclass(frozen=True)
class Offer:
    """An article as the panel offers it.

    `link` is empty where the requester may not read it: then neither its address nor its words go out.
    """

    suggested: Suggested
    link: str
    was_read: bool
    was_sent: bool

    @property
    def article(self) -> Article:
        return self.suggested.article


@require_safe
@technicians_page
def panel(request: DeskRequest, number: str) -> HttpResponse:
    """The panel of the ticket page; without htmx a page of its own."""
    ticket = ticket_or_404(request.user, number, _with_requester)
    language = reads_language(request.user, "", request.headers.get("Accept-Language", ""))
    linked = linked_with(ticket, request.user)
    found = for_ticket(ticket, request.user, language=language)
    keys = [each.article.pk for each in found.articles]
    sendable = visible_to(ticket.requester).among(keys) if keys else set()
    context: dict[str, Any] = {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "linked": linked,
        "offers": [_offer(each, linked, sendable) for each in found.articles],
        "like": found.like,
    }
    template = "desk/suggestions/_panel.html" if request.htmx else "desk/suggestions/page.html"
    return render(request, template, context)


@require_safe
@technicians_page
def text(request: DeskRequest, number: str, key: int) -> HttpResponse:
    """The words of an article for the reply, if both who writes and who gets it may read it at this moment."""
    ticket = ticket_or_404(request.user, number, with_people)
    visible = Article.objects.visible_to(request.user).select_related("published").filter(pk=key)
    found = visible.filter(pk__in=Article.objects.visible_to(ticket.requester).values("pk")).first()
    if found is None:
        raise Http404
    words = words_for(found, ticket.requester, _base())
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


# --- below ---

_with_requester: PreparedFor[Ticket] = PreparedFor(
    lambda user, key: Ticket.objects.visible_to(user).select_related("requester").filter(pk=key).order_by(),
    "key",
)


def _offer(suggested: Suggested, linked: Linked, sendable: set[int]) -> Offer:
    article = suggested.article
    return Offer(
        suggested,
        link=link_to(article, _base()) if article.pk in sendable else "",
        was_read=article in linked.read,
        was_sent=article in linked.sent,
    )


def _base() -> str:
    return settings.BASE_URL.rstrip("/")
