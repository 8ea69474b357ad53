"""Retention: tickets that were closed long ago are deleted for good. The one door through the history's trigger."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import Attachment, Event, Purge, Status, Ticket
from tickets.operations.guards import line, require

ENDED = (Status.CLOSED, Status.CANCELLED)


@transaction.atomic
def purge(
    *, closed_before: datetime, reason: str, by: User | None, at: datetime, limit: int = 1000
) -> Purge | None:
    """Delete up to `limit` tickets that ended before a moment, with all that hangs on them, and record it.

    A ticket to which something kept points (a merge, a link, a known error) stays as long as that does. `by=None` is
    the operator on the command line. Returns None when nothing was due.
    """
    require(by is None or by.is_administrator, _("Only administrators delete for good."))
    reason = line(reason, "reason", longest=200, needed=True)
    keys = _due(closed_before, limit)
    if not keys:
        return None
    for act in _before_purge:
        act(keys)
    files = list(Attachment.objects.filter(ticket__in=keys).exclude(file=""))
    with _history_open():
        events = Event.objects.filter(ticket__in=keys).count()
        _delete_all(keys)
    for attachment in files:
        transaction.on_commit(partial(attachment.file.storage.delete, str(attachment.file.name)))
    return Purge.objects.create(
        at=at,
        by=by,
        reason=reason,
        closed_before=closed_before,
        tickets=len(keys),
        events=events,
        first_number=min(keys),
        last_number=max(keys),
    )


_before_purge: list[Callable[[list[int]], None]] = []


def before_purge(act: Callable[[list[int]], None]) -> None:
    """Let `act` see which tickets are about to be deleted, in that transaction: who has counted them stops."""
    if act not in _before_purge:
        _before_purge.append(act)


def due(closed_before: datetime) -> models.QuerySet[Ticket]:
    return Ticket.objects.filter(status__in=ENDED, closed_at__lt=closed_before)


def _due(closed_before: datetime, limit: int) -> list[int]:
    rows = due(closed_before).order_by("id").select_for_update(of=("self",), skip_locked=True)
    keys = set(rows.values_list("pk", flat=True)[:limit])
    while keys and (held := _held_by_others(keys)):
        keys -= held
    return sorted(keys)


def _held_by_others(keys: set[int]) -> set[int]:
    """Those to which a ticket outside the set points."""
    held = set(
        Ticket.objects.filter(merged_into__in=keys)
        .exclude(pk__in=keys)
        .values_list("merged_into_id", flat=True)
    )
    links = apps.get_model("tickets", "Link").objects.filter(
        Q(ticket__in=keys) & ~Q(other__in=keys) | Q(other__in=keys) & ~Q(ticket__in=keys)
    )
    for ticket, other in links.values_list("ticket_id", "other_id"):
        held |= {ticket, other} & keys
    for model, name in _named_above():
        held |= set(model.objects.filter(**{f"{name}__in": keys}).values_list(f"{name}_id", flat=True))
    return {key for key in held if key is not None}


def _named_above() -> Iterator[tuple[Any, str]]:
    """What names a ticket without hanging on it, in the apps above: a known error names its problem, and stays."""
    for relation in Ticket._meta.related_objects:
        if relation.field.name != "ticket" and relation.related_model._meta.app_label != "tickets":
            yield relation.related_model, relation.field.name


@contextmanager
def _history_open() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tierdesk.retention = 'on'")
        try:
            yield
        finally:
            cursor.execute("SET LOCAL tierdesk.retention = 'off'")


def _delete_all(keys: list[int]) -> None:
    """Rows of every table that hangs on a ticket, then the tickets. Foreign keys are checked at the commit."""
    for model in _hanging():
        for beneath, name in _beneath(model):
            _raw_delete(beneath.objects.filter(**{f"{name}__ticket__in": keys}))
        _raw_delete(model.objects.filter(ticket__in=keys))
    Ticket.objects.filter(pk__in=keys).update(merged_into=None)
    _raw_delete(Ticket.objects.filter(pk__in=keys))


def _hanging() -> list[Any]:
    """The tables with a key of a ticket, also those to which the ticket knows no way back."""
    return [model for model, name in _pointing_at(Ticket) if name == "ticket"]


def _beneath(model: Any) -> Iterator[tuple[Any, str]]:
    """What belongs to a ticket only by way of such a row: it has no key of a ticket of its own."""
    hanging = _hanging()
    return ((other, name) for other, name in _pointing_at(model) if other not in hanging)


def _pointing_at(model: Any) -> Iterator[tuple[Any, str]]:
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            yield relation.related_model, relation.field.name


def _raw_delete(rows: models.QuerySet[models.Model]) -> None:
    """One DELETE: the collector would refuse for PROTECT what is deleted here in the right order."""
    rows._raw_delete(using=rows.db)  # noqa: SLF001
