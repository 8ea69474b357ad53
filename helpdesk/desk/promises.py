"""What was promised about a ticket, for its page: every clock in words, and a page with their whole lives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Organisation, Tier
from accounts.prepared import Prepared
from helpdesk import spans
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from helpdesk.desk.sending import url_of
from helpdesk.templatetags.ui import tier_class
from sla.cycles import NOTHING, Cycle, span
from sla.models import CalendarVersion, Clock, ClockEvent, Metric, PolicyVersion
from sla.queries.clocks import ORDER, Standing, next_of, standing
from sla.queries.hours import hours_of
from sla.queries.life import Happening, Life, Stretch, days_of, lives_of
from sla.spec import TIER_METRICS, VENDOR_METRICS
from sla.spent import Who, spent
from tickets import sentences
from tickets.models import NUMBER_PREFIX, Event, Ticket
from tickets.queries.beside import kept_rows
from tickets.state import states

Kind, Outcome = ClockEvent.Kind, Clock.Outcome
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Shown:
    """One clock of the panel. `more` is how many cycles it has had before this one."""

    standing: Standing
    label: str
    tier: Tier | None
    about: str
    more: int

    @property
    def cycle(self) -> Cycle:
        return self.standing.cycle

    @property
    def words(self) -> str:
        """How it stands, without the times that the page shows beside it."""
        return words_of(self.standing)


@dataclass(frozen=True)
class Panel:
    """What the ticket page says about its promises."""

    next: Standing | None = None
    clocks: list[Shown] = field(default_factory=list)
    spent: "Spent | None" = None

    @property
    def is_broken(self) -> bool:
        """Whether one of them was: then the page asks why."""
        return any(row.cycle.breached_at for row in self.clocks)


def panel_of(ticket: Ticket, *, at: datetime, events: Iterable[Event] = ()) -> Panel:
    """One query. Of each clock its newest cycle: open ones first, by what is due next.

    Args:
        events: the ticket's history, for the bar that says in whose hands the time was spent.
    """
    lives = lives_of(_events(ticket=ticket.pk), hours_of, at=at)
    newest: dict[tuple[str, int], list[Cycle]] = {}
    for life in lives:
        newest.setdefault(life.cycle.key, []).append(life.cycle)
    shown = [_shown(cycles, ticket, at) for cycles in newest.values()]
    chosen = next_of([row.cycle for row in shown]) if ticket.is_open else None
    return Panel(
        next=standing(chosen, at=at) if chosen else None,
        clocks=sorted((row for row in shown if row.cycle.outcome != Outcome.VOID), key=_place),
        spent=spent_of(lives, events, at=at),
    )


_events = Prepared(lambda ticket: ClockEvent.objects.filter(ticket=ticket).order_by("id"), "ticket")


def _shown(cycles: Sequence[Cycle], ticket: Ticket, at: datetime) -> Shown:
    last = max(cycles, key=lambda cycle: cycle.cycle)
    tier = tier_of(last)
    return Shown(standing(last, at=at), label_of(last), tier, vendor_of(last, ticket), len(cycles) - 1)


def _place(row: Shown) -> tuple[int, float, int]:
    """Running by due time, then paused, then ended."""
    cycle = row.cycle
    group = 0 if cycle.is_running else 1 if cycle.is_open else 2
    return group, cycle.due_at.timestamp() if cycle.due_at else 0.0, ORDER[Metric(cycle.metric)]


def label_of(cycle: Cycle) -> str:
    label = str(Metric(cycle.metric).label)
    return label[:1].upper() + label[1:]


def tier_of(cycle: Cycle) -> Tier | None:
    """The tier whose promise it is, for the clocks between tiers."""
    if cycle.metric not in TIER_METRICS:
        return None
    return (kept_rows(Tier, {cycle.scope}) or {}).get(cycle.scope)


def vendor_of(cycle: Cycle, ticket: Ticket) -> str:
    if cycle.metric not in VENDOR_METRICS:
        return ""
    if ticket.vendor_id == cycle.scope and ticket.vendor:
        return ticket.vendor.name
    row = (kept_rows(Organisation, {cycle.scope}) or {}).get(cycle.scope)
    return row.name if row else ""


def words_of(clock: Standing) -> str:
    """ "met, 22 of 60 min", "6 h 41 min left of 8 h", "paused, 2 h of 8 h used", "over by 34 min"."""
    cycle = clock.cycle
    of = spans.of_target(clock.used, cycle.target)
    if not cycle.is_open:
        return _ended(cycle, of)
    if clock.is_paused:
        return (_("paused, over: %(of)s") if clock.was_breached else _("paused, %(of)s used")) % {"of": of}
    if clock.is_late:
        return _("%(over)s over, target %(target)s") % {
            "over": spans.worked(-clock.left),
            "target": spans.worked(cycle.target),
        }
    return _("%(left)s left of %(target)s") % {
        "left": spans.worked(clock.left),
        "target": spans.worked(cycle.target),
    }


def _ended(cycle: Cycle, of: str) -> str:
    if cycle.outcome == Outcome.MET:
        return (_("done late, %(of)s") if cycle.breached_at else _("met, %(of)s")) % {"of": of}
    label = str(Outcome(cycle.outcome).label)
    return _("%(how)s, breached before") % {"how": label} if cycle.breached_at else label


# --- How the promise was spent ---


@dataclass(frozen=True)
class Part:
    """Time in the same hands. `share` of the target in steps of five; nothing where it did not count."""

    look: str
    words: str
    share: int = 0


@dataclass(frozen=True)
class Spent:
    """The resolution's target as a bar, in order of time, and the same summed up by whose hands."""

    bar: list[Part]
    legend: list[Part]
    words: str


def spent_of(lives: Sequence[Life], events: Iterable[Event], *, at: datetime) -> Spent | None:
    """None where no resolution is promised, or nothing of it is spent yet."""
    history = ((event.at, state) for event, state in states(events))
    segments = spent(history, lives, hours_of, at=at)
    own = [life.cycle for life in lives if life.cycle.metric == Metric.RESOLUTION]
    if not segments or not own:
        return None
    target = own[-1].target
    whole = max(target, sum((segment.counted for segment in segments), NOTHING))
    sums: dict[tuple[Who, int], list[timedelta]] = {}
    for segment in segments:
        counted, worked = sums.setdefault((segment.who, segment.level), [NOTHING, NOTHING])
        sums[segment.who, segment.level] = [counted + segment.counted, worked + segment.worked]
    legend = [_part(who, level, *times) for (who, level), times in sums.items()]
    bar = [
        Part(
            _look(segment.who, segment.level),
            _part(segment.who, segment.level, segment.counted, NOTHING).words,
            round(segment.counted / whole * 20) * 5,
        )
        for segment in segments
        if segment.counts
    ]
    legend = [part for part in legend if part.words]
    told = ", ".join(part.words for part in legend)
    words = _("Of %(target)s: %(told)s") % {"target": spans.worked(target), "told": told}
    return Spent(bar, legend, words) if legend else None


def _part(who: Who, level: int, counted: timedelta, worked: timedelta) -> Part:
    """Its words say how much counted; where nothing did, how much business time passed all the same."""
    text = _hands(who, level)
    if counted >= A_MINUTE:
        return Part(_look(who, level), f"{text} {spans.worked(counted)}")
    if worked < A_MINUTE:
        return Part(_look(who, level), "")
    return Part("paused", _("%(who)s %(span)s, not counted") % {"who": text, "span": spans.worked(worked)})


HANDS: dict[Who, Promise] = {
    Who.VENDOR: gettext_lazy("vendor"),
    Who.REQUESTER: gettext_lazy("requester"),
    Who.HOLD: gettext_lazy("set aside"),
    Who.NOBODY: gettext_lazy("resolved"),
    Who.CARRIED: gettext_lazy("before"),
}


def _hands(who: Who, level: int) -> str:
    if who == Who.TIER:
        return f"L{level}"
    return _("waiting for L%(level)s") % {"level": level} if who == Who.HAND_OFF else str(HANDS[who])


def _look(who: Who, level: int) -> str:
    """The classes of a piece: the colour of the tier that has it, lighter in a hand-off."""
    if who in (Who.REQUESTER, Who.HOLD, Who.NOBODY, Who.CARRIED):
        return "paused"
    shown = tier_class((kept_rows(Tier, {level}) or {}).get(level, level))
    return f"{shown} handoff" if who == Who.HAND_OFF else shown


# --- The page of their whole lives ---


@dataclass(frozen=True)
class Counted:
    """A line for the time between two events: from, to, how much of it counted, and the sum so far."""

    stretch: Stretch
    days: list[tuple[date, str]]

    is_event = False

    @property
    def worked(self) -> str:
        return spans.worked(self.stretch.worked)

    @property
    def total(self) -> str:
        return spans.worked(self.stretch.total)


@dataclass(frozen=True)
class Told:
    """A line for an event, with what of the ticket caused it."""

    happening: Happening
    words: str
    cause: str
    url: str
    was_due: datetime | None = None

    is_event = True

    @property
    def total(self) -> str:
        return spans.worked(self.happening.total)

    @property
    def kind(self) -> str:
        return self.happening.event.kind


@dataclass(frozen=True)
class Story:
    """One cycle with its lines, and what it was measured against in the end."""

    anchor: str
    label: str
    tier: Tier | None
    about: str
    number: int
    standing: Standing
    policy: PolicyVersion | None
    calendar: CalendarVersion | None
    lines: "list[Counted | Told]"

    @property
    def words(self) -> str:
        return words_of(self.standing)

    @property
    def target(self) -> str:
        return spans.worked(self.standing.cycle.target)


@require_safe
@technicians_page
def life(request: DeskRequest, number: str) -> HttpResponse:
    """Every clock of a ticket from its start on, so that anybody can add it up by hand."""
    ticket = ticket_or_404(request.user, number, with_people)
    at = timezone.now()
    rows = ClockEvent.objects.filter(ticket=ticket).select_related("cause").order_by("id")
    lives = lives_of(rows, hours_of, at=at)
    teller = _Teller(ticket, lives, at)
    stories = [teller.story(one) for one in lives]
    stories.sort(key=lambda story: not story.standing.cycle.is_open)
    context = {"ticket": ticket, "url": url_of(ticket.pk), "stories": stories}
    return render(request, "desk/ticket/clocks.html", context)


class _Teller:
    """Turns lives into words, with the few rows that all of them mention read once."""

    def __init__(self, ticket: Ticket, lives: Iterable[Life], at: datetime) -> None:
        self.ticket, self.at = ticket, at
        lines = [line for one in lives for line in one.lines]
        events = [line.event for line in lines if isinstance(line, Happening)]
        self.causes = _causes(events)
        said = [event.data for event in events if "target" in event.data]
        self.policies = _by_key(PolicyVersion, "policy", {data["policy"] for data in said})
        self.calendars = _by_key(CalendarVersion, "calendar", {data["calendar"] for data in said})

    def story(self, life: Life) -> Story:
        cycle = life.cycle
        return Story(
            anchor=f"{cycle.metric}-{cycle.scope}-{cycle.cycle}",
            label=label_of(cycle),
            tier=tier_of(cycle),
            about=vendor_of(cycle, self.ticket),
            number=cycle.cycle,
            standing=standing(cycle, at=self.at),
            policy=self.policies.get(cycle.policy_id),
            calendar=self.calendars.get(cycle.calendar_id),
            lines=[
                self._told(line) if isinstance(line, Happening) else self._counted(line)
                for line in life.lines
            ],
        )

    def _counted(self, stretch: Stretch) -> Counted:
        """Of a time over several days, how much fell on each of them."""
        if not stretch.is_counted or stretch.calendar is None:
            return Counted(stretch, [])
        zone = ZoneInfo(self.calendars[stretch.calendar].zone)
        days = list(days_of(stretch, hours_of(stretch.calendar), zone))
        return Counted(
            stretch, [(day, spans.worked(worked)) for day, worked in days] if len(days) > 1 else []
        )

    def _told(self, happening: Happening) -> Told:
        event = happening.event
        cause, url = self.causes.get(event.pk, ("", ""))
        was = event.data.get("due_was")
        return Told(happening, self._words(event), cause, url, datetime.fromisoformat(was) if was else None)

    def _words(self, event: ClockEvent) -> str:
        data = event.data
        match event.kind:
            case Kind.STARTED if data["used"]:
                text = _("Started with %(used)s used before, target %(target)s")
            case Kind.STARTED:
                text = _("Started, target %(target)s")
            case Kind.RETARGETED:
                text = _("Measured anew: target %(target)s by %(policy)s, P%(priority)s")
            case Kind.ABSORBED:
                text = _("Took over %(used)s from %(ticket)s, which was merged into this ticket")
            case Kind.WARNED:
                text = _("%(share)s %% used")
            case Kind.MET | Kind.CANCELLED:
                text = str(ENDS[data["outcome"]])
            case _:
                text = str(PLAIN[event.kind])
        return text % self._blanks(data)

    def _blanks(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "used": spans.worked(span(data.get("used", 0))),
            "target": spans.worked(span(data.get("target", 0))),
            "policy": self.policies.get(data.get("policy")) or _("no policy"),
            "priority": data.get("priority", ""),
            "ticket": f"{NUMBER_PREFIX}{data.get('ticket', '')}",
            "share": data.get("share", ""),
        }


PLAIN: dict[str, Promise] = {
    Kind.PAUSED: gettext_lazy("Paused"),
    Kind.RESUMED: gettext_lazy("Went on"),
    Kind.BREACHED: gettext_lazy("Breached: all of the target is used"),
}
ENDS: dict[str, Promise] = {
    Outcome.MET: gettext_lazy("Done"),
    Outcome.CANCELLED: gettext_lazy("Ended, no longer promised"),
    Outcome.MERGED: gettext_lazy("Went on in the ticket that this one was merged into"),
    Outcome.VOID: gettext_lazy("Taken back: it had not really begun"),
}


def _causes(events: Iterable[ClockEvent]) -> dict[int, tuple[str, str]]:
    """By clock event the sentence of the ticket's event that caused it, and where that stands."""
    caused = [(event.pk, event.cause) for event in events if event.cause is not None]
    causes = {cause.pk: cause for _key, cause in caused}
    told = dict(zip(causes, sentences.sentences(causes.values()), strict=True))
    return {key: (told[cause.pk], _place_of(cause)) for key, cause in caused}


def _place_of(cause: Event) -> str:
    return f"{url_of(cause.ticket_id)}#{f'message-{cause.message_id}' if cause.message_id else f'event-{cause.pk}'}"


def _by_key(model: Any, parent: str, keys: set[int | None]) -> dict[int | None, Any]:
    wanted = keys - {None}
    return dict(model.objects.select_related(parent).in_bulk(wanted)) if wanted else {}
