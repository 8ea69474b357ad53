"""Search over articles, and suggestions for a text or a ticket: only what the asker may read."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api import paging
from helpdesk.api.articles.articles import ANY, ArticleEndpoint, section_of
from helpdesk.api.articles.inputs import Asked
from helpdesk.api.articles.shapes import ROW, ArticleRow, shown
from helpdesk.api.asking import Request
from helpdesk.api.describing import LIMIT, as_list, described
from helpdesk.api.params import choice_of, limit_of, refuse
from helpdesk.desk.guard import ticket_or_404
from knowledgebase.models import ArticleKind
from knowledgebase.models.choices import LANGUAGES
from knowledgebase.queries.beside_ticket import for_ticket
from knowledgebase.queries.searching import search
from knowledgebase.queries.suggesting import for_text
from tickets.models import Category
from tickets.permissions import is_desk

HIT = {
    **ROW,
    "title_html": "<mark>VPN</mark> drops",
    "snippet_html": "The lease of the home router ...",
    "rank": 1.7,
}
CURSOR = OpenApiParameter("cursor", str, description="From `next` of the page before.")


class HitShape(ArticleRow):
    title_html = serializers.CharField(help_text="With the words that were found marked; safe to show.")
    snippet_html = serializers.CharField(help_text="A piece of its text, likewise.")
    rank = serializers.FloatField(help_text="The higher, the better; comparable within one answer.")


class FoundShape(serializers.Serializer[Any]):
    results = HitShape(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    total = serializers.IntegerField(help_text="How many are found.")
    is_more = serializers.BooleanField(help_text="There are more than were ranked.")
    meant = serializers.CharField(help_text="What was probably meant, and what was searched for; else empty.")
    trouble = serializers.CharField(help_text="What is wrong with the search, if something is.")
    kinds = serializers.DictField(child=serializers.IntegerField())
    languages = serializers.DictField(child=serializers.IntegerField())


class SuggestedShape(HitShape):
    solved_like = serializers.IntegerField(help_text="Similar tickets that it has solved.")


class BesideShape(serializers.Serializer[Any]):
    articles = SuggestedShape(many=True)
    like = serializers.ListField(
        child=serializers.CharField(), help_text="Similar tickets that are resolved."
    )


def hit_shown(hit: Any) -> dict[str, Any]:
    return shown(hit.article) | {
        "title_html": str(hit.title),
        "snippet_html": str(hit.snippet_html),
        "rank": round(hit.rank, 4),
    }


class Search(ArticleEndpoint):
    params = frozenset({"q", "kind", "section", "language", "only_language", *paging.PARAMS})

    @described(
        "Search articles",
        '"Two words" find a phrase, -word leaves out; words that nobody writes are taken for the likest. Nothing is '
        "kept of who searched.",
        response=FoundShape,
        example={
            "results": [HIT],
            "next": None,
            "previous": None,
            "total": 1,
            "is_more": False,
            "meant": "",
            "trouble": "",
            "kinds": {"how_to": 1},
            "languages": {"en": 1},
        },
        params=(
            OpenApiParameter("q", str, required=True, description="What is looked for."),
            OpenApiParameter("kind", str, enum=[ANY, *ArticleKind.values], description="Only these."),
            OpenApiParameter("section", int, description="Of this section and those below it, by its id."),
            OpenApiParameter(
                "language", str, enum=list(LANGUAGES), description="The reader's; yours if not said."
            ),
            OpenApiParameter("only_language", str, enum=[ANY, *LANGUAGES], description="Written in it."),
            CURSOR,
            LIMIT,
        ),
        operation="search_articles",
    )
    def get(self, request: Request) -> Response:
        words = request.query_params.get("q", "")
        if not words.strip():
            raise refuse("q", _("Say what you look for."))
        kind = choice_of(request, "kind", (ANY, *ArticleKind.values), ANY)
        only = choice_of(request, "only_language", (ANY, *LANGUAGES), ANY)
        place = paging.place_of(request)
        found = search(
            words,
            self.person,
            language=_language(request),
            section=section_of(request),
            kind="" if kind == ANY else kind,
            only_language="" if only == ANY else only,
            limit=limit_of(request, default=10),
            after=place,
        )
        chunk = _Chunk(paging.signed(request, found.following) if found.following else None)
        return paging.answer(
            request,
            chunk,
            [hit_shown(hit) for hit in found.hits],
            total=found.total,
            is_more=found.is_more,
            meant=found.meant,
            trouble=found.trouble,
            kinds=found.kinds,
            languages=found.languages,
        )


class _Chunk:
    """A page of a ranking goes on, and not back."""

    previous: str | None = None

    def __init__(self, following: str | None) -> None:
        self.next = following


class Suggestions(ArticleEndpoint):
    reads_by = frozenset({"post"})

    @described(
        "Articles for a text",
        "The best for what somebody writes down in their own words, at most five.",
        request=Asked,
        response=as_list(HitShape),
        sent={"text": "vpn breaks off all the time at home", "category": 13},
        example={"results": [HIT]},
        writes=True,
        operation="suggest_articles",
    )
    def post(self, request: Request) -> Response:
        given = self.read(Asked)
        key = given["category"]
        category = Category.objects.active().filter(pk=key).first() if key else None
        language = given.get("language") or _own_language(request)
        hits = for_text(given["text"], self.person, category=category, language=language)
        return Response({"results": [hit_shown(hit) for hit in hits]})


class TicketSuggestions(ArticleEndpoint):
    @described(
        "Articles for a ticket",
        "By its words, its category, and what has solved similar tickets; for the desk.",
        response=BesideShape,
        example={"articles": [{**HIT, "solved_like": 4}], "like": ["TD-988", "TD-912"]},
        operation="suggest_for_ticket",
    )
    def get(self, request: Request, number: str) -> Response:
        ticket = ticket_or_404(self.person, number)
        if not is_desk(self.person) or self.person.is_vendor_guest:
            return Response({"articles": [], "like": []})
        found = for_ticket(ticket, self.person, language=_own_language(request))
        return Response(
            {
                "articles": [
                    hit_shown(each.hit) | {"solved_like": each.solved_like} for each in found.articles
                ],
                "like": [each.number for each in found.like],
            }
        )


def _language(request: Request) -> str:
    return choice_of(request, "language", tuple(LANGUAGES), _own_language(request))


def _own_language(request: Request) -> str:
    language: str = request.user.language
    return language if language in LANGUAGES else "en"
