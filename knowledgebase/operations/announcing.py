"""What experts found out is told to the tiers that need it, and each of them says that they have read it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, User
from delivery.operations import enqueue
from knowledgebase import events
from knowledgebase.models import Announcement, Article, ArticleVersion, Confirmation
from knowledgebase.operations import reviewing
from knowledgebase.permissions import may_publish, readable_now
from knowledgebase.queries.announcing import announceable, readable_from, usual_tiers
from knowledgebase.refusals import ChangedSince, NotPublished, ReadByNobody
from tickets.operations.guards import line
from tickets.refusals import Invalid, NotAllowed

KIND = "knowledge.announced"
"""The delivery that tells those whom it is for."""
LONGEST_NOTE = 300


@transaction.atomic
def announce(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    tiers: Iterable[int] | None = None,
    teams: Iterable[Team] = (),
    note: str = "",
) -> Announcement:
    """Ask the technicians of some tiers or teams to read what is published now.

    It takes the place of an earlier announcement: who confirmed that one is asked again. Whoever wrote the version
    or announces it is not asked.

    Args:
        tiers: levels; None stands for those below its authors, as far as they may read it.
        note: why it matters, in a line.

    Raises:
        NotAllowed: who may not publish it.
        NotPublished: readers do not see it.
        ReadByNobody: some of them may not read it; `field` names which.
        Invalid: nobody is named.
    """
    article = (
        Article.objects.select_for_update(of=("self",))
        .select_related("section", "published")
        .get(pk=article.pk)
    )
    if not may_publish(by, article.section):
        raise NotAllowed(_("Only who may publish this article announces it."))
    if article.published is None or not article.is_published:
        raise NotPublished(article)
    levels = usual_tiers(article, article.published, by) if tiers is None else sorted(set(tiers))
    named = list(teams)
    _require_readers(article, levels, named)
    Announcement.objects.filter(article=article, is_current=True).update(is_current=False)
    row = Announcement.objects.create(
        article=article,
        version=article.published,
        tiers=levels,
        note=line(note, "note", longest=LONGEST_NOTE),
        by=by,
        at=at,
    )
    row.teams.set(named)
    keys: list[events.Fact] = [*levels]
    number = article.published.number
    events.record(article, events.ANNOUNCED, by=by, at=at, version=number, tiers=keys, announcement=row.pk)
    enqueue(KIND, {"announcement": row.pk}, dedupe_key=f"announcement:{row.pk}", at=at)
    return row


@transaction.atomic
def publish_and_announce(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    note: str = "",
    seen: tuple[int, int] | None = None,
    tiers: Iterable[int] | None = None,
    teams: Iterable[Team] = (),
    why: str = "",
) -> Announcement:
    """Publish the draft and ask for it to be read, both or neither.

    Args:
        note: what changed, for the list of versions. `why`: why it matters, for those who are asked.

    Raises:
        Refused: what `publish` or `announce` refuses.
    """
    article = reviewing.publish(article, note=note, seen=seen, by=by, at=at)
    return announce(article, tiers=tiers, teams=teams, note=why, by=by, at=at)


@transaction.atomic
def confirm(
    announcement: Announcement, *, by: User, at: datetime, version: ArticleVersion | None = None
) -> Confirmation:
    """Say that one has read and understood it. To say it again changes nothing.

    Args:
        version: the one that the person had before them.

    Raises:
        NotAllowed: who may not read it, or is not asked.
        ChangedSince: another version is published, or announced, by now.
    """
    row = (
        Announcement.objects.select_for_update(of=("self",))
        .select_related("article__published")
        .get(pk=announcement.pk)
    )
    article = row.article
    if article.published is None or not readable_now(article, by):
        raise NotAllowed(_("This article is not for you."))
    known = Confirmation.objects.filter(announcement=row, person=by).first()
    if known is not None:
        return known
    if not row.is_current or (version is not None and version.pk != article.published_id):
        raise ChangedSince(article)
    if not Announcement.objects.asked_of(by).filter(pk=row.pk).exists():
        raise NotAllowed(_("You are not asked to read this."))
    return Confirmation.objects.create(announcement=row, version=article.published, person=by, at=at)


# --- below ---


def _require_readers(article: Article, levels: list[int], teams: list[Team]) -> None:
    if not levels and not teams:
        raise Invalid(_("Choose at least one tier or team that should read it."), field="tiers")
    known = {tier.level for tier in announceable()}
    if set(levels) - known:
        raise Invalid(_("Choose tiers that are in use; vendors read no articles of the desk."), field="tiers")
    lowest = readable_from(article)
    if any(level < lowest for level in levels):
        raise ReadByNobody(article, "tiers")
    houses = [team.organisation for team in teams if team.organisation]
    if any(house.kind == Organisation.Kind.VENDOR for house in houses):
        raise Invalid(_("Vendors read no articles of the desk. Choose a team of your own."), field="teams")
    if any(team.tier_id < lowest for team in teams):
        raise ReadByNobody(article, "teams")
