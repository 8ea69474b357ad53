"""What answers about articles look like: versions, rows of lists, whole articles."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from helpdesk.api.rendering import stamp
from knowledgebase.models import (
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleStatus,
    ArticleVersion,
    ErrorStatus,
)
from knowledgebase.queries import reading
from tickets.models import NUMBER_PREFIX

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
    script = serializers.JSONField(help_text="Null where there is none.")
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


def whole(row: Article, person: User, *, edits: bool) -> dict[str, Any]:
    is_read = row.is_published and row.published is not None
    html = reading.shown(row, row.published, person).body.html if is_read and row.published else ""
    return shown(row) | {
        "published": version_shown(row.published, for_editors=edits) if is_read or edits else None,
        "draft": version_shown(row.draft) if edits else None,
        "html": html,
        **{name: getattr(row, name) for name in FIGURES},
    }
