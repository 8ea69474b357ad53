"""Acts on sections: made, renamed, moved, given reviewers. Leads, managers and administrators."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from knowledgebase import settings_events as events
from knowledgebase.models import Article, Section, rebuild_section_tree
from knowledgebase.permissions import may_arrange, may_write
from knowledgebase.refusals import CircularSection, SectionNotEmpty
from tickets.models import Category
from tickets.operations.guards import line
from tickets.refusals import Invalid, NotAllowed

LONGEST_NAME = 80
DEEPEST = 5


@transaction.atomic
def create_section(
    *,
    name: str,
    by: User | None,
    at: datetime,
    slug: str = "",
    parent: Section | None = None,
    hint: str = "",
    position: int = 0,
    ticket_categories: Iterable[Category] = (),
    reviewers: Iterable[User] = (),
    is_review_required: bool = False,
) -> Section:
    """A new shelf, empty.

    Args:
        slug: how addresses and folders name it; made from the name when none is given.

    Raises:
        Invalid: the name is empty, or the slug is taken below that parent; `field` names it.
    """
    _begin(by)
    section = Section(parent=parent, position=position, is_review_required=is_review_required)
    section.name = line(name, "name", longest=LONGEST_NAME, needed=True)
    section.slug = _free_slug(slug or section.name, section)
    section.hint = line(hint, "hint", longest=200)
    section.save()
    return _settle(section, events.SECTION_CREATED, ticket_categories, reviewers, by, at)


@transaction.atomic
def change_section(
    section: Section,
    *,
    name: str,
    by: User | None,
    at: datetime,
    slug: str = "",
    parent: Section | None = None,
    hint: str = "",
    position: int = 0,
    ticket_categories: Iterable[Category] = (),
    reviewers: Iterable[User] = (),
    is_review_required: bool = False,
) -> Section:
    """Everything about a section at once, as its form shows it.

    Raises:
        CircularSection: the parent lies below the section itself.
        Invalid: as for a new one.
    """
    _begin(by)
    section = Section.objects.select_for_update().get(pk=section.pk)
    if parent is not None:
        parent = Section.objects.get(pk=parent.pk)
        if section.pk in parent.ancestry:
            raise CircularSection(section, parent)
    section.parent, section.position = parent, position
    section.is_review_required = is_review_required
    section.name = line(name, "name", longest=LONGEST_NAME, needed=True)
    section.slug = _free_slug(slug or section.name, section)
    section.hint = line(hint, "hint", longest=200)
    section.save()
    return _settle(section, events.SECTION_CHANGED, ticket_categories, reviewers, by, at)


@transaction.atomic
def require_review(section: Section, *, by: User | None, at: datetime) -> Section:
    """From now on nothing is published here without a review; what is published stays."""
    _begin(by)
    section = Section.objects.get(pk=section.pk)
    if not section.is_review_required:
        section.is_review_required = True
        section.save(update_fields=["is_review_required"])
        accounts.record(events.SECTION_CHANGED, by=by, at=at, about=section.pk)
    return section


@transaction.atomic
def delete_section(section: Section, *, by: User | None, at: datetime) -> None:
    """Take an empty section away.

    Raises:
        SectionNotEmpty: it holds articles or sections.
    """
    _begin(by)
    section = Section.objects.select_for_update().get(pk=section.pk)
    if section.children.exists() or Article.objects.filter(section=section).exists():
        raise SectionNotEmpty(section)
    key, name = section.pk, section.name
    section.delete()
    accounts.record(events.SECTION_DELETED, by=by, at=at, about=key, name=name)


# --- below ---


def _begin(by: User | None) -> None:
    """One act on the tree after the other: two moves at once could close a circle that neither sees."""
    if not may_arrange(by):
        raise NotAllowed(_("Only leads, managers and administrators change sections."))
    list(Section.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def _settle(
    section: Section,
    kind: str,
    categories: Iterable[Category],
    reviewers: Iterable[User],
    by: User | None,
    at: datetime,
) -> Section:
    people = list(reviewers)
    stranger = next((person for person in people if not may_write(person)), None)
    if stranger is not None:
        raise Invalid(
            _("%(name)s does not work at the desk and cannot review.") % {"name": stranger.name},
            field="reviewers",
        )
    section.ticket_categories.set(categories)
    section.reviewers.set(people)
    rebuild_section_tree()
    section.refresh_from_db()
    if len(section.ancestry) > DEEPEST:
        raise Invalid(_("Sections go at most %(n)d levels deep.") % {"n": DEEPEST}, field="parent")
    accounts.record(kind, by=by, at=at, about=section.pk)
    return section


def _free_slug(text: str, section: Section) -> str:
    slug = slugify(text)[:LONGEST_NAME].strip("-")
    if not slug:
        raise Invalid(_("Give a short name of letters and digits, such as printers."), field="slug")
    twins: Any = Section.objects.filter(parent=section.parent, slug=slug).exclude(pk=section.pk)
    if twins.exists():
        raise Invalid(_("There is a section “%(slug)s” there already.") % {"slug": slug}, field="slug")
    return slug
