"""Histories in a few lines, made through the real operations: `09:10 mira takes`.

A line is a time on the cast's Monday (`Tue 09:10` on another day of its week), who, what, and at most two words more.
`desk` is the system. One ticket stands in the middle; others have names.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Team, User
from escalation import operations as escalation
from insights.queries.records import records
from insights.record import Facts, work_out
from sla.models import Calendar
from tests.conftest import MONDAY
from tests.insights.cast import Cast, world
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UTC_ZONE = ZoneInfo("UTC")


def at(words: str) -> datetime:
    """`10:30`, `Tue 10:30`, `Tue+1 10:30` (the week after)."""
    *days, clock = words.split()
    day, _plus, weeks = days[0].partition("+") if days else ("Mon", "", "")
    hour, minute = clock.split(":")
    begin = MONDAY.replace(hour=int(hour), minute=int(minute))
    return begin + timedelta(days=DAYS.index(day), weeks=int(weeks or 0))


class Story:
    """Plays lines; `ticket` is the one in the middle, `others` those that were opened beside it."""

    def __init__(self, people: dict[str, User], teams: dict[str, Team]) -> None:
        self.people, self.teams = people, teams
        self.ticket: Ticket
        self.others: dict[str, Ticket] = {}

    def play(self, *lines: str) -> "Story":
        for line in lines:
            words = line.split()
            split = 2 if words[0][:3] in DAYS else 1
            when, (who, verb, *rest) = at(" ".join(words[:split])), words[split:]
            self._fresh()
            getattr(self, verb)(*rest, by=self.people.get(who), at=when)
        self._fresh()
        return self

    def facts(self, *, zone: ZoneInfo = UTC_ZONE, usual_calendar: int | None = None, of: str = "") -> Facts:
        key = self.others[of].pk if of else self.ticket.pk
        return work_out(next(records([key])), zone=zone, usual_calendar=usual_calendar)

    def _fresh(self) -> None:
        if hasattr(self, "ticket"):
            self.ticket = Ticket.objects.get(pk=self.ticket.pk)

    def cover(self, team: str, calendar: Calendar, covered_by: str) -> None:
        """Outside of these hours another team has what arrives."""
        by = self.teams[covered_by]
        escalation.change_cover(self.teams[team], hours=calendar, covered_by=by, by=None, at=MONDAY)

    # --- verbs ---

    def opens(self, name: str = "", *, by: User, at: datetime) -> None:
        """Ines for herself."""
        self._keep(name, operations.open_ticket(subject="VPN", description="x", requester=by, by=by, at=at))

    def logs_call(self, channel: str = "phone", *, by: User, at: datetime) -> None:
        """The desk, for Ines who is there."""
        requester = self.people["ines"]
        self._keep(
            "",
            operations.open_ticket(
                subject="VPN", description="x", requester=requester, channel=channel, by=by, at=at
            ),
        )

    def _keep(self, name: str, ticket: Ticket) -> None:
        if name:
            self.others[name] = ticket
        else:
            self.ticket = ticket

    def takes(self, *, by: User, at: datetime) -> None:
        operations.take(self.ticket, by=by, at=at)

    def answers(self, *, by: User | None, at: datetime) -> None:
        operations.reply(self.ticket, text="x", by=by, at=at)

    def is_out_of_office(self, *, by: User, at: datetime) -> None:
        """What a program sends in their name."""
        operations.reply(self.ticket, text="x", automatic=True, by=by, at=at)

    def writes(self, *, by: User, at: datetime) -> None:
        operations.reply(self.ticket, text="x", by=by, at=at)

    def follows_up(self, *, by: User, at: datetime) -> None:
        """A reply to what is closed."""
        self.others["follow-up"] = operations.reply(self.ticket, text="x", by=by, at=at)

    def notes(self, *, by: User, at: datetime) -> None:
        operations.note(self.ticket, text="x", by=by, at=at)

    def asks(self, *, by: User, at: datetime) -> None:
        operations.wait_for_requester(self.ticket, question="x", by=by, at=at)

    def holds(self, *, by: User, at: datetime) -> None:
        operations.hold(self.ticket, reason="part", until=at + timedelta(days=9), by=by, at=at)

    def resumes(self, *, by: User, at: datetime) -> None:
        operations.resume(self.ticket, by=by, at=at)

    def awaits_vendor(self, *, by: User, at: datetime) -> None:
        """The ticket stays with its team."""
        vendor = self.teams["vendors"].organisation
        assert vendor is not None
        operations.wait_for_vendor(self.ticket, vendor=vendor, by=by, at=at)

    def hands(self, team: str, reason: str = "needs_access", *, by: User, at: datetime) -> None:
        escalation.hand_over(self.ticket, team=self.teams[team], reason=reason, summary="x", by=by, at=at)

    def names(self, team: str, *, by: User, at: datetime) -> None:
        """A lead says who keeps it."""
        escalation.name_owner(self.ticket, team=self.teams[team], by=by, at=at)

    def accepts(self, *, by: User, at: datetime) -> None:
        escalation.accept(self.ticket, by=by, at=at)

    def returns(self, reason: str = "wrong_team", *, by: User, at: datetime) -> None:
        escalation.return_(self.ticket, reason=reason, text="x", by=by, at=at)

    def confirms_fix(self, *, by: User, at: datetime) -> None:
        """That what the vendor did works."""
        escalation.confirm_fix(self.ticket, by=by, at=at)

    def proposes(self, kind: str = "resolution", *, by: User, at: datetime) -> None:
        escalation.propose_reply(self.ticket, kind=kind, text="x", code="fixed", by=by, at=at)

    def sends(self, *, by: User, at: datetime) -> None:
        """What was proposed."""
        escalation.send_proposal(self.ticket, by=by, at=at)

    def resolves(self, code: str = "fixed", *, by: User | None, at: datetime) -> None:
        operations.resolve(self.ticket, code=code, summary="x", by=by, at=at)

    def reopens(self, *, by: User, at: datetime) -> None:
        operations.reopen(self.ticket, text="x", by=by, at=at)

    def was_only_thanked(self, *, by: User, at: datetime) -> None:
        operations.only_thanks(self.ticket, by=by, at=at)

    def confirms(self, *, by: User, at: datetime) -> None:
        operations.confirm(self.ticket, by=by, at=at)

    def rates(self, rating: str, *, by: User, at: datetime) -> None:
        operations.rate(self.ticket, rating=int(rating), by=by, at=at)

    def cancels(self, *, by: User, at: datetime) -> None:
        operations.cancel(self.ticket, reason_text="x", by=by, at=at)

    def withdraws(self, *, by: User, at: datetime) -> None:
        operations.withdraw(self.ticket, by=by, at=at)

    def sets_aside(self, reason: str = "noise", *, by: User, at: datetime) -> None:
        operations.not_a_request(self.ticket, reason=reason, by=by, at=at)

    def restores(self, *, by: User, at: datetime) -> None:
        operations.restore(self.ticket, by=by, at=at)

    def merges_into(self, other: str, *, by: User, at: datetime) -> None:
        operations.merge(self.ticket, into=self.others[other], by=by, at=at)

    def absorbs(self, other: str, *, by: User, at: datetime) -> None:
        operations.merge(self.others[other], into=self.ticket, by=by, at=at)

    def splits_off(self, other: str, *, by: User, at: datetime) -> None:
        message = self.ticket.messages.earliest("id")
        self.others[other] = operations.split(self.ticket, message=message, subject="y", by=by, at=at)

    def logs(self, minutes: str, *, by: User, at: datetime) -> None:
        operations.log_work(self.ticket, minutes=int(minutes), by=by, at=at)

    def files_as(self, kind: str, *, by: User, at: datetime) -> None:
        operations.change(self.ticket, kind=kind, by=by, at=at)

    def raises_to(self, priority: str, *, by: User, at: datetime) -> None:
        operations.override_priority(self.ticket, priority=int(priority), reason="x", by=by, at=at)


def columns(facts: Facts, names: Iterable[str]) -> dict[str, Any]:
    """The facts of these names as a table of expectations writes them: people and teams by name, times as told."""
    found = {name: getattr(facts.ticket, name) for name in names}
    for name, value in found.items():
        if isinstance(value, datetime):
            found[name] = told(value)
    if "team" in found:
        found["team"] = facts.ticket.team.name
    if facts.ticket.resolved_by and "resolved_by" in found:
        found["resolved_by"] = facts.ticket.resolved_by.name.split()[0].lower()
    return found


def told(moment: datetime) -> str:
    """`10:30`, `Tue 10:30`."""
    day = (moment.date() - MONDAY.date()).days
    weeks, weekday = divmod(day, 7)
    plus = f"+{weeks}" if weeks else ""
    return f"{moment:%H:%M}" if not day else f"{DAYS[weekday]}{plus} {moment:%H:%M}"


def hands(facts: Facts) -> list[str]:
    """`tier L2 Network 0:30, 0:30 business, 0:30 counted`."""
    return [
        f"{row.who} L{row.level} {row.team.name} {span(row.seconds)}, {span(row.business_seconds)} business, "
        f"{span(row.counted_seconds)} counted"
        for row in facts.hands
    ]


def promises(facts: Facts) -> dict[str, str]:
    """By promise: `breached 1:30 of 1:00`."""
    return {
        f"{row.metric}{f' L{row.scope}' if row.metric in ('accept', 'work') else ''}": (
            f"{row.verdict} {span(row.used_seconds)} of {span(row.target_seconds)}"
        )
        for row in facts.promises
    }


def span(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes // 60}:{minutes % 60:02}"


PEOPLE = ("ines", "mira", "sara", "lars", "rosa", "dario", "yuki", "vera")
TEAMS = ("service_desk", "second_desk", "network", "platform", "vendors")


@world
def story(cast: Cast) -> Story:
    """Everybody is there, Rosa on another team on L1, and nothing is promised but what a test promises."""
    promise()
    return Story(
        {name: getattr(cast, name) for name in PEOPLE}, {name: getattr(cast, name) for name in TEAMS}
    )
