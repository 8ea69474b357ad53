"""Where categories stand in their tree, and what becomes of one that is no longer wanted."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.refusals import Invalid
from tickets.models import Category, rebuild_category_tree
from tickets.settings import events, kept
from tickets.settings.operations import require_administrator
from tickets.settings.queries import children_of

DEEPEST = 4
AT_ONCE = 500
"""So many tickets are given another category in one request."""


@transaction.atomic
def place_category(
    category: Category, *, parent: Category | None, after: Category | None, by: User | None, at: datetime
) -> Category:
    """Put a category below a parent (None: at the top), after one of those that are there (None: first).

    Raises:
        Invalid: below itself, too deep, or one of its name is there already.
    """
    require_administrator(by)
    category = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
    kept.begin_category(category, at)
    old = category.parent_id
    before = old, children_of(old)
    if parent is not None:
        refuse_parent(category, parent)
    if has_twin(category, parent=parent, name=category.name):
        raise Invalid(_("There is a category of this name in the same place already."), field="parent")
    category.parent = parent
    category.save(update_fields=["parent"])
    order = [row for row in children_of(category.parent_id) if row != category]
    place = next((at_ + 1 for at_, row in enumerate(order) if row == after), 0)
    order.insert(place, category)
    if before == (category.parent_id, order):
        return category
    for position, row in enumerate(order):
        row.position = position
    Category.objects.bulk_update(order, ["position"])
    rebuild_category_tree()
    category.refresh_from_db()
    event = accounts.record(
        events.CATEGORY_MOVED,
        by=by,
        at=at,
        about=category.pk,
        parent=[old, category.parent_id],
        place=place + 1,
    )
    if old != category.parent_id:
        kept.keep_category(category, event)
    return category


def move_category(category: Category, *, to: str, by: User | None, at: datetime) -> Category:
    """One place up or down among its siblings, in (below the one above it) or out (beside its parent).

    At the end of them nothing happens.
    """
    order = children_of(category.parent_id)
    here = order.index(category)
    above = order[here - 1] if here else None
    match to:
        case "up" if above:
            after = order[here - 2] if here > 1 else None
            return place_category(category, parent=category.parent, after=after, by=by, at=at)
        case "down" if here + 1 < len(order):
            return place_category(category, parent=category.parent, after=order[here + 1], by=by, at=at)
        case "in" if above:
            below = children_of(above.pk)
            return place_category(category, parent=above, after=below[-1] if below else None, by=by, at=at)
        case "out" if category.parent:
            return place_category(
                category, parent=category.parent.parent, after=category.parent, by=by, at=at
            )
    require_administrator(by)
    return category


@transaction.atomic
def merge_category(category: Category, *, into: Category, by: User | None, at: datetime) -> Category:
    """Take a category out of use for good: nobody chooses it any more, and what stands below it goes to another, first
    there and in its order. Its tickets keep it until somebody changes them.

    Raises:
        Invalid: into itself or below it, into one out of use, or the names below do not fit.
    """
    require_administrator(by)
    category = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
    kept.begin_category(category, at)
    if category.pk in into.ancestry:
        raise Invalid(_("Choose one that is not below it."), field="into")
    if not into.is_active:
        raise Invalid(_("%(name)s is no longer in use.") % {"name": into}, field="into")
    for row in reversed(children_of(category.pk)):
        place_category(row, parent=into, after=None, by=by, at=at)
    category.is_active, category.merged_into = False, into
    category.save(update_fields=["is_active", "merged_into"])
    event = accounts.record(events.CATEGORY_MERGED, by=by, at=at, about=category.pk, into=into.pk)
    kept.keep_category(category, event)
    return category


def refuse_parent(category: Category, parent: Category) -> None:
    """
    Raises:
        Invalid: below itself, or deeper than a tree may be.
    """
    if category.pk in parent.ancestry:
        raise Invalid(_("A category cannot stand below itself."), field="parent")
    if len(parent.ancestry) + height(category) > DEEPEST:
        raise Invalid(
            _("Categories are at most %(deepest)d deep. Choose a higher parent.") % {"deepest": DEEPEST},
            field="parent",
        )


def height(category: Category) -> int:
    """How many levels this category and those below it take; a new one has nothing below it."""
    if category.pk is None:
        return 1
    depth = len(category.ancestry)
    below = Category.objects.filter(ancestry__contains=[category.pk])
    return max((len(row.ancestry) for row in below), default=depth) - depth + 1


def has_twin(category: Category, *, parent: Category | None, name: str) -> bool:
    """Whether another one of this name stands there."""
    return Category.objects.filter(parent=parent, name__iexact=name).exclude(pk=category.pk).exists()
