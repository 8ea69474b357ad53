"""The record of one ticket, and the facts that it amounts to. Plain reading: no query, no clock of its own.

What each fact means stands in docs/kpis.md, and each line of it is held by tests/insights/test_facts.py. Facts do not
depend on the time of day: what has not ended is not counted, so two readings of the same history are equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from insights.course import Course, EventRow
from insights.models import HandFact, PromiseFact, TicketFact
from sla.business_time import NOTHING, WorkingTime
from sla.models import Clock, ClockEvent, Metric
from sla.queries.hours import hours_of
from sla.queries.life import Life, lives_of
from sla.spent import counted, told
from sla.verdicts import RANK, verdict_of

FIRST_TIER = 1
"""The highest level that is first tier."""
FOLLOW_UP_DAYS = 5
"""Working days within which a follow-up says that the first answer was none."""
PATH_LENGTH = 40


class ClockRow(NamedTuple):
    """One cycle of one clock, as sla.models.Clock keeps it."""

    id: int
    metric: str
    scope: int
    cycle: int
    state: str
    outcome: str
    policy_id: int | None
    calendar_id: int | None
    priority: int
    target: timedelta
    used: timedelta
    breached_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state != Clock.State.ENDED

    @property
    def over(self) -> timedelta:
        """Business time beyond the target, when it was last written."""
        return self.used - self.target


class ClockEventRow(NamedTuple):
    """One event of a resolution clock, as sla.models.ClockEvent keeps it."""

    id: int
    ticket_id: int
    metric: str
    scope: int
    cycle: int
    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class TicketRecord:
    """All that is known of one ticket. Rows are in order of id; quiet events may be left out."""

    ticket_id: int
    events: Sequence[EventRow]
    clocks: Sequence[ClockRow] = ()
    resolution_events: Sequence[ClockEventRow] = ()
    minutes: Mapping[int, int] = field(default_factory=dict)
    """Worked, by level."""
    follow_ups: Sequence[datetime] = ()
    """When tickets were opened that are follow-ups of this one."""
    location: str = ""
    device: str = ""
    """Both folded (tickets.words.fold_words)."""
    is_restricted: bool = False


@dataclass(frozen=True)
class Facts:
    """What a ticket's record amounts to: rows that are not saved yet."""

    ticket: TicketFact
    hands: list[HandFact] = field(default_factory=list)
    promises: list[PromiseFact] = field(default_factory=list)


def work_out(record: TicketRecord, *, zone: ZoneInfo, usual_calendar: int | None) -> Facts:
    """The facts of one ticket.

    Args:
        zone: the desk's, in which days are counted.
        usual_calendar: the version of the calendar in which business time is counted where no clock says otherwise;
            None is around the clock.

    Raises:
        ValueError: it has no event.
    """
    if not record.events:
        raise ValueError(f"Ticket {record.ticket_id} has no history.")
    course = Course(record.events)
    lives = told(_lives(record, until=course.hands_until))
    hours = hours_of(lives[-1].cycle.calendar_id if lives else usual_calendar)
    return Facts(
        ticket=_ticket(record, course, hours, zone),
        hands=_hands(record.ticket_id, course, lives, hours),
        promises=[] if course.is_set_aside else _promises(record),
    )


def _lives(record: TicketRecord, *, until: datetime) -> list[Life]:
    if not record.resolution_events:
        return []
    return lives_of(cast("Sequence[ClockEvent]", record.resolution_events), hours_of, at=until)


def _ticket(record: TicketRecord, course: Course, hours: WorkingTime, zone: ZoneInfo) -> TicketFact:
    values, resolution = course.values, course.resolution
    opened, resolved, ended = course.opened_at, course.resolved_at, course.ended_at
    responded = _responded_at(record, course)
    level = resolution.level if resolution else values["tier_id"]
    return TicketFact(
        ticket_id=record.ticket_id,
        is_counted=not course.is_set_aside and values.get("merged_into_id") is None,
        is_open=course.standing.is_open,
        is_imported=course.is_imported,
        is_restricted=record.is_restricted,
        kind=values["kind"],
        priority=values["priority"],
        channel=values["channel"],
        status=values["status"],
        category_id=values.get("category_id"),
        organisation_id=values.get("organisation_id"),
        requester_id=values["requester_id"],
        location=record.location,
        device=record.device,
        team_id=resolution.team if resolution else values["team_id"],
        level=level,
        policy_id=_policy(record.clocks),
        opened_at=opened,
        opened_on=_day(opened, zone),
        resolved_at=resolved,
        resolved_on=_day(resolved, zone) if resolved else None,
        resolved_by_id=resolution.by if resolution else None,
        resolution_code=values["resolution_code"],
        ended_at=ended,
        ended_on=_day(ended, zone) if ended else None,
        responded_at=responded,
        response_seconds=_seconds(responded - opened) if responded else None,
        response_business_seconds=_business(hours, opened, responded),
        resolution_seconds=_seconds(resolved - opened) if resolved else None,
        resolution_business_seconds=_business(hours, opened, resolved),
        minutes_worked=sum(record.minutes.values()),
        minutes_l0=record.minutes.get(0, 0),
        minutes_l1=record.minutes.get(1, 0),
        minutes_l2=record.minutes.get(2, 0),
        minutes_l3=record.minutes.get(3, 0),
        minutes_l4=record.minutes.get(4, 0),
        path="".join(map(str, values.get("path") or ()))[:PATH_LENGTH],
        highest_level=course.highest,
        handoffs_up=course.up,
        handoffs_down=course.down,
        handoffs_sideways=course.sideways,
        bounces=course.bounces,
        ping_pongs=course.ping_pongs,
        reopened=values["reopen_count"],
        is_first_contact=_is_first_contact(record, course, hours, zone),
        is_first_tier=course.is_done and level <= FIRST_TIER and course.highest <= FIRST_TIER,
        rating=values.get("rating"),
    )


def _responded_at(record: TicketRecord, course: Course) -> datetime | None:
    """The first answer; at once for a caller, unless the policy says that a call is none: then its clock ran on."""
    if not course.is_by_voice:
        return course.responded_at
    first = [clock for clock in record.clocks if clock.metric == Metric.FIRST_RESPONSE]
    ran_on = any(clock.ended_at is None or clock.ended_at > course.opened_at for clock in first)
    return course.responded_at if ran_on else course.opened_at


def _policy(clocks: Iterable[ClockRow]) -> int | None:
    """By which its resolution was last judged."""
    judged = [
        clock.policy_id
        for clock in clocks
        if clock.metric == Metric.RESOLUTION and clock.outcome != Clock.Outcome.VOID
    ]
    return judged[-1] if judged else None


def _is_first_contact(record: TicketRecord, course: Course, hours: WorkingTime, zone: ZoneInfo) -> bool:
    resolution, resolved = course.resolution, course.resolved_at
    if resolution is None or resolved is None or not resolution.is_first_answer:
        return False
    moved = course.up + course.down + course.sideways + course.bounces
    if moved or course.values["reopen_count"]:
        return False
    if not record.follow_ups:
        return True
    last = _end_of_working_days(resolved, FOLLOW_UP_DAYS, hours, zone)
    return not any(resolved <= opened < last for opened in record.follow_ups)


def _end_of_working_days(after: datetime, days: int, hours: WorkingTime, zone: ZoneInfo) -> datetime:
    """The midnight that ends the n-th working day after the day of `after`: Mondays to Fridays on which the calendar
    is open at all."""
    day = _day(after, zone)
    for _searched in range(366):
        day += timedelta(days=1)
        begin, end = (datetime.combine(day + timedelta(days=n), time(0), zone) for n in (0, 1))
        if day.weekday() < 5 and hours.working_time_between(begin, end) > NOTHING:
            days -= 1
        if not days:
            break
    return datetime.combine(day + timedelta(days=1), time(0), zone)


def _hands(ticket: int, course: Course, lives: list[Life], hours: WorkingTime) -> list[HandFact]:
    """Stretches in the same hands add up; what has not ended is left out."""
    runs = counted(lives)[0] if lives else []
    found: dict[tuple[str, int, int], list[timedelta]] = {}
    for since, until, who, level, team in course.stretches:
        spans = found.setdefault((who, level, team), [NOTHING, NOTHING, NOTHING])
        spans[0] += until - since
        spans[1] += hours.working_time_between(since, until)
        for run in runs:
            if run.since < until and run.until > since:
                first, last = max(run.since, since), min(run.until, until)
                spans[2] += hours_of(run.calendar).working_time_between(first, last)
    return [
        HandFact(
            ticket_id=ticket,
            who=str(who),
            level=level,
            team_id=team,
            seconds=_seconds(spans[0]),
            business_seconds=_seconds(spans[1]),
            counted_seconds=_seconds(spans[2]),
        )
        for (who, level, team), spans in sorted(found.items())
    ]


def _promises(record: TicketRecord) -> list[PromiseFact]:
    """Of each clock the worst of its cycles; a person's own promise is none of a policy."""
    worst: dict[tuple[str, int], tuple[tuple[int, timedelta], str, ClockRow]] = {}
    for clock in record.clocks:
        verdict = None if clock.metric == Metric.PROMISE else verdict_of(clock)
        if verdict is None:
            continue
        weight = (RANK[verdict], clock.over)
        known = worst.get((clock.metric, clock.scope))
        if known is None or weight > known[0]:
            worst[clock.metric, clock.scope] = (weight, str(verdict), clock)
    return [
        PromiseFact(
            ticket_id=record.ticket_id,
            metric=metric,
            scope=scope,
            verdict=verdict,
            priority=clock.priority,
            policy_id=clock.policy_id,
            breached_at=clock.breached_at,
            target_seconds=_seconds(clock.target),
            used_seconds=_seconds(clock.used),
        )
        for (metric, scope), (_weight, verdict, clock) in sorted(worst.items())
    ]


def _business(hours: WorkingTime, since: datetime, until: datetime | None) -> int | None:
    return _seconds(hours.working_time_between(since, until)) if until else None


def _seconds(span: timedelta) -> int:
    """Whole ones; what was stamped before the opening took none."""
    return max(0, span // timedelta(seconds=1))


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
