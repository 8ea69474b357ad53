"""Why a rule did or did not fire on a ticket, found out from what is kept: nothing is changed.

Words, tags, people, organisations and calendars are read as they are now; the ticket's own columns as they were.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils import formats, timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from delivery.models import Delivery
from escalation.models import Arming, Firing, Rule
from escalation.rules.asking import KIND
from escalation.rules.book import Live, live
from escalation.rules.engine import occasion_of, occasion_of_waiting, state_after
from escalation.rules.explaining import explain, trigger_label
from escalation.rules.spec import TimeTrigger
from escalation.rules.triggers import triggers_of
from escalation.rules.waiting import due_since, hours_for
from tickets.models import Event, Ticket
from tickets.state import State
from tickets.vocabulary import Facts, Tree, holds


class Because(StrEnum):
    FIRED = "fired"
    OVERTAKEN = "overtaken"
    LIMITED = "limited"
    FAILED = "failed"
    NOTHING_SAID = "nothing_said"
    UNREADABLE = "unreadable"
    NOT_IN_USE = "not_in_use"
    NOT_SET_OFF = "not_set_off"
    WRITTEN_LATER = "written_later"
    WAITS = "waits"
    DID_NOT_HOLD = "did_not_hold"
    ARMED = "armed"
    STOPPED = "stopped"
    NOT_ASKED = "not_asked"
    NOT_OPEN = "not_open"
    NOT_MEASURED = "not_measured"
    NO_CALENDAR = "no_calendar"
    NOT_LONG_ENOUGH = "not_long_enough"
    OWN_DOING = "own_doing"


OF_STATE = {
    Firing.State.DONE: Because.FIRED,
    Firing.State.OVERTAKEN: Because.OVERTAKEN,
    Firing.State.LIMITED: Because.LIMITED,
    Firing.State.FAILED: Because.FAILED,
}


@dataclass(frozen=True)
class WhyNot:
    """The answer: a code, a sentence, and each condition with the value that it found where it was asked."""

    because: Because
    sentence: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    event: Event | None = None
    firing: Firing | None = None

    @property
    def fired(self) -> bool:
        return self.because == Because.FIRED


def why_not(rule: Rule, ticket: Ticket, *, at: datetime) -> WhyNot:
    """Why the rule, as its version in force says, has not fired on the ticket; or that it has, and why."""
    if rule.current is None:
        return WhyNot(Because.NOTHING_SAID, _("The rule has no version yet: it says nothing."))
    kept = live(rule, rule.current)
    if kept.when is None:
        return WhyNot(
            Because.UNREADABLE,
            _("Its condition cannot be read any more: it names a field or a value that is gone."),
        )
    found = _of_time(kept, kept.when, ticket, at) if kept.spec.time else _of_events(rule, kept, ticket)
    is_settled = found.firing is not None or found.because == Because.DID_NOT_HOLD
    if rule.is_enabled or is_settled:
        return found
    return WhyNot(Because.NOT_IN_USE, _("The rule is not in use."), found.rows, found.event)


# --- rules that wait for events ---


def _of_events(rule: Rule, kept: Live, ticket: Ticket) -> WhyNot:
    history = list(Event.objects.filter(ticket=ticket).order_by("id"))
    asked = [row for row in history if kept.is_set_off_by(triggers_of(row.kind, row.changes, row.data))]
    if not asked:
        names = get_text_list([trigger_label(name) for name in kept.spec.events], _("or"))
        return WhyNot(
            Because.NOT_SET_OFF, _("Nothing has happened that sets it off: %(names)s.") % {"names": names}
        )
    event = asked[-1]
    state, facts = state_after(event, history), Facts.of(ticket)
    tree: Tree = kept.when  # type: ignore[assignment]  # the caller has looked
    rows = explain(tree, state, facts, at=event.at)
    firing = _firing(kept, ticket, event=event)
    if firing is not None:
        return _told(firing, rows)
    if Delivery.objects.unfinished().filter(dedupe_key=f"{KIND}:{event.pk}").exists():
        return WhyNot(Because.WAITS, _("The event is not asked yet: it waits for a worker."), rows, event)
    if not holds(tree, state, at=event.at, facts=facts):
        return WhyNot(Because.DID_NOT_HOLD, _("Its condition did not hold."), rows, event)
    return _though_it_held(rule, kept, event, rows)


def _though_it_held(rule: Rule, kept: Live, event: Event, rows: list[dict[str, Any]]) -> WhyNot:
    occasion = occasion_of(event)
    armed = Arming.objects.filter(rule=rule, ticket=event.ticket_id, occasion=occasion.name)
    if armed.exists():
        return WhyNot(
            Because.ARMED,
            _("It had fired in this chain of events already, and does so once."),
            rows,
            event,
            _firing(kept, event.ticket, root=occasion.root),
        )
    above = Firing.objects.filter(
        ticket=event.ticket_id, event=event, version__rule__position__lt=rule.position
    )
    stopper = next(
        (row for row in above.select_related("version__rule") if row.version.spec.get("stops")), None
    )
    if stopper is not None:
        return WhyNot(
            Because.STOPPED,
            _("The rule “%(rule)s” above it fired and stops those below.")
            % {"rule": stopper.version.rule.name},
            rows,
            event,
        )
    if rule.current is not None and event.at < rule.current.at:
        return WhyNot(
            Because.WRITTEN_LATER,
            _("It was written as it is now after the last event that would set it off."),
            rows,
            event,
        )
    return WhyNot(
        Because.NOT_ASKED,
        _("Its condition held, but it was not in use when the event was asked."),
        rows,
        event,
    )


# --- rules that wait for time ---


def _of_time(kept: Live, tree: Tree, ticket: Ticket, at: datetime) -> WhyNot:
    time = kept.spec.time
    if time is None:
        raise ValueError("The rule waits for events.")
    since = getattr(ticket, time.since)
    state, facts = State.of(ticket), Facts.of(ticket)
    rows = explain(tree, state, facts, at=at)
    if since is not None and (known := _armed(kept, ticket, since, rows)) is not None:
        return known
    if not ticket.is_open:
        return WhyNot(Because.NOT_OPEN, _("Rules that wait for time look at open tickets only."), rows)
    if since is None:
        label = Ticket._meta.get_field(time.since).verbose_name  # type: ignore[union-attr]
        sentence = _("There is nothing to measure from: “%(since)s” is not so now.") % {"since": label}
        return WhyNot(Because.NOT_MEASURED, sentence, rows)
    if not holds(tree, state, at=at, facts=facts):
        return WhyNot(Because.DID_NOT_HOLD, _("Its condition does not hold."), rows)
    return _not_due(time, since, at, rows)


def _not_due(time: TimeTrigger, since: datetime, at: datetime, rows: list[dict[str, Any]]) -> WhyNot:
    hours, until = hours_for(time), due_since(time, at)
    if hours is None or until is None:
        return WhyNot(Because.NO_CALENDAR, _("The calendar in which it counts is gone."), rows)
    if since <= until:
        return WhyNot(Because.WAITS, _("It is due now: the timer comes within a minute."), rows)
    due = timezone.localtime(hours.add_working_time(since, time.span))
    sentence = _("It has not been so for long enough: it is due %(due)s.")
    return WhyNot(
        Because.NOT_LONG_ENOUGH, sentence % {"due": formats.date_format(due, "DATETIME_FORMAT")}, rows
    )


def _armed(kept: Live, ticket: Ticket, since: datetime, rows: list[dict[str, Any]]) -> WhyNot | None:
    occasion = occasion_of_waiting(kept, ticket.pk, since=since)
    armed = Arming.objects.filter(rule=kept.rule, ticket=ticket, occasion=occasion.name).first()
    if armed is None:
        return None
    firing = Firing.objects.filter(version__rule=kept.rule, ticket=ticket, event=None, at=armed.at).first()
    if firing is not None:
        return _told(firing, rows)
    return WhyNot(
        Because.OWN_DOING, _("What it would measure from is its own doing: it waits for somebody else."), rows
    )


# --- both ---


def _firing(kept: Live, ticket: Ticket, **of: Any) -> Firing | None:
    rows = Firing.objects.filter(version__rule=kept.rule, ticket=ticket, **of)
    return rows.select_related("version__rule", "event").first()


def _told(firing: Firing, rows: list[dict[str, Any]]) -> WhyNot:
    sentences = {
        Because.FIRED: _("It has fired: version %(n)d, %(at)s."),
        Because.OVERTAKEN: _(
            "Its condition held (version %(n)d, %(at)s), but a person had changed the same meanwhile."
        ),
        Because.LIMITED: _(
            "Its condition held (version %(n)d, %(at)s), but rules had set off one another too often."
        ),
        Because.FAILED: _("It fired (version %(n)d, %(at)s), but nothing that it wanted could be done."),
    }
    because = OF_STATE[Firing.State(firing.state)]
    at = formats.date_format(timezone.localtime(firing.at), "DATETIME_FORMAT")
    return WhyNot(
        because,
        sentences[because] % {"n": firing.version.number, "at": at},
        firing.why or rows,
        firing.event,
        firing,
    )
