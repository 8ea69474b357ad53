"""What is ready-made: who may write and change it, its versions, and counting its use.

One road for canned replies, ready-made tickets and (in `escalation`) macros. A person's own are nobody's setting; those
of a team and of everybody are told in the history of settings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts import versions
from accounts.models import SettingVersion, Team, User
from tickets.models import Ready, ReadyUse, Ticket
from tickets.permissions import is_desk
from tickets.refusals import Invalid, NotAllowed

KEPT = timedelta(days=366)

AnyReady = TypeVar("AnyReady", bound=Ready)


@dataclass(frozen=True)
class Sort:
    """One sort of ready-made things: its name in the history of settings, and what its versions hold."""

    subject: str
    kept: tuple[str, ...]

    @property
    def created(self) -> str:
        return f"{self.subject}.created"

    @property
    def changed(self) -> str:
        return f"{self.subject}.changed"

    @property
    def deleted(self) -> str:
        return f"{self.subject}.deleted"


REPLIES = Sort("canned_reply", ("name", "folder", "body"))
TICKETS = Sort(
    "ready_ticket",
    (
        "name",
        "folder",
        "kind",
        "category",
        "subject",
        "description",
        "impact",
        "urgency",
        "answer",
        "is_resolved",
        "resolve_as",
        "minutes",
    ),
)


def may_manage(by: User | None, *, owner: int | None, team: int | None) -> bool:
    """One's own, those of teams that one leads; an administrator all that is not somebody else's own."""
    if by is None:
        return True
    if owner is not None:
        return owner == by.pk and is_desk(by)
    return by.is_administrator or (team is not None and team in by.led_team_ids)


@transaction.atomic
def create(
    model: type[AnyReady],
    sort: Sort,
    *,
    by: User | None,
    at: datetime,
    owner: User | None = None,
    team: Team | None = None,
    **details: Any,
) -> AnyReady:
    """Write one for oneself (`owner`), a team, or (neither) everybody."""
    _require(by, owner=owner.pk if owner else None, team=team.pk if team else None)
    row: AnyReady = cast(Any, model).objects.create(owner=owner, team=team, **details)
    event = None if owner else accounts.record(sort.created, by=by, at=at, about=row.pk, team=team)
    versions.keep(sort.subject, row.pk, versions.content_of(row, sort.kept), by=by, at=at, event=event)
    return row


@transaction.atomic
def change(row: AnyReady, sort: Sort, *, by: User | None, at: datetime, **changes: Any) -> AnyReady:
    """Change one, also whose it is; nothing is written where nothing differs."""
    row = _locked(row)
    _require(by, owner=row.owner_id, team=row.team_id)
    owner, team = changes.get("owner", row.owner), changes.get("team", row.team)
    _require(by, owner=owner.pk if owner else None, team=team.pk if team else None)
    versions.begin(sort.subject, row.pk, versions.content_of(row, sort.kept), at=at)
    found = accounts.differences(row, changes)
    if not found:
        return row
    _by_name_only(row, found)
    row.save(update_fields=accounts.changed_fields(found))
    event = None
    if row.owner_id is None:
        event = accounts.record(sort.changed, by=by, at=at, about=row.pk, changes=found)
    versions.keep(sort.subject, row.pk, versions.content_of(row, sort.kept), by=by, at=at, event=event)
    return row


@transaction.atomic
def put_back(row: AnyReady, sort: Sort, *, number: int, by: User | None, at: datetime) -> AnyReady:
    """Make it say again what it said in an earlier version: that is the next one.

    Raises:
        Invalid: there is no such version.
    """
    known = SettingVersion.objects.filter(subject=sort.subject, key=row.pk, number=number).first()
    if known is None:
        raise Invalid(_("There is no such version."), field="number")
    return change(row, sort, by=by, at=at, **_values(type(row), known.content))


@transaction.atomic
def delete(row: Ready, sort: Sort, *, by: User | None, at: datetime) -> None:
    row = _locked(row)
    _require(by, owner=row.owner_id, team=row.team_id)
    if row.owner_id is None:
        accounts.record(sort.deleted, by=by, at=at, about=row.pk, team=row.team)
    row.delete()


def _by_name_only(row: Ready, found: dict[str, Any]) -> None:
    """The history names fields with words in them; what they said stands in the versions."""
    for name in [name for name in found if name != "words"]:
        if isinstance(row._meta.get_field(name), models.JSONField):
            del found[name]
            found["words"] = [*found.get("words", []), name]


def _locked(row: AnyReady) -> AnyReady:
    rows = cast(Any, type(row)).objects.select_for_update(of=("self",)).select_related("team", "owner")
    found: AnyReady = rows.get(pk=row.pk)
    return found


def _require(by: User | None, *, owner: int | None, team: int | None) -> None:
    if not may_manage(by, owner=owner, team=team):
        raise NotAllowed(
            _("You may change your own, leads those of their teams, administrators those of everybody.")
        )


def _values(model: type[Ready], content: Mapping[str, Any]) -> dict[str, Any]:
    """What a version holds as values of the model's fields; a row that is gone is none."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        field = model._meta.get_field(name)
        if isinstance(field, models.ForeignKey) and value is not None:
            related: Any = field.related_model
            found[name] = related.objects.filter(pk=value).first()
        else:
            found[name] = value
    return found


# --- use ---


def count_uses(used: Iterable[tuple[str, int]], *, ticket: Ticket, by: User, at: datetime) -> None:
    """Note what was used in one message or ticket, each once."""
    rows = [ReadyUse(of=of, about=key, by=by, ticket=ticket, at=at) for of, key in dict.fromkeys(used)]
    if rows:
        ReadyUse.objects.bulk_create(rows)


def forget_uses(*, at: datetime) -> int:
    return ReadyUse.objects.filter(at__lt=at - KEPT).delete()[0]
