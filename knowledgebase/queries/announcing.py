"""Whom an announcement is for, and who has read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.current import current_tiers
from accounts.models import Membership, Organisation, Tier, User
from knowledgebase.models import (
    TIER_AUDIENCES,
    Announcement,
    Article,
    ArticleAudience,
    ArticleVersion,
    Confirmation,
)

VENDORS = 4
"""The tier of vendors, who read no articles of the desk."""


@dataclass(frozen=True)
class Asked:
    """Somebody who is asked to read it, and when they confirmed; `team` is the one that they sit in."""

    person: User
    team: str
    tier: int
    confirmed_at: datetime | None
    version: int | None

    @property
    def has_read(self) -> bool:
        return self.confirmed_at is not None


def readable_from(article: Article) -> int:
    """The lowest tier whose technicians may read it."""
    return TIER_AUDIENCES.get(ArticleAudience(article.audience), 0)


def usual_tiers(article: Article, version: ArticleVersion, by: User | None) -> list[int]:
    """Those that need it: below the highest tier of its authors, as far as they may read it."""
    authors = {*version.author_ids, *([by.pk] if by is not None else [])}
    seats = Membership.objects.filter(user__in=authors, team__is_active=True)
    levels = seats.exclude(team__organisation__kind=Organisation.Kind.VENDOR).values_list(
        "team__tier_id", flat=True
    )
    highest = max(levels, default=VENDORS)
    return [tier.level for tier in announceable() if readable_from(article) <= tier.level < highest]


def announceable() -> list[Tier]:
    """The tiers that something can be announced to."""
    return [tier for tier in current_tiers() if tier.level < VENDORS]


def asked(announcement: Announcement) -> list[Asked]:
    """Everybody who is asked now, those who have not read first, by team and name. Four queries."""
    people = _people(announcement)
    rows = Confirmation.objects.filter(announcement=announcement, person__in=people)
    read = {row.person_id: row for row in rows.select_related("version")}
    found = [_asked(seat, read.get(seat.user_id)) for seat in people.values()]
    return sorted(found, key=lambda row: (row.has_read, row.tier, row.team, row.person.name, row.person.pk))


def who_has_not_read(announcement: Announcement) -> list[User]:
    """Those who are asked now and have not confirmed; nobody, where it asks nobody any more."""
    if not announcement.is_current or not announcement.article.is_published:
        return []
    return [each.person for each in asked(announcement) if not each.has_read]


def asked_whom(announcement: Announcement) -> list[User]:
    """The people themselves: whom to tell."""
    return [seat.user for seat in _people(announcement).values()]


# --- below ---


def _people(announcement: Announcement) -> dict[int, Membership]:
    """The seat by which each of them is asked, by person. Who may not read the article is not asked."""
    teams = [team.pk for team in announcement.teams.all()]
    needed = readable_from(announcement.article)
    seats = (
        Membership.objects.filter(Q(team__tier__in=announcement.tiers) | Q(team__in=teams))
        .filter(user__is_active=True, team__is_active=True)
        .exclude(team__organisation__kind=Organisation.Kind.VENDOR)
        .exclude(user__in=_who_knows(announcement))
        .select_related("user", "team")
        .order_by("team__tier_id", "team__name")
    )
    found: dict[int, Membership] = {}
    for seat in seats:
        found.setdefault(seat.user_id, seat)
    if not needed:
        return found
    may_read = _reach(found, needed)
    return {key: seat for key, seat in found.items() if key in may_read}


def _reach(people: Iterable[int], level: int) -> set[int]:
    """Those of them who sit on that tier or above, or read all."""
    high = Q(memberships__team__tier__gte=level, memberships__team__is_active=True)
    high &= ~Q(memberships__team__organisation__kind=Organisation.Kind.VENDOR)
    rows = User.objects.filter(pk__in=list(people))
    return set(rows.filter(high | Q(is_manager=True) | Q(is_administrator=True)).values_list("pk", flat=True))


def _who_knows(announcement: Announcement) -> list[int]:
    return [*announcement.version.author_ids, *([announcement.by_id] if announcement.by_id else [])]


def _asked(seat: Membership, row: Confirmation | None) -> Asked:
    return Asked(
        person=seat.user,
        team=seat.team.name,
        tier=seat.team.tier_id,
        confirmed_at=row.at if row else None,
        version=row.version.number if row else None,
    )
