"""What rules did in a period, what that saved, and what it caused."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from escalation.models import Firing, Handoff, Rule
from insights.cuts import Cut
from insights.models import PromiseFact
from insights.queries.narrowing import during, narrowed
from sla.verdicts import Verdict

State = Firing.State


@dataclass(frozen=True)
class Effect:
    """One rule. Counted are its firings on tickets of the cut, in the period."""

    rule: Rule
    firings: int
    tickets: int
    done: int
    """Firings that were carried out: acts that nobody had to do by hand."""
    overtaken: int
    failed: int
    """Failed, or stopped by the limit of chains."""
    handoffs: int
    returned: int
    breached: int
    """Tickets that broke a promise after it had fired on them."""

    @property
    def stayed(self) -> int:
        """Hand-offs of it that were not returned: nobody had to sort these by hand."""
        return self.handoffs - self.returned

    @property
    def share_returned(self) -> float:
        return 100 * self.returned / self.handoffs if self.handoffs else 0.0


def effects(cut: Cut) -> list[Effect]:
    """Every rule that is in use or fired, in their order; three queries."""
    fired = Firing.objects.filter(during("at", cut.period), narrowed(cut)).order_by()
    later = PromiseFact.objects.filter(
        ticket=OuterRef("ticket"), verdict=Verdict.BREACHED, breached_at__gt=OuterRef("at")
    )
    rows: Any = (
        fired.annotate(broke=Exists(later))
        .values("version__rule")
        .annotate(
            firings=Count("pk"),
            tickets=Count("ticket", distinct=True),
            done=Count("pk", filter=Q(state=State.DONE)),
            overtaken=Count("pk", filter=Q(state=State.OVERTAKEN)),
            failed=Count("pk", filter=Q(state__in=[State.FAILED, State.LIMITED])),
            breached=Count("ticket", distinct=True, filter=Q(broke=True)),
        )
    )
    moved: Any = (
        Handoff.objects.filter(firing__in=fired.values("pk"))
        .order_by()
        .values("firing__version__rule")
        .annotate(made=Count("pk"), back=Count("pk", filter=Q(state=Handoff.State.RETURNED)))
    )
    counts = {row.pop("version__rule"): row for row in rows}
    moves = {row["firing__version__rule"]: (row["made"], row["back"]) for row in moved}
    rules = Rule.objects.filter(Q(is_enabled=True) | Q(pk__in=counts)).order_by("position", "pk")
    return [_effect(rule, counts.get(rule.pk, NONE), *moves.get(rule.pk, (0, 0))) for rule in rules]


NONE = {"firings": 0, "tickets": 0, "done": 0, "overtaken": 0, "failed": 0, "breached": 0}


def _effect(rule: Rule, counts: dict[str, int], made: int, back: int) -> Effect:
    return Effect(rule=rule, handoffs=made, returned=back, **counts)
