"""The demo's rules, kept by the live engine while the story is played: what a rule did then is done then."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from heapq import heappop, heappush

from accounts.prepared import Prepared, any_of
from delivery.models import Delivery
from escalation.operations.rules import create_rule
from escalation.operations.ticking import fire_waiting
from escalation.rules import asking, book
from escalation.rules.book import Live
from escalation.rules.exchange import read
from escalation.rules.waiting import hours_for
from helpdesk.demo import surveys
from helpdesk.demo.company import Company
from helpdesk.demo.texts import DATA
from sla.business_time import WorkingTime
from tickets.models import Event, Ticket


def make(company: Company, *, at: datetime) -> None:
    """Put them to use before the first ticket: there is nothing yet that they could have missed."""
    manager = company.people["max"]
    for draft in read((DATA / "rules.yml").read_text(encoding="utf-8")):
        create_rule(
            name=draft.name,
            spec=draft.spec,
            note=draft.note,
            is_enabled=draft.is_enabled,
            by=manager,
            at=at,
        )
    Delivery.objects.filter(kind=asking.MISSED_KIND).delete()
    book.forget()


class Timer:
    """Rules that wait, fired at the very moment when each is due, between the acts of the story."""

    def __init__(self, company: Company, *, loud_from: datetime) -> None:
        self.company, self.loud_from = company, loud_from
        self.rules: list[tuple[Live, str, WorkingTime]] = []
        for rule in book.rules_in_force().by_time:
            hours = hours_for(rule.spec.time) if rule.spec.time else None
            if rule.spec.time is not None and hours is not None:
                self.rules.append((rule, rule.spec.time.since, hours))
        columns = [column for _rule, column, _hours in self.rules]
        self._since = Prepared(
            lambda keys: (
                Ticket.objects.filter(any_of("pk", keys), in_queue=True)
                .order_by("pk")
                .values_list("pk", *columns)
            ),
            "keys",
        )
        self.due: list[tuple[datetime, int, int]] = []
        """When, the rule's place, the ticket."""
        self.seen = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    @contextmanager
    def asked(self, at: datetime) -> Iterator[None]:
        """Around an act: rules are asked at once, and who had asked how it went; mail leaves only where the story is
        loud.
        """
        with asking.asked_at_once(at, others_leave=at >= self.loud_from) as leaving:
            yield
        surveys.ask(self.company, leaving, at)

    def look(self, at: datetime) -> None:
        """After an act: when will a rule be due on the tickets that it touched?"""
        told = _told_since(seen=self.seen)
        if told and self.rules:
            self.seen = max(key for key, _ticket in told)
            self._note(sorted({ticket for _key, ticket in told}), at)

    def _note(self, tickets: Iterable[int], at: datetime) -> None:
        for key, *values in self._since(keys=list(tickets)):
            for place, since in enumerate(values):
                rule, _column, hours = self.rules[place]
                if since is not None and rule.spec.time is not None:
                    due = max(hours.add_working_time(since, rule.spec.time.span), at)
                    heappush(self.due, (due, place, key))

    def pass_until(self, moment: datetime) -> None:
        """Fire what comes due before this moment, in the order in which it does."""
        while self.due and self.due[0][0] < moment:
            at, place, ticket = heappop(self.due)
            with self.asked(at):
                fire_waiting(self.rules[place][0], ticket, at=at)
            self.look(at)


_told_since = Prepared(
    lambda seen: Event.objects.filter(pk__gt=seen).order_by().values_list("pk", "ticket_id"), "seen"
)
