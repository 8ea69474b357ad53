from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.models import User
from knowledgebase.models.choices import TIER_AUDIENCES, ArticleAudience, ArticleStatus

if TYPE_CHECKING:
    from knowledgebase.models.articles import Article  # noqa: F401  (named in the annotation below)

NOTHING = Q(pk__in=[])
Reader = User | AnonymousUser
"""Who reads: anybody, for some articles need no login."""


class ArticleQuerySet(models.QuerySet["Article"]):
    """Adjectives for articles. `visible_to` is the only road to them for readers, `editable_by` for editors."""

    def visible_to(self, user: Reader) -> "ArticleQuerySet":
        """What this person may read now: published, and meant for them."""
        return self.readable_by(Readership.of(user))

    def readable_by(self, readers: "Readership") -> "ArticleQuerySet":
        """The same for all who read alike."""
        return self.filter(readers.condition(), status=ArticleStatus.PUBLISHED)

    def editable_by(self, user: Reader) -> "ArticleQuerySet":
        """What this person may work on, in whatever state: meant for them, or theirs, or theirs to review."""
        return self.filter(editable(user))

    def standing_alone(self) -> "ArticleQuerySet":
        """Without chapters, which are found through their manual, and without translations."""
        return self.filter(manual=None, original=None)

    def with_words(self) -> "ArticleQuerySet":
        """With the version that readers see and what a row of a list shows, in the same query."""
        return self.select_related("published", "section", "owner")


@dataclass(frozen=True)
class Readership:
    """All that decides what somebody may read: whoever has the same reads the same."""

    reads_all: bool = False
    is_signed_in: bool = False
    tier: int | None = None
    """The highest of their seats; none of who does not work at the desk."""
    organisation_id: int | None = None

    @classmethod
    def of(cls, user: Reader) -> "Readership":
        """Managers and administrators read all. A vendor's guest reads as a requester of that organisation does."""
        if not isinstance(user, User) or not user.is_active:
            return cls()
        if user.is_manager or user.is_administrator:
            return cls(reads_all=True, is_signed_in=True)
        tier = max((seat.tier for seat in user.seats if not seat.is_vendor), default=None)
        return cls(False, True, tier, user.organisation_id if tier is None else None)

    def condition(self) -> Q:
        """People of the desk read whatever requesters read, and what is meant for their tier or one below."""
        if self.reads_all:
            return Q()
        if not self.is_signed_in:
            return Q(audience=ArticleAudience.EVERYONE)
        open_to_all = [ArticleAudience.EVERYONE, ArticleAudience.SIGNED_IN]
        if self.tier is not None:
            tiers = [audience for audience, level in TIER_AUDIENCES.items() if level <= self.tier]
            return Q(audience__in=[*open_to_all, ArticleAudience.ORGANISATIONS, *tiers])
        if self.organisation_id is None:
            return Q(audience__in=open_to_all)
        named = apps.get_model("knowledgebase", "Article").organisations.through.objects
        of_theirs = Q(pk__in=named.filter(organisation_id=self.organisation_id).values("article_id"))
        return Q(audience__in=open_to_all) | Q(of_theirs, audience=ArticleAudience.ORGANISATIONS)


def meant_for(user: Reader) -> Q:
    """The audiences that this person belongs to."""
    return Readership.of(user).condition()


def editable(user: Reader) -> Q:
    if not isinstance(user, User) or not user.is_active:
        return NOTHING
    if user.is_manager or user.is_administrator:
        return Q()
    if not user.is_technician:
        return NOTHING
    reviewed = apps.get_model("knowledgebase", "Section").reviewers.through.objects.filter(user_id=user.pk)
    theirs = Q(owner=user) | Q(section__in=reviewed.values("section_id"))
    return meant_for(user) | theirs | Q(draft__author_ids__contains=[user.pk])
