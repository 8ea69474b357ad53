"""What facts tell that no history of a ticket holds: agreed exceptions, and whether somebody was asked how it went.

Whoever writes such a row calls `insights.operations.keeping.touch` with the ticket, in the same transaction.
"""

from collections.abc import Collection, Iterable

from insights.models import BreachException, Survey
from insights.record import Facts
from sla.verdicts import Verdict


def add_what_stands_beside(facts: Iterable[Facts]) -> None:
    """Complete the facts of these tickets, in place. Two queries."""
    found = list(facts)
    keys = [each.ticket.ticket_id for each in found]
    excepted, surveyed = _excepted(keys), _surveyed(keys)
    for each in found:
        each.ticket.is_surveyed = each.ticket.ticket_id in surveyed
        for promise in each.promises:
            is_broken = promise.verdict == Verdict.BREACHED
            promise.is_excepted = is_broken and (promise.ticket_id, promise.metric, promise.scope) in excepted


def _excepted(keys: Collection[int]) -> set[tuple[int, str, int]]:
    rows = BreachException.objects.filter(ticket__in=keys, withdrawn_at__isnull=True)
    return set(rows.values_list("ticket_id", "metric", "scope"))


def _surveyed(keys: Collection[int]) -> set[int]:
    return set(
        Survey.objects.filter(ticket__in=keys, asked_at__isnull=False).values_list("ticket_id", flat=True)
    )
