"""Broken promises: which, how late, who used the time, why, and what is not held against the desk.

A promise is broken in the period in which its time ran out, also where its ticket is still open.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from accounts.models import Organisation, User
from accounts.paging import Page, newest_by, page_in
from insights.breaches import Breach, read_token
from insights.cuts import Cut
from insights.models import BreachCause, BreachException, Cause, HandFact, PromiseFact, SaidCause, TicketFact
from insights.queries import budget
from insights.queries.budget import Share, shares_of
from insights.queries.narrowing import during, narrowed
from sla.models import Metric
from sla.queries.clocks import open_clocks
from sla.queries.hours import hours_of
from sla.spec import TIER_METRICS, VENDOR_METRICS
from sla.spent import whose
from sla.verdicts import Verdict
from tickets.models import Ticket
from tickets.queries.beside import with_names

PAGE = 30
NEWEST = newest_by("breached_at")
Rows = QuerySet[Any, Any]
"""Facts of promises with what `breaches` adds to them: the stubs know no such columns."""
UNTOLD = "untold"
"""In place of a cause: nobody has said one."""


@dataclass
class Row:
    """One broken promise as a line of the list."""

    fact: PromiseFact
    cause: str
    words: str
    exception: BreachException | None = None
    shares: list[Share] = field(default_factory=list)
    about: str = ""
    """The vendor whose promise it was."""
    open_used: timedelta | None = None
    """Business time used so far; None once its clock has ended."""

    @property
    def ticket(self) -> Ticket:
        return self.fact.ticket

    @property
    def key(self) -> Breach:
        return Breach(self.fact.ticket_id, self.fact.metric, self.fact.scope)

    @property
    def token(self) -> str:
        return self.key.token

    @cached_property
    def label(self) -> str:
        return str(Metric(self.fact.metric).label)

    @property
    def level(self) -> int | None:
        """The tier whose promise it was, for those between tiers."""
        return self.fact.scope if self.fact.metric in TIER_METRICS else None

    @property
    def used(self) -> timedelta:
        """Business time that it took, or has taken so far."""
        return timedelta(seconds=self.fact.used_seconds) if self.open_used is None else self.open_used

    @property
    def over(self) -> timedelta:
        """Business time beyond the target."""
        return max(self.used - self.target, timedelta())

    @property
    def goes_on(self) -> bool:
        """Whether it grows later still: nobody has kept it yet."""
        return self.open_used is not None

    @property
    def target(self) -> timedelta:
        return timedelta(seconds=self.fact.target_seconds)


@dataclass(frozen=True)
class Told:
    """How often a cause was said of the broken promises of a period; `excepted` of them are agreed exceptions."""

    cause: str
    label: str
    n: int
    excepted: int


def breaches(
    cut: Cut, *, metric: str = "", cause: str = "", excepted: bool | None = None, hands: str = ""
) -> Rows:
    """Those of a cut, whoever reads; each with `cause`, `words` and `has_exception`.

    Args:
        cause: one of `Cause`, or UNTOLD.
        excepted: only those with an agreed exception, or only those without.
        hands: only resolutions that have ended, of whose time somebody used a part (`Share.key`, such as "tier-2").
    """
    said = _about(BreachCause)
    rows = PromiseFact.objects.filter(
        narrowed(cut), during("breached_at", cut.period), verdict=Verdict.BREACHED
    ).annotate(
        cause=_word(said, "cause"),
        words=_word(said, "words"),
        has_exception=Exists(_about(BreachException).filter(withdrawn_at=None)),
    )
    if hands:
        rows = ended(rows.filter(budget.used_by(hands), metric=Metric.RESOLUTION))
    if metric:
        rows = rows.filter(metric=metric)
    if cause:
        rows = rows.filter(cause="" if cause == UNTOLD else cause)
    if excepted is not None:
        rows = rows.filter(has_exception=excepted)
    return rows


def chosen(cut: Cut, asked: Mapping[str, str]) -> Rows:
    """Those that an address asks for by `metric`, `cause`, `excepted` ("yes", "no") and `hands`."""
    return breaches(
        cut,
        metric=asked.get("metric", ""),
        cause=asked.get("cause", ""),
        excepted={"yes": True, "no": False}.get(asked.get("excepted", "")),
        hands=asked.get("hands", ""),
    )


def ended(rows: Rows) -> Rows:
    """Those whose ticket is open no more: what their clocks counted is all that they will have counted."""
    return rows.filter(~Exists(TicketFact.objects.filter(ticket=OuterRef("ticket"), is_open=True)))


def openable(rows: Rows, reader: User) -> Rows:
    """Those whose ticket this person may open."""
    return rows.filter(ticket__in=Ticket.objects.visible_to(reader).order_by().values("pk"))


def totals(rows: Rows, reader: User) -> tuple[int, int]:
    """How many there are, and of how many this person may not open the ticket; one pass over them."""
    restricted = Ticket.objects.filter(is_restricted=True).order_by()
    closed = restricted.exclude(pk__in=restricted.visible_to(reader).values("pk")).values("pk")
    told: dict[str, int] = rows.order_by().aggregate(
        n=Count("*"), hidden=Count("ticket", filter=Q(ticket__in=closed))
    )
    return told["n"], told["hidden"]


def page_of(rows: Rows, *, after: str = "", before: str = "", size: int = PAGE) -> Page[PromiseFact]:
    """The newest first."""
    return page_in(NEWEST, rows.select_related("ticket"), after=after, before=before, size=size)


def told(facts: Iterable[PromiseFact], *, at: datetime) -> list[Row]:
    """What a list shows beside them, in a few further queries however many they are."""
    rows = [Row(fact, fact.cause, fact.words) for fact in facts]  # type: ignore[attr-defined]
    keys = {row.fact.ticket_id for row in rows}
    with_names([row.ticket for row in rows], people=("assignee",), places=("tier", "team", "category"))
    exceptions = {
        (one.ticket_id, one.metric, one.scope): one
        for one in BreachException.objects.filter(ticket__in=keys, withdrawn_at=None).select_related(
            "approved_by"
        )
    }
    hands: dict[int, list[HandFact]] = {}
    for hand in HandFact.objects.filter(ticket__in=keys, counted_seconds__gt=0).order_by("-counted_seconds"):
        hands.setdefault(hand.ticket_id, []).append(hand)
    vendors = {row.fact.scope for row in rows if row.fact.metric in VENDOR_METRICS}
    names = dict(Organisation.objects.filter(pk__in=vendors).values_list("pk", "name")) if vendors else {}
    still = _open_used(keys, at)
    for row in rows:
        row.open_used = still.get(row.key)
        row.exception = exceptions.get(row.key)
        row.about = names.get(row.fact.scope, "") if row.fact.metric in VENDOR_METRICS else ""
        if row.fact.metric == Metric.RESOLUTION:
            row.shares = shares_of(_with_now(hands.get(row.fact.ticket_id, []), row))
    return rows


def causes(cut: Cut, *, metric: str = "", hands: str = "", total: int | None = None) -> list[Told]:
    """Each cause that was said of those of a cut, the commonest first, and how many still have none; three queries.

    Few of many are explained, and few are agreed exceptions: so it is counted from their side.

    Args:
        total: how many there are, where that is known.
    """
    rows = breaches(cut, metric=metric, hands=hands)
    total = rows.count() if total is None else total
    said = Counter(dict(_of(rows, BreachCause).values_list("cause").annotate(n=Count("pk"))))
    excepted: Counter[str] = Counter()
    if _of(rows, BreachException).filter(withdrawn_at=None).exists():
        excepted.update(rows.filter(has_exception=True).values_list("cause", flat=True))
    labels = dict(Cause.choices)
    found = [Told(cause, str(labels.get(cause, cause)), n, excepted[cause]) for cause, n in said.items()]
    untold = total - said.total()
    if untold:
        found.append(Told(UNTOLD, "", untold, excepted[""]))
    return sorted(found, key=lambda one: (one.cause == UNTOLD, -one.n, one.cause))


def _of(rows: Rows, model: type[BreachCause] | type[BreachException]) -> Rows:
    """What was said or agreed about these promises."""
    theirs = rows.filter(ticket=OuterRef("ticket"), metric=OuterRef("metric"), scope=OuterRef("scope"))
    return model.objects.filter(Exists(theirs)).order_by()


def one(breach: Breach, reader: User, *, at: datetime) -> Row | None:
    """This one, if it is broken and its ticket may be opened."""
    said = _about(BreachCause)
    rows = PromiseFact.objects.filter(
        ticket=breach.ticket_id, metric=breach.metric, scope=breach.scope, verdict=Verdict.BREACHED
    ).annotate(cause=_word(said, "cause"), words=_word(said, "words"))
    return next(iter(told(openable(rows, reader).select_related("ticket"), at=at)), None)


def named(tokens: Iterable[str], reader: User) -> list[tuple[Ticket, str, int]]:
    """Ticket, metric and scope of those whose ticket this person may open; others are passed over, as if there were
    none."""
    keys = [key for key in map(read_token, tokens) if key is not None]
    tickets = Ticket.objects.visible_to(reader).in_bulk([key.ticket_id for key in keys])
    return [(tickets[key.ticket_id], key.metric, key.scope) for key in keys if key.ticket_id in tickets]


def of_ticket(ticket: Ticket, *, at: datetime) -> list[Row]:
    """All that a ticket broke, in the order of its promises."""
    said = _about(BreachCause)
    rows = PromiseFact.objects.filter(ticket=ticket, verdict=Verdict.BREACHED).annotate(
        cause=_word(said, "cause"), words=_word(said, "words")
    )
    return told(rows.select_related("ticket").order_by("breached_at", "pk"), at=at)


def history(breach: Breach) -> list[SaidCause]:
    """Every word that was said about it, the newest first."""
    rows = SaidCause.objects.filter(ticket=breach.ticket_id, metric=breach.metric, scope=breach.scope)
    return list(rows.select_related("by").order_by("-id"))


def exceptions(breach: Breach) -> list[BreachException]:
    """Those that were ever agreed, the newest first."""
    rows = BreachException.objects.filter(ticket=breach.ticket_id, metric=breach.metric, scope=breach.scope)
    return list(rows.select_related("approved_by", "withdrawn_by").order_by("-id"))


def _open_used(tickets: Collection[int], at: datetime) -> dict[tuple[int, str, int], timedelta]:
    """Of what these tickets broke and have not kept yet: the business time used so far."""
    return {
        (cycle.ticket_id, *cycle.key): cycle.used_at(at, hours_of)
        for cycles in open_clocks(tickets).values()
        for cycle in cycles
        if cycle.breached_at is not None
    }


def _with_now(hands: list[HandFact], row: Row) -> list[HandFact]:
    """What is told of hands ends with the last event: since then the clock counts for whoever has the ticket now."""
    known = timedelta(seconds=sum(hand.counted_seconds for hand in hands))
    if row.open_used is None or row.open_used <= known:
        return hands
    who, level = whose(row.ticket)
    since = round((row.open_used - known).total_seconds())
    return [*hands, HandFact(who=who, level=level, team_id=row.ticket.team_id, counted_seconds=since)]


def _about(model: type[BreachCause] | type[BreachException]) -> "QuerySet[BreachCause | BreachException]":
    """Rows about the promise of the outer row."""
    return model.objects.filter(
        ticket=OuterRef("ticket"), metric=OuterRef("metric"), scope=OuterRef("scope")
    ).order_by()


def _word(said: "QuerySet[BreachCause | BreachException]", column: str) -> Coalesce:
    return Coalesce(Subquery(said.values(column)[:1]), Value(""), output_field=CharField())
