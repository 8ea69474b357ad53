"""What narrows a cut, as conditions on rows that hang on a ticket with facts. Periods are the caller's."""

from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from insights.cuts import NONE, Cut, Period
from insights.models import TicketFact
from tickets.models import Category


def narrowed(cut: Cut, *, fact: str = "ticket__fact") -> Q:
    """That a row counts in this cut, the period aside: its ticket is counted, in the reader's scope, and as asked.

    Restricted tickets are in the figures of managers alone.

    Args:
        fact: how the row leads to its ticket's facts; "" where it is them.
    """
    at = f"{fact}__" if fact else ""
    if fact and cut == Cut(cut.period):
        return _not_aside(fact.rpartition("__")[0])
    found = Q(**{f"{at}is_counted": True}) & scoped(cut, fact=fact)
    if cut.category:
        found &= of_category(cut, f"{at}category")
    if cut.organisation:
        found &= or_none(f"{at}organisation", cut.organisation)
    if cut.policy:
        found &= or_none(f"{at}policy", cut.policy)
    asked = {
        "kind": cut.kind,
        "priority": cut.priority,
        "level": cut.level,
        "team": cut.team,
        "channel": cut.channel,
    }
    return found & Q(
        **{f"{at}{name}": value for name, value in asked.items() if value or (name == "level" and value == 0)}
    )


def _not_aside(ticket: str) -> Q:
    """That the ticket of a row is counted: few are not, and an index knows them. Cheaper than to join each one's facts.

    Args:
        ticket: how the row leads to it.
    """
    return Q(~Exists(TicketFact.objects.filter(ticket=OuterRef(ticket), is_counted=False)))


def scoped(cut: Cut, *, fact: str = "ticket__fact") -> Q:
    """What the reader's scope leaves in."""
    at, scope = f"{fact}__" if fact else "", cut.scope
    if scope.is_everything:
        return Q()
    found = Q(**{f"{at}is_restricted": False})
    if scope.teams is not None:
        found &= Q(**{f"{at}team__in": sorted(scope.teams)})
    if scope.organisation:
        found &= Q(**{f"{at}organisation": scope.organisation})
    return found


def moments(period: Period) -> tuple[datetime, datetime]:
    """From the midnight that begins the period to the one that ends it, in the desk's zone."""
    zone = timezone.get_default_timezone()
    return (
        datetime.combine(period.first, time(), zone),
        datetime.combine(period.last + timedelta(days=1), time(), zone),
    )


def during(column: str, period: Period) -> Q:
    """That a moment lies in the period."""
    since, until = moments(period)
    return Q(**{f"{column}__gte": since, f"{column}__lt": until})


def or_none(column: str, key: int) -> Q:
    return Q(**{f"{column}__isnull": True}) if key == NONE else Q(**{column: key})


def of_category(cut: Cut, column: str) -> Q:
    if cut.category == NONE or cut.category_alone:
        return or_none(column, cut.category)
    return Q(**{f"{column}__in": Category.objects.under([cut.category]).values("pk")})
