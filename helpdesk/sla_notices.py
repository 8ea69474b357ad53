"""Who is told that a promise runs short or was broken: inside the product, and by mail where it cannot wait.

Reactions to `sla.warned` and `sla.breached`, carried out by the worker; each may run twice. What has been
settled since then (answered, paused, given another target) warns nobody any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from delivery.models import Delivery
from delivery.operations import enqueue
from delivery.operations.telling import tell
from delivery.vocabulary import letter_called
from helpdesk.notices import leads_of, news_of, send, those
from sla import events
from sla.models import Clock, Metric, PolicyVersion
from sla.queries.staffed import next_opening, tier_hours
from sla.spec import ASSIGNEE, BREACH, CONTACT, LEAD, MANAGERS, PolicySpec, Threshold, from_json
from tickets import operations
from tickets.models import Event, Priority, Ticket
from tickets.permissions import is_desk, may_see

KIND = "sla.mail"
"""Deliveries of mails that wait for somebody's next working hours."""
BY_MAIL = (Priority.P1, Priority.P2)
AT_ANY_HOUR = (Priority.P1,)
TEMPLATES = {events.WARNED: "deadline_warned", events.BREACHED: "deadline_breached"}


@dataclass(frozen=True)
class Alarm:
    """A threshold that a clock has passed, with what its policy wants done about it."""

    event: Event
    clock: Clock | None
    spec: PolicySpec | None

    @classmethod
    def of(cls, event: Event) -> "Alarm":
        data = event.data
        clock = Clock.objects.filter(
            ticket=event.ticket, metric=data["metric"], scope=data["scope"], cycle=data["cycle"]
        ).first()
        version = PolicyVersion.objects.filter(pk=data.get("policy")).first()
        return cls(event, clock, from_json(version.spec) if version else None)

    @property
    def ticket(self) -> Ticket:
        return self.event.ticket

    @property
    def is_breach(self) -> bool:
        return self.event.kind == events.BREACHED

    @property
    def metric(self) -> Metric:
        return Metric(self.event.data["metric"])

    @property
    def threshold(self) -> Threshold:
        """What the policy says of this share; for a person's own promise, and a policy that is gone, nothing."""
        share = self.event.data["share"]
        every = self.spec.thresholds if self.spec else ()
        return next((row for row in every if row.share == share), Threshold(share))

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to hurry for: the clock has ended, rests, or was set anew."""
        clock = self.clock
        if clock is None or clock.state == Clock.State.ENDED:
            return True
        if self.is_breach:
            return False
        return clock.state == Clock.State.PAUSED or clock.generation != self.event.data["generation"]


def tell_of_deadline(event: Event, at: datetime) -> None:
    """Mark the ticket, put it on people's lists, and write to them, as the policy and their hours say."""
    alarm = Alarm.of(event)
    if alarm.is_settled and not alarm.is_breach:
        return
    if alarm.threshold.tag:
        operations.tag(alarm.ticket, names=[alarm.threshold.tag], by=None, at=at)
    people = [person for person in people_of(alarm) if may_see(person, alarm.ticket)]
    kind = letter_called(TEMPLATES[event.kind]).kind
    tell(people, news_of(event, "", at, kind=kind))
    if not alarm.is_settled and alarm.ticket.priority in BY_MAIL:
        _write_to(people, alarm, at)


def send_kept_mail(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Deliver what waited for the morning, unless it is settled by then."""
    event = Event.objects.select_related("ticket", "message", "by").get(pk=payload["event"])
    alarm = Alarm.of(event)
    if not alarm.is_settled:
        _send([User.objects.get(pk=payload["person"])], alarm, at)


def people_of(alarm: Alarm) -> list[User]:
    """Those whom the policy names, each once; where none of them exists, whoever is nearest to the ticket."""
    found = [person for name in _names(alarm) for person in people_called(name, alarm.ticket)]
    if alarm.metric == Metric.PROMISE:
        found += _promiser(alarm)
    if not found:
        found = next(filter(None, (people_called(name, alarm.ticket) for name in NEAREST)), [])
    return [person for person in {person.pk: person for person in found}.values() if person.is_active]


NEAREST = (ASSIGNEE, CONTACT, LEAD, MANAGERS)


def _names(alarm: Alarm) -> list[str]:
    if alarm.metric == Metric.PROMISE:
        return [ASSIGNEE]
    reminded = [ASSIGNEE, CONTACT] if alarm.metric == Metric.UPDATE and alarm.is_breach else []
    return [*alarm.threshold.notify, *reminded]


def people_called(name: str, ticket: Ticket) -> list[User]:
    """The people of the desk behind a name in a policy or a rule. Whom a vendor has is told by the desk."""
    match name:
        case "assignee":
            found = those(ticket.assignee)
        case "contact":
            found = those(ticket.contact)
        case "lead":
            found = leads_of(ticket.team_id)
        case _:
            found = list(User.objects.active().filter(is_manager=True))
    return [person for person in found if is_desk(person)]


def _promiser(alarm: Alarm) -> list[User]:
    """Who promised the news last."""
    promised = Event.objects.filter(ticket=alarm.ticket, kind=events.PROMISED, by__isnull=False)
    last = promised.select_related("by").order_by("id").last()
    return those(last.by) if last else []


def _write_to(people: Iterable[User], alarm: Alarm, at: datetime) -> None:
    hours = tier_hours(alarm.spec, alarm.ticket.tier_id)
    opens = at if alarm.ticket.priority in AT_ANY_HOUR else next_opening(hours, at)
    if opens <= at:
        _send(people, alarm, at)
        return
    for person in people:
        enqueue(
            KIND,
            {"event": alarm.event.pk, "person": person.pk},
            event_id=alarm.event.pk,
            ticket_number=alarm.ticket.pk,
            dedupe_key=f"{KIND}:{alarm.event.pk}:{person.pk}",
            not_before=opens,
            at=at,
        )


def _send(people: Iterable[User], alarm: Alarm, at: datetime) -> None:
    due = alarm.event.at if alarm.is_breach or alarm.clock is None else alarm.clock.due_at
    send(
        alarm.event,
        people,
        TEMPLATES[alarm.event.kind],
        at,
        metric=alarm.metric.label,
        due=due,
        share=min(alarm.event.data["share"], BREACH),
    )
