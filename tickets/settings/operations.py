"""Changes of what tickets are sorted by: categories, who writes to requesters in them, templates, the priority matrix.

Each is written down in the history of settings, once, with who did it and when. As in all settings only
administrators may, and `by=None` is the system.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.permissions import may_administer
from accounts.refusals import NotAllowed
from tickets.models import Category, PriorityRule, rebuild_category_tree
from tickets.queries import asked
from tickets.settings import events, kept
from tickets.settings.templates import Template, apply


@transaction.atomic
def create_category(*, by: User | None, at: datetime, **details: Any) -> Category:
    require_administrator(by)
    last = Category.objects.filter(parent=details.get("parent")).aggregate(n=Max("position"))["n"]
    category = Category.objects.create(**{"position": 0 if last is None else last + 1} | details)
    rebuild_category_tree()
    category.refresh_from_db()
    kept.keep_category(category, accounts.record(events.CATEGORY_CREATED, by=by, at=at, about=category.pk))
    return category


@transaction.atomic
def change_category(category: Category, *, by: User | None, at: datetime, **changes: Any) -> Category:
    """Change a category; the names and places of those below it follow."""
    require_administrator(by)
    category = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
    kept.begin_category(category, at)
    found = accounts.differences(category, changes)
    if found:
        if category.is_active:
            category.merged_into = None
        category.save(update_fields=[*accounts.changed_fields(found), "merged_into"])
        rebuild_category_tree()
        category.refresh_from_db()
        event = accounts.record(events.CATEGORY_CHANGED, by=by, at=at, about=category.pk, changes=found)
        kept.keep_category(category, event)
    return category


@transaction.atomic
def set_tier_writes(
    category: Category, *, tier: int, writes: bool | None, by: User | None, at: datetime
) -> Category:
    """Say whether a tier writes to requesters itself in a category and below; None leaves it to what is above."""
    require_administrator(by)
    category = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
    before = category.writes.get(str(tier))
    if before == writes:
        return category
    switches = {level: known for level, known in category.writes.items() if level != str(tier)}
    category.writes = switches if writes is None else {**switches, str(tier): writes}
    category.save(update_fields=["writes"])
    rebuild_category_tree()
    accounts.record(
        events.WRITING_CHANGED, by=by, at=at, about=category.pk, tier=tier, was=before, writes=writes
    )
    return category


@transaction.atomic
def apply_template(chosen: Template, *, by: User | None, at: datetime) -> int:
    """Add the categories and fields of a template that are not here yet; answers how many categories."""
    require_administrator(by)
    added = apply(chosen)
    asked.forget()
    accounts.record(events.TEMPLATE_APPLIED, by=by, at=at, template=chosen.code, added=added)
    return added


@transaction.atomic
def change_matrix(cells: Mapping[tuple[int, int], int], *, by: User | None, at: datetime) -> int:
    """Set the priority of each (impact, urgency) named; answers how many cells that changed."""
    require_administrator(by)
    kept.begin_matrix(at)
    changed = []
    for rule in PriorityRule.objects.select_for_update().order_by("impact", "urgency"):
        before, after = rule.priority, cells.get((rule.impact, rule.urgency), rule.priority)
        if before != after:
            rule.priority = after
            rule.save(update_fields=["priority"])
            changed.append([rule.impact, rule.urgency, before, after])
    if changed:
        kept.keep_matrix(accounts.record(events.MATRIX_CHANGED, by=by, at=at, cells=changed))
    return len(changed)


def require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators can change this."))
