"""Versions of settings: what each held after every change, so that it can be told field by field and put back.

Operations call `begin` on the row they have locked and `keep` once it is changed, with the event that tells of it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet

from accounts.models import AccountEvent, SettingVersion, User

Content = dict[str, Any]

TEAM, TIER = "team", "tier"
TEAM_KEPT = ("name", "organisation", "serves", "takes", "takes_not", "is_default")
TIER_KEPT = ("name", "colour", "writes_to_requesters", "proposal_minutes", "sees", "clearance")


_told: set[str] = set()


def tell(subjects: Iterable[str]) -> None:
    """Of these there is a page that tells the versions field by field; the app that has it says so."""
    _told.update(subjects)


def told() -> frozenset[str]:
    return frozenset(_told)


def content_of(row: models.Model, names: tuple[str, ...]) -> Content:
    """What these fields of a row hold, as JSON has it: other rows by their keys."""
    found: Content = {}
    for name in names:
        field = row._meta.get_field(name)
        if field.many_to_many:
            found[name] = sorted(getattr(row, name).values_list("pk", flat=True))
        else:
            found[name] = getattr(row, field.attname)  # type: ignore[union-attr]
    return found


def begin(subject: str, key: int, content: Content, *, at: datetime) -> None:
    """Keep what a setting holds before its first change that is kept; nothing where there are versions already."""
    if not _of(subject, key).exists():
        SettingVersion.objects.create(subject=subject, key=key, number=1, content=content, at=at)


def keep(
    subject: str, key: int, content: Content, *, by: User | None, at: datetime, event: AccountEvent | None
) -> SettingVersion:
    """The next version. The caller holds the row's lock."""
    last = _of(subject, key).order_by("-number").values_list("number", flat=True).first() or 0
    return SettingVersion.objects.create(
        subject=subject, key=key, number=last + 1, content=content, event=event, by=by, at=at
    )


def versions_of(subject: str, key: int) -> "QuerySet[SettingVersion]":
    """Newest first."""
    return _of(subject, key).select_related("by", "event").order_by("-number")


def _of(subject: str, key: int) -> "QuerySet[SettingVersion]":
    return SettingVersion.objects.filter(subject=subject, key=key)
