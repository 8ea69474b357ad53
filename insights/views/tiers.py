"""Through the tiers: who resolves, what is handed up, what comes back, in whose hands the time goes, what it costs."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Tier
from insights import saying
from insights.charts import Cell, Chart, Link, Node, Series, Table, flow, lines, tone
from insights.cuts import Cut, Step
from insights.measures import LEVELS, MEASURES, Unit
from insights.models import Who
from insights.queries import figures as figures_
from insights.queries.figures import CAME_IN, DONE
from insights.queries.values import Costs, Values
from insights.views.asked import Asked, ByKind, link, together
from insights.views.guard import InsightsRequest, desk_insights_page
from insights.views.links import tickets_url

KEYS = ("first_tier", "escalated", "bounced", "ping_pong")
HANDS = (Who.TIER, Who.HAND_OFF, Who.REQUESTER, Who.VENDOR, Who.HOLD)
HAND_COLOURS = ("accent", "rose", "cyan", "amber", "rest")


@require_safe
@desk_insights_page
def tiers(request: InsightsRequest) -> HttpResponse:
    asked = Asked(request, at=timezone.now())
    page = Tiers(asked, asked.cut) if asked.cut else None
    return render(request, "insights/tiers.html", {"asked": asked, "page": page})


class Tiers:
    def __init__(self, asked: Asked, cut: Cut) -> None:
        self.asked, self.cut = asked, cut
        self.kinds = ByKind(cut, medians=False)
        self.is_empty = self.kinds.is_empty
        self.figures = self.kinds.figures(KEYS)

    @cached_property
    def tiers(self) -> dict[int, Tier]:
        return {tier.level: tier for tier in Tier.objects.all()}

    @cached_property
    def levels(self) -> list[int]:
        """The tiers that are in use, and those that resolved something all the same."""
        return [
            level
            for level in LEVELS
            if self.tiers[level].is_enabled or self.kinds.together(f"resolved_l{level}").n
        ]

    def _name(self, level: int) -> str:
        return f"L{level} {self.tiers[level].name}"

    def _colour(self, level: int) -> str:
        return tone(level, self.tiers[level].colour)

    # --- Who resolves ---

    @cached_property
    def shares(self) -> Chart:
        step = self.cut.period.step
        points = figures_.trend(self.cut, step, medians=False)
        firsts = [first for first, __ in points]
        return lines(
            "shares",
            _("Resolved by each tier"),
            first=_("Time"),
            x=[saying.point(first, step) for first in firsts],
            names=[saying.point_in_full(first, step) for first in firsts],
            series=[self._share(points, step, level) for level in self.levels],
            marks=self.asked.marks(firsts, "insights-tiers"),
            stacked=True,
            most=100,
            axis="%",
            about=together(self.cut),
        )

    def _share(self, points: Sequence[tuple[date, Values]], step: Step, level: int) -> Series:
        found = [values.get(f"resolved_l{level}") for __, values in points]
        return Series(
            self._name(level),
            self._colour(level),
            [100 * one.n / one.of if one and one.of else None for one in found],
            [saying.share(one.n, one.of) if one else saying.NOTHING for one in found],
            [
                tickets_url(figures_.point_cut(self.cut, step, first), f"resolved_l{level}")
                for first, __ in points
            ],
            tag=f"L{level}",
        )

    # --- How tickets go ---

    @cached_property
    def flow(self) -> Chart | None:
        """From where tickets came in to where they were resolved; nothing to draw where nothing was."""
        found = figures_.flow(self.cut)
        if not found:
            return None
        ways = Ways(found)
        links = [
            Link(
                ways.place(begins),
                ways.place(ends, is_back=_is_back(begins, ends)),
                n,
                tickets_url(self.cut, f"flow_{begins}_{ends}"),
                _look(begins, ends),
            )
            for begins, ends, n in found
        ]
        summary = _("%(n)s resolved tickets; %(back)s times a tier gave one back down.") % {
            "n": saying.number(sum(n for __, ends, n in found if ends == DONE)),
            "back": saying.number(sum(n for begins, ends, n in found if _is_back(begins, ends))),
        }
        nodes = [self._node(level, is_back, ways) for level, is_back in ways.nodes]
        return flow(
            "flow",
            _("How tickets go through the tiers"),
            nodes=nodes,
            links=links,
            summary=summary,
            about=together(self.cut),
        )

    def _node(self, level: int, is_back: bool, ways: "Ways") -> Node:
        words = _("%(n)s tickets") % {"n": saying.number(ways.size(level, is_back))}
        if level == CAME_IN:
            return Node(_("came in"), "ink-3", ways.depth(level), words)
        if level == DONE:
            return Node(_("resolved"), "ok", ways.depth(level), words)
        if is_back:
            label = _("back on L%(level)s") % {"level": level}
            return Node(label, "bad", ways.depth(level, is_back=True), words)
        return Node(self._name(level), self._colour(level), ways.depth(level), words)

    # --- In whose hands ---

    @cached_property
    def hands(self) -> Chart | None:
        """Mean business time of a resolved ticket at each tier, by what it lay there for."""
        found = {(one.who, one.level): one for one in figures_.times(self.cut) if one.n}
        levels = sorted({level for __, level in found})
        if not levels:
            return None
        series = []
        for who, colour in zip(HANDS, HAND_COLOURS, strict=True):
            row = [found.get((who, level)) for level in levels]
            series.append(
                Series(
                    str(Who(who).label),
                    colour,
                    [round(one.mean / saying.HOUR, 2) if one else 0 for one in row],
                    [
                        _("%(span)s in %(n)s tickets")
                        % {"span": saying.hours(one.mean), "n": saying.number(one.n)}
                        if one
                        else saying.NOTHING
                        for one in row
                    ],
                    [tickets_url(self.cut, one.key) if one else "" for one in row],
                )
            )
        return lines(
            "hands",
            _("In whose hands the time went"),
            first=_("Tier"),
            x=[f"L{level}" for level in levels],
            names=[self._name(level) for level in levels],
            series=series,
            stacked=True,
            axis=_("hours"),
            about=_("business time of a ticket that lay there, on average"),
        )

    @cached_property
    def rates(self) -> Table:
        """Of each tier what it resolved and what it handed up."""
        rows = []
        for level in self.levels:
            cells = [Cell(self._name(level))]
            for key in (f"resolved_l{level}", f"escalated_l{level}"):
                measure, value = MEASURES.get(key), self.kinds.together(key)
                words = saying.share(value.n, value.of)
                cells.append(Cell(words, link(self.cut, measure, value) if measure else ""))
            rows.append(cells)
        return Table([_("Tier"), _("Resolved"), _("Handed up")], rows)

    # --- What it costs, and who has how much ---

    @cached_property
    def costs(self) -> Costs:
        return figures_.costs(self.cut)

    @cached_property
    def cost_table(self) -> Table:
        costs = self.costs
        rows = [
            [
                Cell(self._name(one.level)),
                Cell(saying.hours(one.seconds)),
                Cell(f"{saying.amount(one.cents / 100, Unit.MONEY)} {costs.currency}"),
            ]
            for one in costs.tiers
        ]
        return Table([_("Tier"), _("Time"), _("Cost")], rows)

    @property
    def cost_per_ticket(self) -> str:
        return f"{saying.said(self.costs.value, Unit.MONEY)} {self.costs.currency}"

    @property
    def has_costs(self) -> bool:
        return self.costs.cents > 0

    @cached_property
    def loads(self) -> Table:
        """By name, not by number: load is compared here, people are not ranked."""
        rows = [
            [
                Cell(one.name or _("a technician")),
                Cell(
                    saying.number(one.open_now),
                    tickets_url(self.cut, f"open_of_{one.person}") if one.key and one.open_now else "",
                ),
                Cell(
                    saying.number(one.resolved),
                    tickets_url(self.cut, one.key) if one.key and one.resolved else "",
                ),
                Cell(saying.hours(one.logged_seconds)),
            ]
            for one in figures_.technicians(self.cut)
        ]
        return Table([_("Technician"), _("Open now"), _("Resolved"), _("Time logged")], rows)


class Ways:
    """The nodes of a flow that has no circles: what came back down stands beside its tier as a node of its own."""

    def __init__(self, found: Sequence[tuple[int, int, int]]) -> None:
        self.found = found
        levels = {level for begins, ends, __ in found for level in (begins, ends)} - {CAME_IN, DONE}
        self.levels = [CAME_IN, *sorted(levels), DONE]
        back = {ends for begins, ends, __ in found if _is_back(begins, ends)}
        self.nodes = [(level, False) for level in self.levels] + [(level, True) for level in sorted(back)]

    def place(self, level: int, *, is_back: bool = False) -> int:
        return self.nodes.index((level, is_back))

    def depth(self, level: int, *, is_back: bool = False) -> int:
        """Where it stands from left to right; what came back right of the highest tier that gave it back."""
        if not is_back:
            return self.levels.index(level)
        return 1 + max(
            self.levels.index(begins)
            for begins, ends, __ in self.found
            if ends == level and _is_back(begins, ends)
        )

    def size(self, level: int, is_back: bool) -> int:
        came = sum(n for begins, ends, n in self.found if ends == level and _is_back(begins, ends) == is_back)
        return came or sum(n for begins, __, n in self.found if begins == level)


def _is_back(begins: int, ends: int) -> bool:
    return begins > ends >= 0


def _look(begins: int, ends: int) -> str:
    return "bad" if _is_back(begins, ends) else ""
