"""Articles and sections for tests: `write_article("VPN drops")` is a published one that everybody signed in reads."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils.text import slugify

from accounts.models import Organisation, User
from knowledgebase.models import (
    Article,
    ArticleStatus,
    ArticleVersion,
    Permalink,
    Run,
    Section,
    rebuild_section_tree,
)
from knowledgebase.operations.running import start
from tests.knowledgebase.sops import WIFI, sop
from tickets.models import Ticket

WORDS = ("summary", "body", "symptom", "cause", "workaround", "fix", "script")


def make_section(name: str, parent: Section | None = None, **fields: Any) -> Section:
    section = Section.objects.create(name=name, slug=slugify(name), parent=parent, **fields)
    rebuild_section_tree()
    section.refresh_from_db()
    return section


@pytest.fixture
def networks(db: None) -> Section:
    return make_section("Networks")


@pytest.fixture
def write_article(networks: Section, lars: User, at: datetime) -> Callable[..., Article]:
    """An article with one version, owned by Lars. `published=False` leaves it a draft."""

    def write(
        title: str = "VPN drops every 20 minutes",
        *,
        published: bool = True,
        organisations: list[Organisation] | None = None,
        **fields: Any,
    ) -> Article:
        words = {name: fields.pop(name) for name in WORDS if name in fields}
        fields.setdefault("section", networks)
        fields.setdefault("owner", lars)
        fields.setdefault("slug", slugify(title))
        article = Article.objects.create(title=title, created_at=at, changed_at=at, **fields)
        Permalink.objects.create(slug=article.slug, article=article)
        version = ArticleVersion.objects.create(
            article=article,
            number=1,
            title=title,
            at=at,
            written_by=lars,
            author_ids=[lars.pk],
            published_at=at if published else None,
            published_by=lars if published else None,
            **words,
        )
        if published:
            article.published, article.status, article.published_at = version, ArticleStatus.PUBLISHED, at
        else:
            article.draft = version
        article.save()
        article.organisations.set(organisations or [])
        return Article.objects.get(pk=article.pk)

    return write


@pytest.fixture
def wifi(lars: User, at: datetime) -> Article:
    """A published script by Lars."""
    return sop(WIFI, by=lars, at=at)


@pytest.fixture
def run(ticket: Ticket, wifi: Article, mira: User, at: datetime) -> Run:
    """Mira has begun it in her ticket."""
    return start(ticket, article=wifi, by=mira, at=at)
