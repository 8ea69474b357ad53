"""Changes of custom fields: how they are asked, their order, and the form of a category in the portal."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.refusals import Invalid
from tickets.conditions import circle_of
from tickets.models import Category, CustomField, FieldValue, rebuild_category_tree
from tickets.queries import asked
from tickets.settings import events, kept
from tickets.settings.operations import require_administrator


@transaction.atomic
def create_field(
    *, by: User | None, at: datetime, categories: Iterable[Category] = (), **details: Any
) -> CustomField:
    """Ask for something more. It comes last.

    Raises:
        Invalid: it would be shown for an answer that itself waits for it.
    """
    require_administrator(by)
    refuse_circle(details.get("key", ""), details.get("shown_when") or {})
    last = CustomField.objects.aggregate(n=Max("position"))["n"]
    field = CustomField.objects.create(**{"position": 0 if last is None else last + 1} | details)
    field.categories.set(categories)
    kept.keep_field(field, accounts.record(events.FIELD_CREATED, by=by, at=at, about=field.pk))
    transaction.on_commit(asked.forget)
    return field


@transaction.atomic
def change_field(
    field: CustomField,
    *,
    by: User | None,
    at: datetime,
    categories: Iterable[Category] | None = None,
    **changes: Any,
) -> CustomField:
    """Change how a field is asked. Values that tickets have stay, also where it no longer applies.

    A choice that is taken away while tickets have it is retired: read and searched for, but not offered.

    Raises:
        Invalid: it would be shown for an answer that itself waits for it.
    """
    require_administrator(by)
    field = CustomField.objects.select_for_update(of=("self",)).get(pk=field.pk)
    kept.begin_field(field, at)
    if "shown_when" in changes:
        refuse_circle(field.key, changes["shown_when"])
    if "choices" in changes:
        field.retired_choices = _retired(field, changes["choices"])
    found = accounts.differences(field, changes)
    if found:
        field.save(update_fields=[*accounts.changed_fields(found), "retired_choices"])
    if categories is not None and _set_categories(field, {category.pk for category in categories}):
        found["categories"] = True
    if found:
        event = accounts.record(events.FIELD_CHANGED, by=by, at=at, about=field.pk, changes=found)
        kept.keep_field(field, event)
        transaction.on_commit(asked.forget)
    return field


@transaction.atomic
def order_fields(keys: Sequence[int], *, by: User | None, at: datetime) -> None:
    """Put the fields into this order; those that are not named come after, as they were."""
    require_administrator(by)
    rows = list(CustomField.objects.select_for_update().order_by("position", "label", "pk"))
    place = {key: position for position, key in enumerate(keys)}
    ordered = sorted(rows, key=lambda row: place.get(row.pk, len(place)))
    if ordered == rows:
        return
    for position, row in enumerate(ordered):
        row.position = position
    CustomField.objects.bulk_update(ordered, ["position"])
    accounts.record(events.FIELDS_ORDERED, by=by, at=at, order=[row.pk for row in ordered])
    transaction.on_commit(asked.forget)


@transaction.atomic
def set_questions(
    category: Category, *, questions: list[dict[str, Any]], by: User | None, at: datetime
) -> Category:
    """What the portal asks in a category and below it; none: as the category above says."""
    require_administrator(by)
    category = Category.objects.select_for_update(of=("self",)).get(pk=category.pk)
    kept.begin_questions(category, at)
    if category.questions == questions:
        return category
    category.questions = questions
    category.save(update_fields=["questions"])
    rebuild_category_tree()
    category.refresh_from_db()
    kept.keep_questions(category, accounts.record(events.QUESTIONS_CHANGED, by=by, at=at, about=category.pk))
    return category


def refuse_circle(key: str, shown_when: Iterable[str]) -> None:
    """
    Raises:
        Invalid: naming the fields along the circle.
    """
    rows = CustomField.objects.exclude(key=key)
    others = {row.key: row.shown_when for row in rows}
    circle = circle_of(key, shown_when, others)
    if circle:
        labels = {row.key: row.label for row in rows}
        raise Invalid(
            _("It would wait for itself: %(circle)s.")
            % {"circle": " → ".join(labels.get(each, each) for each in circle)},
            field="shown_when",
        )


def _retired(field: CustomField, choices: list[str]) -> list[str]:
    """The choices that are no longer offered and that tickets have."""
    gone = [each for each in (*field.retired_choices, *field.choices) if each not in choices]
    used = FieldValue.objects.filter(field=field, value__in=gone).values_list("value", flat=True)
    held = set(used.distinct())
    return [each for each in dict.fromkeys(gone) if each in held]


def _set_categories(field: CustomField, wanted: set[int]) -> bool:
    if wanted == set(field.categories.values_list("pk", flat=True)):
        return False
    field.categories.set(wanted)
    return True
