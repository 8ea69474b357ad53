"""What is true of an article whatever it says: its address, who reads it, where it stands, what is beside it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from knowledgebase import events
from knowledgebase.indexing import index_article
from knowledgebase.models import Article, Permalink, Section
from knowledgebase.operations.cleaning import clean_audience, clean_tags, know_error, own_slug
from knowledgebase.operations.writing import lock
from knowledgebase.permissions import may_write
from knowledgebase.refusals import FollowsAnother
from tickets.models import Ticket
from tickets.refusals import Invalid


@transaction.atomic
def rename(article: Article, *, slug: str, by: User | None, at: datetime) -> Article:
    """Another address. The old ones lead to it for ever.

    Raises:
        SlugTaken: it is, or was, the address of another article.
    """
    article = lock(article, by)
    slug = own_slug(slug, article)
    if slug != article.slug:
        before, article.slug, article.changed_at = article.slug, slug, at
        article.save(update_fields=["slug", "changed_at"])
        Permalink.objects.get_or_create(slug=slug, defaults={"article": article})
        events.record(article, events.RENAMED, by=by, at=at, before=before, after=slug)
    return article


@transaction.atomic
def set_audience(
    article: Article,
    *,
    audience: str,
    by: User | None,
    at: datetime,
    organisations: Iterable[Organisation] = (),
) -> Article:
    """Who reads it from now on, with its chapters and translations. At once: nothing waits for a review.

    Raises:
        FollowsAnother: it is a chapter or a translation.
        Invalid: named organisations without a name, or a tier above one's own.
    """
    article = lock(article, by)
    if leader := article.manual or article.original:
        raise FollowsAnother(leader, "audience")
    found, named = clean_audience(article, audience, organisations, by)
    before = (article.audience, {each.pk for each in article.organisations.all()})
    if before == (found, {each.pk for each in named}):
        return article
    for each in [article, *family(article)]:
        was = each.audience
        each.audience, each.changed_at = found, at
        each.save(update_fields=["audience", "changed_at"])
        each.organisations.set(named)
        keys: list[events.Fact] = [one.pk for one in named]
        events.record(
            each, events.AUDIENCE_SET, by=by, at=at, before=was, after=str(found), organisations=keys
        )
    return article


@transaction.atomic
def describe(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    section: Section,
    owner: User | None,
    tags: Iterable[str] = (),
    review_by: date | None = None,
    error_status: str = "",
    problem: Ticket | None = None,
    position: int | None = None,
) -> Article:
    """What is true of the article whatever it says: where it stands, who answers for it, what the error's state is.

    Raises:
        Invalid: no owner, or what only known errors have; `field` names it.
    """
    article = lock(article, by)
    if (owner is None and by is not None) or not may_write(owner):
        raise Invalid(_("An article needs an owner who works at the desk."), field="owner")
    before = _described(article)
    article.section, article.owner, article.tags = section, owner, clean_tags(tags)
    if article.review_by != review_by:
        article.review_by, article.reminded_on = review_by, None
    if position is not None:
        article.position = position
    know_error(article, error_status, problem, by)
    changed = [name for name, value in _described(article).items() if value != before[name]]
    if not changed:
        return article
    article.changed_at = at
    article.save(
        update_fields=[
            *("section", "owner", "tags", "review_by", "reminded_on", "position"),
            *("error_status", "problem", "changed_at"),
        ]
    )
    if "tags" in changed:
        index_article(article)
    events.record(article, events.DESCRIBED, by=by, at=at, fields=list(changed))
    return article


@transaction.atomic
def relate(article: Article, *, others: Iterable[Article], by: User | None, at: datetime) -> Article:
    """The articles to look at beside it; they name it in turn."""
    article = lock(article, by)
    wanted = {other.pk: other for other in others}
    wanted.pop(article.pk, None)
    before = set(article.related.values_list("pk", flat=True))
    if before != wanted.keys():
        article.related.set(wanted.values())
        keys: list[events.Fact] = [*sorted(wanted)]
        events.record(article, events.RELATED, by=by, at=at, others=keys)
    return article


# --- below ---


def family(article: Article) -> list[Article]:
    """Its chapters and its translations, and the chapters' translations: they are read by whom it is."""
    near = Article.objects.filter(manual=article) | Article.objects.filter(original=article)
    far = Article.objects.filter(original__manual=article) | Article.objects.filter(manual__original=article)
    return list((near | far).distinct().order_by("pk"))


def _described(article: Article) -> dict[str, Any]:
    return {
        "section": article.section_id,
        "owner": article.owner_id,
        "tags": list(article.tags),
        "review_by": article.review_by,
        "position": article.position,
        "error_status": article.error_status,
        "problem": article.problem_id,
    }
