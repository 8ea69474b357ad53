"""The tickets behind a number: `figures` and this module read the same conditions, so that the two agree.

Keys are those of measures; a share's key lists what it counts, with `.of` out of which, with `.not` the rest. Beside
them `flow_<from>_<to>`, `arrived_<day>_<hour>`, `age_<bucket>`, `<time>_took_<bucket>`, `hands_<who>_<level>`,
`person_<key>` and `kept_<metric>.excepted`, as the rows of those figures carry them.
"""

import re
from collections.abc import Callable

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from insights.cuts import NONE, Cut
from insights.measures import MEASURES, PROMISES
from insights.models import FigureSettings, HandFact, PromiseFact, TicketFact, Who
from insights.queries.counted import OPENED, PARTS, RESOLVED, SPANS, backlog_at_end, counted, within
from insights.queries.shapes import AGES, CAME_IN, DONE, EDGES, aged, took
from sla.spec import TIER_METRICS
from sla.verdicts import Verdict
from tickets.models import Ticket, TicketQuerySet
from tickets.refusals import Invalid

Facts = "QuerySet[TicketFact]"


def tickets_behind(cut: Cut, key: str, reader: User) -> TicketQuerySet:
    """The tickets that the figure counts and its reader may open, for `tickets.queries.listing.page`.

    The cut has the reader's scope. Restricted tickets are counted for managers and may still be closed to them:
    `hidden_behind` says how many.

    Raises:
        Invalid: no such figure, or no tickets stand behind it (`field` is "of").
    """
    return Ticket.objects.visible_to(reader).filter(pk__in=facts_behind(cut, key).values("ticket_id"))


def hidden_behind(cut: Cut, key: str, reader: User) -> int:
    """How many the figure counts beyond those of the list."""
    return facts_behind(cut, key).count() - tickets_behind(cut, key, reader).count()


def facts_behind(cut: Cut, key: str) -> "QuerySet[TicketFact]":
    """What the figure counts, whoever may open it. Raises `Invalid` as `tickets_behind` does."""
    name, _dot, side = key.partition(".")
    if name in PARTS and side in ("", "of", "not"):
        return _part(cut, name, side)
    if name == "backlog" and not side:
        return backlog_at_end(cut)
    metric = name.removeprefix("kept_")
    if metric != name and metric in PROMISES and side in ("", "of", "not", "excepted"):
        return _promised(cut, metric, side)
    for pattern, build in _SHAPES:
        found = pattern.fullmatch(key)
        if found:
            return build(cut, *found.groups())
    raise _unknown(key)


def _unknown(key: str) -> Invalid:
    measure = MEASURES.get(key)
    if measure is not None:
        return Invalid(_("No tickets stand behind “%(figure)s”.") % {"figure": measure.label}, field="of")
    return Invalid(
        _("There is no figure “%(key)s”. Choose one of: %(known)s.")
        % {"key": key[:40], "known": ", ".join(key for key, one in MEASURES.items() if one.has_list)},
        field="of",
    )


def _part(cut: Cut, name: str, side: str) -> "QuerySet[TicketFact]":
    part = PARTS[name]
    rows = within(cut, part.day).filter(part.of)
    if side == "of":
        return rows
    return rows.exclude(part.n) if side == "not" else rows.filter(part.n)


def _promised(cut: Cut, metric: str, side: str) -> "QuerySet[TicketFact]":
    """By the worst of what was promised, as `tallies.promise_counts` counts it."""
    promises = PromiseFact.objects.filter(ticket=OuterRef("ticket"), metric=metric)
    asked, cut = cut, cut.within(priority=0, policy=0)
    if metric in TIER_METRICS and cut.level is not None:
        promises, cut = promises.filter(scope=cut.level), cut.within(level=None)
    rows = _judged_by(within(cut, RESOLVED), promises, asked)
    broken = promises.filter(verdict=Verdict.BREACHED)
    is_kept = Q(Exists(promises)) & ~Q(Exists(promises.exclude(verdict=Verdict.MET)))
    match side:
        case "not":
            return rows.filter(Exists(broken))
        case "excepted":
            return rows.filter(Exists(broken)).exclude(Exists(broken.filter(is_excepted=False)))
        case "of":
            return rows.filter(is_kept | Exists(broken))
        case _:
            return rows.filter(is_kept)


def _judged_by(
    rows: "QuerySet[TicketFact]", promises: "QuerySet[PromiseFact]", cut: Cut
) -> "QuerySet[TicketFact]":
    """Those whose promise was judged by the priority and policy that the cut asks for (counting.JUDGED_BY)."""
    last = promises.annotate(is_broken=Q(verdict=Verdict.BREACHED)).order_by("-is_broken")
    if cut.priority:
        rows = rows.alias(judged_at=Subquery(last.order_by("-is_broken", "-priority").values("priority")[:1]))
        rows = rows.filter(judged_at=cut.priority)
    if cut.policy:
        by_policy = last.order_by("-is_broken", F("policy").desc(nulls_last=True)).values("policy")[:1]
        rows = rows.alias(judged_by=Subquery(by_policy))
        # Where there is no such promise there is nothing that judged it either: what follows asks for one.
        rows = (
            rows.filter(judged_by__isnull=True) if cut.policy == NONE else rows.filter(judged_by=cut.policy)
        )
    return rows


def _flow(cut: Cut, begin: str, end: str) -> "QuerySet[TicketFact]":
    rows = within(cut, RESOLVED)
    if int(begin) == CAME_IN:
        return rows.filter(path__startswith=end)
    if int(end) == DONE:
        return rows.filter(path__endswith=begin)
    return rows.filter(path__contains=begin + end)


def _arrived(cut: Cut, day: str, hour: str) -> "QuerySet[TicketFact]":
    zone = timezone.get_default_timezone()
    return (
        within(cut, OPENED)
        .alias(
            weekday=ExtractIsoWeekDay("opened_at", tzinfo=zone), hour=ExtractHour("opened_at", tzinfo=zone)
        )
        .filter(weekday=int(day) + 1, hour=int(hour))
    )


def _aged(cut: Cut, place: str) -> "QuerySet[TicketFact]":
    _must_be(place, len(AGES))
    return backlog_at_end(cut).filter(aged(int(place), cut.period.last))


def _took(cut: Cut, name: str, place: str) -> "QuerySet[TicketFact]":
    _must_be(place, len(EDGES))
    return within(cut, RESOLVED).filter(took(f"{name}_seconds", int(place)))


def _hands(cut: Cut, who: str, level: str) -> "QuerySet[TicketFact]":
    hands = HandFact.objects.filter(ticket=OuterRef("ticket"), who=who, level=int(level))
    return within(cut, RESOLVED).filter(Exists(hands))


def _person(cut: Cut, person: str) -> "QuerySet[TicketFact]":
    """None while names are hidden: a list by person would tell them."""
    if cut.scope.organisation or FigureSettings.load().hides_names:
        raise _unknown(f"person_{person}")
    return within(cut, RESOLVED).filter(resolved_by=int(person))


def _open_of_person(cut: Cut, person: str) -> "QuerySet[TicketFact]":
    if cut.scope.organisation or FigureSettings.load().hides_names:
        raise _unknown(f"open_of_{person}")
    return counted(cut).filter(is_open=True, ticket__assignee=int(person))


def _must_be(place: str, below: int) -> None:
    if int(place) >= below:
        raise _unknown(place)


_SPAN = "|".join(span.removesuffix("_seconds") for span in SPANS)
_SHAPES: list[tuple[re.Pattern[str], Callable[..., "QuerySet[TicketFact]"]]] = [
    (re.compile(r"flow_(-1|[0-4])_(-2|[0-4])"), _flow),
    (re.compile(r"arrived_([0-6])_(1?\d|2[0-3])"), _arrived),
    (re.compile(r"age_(\d)"), _aged),
    (re.compile(rf"({_SPAN})_took_(\d{{1,2}})"), _took),
    (re.compile(rf"hands_({'|'.join(Who.values)})_([0-4])"), _hands),
    (re.compile(r"person_(\d{1,12})"), _person),
    (re.compile(r"open_of_(\d{1,12})"), _open_of_person),
]
