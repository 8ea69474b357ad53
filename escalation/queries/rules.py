"""Rules as their pages show them: in their order, with what each has done lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from escalation.models import Firing, Handoff, Rule, RuleVersion
from tickets.models import Ticket
from tickets.models.querysets import countable

LATELY = timedelta(days=7)


def rules() -> "QuerySet[Rule]":
    """In their order, with the version in force."""
    return Rule.objects.select_related("current", "owner").order_by("position", "id")


def rules_with_deeds(*, at: datetime) -> "QuerySet[Rule]":
    """With `last_at`, `lately` (firings of seven days) and `returned` (hand-offs of it that were given back)."""
    fired = Firing.objects.filter(version__rule=OuterRef("pk")).order_by().values("version__rule")
    week = fired.filter(countable("ticket"), at__gte=at - LATELY).annotate(n=Count("pk")).values("n")
    back = (
        Handoff.objects.countable()
        .filter(firing__version__rule=OuterRef("pk"), state=Handoff.State.RETURNED)
        .order_by()
    )
    returned = back.values("firing__version__rule").annotate(n=Count("pk")).values("n")
    return rules().annotate(
        last_at=Subquery(fired.annotate(last=Max("at")).values("last")),
        lately=Coalesce(Subquery(week), 0),
        returned=Coalesce(Subquery(returned), 0),
    )


def firings_of(rule: Rule) -> QuerySet[Firing]:
    """By the keys of its versions, so that PostgreSQL sees how many there are: behind a join it walks through all
    firings of all rules for one that seldom fires."""
    versions = RuleVersion.objects.filter(rule=rule).order_by()
    return Firing.objects.filter(version__in=list(versions.values_list("pk", flat=True)))


@dataclass(frozen=True)
class Deed:
    """A firing as its page shows it; the ticket only where the reader may open it."""

    firing: Firing
    is_visible: bool


def deeds(rule: Rule, reader: User, *, before: int | None = None, limit: int) -> list[Deed]:
    """What a rule did lately, newest first.

    Args:
        before: the key of a firing: what came before it.
    """
    rows = firings_of(rule).order_by("-id").select_related("version", "ticket", "event")
    found = list((rows.filter(pk__lt=before) if before is not None else rows)[:limit])
    keys = {firing.ticket_id for firing in found}
    visible = set(Ticket.objects.visible_to(reader).filter(pk__in=keys).values_list("pk", flat=True))
    return [Deed(firing, firing.ticket_id in visible) for firing in found]


def states_of(rule: Rule) -> dict[str, int]:
    """How often it has fired on what is a request, by what came of it."""
    rows = Firing.objects.filter(countable("ticket"), version__rule=rule).order_by().values_list("state")
    return dict(rows.annotate(n=Count("pk")))


def returned_by(rule: Rule) -> int:
    return (
        Handoff.objects.countable().filter(firing__version__rule=rule, state=Handoff.State.RETURNED).count()
    )


def versions_of(rule: Rule) -> list[RuleVersion]:
    """The newest first."""
    return list(RuleVersion.objects.filter(rule=rule).select_related("by").order_by("-number"))


def owners() -> "QuerySet[User]":
    """Who may answer for a rule: managers, administrators and leads."""
    looks_after = Q(is_manager=True) | Q(is_administrator=True) | Q(memberships__role="lead")
    return User.objects.active().filter(looks_after).distinct().order_by("name")
