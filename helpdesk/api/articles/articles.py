"""Articles: read by those for whom they are, written by the desk, published by reviewers."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.articles.inputs import ChangeNote, NewArticle, Remark, Until, Vote, Why, Words
from helpdesk.api.asking import Request
from helpdesk.api.describing import IF_MATCH, PAGING, as_list, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Nothing
from helpdesk.api.params import choice_of, flag_of, refuse
from helpdesk.api.problems import teach_conflict
from helpdesk.api.rendering import stamp
from helpdesk.api.versions import etag, seen
from knowledgebase.models import (
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleStatus,
    ArticleVersion,
    ErrorStatus,
    Section,
)
from knowledgebase.models.choices import LANGUAGES
from knowledgebase.operations import reviewing, voting, writing
from knowledgebase.permissions import may_edit
from knowledgebase.queries import reading
from knowledgebase.refusals import DraftChanged
from tickets.models import NUMBER_PREFIX

ANY = "any"
WORDS = ("title", "summary", "body", "symptom", "cause", "workaround", "fix", "script", "note")
VERSION = {
    "version": 3,
    "revision": 1,
    "title": "VPN drops every 20 minutes",
    "summary": "The lease of the home router is too short.",
    "body": "Renew the lease by hand, then ...",
    "symptom": "",
    "cause": "",
    "workaround": "",
    "fix": "",
    "script": None,
    "note": "With pictures",
    "written_by": 12,
    "written_at": "2026-11-20T08:00:00Z",
    "published_at": "2026-11-20T09:00:00Z",
}
ROW = {
    "id": 41,
    "slug": "vpn-drops",
    "url": "/help/vpn-drops/",
    "kind": "how_to",
    "title": "VPN drops every 20 minutes",
    "summary": "The lease of the home router is too short.",
    "section": 4,
    "language": "en",
    "status": "published",
    "audience": "signed_in",
    "tags": ["vpn"],
    "owner": 12,
    "error_status": "",
    "problem": None,
    "original": None,
    "manual": None,
    "changed_at": "2026-11-20T09:00:00Z",
    "published_at": "2026-10-01T09:00:00Z",
    "review_by": "2027-05-20",
}
FIGURES = {"views": 310, "helpful": 22, "not_helpful": 3, "solved": 17}
WHOLE = {
    **ROW,
    "published": VERSION,
    "draft": None,
    "html": "<p>Renew the lease by hand, then ...</p>",
    **FIGURES,
}
SECTION = {"id": 4, "name": "VPN", "full_name": "Network > VPN", "parent": 2, "articles": 6}


class VersionShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="Counts writings of a draft.")
    title = serializers.CharField()
    summary = serializers.CharField()
    body = serializers.CharField(help_text="Markdown.")
    symptom = serializers.CharField()
    cause = serializers.CharField()
    workaround = serializers.CharField()
    fix = serializers.CharField()
    script = serializers.JSONField(allow_null=True)
    note = serializers.CharField()
    written_by = serializers.IntegerField(allow_null=True)
    written_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)


class ArticleRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    url = serializers.CharField(help_text="Where people read it.")
    kind = serializers.ChoiceField(choices=ArticleKind.values)
    title = serializers.CharField()
    summary = serializers.CharField()
    section = serializers.IntegerField()
    language = serializers.CharField()
    status = serializers.ChoiceField(choices=ArticleStatus.values)
    audience = serializers.ChoiceField(choices=ArticleAudience.values)
    tags = serializers.ListField(child=serializers.CharField())
    owner = serializers.IntegerField(allow_null=True)
    error_status = serializers.ChoiceField(choices=["", *ErrorStatus.values])
    problem = serializers.CharField(allow_null=True)
    original = serializers.IntegerField(allow_null=True)
    manual = serializers.IntegerField(allow_null=True)
    changed_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)


class ArticleShape(ArticleRow):
    published = VersionShape(allow_null=True)
    draft = VersionShape(allow_null=True, help_text="For those who may write in it.")
    html = serializers.CharField(help_text="The published body, as its page shows it; safe to show.")
    views = serializers.IntegerField()
    helpful = serializers.IntegerField()
    not_helpful = serializers.IntegerField()
    solved = serializers.IntegerField(help_text="Tickets whose solution it is.")


class SectionShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    full_name = serializers.CharField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    articles = serializers.IntegerField(help_text="That you may read, with those of the sections below.")


class CommentShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()


class ArticleEndpoint(Endpoint):
    area = Area.ARTICLES

    def readable(self, key: int) -> Article:
        """What this person may read, or work on; 404 for anything else."""
        rows = Article.objects.visible_to(self.person) | Article.objects.editable_by(self.person)
        return _found(rows, key)

    def editable(self, key: int) -> Article:
        """404 for what somebody may not see; who may only read it is refused by the operation."""
        return self.readable(key)


def _found(rows: Any, key: int) -> Article:
    found = rows.select_related("published", "draft", "section").filter(pk=key) if 0 < key < 2**63 else None
    row = found.distinct().first() if found is not None else None
    if row is None:
        raise Http404
    article: Article = row
    return article


def base_of(article: Article) -> ArticleVersion | None:
    return article.draft or article.published


def number_of(version: ArticleVersion | None) -> int:
    """One number for version and revision, for ETags."""
    return version.number * 10_000 + version.revision if version else 0


def shown(row: Article) -> dict[str, Any]:
    version = row.published or row.draft
    return {
        "id": row.pk,
        "slug": row.slug,
        "url": row.address,
        "kind": row.kind,
        "title": row.title,
        "summary": version.summary if version else "",
        "section": row.section_id,
        "language": row.language,
        "status": row.status,
        "audience": row.audience,
        "tags": row.tags,
        "owner": row.owner_id,
        "error_status": row.error_status,
        "problem": f"{NUMBER_PREFIX}{row.problem_id}" if row.problem_id else None,
        "original": row.original_id,
        "manual": row.manual_id,
        "changed_at": stamp(row.changed_at),
        "published_at": stamp(row.published_at),
        "review_by": row.review_by.isoformat() if row.review_by else None,
    }


def version_shown(version: ArticleVersion | None, *, for_editors: bool = True) -> dict[str, Any] | None:
    """Who wrote it, and what they noted about it, is for those who write."""
    if version is None:
        return None
    hidden = {} if for_editors else {"note": ""}
    return {
        "version": version.number,
        "revision": version.revision,
        **{name: getattr(version, name) for name in WORDS},
        **hidden,
        "written_by": version.written_by_id if for_editors else None,
        "written_at": stamp(version.at),
        "published_at": stamp(version.published_at),
    }


def whole(row: Article, person: Any) -> dict[str, Any]:
    is_read = row.is_published and row.published is not None
    edits = may_edit(person, row)
    html = reading.shown(row, row.published, person).body.html if is_read and row.published else ""
    return shown(row) | {
        "published": version_shown(row.published, for_editors=edits) if is_read or edits else None,
        "draft": version_shown(row.draft) if edits else None,
        "html": html,
        **{name: getattr(row, name) for name in FIGURES},
    }


def answered(row: Article, person: Any, *, status: int = 200) -> Response:
    rows = Article.objects.visible_to(person) | Article.objects.editable_by(person)
    fresh = _found(rows, row.pk)
    tag = etag(number_of(base_of(fresh) if may_edit(person, fresh) else fresh.published))
    return Response(whole(fresh, person), status=status, headers={"ETag": tag})


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
        if (section := _section(request)) is not None:
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
        row = self.editable(key)
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
        row = _found(Article.objects.editable_by(self.person), key)
        return Response({"results": [version_shown(each) for each in row.versions.order_by("-number")]})


def act(
    name: str,
    summary: str,
    words: str,
    operation: Callable[..., Any],
    body: Any = Nothing,
    sent: Any = None,
    errors: tuple[int, ...] = (409,),
) -> type[ArticleEndpoint]:
    """An endpoint that carries out one operation on an article."""

    class Act(ArticleEndpoint):
        @described(
            summary,
            words,
            request=body,
            response=ArticleShape,
            sent=sent or {},
            example=WHOLE,
            errors=errors,
            writes=True,
            operation=f"{name.replace('-', '_')}_article",
        )
        def post(self, request: Request, key: int) -> Response:
            row = self.readable(key)
            return answered(operation(row, **self.read(body), by=self.person, at=self.at) or row, self.person)

    Act.__name__ = f"{name.title().replace('-', '')}Article"
    return Act


ACTS = {
    "submit": act(
        "submit",
        "Ask for a review",
        "The section's reviewers are asked.",
        reviewing.submit,
        ChangeNote,
        {"note": ""},
    ),
    "approve": act(
        "approve", "Approve a draft", "By a reviewer who has not written in it.", reviewing.approve
    ),
    "send-back": act(
        "send-back",
        "Send a draft back",
        "With what is missing.",
        reviewing.send_back,
        Why,
        {"note": "Add the router's model"},
    ),
    "publish": act(
        "publish",
        "Publish a draft",
        "Readers see it from now on. A section may want a review first.",
        reviewing.publish,
        ChangeNote,
        {"note": "With pictures"},
    ),
    "archive": act("archive", "Archive an article", "Readers see it no more.", reviewing.archive),
    "unarchive": act(
        "unarchive",
        "Take an article out of the archive",
        "Readers see it again as it was.",
        reviewing.unarchive,
    ),
    "still-right": act(
        "still-right",
        "Say that it is still right",
        "It is looked at again by `until`, or in half a year.",
        reviewing.still_right,
        Until,
        {"until": "2027-05-26"},
    ),
}


class ArticleVote(ArticleEndpoint):
    @described(
        "Say whether it helped",
        "Who says it again changes it.",
        request=Vote,
        response=ArticleShape,
        sent={"helped": True},
        example=WHOLE,
        writes=True,
        operation="vote_article",
    )
    def post(self, request: Request, key: int) -> Response:
        row, given = self.readable(key), self.read(Vote)
        helped = given.pop("helped")
        voting.vote(row, is_helpful=helped, **given, by=self.person, at=self.at)
        return answered(row, self.person)


class ArticleComment(ArticleEndpoint):
    @described(
        "A word to the owner",
        "Who is told by mail.",
        request=Remark,
        response=CommentShape,
        status=201,
        sent={"text": "The menu looks different since the update."},
        example={"id": 8},
        writes=True,
        operation="comment_article",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.readable(key)
        made = voting.comment(row, **self.read(Remark), by=self.person, at=self.at)
        return Response({"id": made.pk}, status=201)


def _section(request: Request) -> Section | None:
    given = request.query_params.get("section")
    if given is None:
        return None
    is_key = given.isascii() and given.isdecimal() and len(given) < 16
    row = Section.objects.filter(pk=int(given)).first() if is_key else None
    if row is None:
        raise refuse("section", "There is no section with this id.")
    return row
