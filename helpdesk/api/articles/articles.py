"""Articles: read by those for whom they are, written by the desk, published by reviewers."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.articles.inputs import NewArticle, Words
from helpdesk.api.articles.shapes import (
    ROW,
    VERSION,
    WHOLE,
    ArticleRow,
    ArticleShape,
    VersionShape,
    base_of,
    number_of,
    shown,
    version_shown,
    whole,
)
from helpdesk.api.asking import Request
from helpdesk.api.describing import IF_MATCH, PAGING, as_list, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.params import choice_of, flag_of, key_of, refuse
from helpdesk.api.problems import teach_conflict
from helpdesk.api.rows import row_or_404
from helpdesk.api.versions import etag, seen
from knowledgebase.models import (
    Article,
    ArticleKind,
    ArticleStatus,
    Section,
)
from knowledgebase.models.choices import LANGUAGES
from knowledgebase.operations import writing
from knowledgebase.permissions import may_edit
from knowledgebase.queries import reading
from knowledgebase.refusals import DraftChanged

ANY = "any"
SECTION = {"id": 4, "name": "VPN", "full_name": "Network > VPN", "parent": 2, "articles": 6}


class SectionShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    full_name = serializers.CharField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    articles = serializers.IntegerField(help_text="That you may read, with those of the sections below.")


class ArticleEndpoint(Endpoint):
    area = Area.ARTICLES

    def readable(self, key: int) -> Article:
        return readable(key, self.person)


def readable(key: int, person: User) -> Article:
    """What this person may read, or work on; 404 for anything else."""
    rows = Article.objects.visible_to(person) | Article.objects.editable_by(person)
    return row_or_404(rows.select_related("published", "draft", "section").distinct(), key)


def answered(row: Article, person: User, *, status: int = 200) -> Response:
    """The article as it is now, for this person."""
    fresh = readable(row.pk, person)
    edits = may_edit(person, fresh)
    tag = etag(number_of(base_of(fresh) if edits else fresh.published))
    return Response(whole(fresh, person, edits=edits), status=status, headers={"ETag": tag})


def _as_it_is_now(conflict: DraftChanged, request: Any) -> dict[str, Any]:
    current = version_shown(conflict.theirs) or {}
    return current | {"etag": etag(number_of(conflict.theirs))}


teach_conflict(DraftChanged, _as_it_is_now)


class Sections(ArticleEndpoint):
    @described(
        "List sections",
        "Those that hold something you may read, as a tree by `parent`.",
        response=as_list(SectionShape),
        example={"results": [SECTION]},
        operation="list_sections",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [row for shelf in reading.shelves(self.person) for row in _shelf(shelf)]})


def _shelf(shelf: Any) -> list[dict[str, Any]]:
    section: Section = shelf.section
    own = {
        "id": section.pk,
        "name": section.name,
        "full_name": section.full_name,
        "parent": section.parent_id,
        "articles": shelf.count,
    }
    return [own, *(row for below in shelf.below for row in _shelf(below))]


class Articles(ArticleEndpoint):
    params = frozenset({"kind", "section", "language", "status", "mine", *paging.PARAMS})

    @described(
        "List articles",
        "What you may read, the last changed first. With `status` those of the desk list what they may work on.",
        response=listed(ArticleRow),
        example={"results": [ROW], "next": None, "previous": None},
        params=(
            *PAGING,
            OpenApiParameter("kind", str, enum=[ANY, *ArticleKind.values], description="Only these."),
            OpenApiParameter("section", int, description="Of this section and those below it, by its id."),
            OpenApiParameter("language", str, enum=[ANY, *LANGUAGES], description="Written in it."),
            OpenApiParameter("status", str, enum=[ANY, *ArticleStatus.values], description="To work on."),
            OpenApiParameter("mine", bool, description="Only those that you answer for."),
        ),
        operation="list_articles",
    )
    def get(self, request: Request) -> Response:
        rows = Article.objects.visible_to(self.person)
        if "status" in request.query_params:
            status = choice_of(request, "status", (ANY, *ArticleStatus.values), ANY)
            rows = Article.objects.editable_by(self.person)
            rows = rows if status == ANY else rows.filter(status=status)
        for name, known in (("kind", ArticleKind.values), ("language", tuple(LANGUAGES))):
            chosen = choice_of(request, name, (ANY, *known), ANY)
            rows = rows if chosen == ANY else rows.filter(**{name: chosen})
        if (section := section_of(request)) is not None:
            rows = rows.filter(section__ancestry__contains=[section.pk])
        if flag_of(request, "mine"):
            rows = rows.filter(owner=self.person)
        rows = rows.select_related("published", "draft")
        chunk = paging.page_of(request, rows, column="changed_at", descending=True)
        return paging.answer(request, chunk, shown)

    @described(
        "Write a new article",
        "A draft; readers see it when it is published.",
        request=NewArticle,
        response=ArticleShape,
        status=201,
        sent={
            "section": 4,
            "title": "VPN drops every 20 minutes",
            "body": "Renew the lease by hand, then ...",
        },
        example={**WHOLE, "status": "draft", "published": None, "draft": VERSION, "html": ""},
        writes=True,
        operation="create_article",
    )
    def post(self, request: Request) -> Response:
        row = writing.create_article(**self.read(NewArticle), by=self.person, at=self.at)
        response = answered(row, self.person, status=201)
        response["Location"] = f"/api/v1/articles/{row.pk}/"
        return response


class OneArticle(ArticleEndpoint):
    @described(
        "One article",
        "As it is published; with its draft for those who may write in it. The header ETag is for If-Match.",
        response=ArticleShape,
        example=WHOLE,
        operation="get_article",
    )
    def get(self, request: Request, key: int) -> Response:
        return answered(self.readable(key), self.person)

    @described(
        "Write in the draft",
        "Where there is none, one begins from what is published. What is not given stays.",
        request=Words,
        response=ArticleShape,
        sent={"body": "Renew the lease by hand, then restart.", "note": "Restart"},
        example={**WHOLE, "draft": {**VERSION, "version": 4, "published_at": None}},
        params=(IF_MATCH,),
        errors=(412, 428),
        writes=True,
        operation="write_article",
    )
    def patch(self, request: Request, key: int) -> Response:
        row = self.readable(key)
        now = number_of(base_of(row))
        version = seen(request, now=now, needed=True)
        base = None if version is None else divmod(max(version, 0), 10_000)
        return answered(
            writing.write(row, **self.read(Words), base=base, by=self.person, at=self.at), self.person
        )


class ArticleVersions(ArticleEndpoint):
    @described(
        "Versions of an article",
        "The newest first, for those who may write in it.",
        response=as_list(VersionShape),
        example={"results": [VERSION]},
        operation="list_article_versions",
    )
    def get(self, request: Request, key: int) -> Response:
        row = row_or_404(Article.objects.editable_by(self.person), key)
        return Response({"results": [version_shown(each) for each in row.versions.order_by("-number")]})


def section_of(request: Request) -> Section | None:
    key = key_of(request, "section")
    if key is None:
        return None
    row = Section.objects.filter(pk=key).first()
    if row is None:
        raise refuse("section", _("There is no section with this id."))
    return row
