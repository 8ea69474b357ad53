"""What was promised to the requester, in plain words: by when they hear from us, by when it is solved.

Only from the clocks of the requester's own promises: what tiers and vendors owe each other never shows. Where we
are late the page says so, and names a new time once: a person's own promise, else a quarter of the target
later in business time. When that has passed too, it promises nothing any more and says who was told.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from sla.book import Rules, rules_in_force
from sla.cycles import Cycle
from sla.models import Metric
from sla.queries.clocks import OF_REQUESTER, open_clocks
from sla.queries.hours import hours_of
from sla.spec import BREACH, LEAD, MANAGERS
from tickets.models import FAR, Status, Ticket

HEARD = (Metric.PROMISE, Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.UPDATE)
SHORTEST_DELAY = timedelta(minutes=15)
A_WEEK = 7


@dataclass(frozen=True)
class Promised:
    """`lines` are whole sentences, the most urgent first; `short` is for a line of a list."""

    lines: list[str] = field(default_factory=list)
    short: str = ""
    is_late: bool = False
    solved_by: str = ""
    """When the solution is promised, where that is still ahead and not resting."""


NOTHING = Promised()


def promised_to(tickets: Iterable[Ticket], *, at: datetime) -> dict[int, Promised]:
    """By ticket what is promised; one query for all, one or two more where something is late."""
    rows = [ticket for ticket in tickets if ticket.is_open]
    clocks = open_clocks([ticket.pk for ticket in rows])
    book = cache(rules_in_force)  # read by the first that is late, for all of them
    return {ticket.pk: _Telling(ticket, clocks.get(ticket.pk, []), at, book).promised() for ticket in rows}


def promised(ticket: Ticket, *, at: datetime) -> Promised:
    return promised_to([ticket], at=at).get(ticket.pk, NOTHING)


class _Telling:
    """One ticket's promises, as they stand at a moment."""

    def __init__(
        self, ticket: Ticket, cycles: Sequence[Cycle], at: datetime, book: Callable[[], Rules]
    ) -> None:
        self.ticket, self.at, self.book = ticket, at, book
        self.cycles = [cycle for cycle in cycles if cycle.metric in OF_REQUESTER]
        running = [cycle for cycle in self.cycles if cycle.due_at is not None and cycle.due_at < FAR]
        running.sort(key=lambda cycle: cycle.due_at or FAR)
        self.ahead = [cycle for cycle in running if not self._is_late(cycle)]
        self.late = [cycle for cycle in running if self._is_late(cycle)]

    def _is_late(self, cycle: Cycle) -> bool:
        return cycle.due_at is not None and cycle.due_at < self.at

    def promised(self) -> Promised:
        if self.late:
            lines = [*self._late(), *self._solving()]
            return Promised(lines, _("we are late"), is_late=True, solved_by=self._solved_by())
        lines = [*self._hearing(), *self._solving(), *self._resting()]
        return Promised(lines, self._short(), solved_by=self._solved_by())

    # --- in time ---

    def _next_word(self) -> Cycle | None:
        """By when they hear from us. A person's own promise counts before what the policy says."""
        heard = [cycle for cycle in self.ahead if cycle.metric in HEARD]
        own = [cycle for cycle in heard if cycle.metric == Metric.PROMISE]
        return next(iter(own or heard), None)

    def _hearing(self) -> list[str]:
        cycle = self._next_word()
        if cycle is None:
            return []
        if cycle.metric == Metric.FIRST_RESPONSE:
            return [_("We answer by %(when)s.") % {"when": self._when(cycle)}]
        return [_("You hear from us by %(when)s.") % {"when": self._when(cycle)}]

    def _solving(self) -> list[str]:
        cycle = self._find(Metric.RESOLUTION, self.ahead)
        return [_("It is solved by %(when)s at the latest.") % {"when": self._when(cycle)}] if cycle else []

    def _solved_by(self) -> str:
        cycle = self._find(Metric.RESOLUTION, self.ahead)
        return self._when(cycle) if cycle else ""

    def _resting(self) -> list[str]:
        cycle = self._find(Metric.RESOLUTION, self.cycles)
        if cycle is None or cycle.is_running:
            return []
        if self.ticket.status == Status.PENDING_REQUESTER:
            return [_("The time for solving it stands still until you answer.")]
        return [_("The time for solving it stands still as long as it waits.")]

    def _short(self) -> str:
        cycle = self._next_word()
        if cycle is not None:
            first = cycle.metric == Metric.FIRST_RESPONSE
            text = _("answer by %(when)s") if first else _("news by %(when)s")
            return text % {"when": self._when(cycle)}
        cycle = self._find(Metric.RESOLUTION, self.ahead)
        return _("solved by %(when)s") % {"when": self._when(cycle)} if cycle else ""

    # --- late ---

    def _late(self) -> list[str]:
        first = self.late[0]
        was = {"when": self._when(first)}
        if first.metric == Metric.RESOLUTION:
            lines = [_("We are late: this should have been solved by %(when)s.") % was]
        else:
            lines = [_("We are late: you should have heard from us by %(when)s.") % was]
        ahead = self._next_word()
        if ahead is not None:
            return [*lines, _("You hear from us by %(when)s.") % {"when": self._when(ahead)}]
        again = self._once_more(first)
        if again is None:
            return [*lines, self._who_knows(first)]
        if first.metric == Metric.RESOLUTION:
            return [*lines, _("We now aim for %(when)s.") % {"when": when(again, at=self.at)}]
        return [*lines, _("We now answer by %(when)s.") % {"when": when(again, at=self.at)}]

    def _once_more(self, cycle: Cycle) -> datetime | None:
        """A quarter of the target after it was due; it does not move while one waits, so it is none twice."""
        if cycle.due_at is None:
            return None
        delay = max(cycle.target / 4, SHORTEST_DELAY)
        again = hours_of(cycle.calendar_id).add_working_time(cycle.due_at, delay)
        return again if self.at < again < FAR else None

    def _who_knows(self, cycle: Cycle) -> str:
        """Who was told that we are late: what the policy does at the breach."""
        rule = self.book().of_version(cycle.policy_id) if cycle.policy_id else None
        told = (
            {who for row in rule.spec.thresholds if row.share == BREACH for who in row.notify} if rule else ()
        )
        if LEAD in told:
            return _("The lead of the %(team)s team has been told.") % {"team": self.ticket.team}
        if MANAGERS in told:
            return _("Our managers have been told.")
        return _("Ask for news on this page, and whoever has it is told at once.")

    # --- words ---

    def _find(self, metric: str, cycles: Iterable[Cycle]) -> Cycle | None:
        return next((cycle for cycle in cycles if cycle.metric == metric), None)

    def _when(self, cycle: Cycle) -> str:
        return when(cycle.due_at or FAR, at=self.at)


def when(moment: datetime, *, at: datetime) -> str:
    """ "14:30 today", "9:00 tomorrow", "10:00 on Wednesday", "10:00 on 8 December", in the reader's zone."""
    local, here = timezone.localtime(moment), timezone.localtime(at)
    days = (local.date() - here.date()).days
    time = formats.date_format(local, "G:i")
    if days == 0:
        return _("%(time)s today") % {"time": time}
    if days == 1:
        return _("%(time)s tomorrow") % {"time": time}
    if days == -1:
        return _("%(time)s yesterday") % {"time": time}
    day = formats.date_format(local, "l" if 0 < days < A_WEEK else _("j F"))
    return _("%(time)s on %(day)s") % {"time": time, "day": day}
