"""What is kept of each setting of tickets with every change: its versions can be told field by field and put back."""

from datetime import datetime

from accounts import versions
from accounts.models import AccountEvent, Desk
from tickets.models import Category, CustomField, PriorityRule

CATEGORY, FIELD, MATRIX, QUESTIONS, STATUSES = "category", "field", "matrix", "questions", "statuses"
CATEGORY_KEPT = (
    "name",
    "parent",
    "hint",
    "icon",
    "team",
    "skill",
    "is_common",
    "for_requesters",
    "is_active",
)
FIELD_KEPT = (
    "label",
    "help",
    "choices",
    "required",
    "kinds",
    "categories",
    "shown_when",
    "for_requesters",
    "min_tier",
    "is_active",
)


def begin_category(row: Category, at: datetime) -> None:
    versions.begin(CATEGORY, row.pk, versions.content_of(row, CATEGORY_KEPT), at=at)


def keep_category(row: Category, event: AccountEvent) -> None:
    content = versions.content_of(row, CATEGORY_KEPT)
    versions.keep(CATEGORY, row.pk, content, by=event.by, at=event.at, event=event)


def begin_field(row: CustomField, at: datetime) -> None:
    versions.begin(FIELD, row.pk, versions.content_of(row, FIELD_KEPT), at=at)


def keep_field(row: CustomField, event: AccountEvent) -> None:
    content = versions.content_of(row, FIELD_KEPT)
    versions.keep(FIELD, row.pk, content, by=event.by, at=event.at, event=event)


def begin_matrix(at: datetime) -> None:
    versions.begin(MATRIX, 0, _cells(), at=at)


def keep_matrix(event: AccountEvent) -> None:
    versions.keep(MATRIX, 0, _cells(), by=event.by, at=event.at, event=event)


def begin_questions(row: Category, at: datetime) -> None:
    versions.begin(QUESTIONS, row.pk, {"questions": row.questions}, at=at)


def keep_questions(row: Category, event: AccountEvent) -> None:
    content = {"questions": row.questions}
    versions.keep(QUESTIONS, row.pk, content, by=event.by, at=event.at, event=event)


def begin_statuses(desk: Desk, at: datetime) -> None:
    versions.begin(STATUSES, 0, {"statuses": desk.statuses}, at=at)


def keep_statuses(desk: Desk, event: AccountEvent) -> None:
    content = {"statuses": desk.statuses}
    versions.keep(STATUSES, 0, content, by=event.by, at=event.at, event=event)


def _cells() -> versions.Content:
    rows = PriorityRule.objects.order_by("impact", "urgency")
    return {f"cell_{row.impact}_{row.urgency}": row.priority for row in rows}
