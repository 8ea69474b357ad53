"""Why promises were broken, in the words of the desk; and what desk and organisation agreed not to hold against it.

A breach is named by ticket, metric and scope, as clocks are. Whether there is one the clocks say, not the facts:
those may lag behind by a moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from insights.models import BreachCause, BreachException, Cause, SaidCause
from insights.operations import keeping
from insights.permissions import may_agree_exceptions, may_name_cause
from sla.models import Clock, Metric
from sla.queries.verdicts import COUNTS
from tickets.models import Ticket
from tickets.operations.guards import line, require
from tickets.permissions import may_see
from tickets.refusals import Invalid, Refused

LONGEST_WORDS = 300
MOST_AT_ONCE = 200
"""Breaches of one act on many."""
Key = tuple[Ticket, str, int]
"""Ticket, metric, scope."""


class NotBroken(Refused):
    """There is no breach that could have a cause."""

    code = "not_broken"
    field = "metric"

    def __init__(self, ticket: Ticket, metric: str) -> None:
        label = Metric(metric).label if metric in Metric.values else metric[:16]
        super().__init__(
            _("%(number)s has not broken this promise: %(promise)s.")
            % {"number": ticket.number, "promise": label}
        )


class NoException(Refused):
    """None is agreed that could be withdrawn."""

    code = "no_exception"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(_("No exception is agreed for this promise of %(n)s.") % {"n": ticket.number})


@dataclass(frozen=True)
class Done:
    """What an act on many did: how many breaches, and the others with the reason."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Number of the ticket, and why."""


@transaction.atomic
def set_cause(
    ticket: Ticket, *, metric: str, scope: int = 0, cause: str, words: str = "", by: User, at: datetime
) -> BreachCause | None:
    """Say why a promise was broken; "" takes back what was said. What was said before stays in its history.

    Returns:
        the word that counts now; None where it was taken back.

    Raises:
        NotAllowed: who neither works the ticket nor leads its team, nor one that resolved it.
        Invalid: about `cause` or `words`.
        NotBroken: the promise holds, or was never made.
    """
    require(
        may_see(by, ticket) and may_name_cause(by, ticket),
        _("Only the team that has %(number)s and its leads say why its promises were broken.")
        % {"number": ticket.number},
    )
    if cause and cause not in Cause.values:
        known = ", ".join(Cause.values)
        raise Invalid(
            _("There is no such cause. Choose one of: %(known)s.") % {"known": known}, field="cause"
        )
    words = line(words, "words", longest=LONGEST_WORDS)
    _require_broken(ticket, metric, scope)
    if words and not cause:
        raise Invalid(_("Choose a cause that these words are about."), field="cause")
    breach: dict[str, Any] = {"ticket": ticket, "metric": metric, "scope": scope}
    SaidCause.objects.create(**breach, cause=cause, words=words, by=by, at=at)
    if not cause:
        BreachCause.objects.filter(**breach).delete()
        return None
    said: dict[str, Any] = {"cause": cause, "words": words, "by": by, "at": at}
    row, _is_new = BreachCause.objects.update_or_create(**breach, defaults=said)
    return row


def set_causes(breaches: Iterable[Key], *, cause: str, words: str = "", by: User, at: datetime) -> Done:
    """The same for many, each for itself: what is refused holds up none of the others.

    Raises:
        Invalid: about `cause` or `words`, which are the same for all.
    """
    return _each(breaches, partial(set_cause, cause=cause, words=words, by=by, at=at))


@transaction.atomic
def agree_exception(
    ticket: Ticket, *, metric: str, scope: int = 0, reason: str, by: User, at: datetime
) -> BreachException:
    """Write down that this breach is not held against the desk: a second column, the figure stays as it is.

    One that is agreed already gets the new reason: the former one is withdrawn in its history.

    Raises:
        NotAllowed: who is no manager.
        Invalid: about `reason`.
        NotBroken: the promise holds, or was never made.
    """
    require(may_see(by, ticket) and may_agree_exceptions(by), _("Only managers agree to exceptions."))
    reason = line(reason, "reason", longest=LONGEST_WORDS, needed=True)
    _require_broken(ticket, metric, scope)
    breach: dict[str, Any] = {"ticket": ticket, "metric": metric, "scope": scope}
    BreachException.objects.filter(**breach, withdrawn_at=None).update(withdrawn_at=at, withdrawn_by=by)
    keeping.touch([ticket.pk])
    return BreachException.objects.create(**breach, reason=reason, approved_by=by, at=at)


def agree_exceptions(breaches: Iterable[Key], *, reason: str, by: User, at: datetime) -> Done:
    """The same for many, each for itself.

    Raises:
        Invalid: about `reason`, which is the same for all.
    """
    return _each(breaches, partial(agree_exception, reason=reason, by=by, at=at))


@transaction.atomic
def withdraw_exception(
    ticket: Ticket, *, metric: str, scope: int = 0, by: User, at: datetime
) -> BreachException:
    """Take an agreed exception back. That it was there stays to be read.

    Raises:
        NotAllowed: who is no manager.
        NoException: none is agreed.
    """
    require(may_see(by, ticket) and may_agree_exceptions(by), _("Only managers withdraw exceptions."))
    rows = BreachException.objects.select_for_update().filter(ticket=ticket, metric=metric, scope=scope)
    row = rows.filter(withdrawn_at=None).first()
    if row is None:
        raise NoException(ticket)
    row.withdrawn_at, row.withdrawn_by = at, by
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    keeping.touch([ticket.pk])
    return row


def _require_broken(ticket: Ticket, metric: str, scope: int) -> None:
    cycles = Clock.objects.filter(COUNTS, ticket=ticket, metric=metric, scope=scope)
    if metric == Metric.PROMISE or not cycles.filter(breached_at__isnull=False).exists():
        raise NotBroken(ticket, metric)


def _each(breaches: Iterable[Key], act: Callable[..., object]) -> Done:
    done, refused = 0, []
    for ticket, metric, scope in breaches:
        try:
            act(ticket, metric=metric, scope=scope)
        except Invalid:
            raise
        except Refused as refusal:
            refused.append((ticket.number, str(refusal)))
        else:
            done += 1
    return Done(done, refused)
