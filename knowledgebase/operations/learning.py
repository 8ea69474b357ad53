"""A ticket becomes an article: a draft with its words, without what is personal, that somebody looks through."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from knowledgebase import events
from knowledgebase.models import (
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleStatus,
    ArticleVersion,
    ErrorStatus,
    LinkRole,
    Section,
    Source,
)
from knowledgebase.operations.cleaning import ERROR_PARTS, clean_audience, clean_kind
from knowledgebase.operations.linking import link_article
from knowledgebase.operations.writing import create_article, lock, write
from knowledgebase.permissions import readable_now
from knowledgebase.queries.material import material_of
from knowledgebase.refusals import NotLookedThrough, RestrictedTicket
from tickets import events as tickets
from tickets.models import Kind, ResolutionCode, Ticket
from tickets.operations.guards import require, require_desk
from tickets.permissions import may_see
from tickets.refusals import Invalid

KINDS = (ArticleKind.KNOWN_ERROR, ArticleKind.HOW_TO, ArticleKind.SOP)
"""What a ticket can become."""
LONGEST_TITLE = 200


@transaction.atomic
def publish_from_ticket(
    ticket: Ticket,
    *,
    kind: str,
    by: User | None,
    at: datetime,
    section: Section | None = None,
    title: str = "",
    asked: bool = False,
) -> Article:
    """Begin an article with what stands in a ticket. It is a draft for technicians, and readers never see it
    before `look_through`. A draft of this kind from this ticket that nobody has looked through yet is found again.

    Args:
        section: the one of the ticket's category, where none is given.
        asked: nobody sits before it: whoever resolved the ticket asked for it, and is told of the draft.

    Raises:
        NotAllowed: who is not of the desk, or does not see the ticket.
        RestrictedTicket: only those named may read it.
        Invalid: a kind that no ticket becomes, or there is no section; `field` names it.
    """
    require_desk(by)
    require(may_see(by, ticket), _("You cannot see that ticket."))
    if kind not in KINDS:
        raise Invalid(_("Choose a known error, a how-to or a script."), field="kind")
    ticket = tickets.lock(ticket)
    if ticket.is_restricted:
        raise RestrictedTicket(ticket)
    begun = Source.objects.filter(
        ticket=ticket, checked_at=None, article__kind=kind, article__status=ArticleStatus.DRAFT
    ).select_related("article")
    if (known := begun.order_by("-pk").first()) is not None:
        return known.article
    material = material_of(ticket, kind=kind, by=by)
    article = create_article(
        section=section or section_for(ticket),
        title=title or (material.title or ticket.number)[:LONGEST_TITLE],
        kind=kind,
        audience=ArticleAudience.L1,
        by=by,
        at=at,
        **_state(ticket, kind),
        **material.said,
    )
    Source.objects.create(article=article, ticket=ticket, stripped=dict(material.stripped), by=by, at=at)
    data = {"article": article.pk, **({"asked": True} if asked else {})}
    told = tickets.Quiet(ticket.pk, events.DRAFTED, at, data, by_id=by.pk if by else None)
    tickets.tell([told], written=at)
    return article


@transaction.atomic
def look_through(
    article: Article,
    *,
    is_clean: bool,
    by: User | None,
    at: datetime,
    base: tuple[int, int] | None = None,
    kind: str = "",
    section: Section | None = None,
    audience: str = "",
    organisations: Iterable[Organisation] = (),
    review_by: date | None = None,
    **said: Any,
) -> Article:
    """Write the draft as it should be and say that nothing personal is left in it; from then on it may go out.

    Args:
        base: number and revision of the draft that the person had before them.
        kind, section, audience: where they should be others than those it began with.
        said: as in `write`.

    Raises:
        Invalid: nobody says that it is clean, or what cannot be written; `field` names it.
        DraftChanged: somebody else has written in it meanwhile.
    """
    if not is_clean:
        raise Invalid(
            _("Look through the words first, then tick that nothing personal is left in them."),
            field="is_clean",
        )
    article = lock(article, by)
    source = Source.objects.select_for_update().get(article=article)
    if kind and kind != article.kind:
        _change_kind(article, kind)
    article = write(article, base=base, by=by, at=at, **said)
    _place(article, section, audience, organisations, review_by, by=by)
    if source.checked_at is None:
        source.checked_by, source.checked_at = by, at
        source.save(update_fields=["checked_by", "checked_at"])
        events.record(article, events.LOOKED_THROUGH, by=by, at=at)
    return article


def require_looked_through(article: Article) -> None:
    """Nothing, unless it was made from a ticket and nobody has looked through it.

    Raises:
        NotLookedThrough: so it is.
    """
    if Source.objects.filter(article=article, checked_at=None).exists():
        raise NotLookedThrough(article)


def link_source(article: Article, *, by: User | None, at: datetime) -> None:
    """It is published first: the ticket that it was made from names it, as its known error or its solution."""
    source = Source.objects.select_related("ticket").filter(article=article).first()
    if source is None or article.versions.exclude(published_at=None).count() > 1:
        return
    role = LinkRole.KNOWN_ERROR if article.is_known_error else LinkRole.SOLUTION
    # Who publishes need not see the ticket, nor be a reader; that it became an article is true all the same.
    is_theirs = by is not None and may_see(by, source.ticket) and readable_now(article, by)
    actor = by if is_theirs else None
    link_article(source.ticket, article=article, role=role, by=actor, at=at)


def usual_kind(ticket: Ticket) -> ArticleKind:
    """What a fix becomes when nobody says: a request is done by steps, a question is answered, the rest was broken."""
    return {Kind.REQUEST: ArticleKind.SOP, Kind.QUESTION: ArticleKind.HOW_TO}.get(
        Kind(ticket.kind), ArticleKind.KNOWN_ERROR
    )


def section_for(ticket: Ticket) -> Section:
    """Where articles about its category stand; else the first section there is.

    Raises:
        Invalid: there is none.
    """
    ancestry = ticket.category.ancestry if ticket.category else []
    rows = Section.objects.filter(ticket_categories__in=ancestry).prefetch_related("ticket_categories")
    by_category = {category.pk: row for row in rows for category in row.ticket_categories.all()}
    nearest = next((by_category[key] for key in reversed(ancestry) if key in by_category), None)
    found = nearest or Section.objects.order_by("path").first()
    if found is None:
        raise Invalid(_("There is no section for articles yet. Ask a lead to add one."), field="section")
    return found


# --- below ---


def _state(ticket: Ticket, kind: str) -> dict[str, Any]:
    """Of a known error: how it stands, and the problem that it belongs to."""
    if kind != ArticleKind.KNOWN_ERROR:
        return {}
    if ticket.resolution_code == ResolutionCode.WORKAROUND:
        status = ErrorStatus.WORKAROUND
    else:
        status = ErrorStatus.FIXED if ticket.resolution_code else ErrorStatus.OPEN
    return {"error_status": status, "problem": ticket if ticket.kind == Kind.PROBLEM else None}


def _change_kind(article: Article, kind: str) -> None:
    """Another kind, while readers have seen none: what that kind does not say is emptied in the draft."""
    found = clean_kind(kind)
    if article.published_id is not None or found not in KINDS:
        raise Invalid(_("Choose a known error, a how-to or a script."), field="kind")
    draft: ArticleVersion | None = article.draft
    article.kind, article.error_status = found, ErrorStatus.OPEN if found == ArticleKind.KNOWN_ERROR else ""
    if found != ArticleKind.KNOWN_ERROR:
        article.problem = None
    article.save(update_fields=["kind", "error_status", "problem"])
    if draft is not None:
        emptied: dict[str, Any] = {} if found == ArticleKind.KNOWN_ERROR else dict.fromkeys(ERROR_PARTS, "")
        emptied |= {} if found == ArticleKind.SOP else {"script": None}
        for name, value in emptied.items():
            setattr(draft, name, value)
        draft.save(update_fields=[*emptied])


def _place(
    article: Article,
    section: Section | None,
    audience: str,
    organisations: Iterable[Organisation],
    review_by: date | None,
    *,
    by: User | None,
) -> None:
    columns = []
    if section is not None and section.pk != article.section_id:
        article.section = section
        columns.append("section")
    if audience:
        found, named = clean_audience(article, audience, organisations, by)
        article.audience = found
        article.organisations.set(named)
        columns.append("audience")
    if review_by is not None:
        article.review_by = review_by
        columns.append("review_by")
    if columns:
        article.save(update_fields=columns)
