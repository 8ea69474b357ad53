"""A desk whose facts are made up, year and all: many tickets in a moment, with the cells that they add up to."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.db import connection

from accounts.models import Organisation, Team, User
from insights.models import HandFact, PromiseFact, TicketFact, Who
from insights.queries.counting import COUNTED, Which, of_month
from sla.models import Policy, PolicyVersion
from sla.verdicts import Verdict
from tickets.models import Category, Status, Ticket, rebuild_category_tree

BEGUN = datetime(2026, 2, 2, tzinfo=UTC)
DAYS = 170
PATHS = ("1", "1", "1", "12", "12", "121", "123", "1212", "2", "0123", "13")
METRICS = ("first_response", "update", "resolution")


@dataclass
class Desk:
    """`rng` decides all, so that the same seed makes the same year."""

    teams: dict[int, list[Team]]
    organisations: list[Organisation]
    people: list[User]
    requesters: list[User]
    rng: random.Random = field(default_factory=lambda: random.Random(8))
    categories: list[Category | None] = field(default_factory=list)
    policies: list[PolicyVersion | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        network = Category.objects.create(name="Network")
        self.categories = [
            None,
            network,
            Category.objects.create(name="VPN", parent=network),
            Category.objects.create(name="Wi-Fi", parent=network),
            Category.objects.create(name="Mail"),
        ]
        rebuild_category_tree()
        policy = Policy.objects.get(is_default=True)
        first = PolicyVersion.objects.filter(policy=policy).first()
        second = PolicyVersion.objects.create(policy=policy, number=99, spec={}, at=BEGUN)
        self.policies = [None, first, second]

    def fill(self, n: int) -> list[TicketFact]:
        tickets = [self._ticket() for _number in range(n)]
        Ticket.objects.bulk_create(tickets)
        facts = [self._fact(ticket) for ticket in tickets]
        TicketFact.objects.bulk_create(facts)
        HandFact.objects.bulk_create([hand for fact in facts for hand in self._hands(fact)])
        PromiseFact.objects.bulk_create([one for fact in facts for one in self._promises(fact)])
        add_up()
        return facts

    def _ticket(self) -> Ticket:
        rng, opened = self.rng, BEGUN + timedelta(minutes=self.rng.randrange(DAYS * 1440))
        team = rng.choice(self.teams[rng.choice((1, 1, 1, 2, 2, 3))])
        requester = rng.choice(self.requesters)
        is_open = rng.random() < 0.2
        resolved = None if is_open else opened + timedelta(seconds=round(rng.lognormvariate(10, 1.6)) + 60)
        return Ticket(
            kind=rng.choice(("incident", "incident", "request")),
            subject="x",
            status=Status.OPEN if resolved is None else Status.RESOLVED,
            tier=team.tier,
            team=team,
            assignee=rng.choice([None, *self.people]),
            requester=requester,
            organisation=requester.organisation,
            channel=rng.choice(("portal", "mail", "phone")),
            category=rng.choice(self.categories),
            priority=rng.choice((1, 2, 3, 3, 4)),
            is_restricted=rng.random() < 0.1,
            created_at=opened,
            changed_at=resolved or opened,
            tier_since=opened,
            status_since=resolved or opened,
            resolved_at=resolved,
        )

    def _fact(self, ticket: Ticket) -> TicketFact:
        rng, resolved = self.rng, ticket.resolved_at
        is_cancelled = resolved is not None and rng.random() < 0.08
        ended = resolved
        if is_cancelled:
            resolved = None
        level = ticket.team.tier_id
        path = next(path for path in iter(lambda: rng.choice(PATHS), "") if path[-1] == str(level))
        took = round((resolved - ticket.created_at).total_seconds()) if resolved else None
        responded = rng.randrange(60, 40_000) if resolved and rng.random() < 0.9 else None
        minutes = {level: rng.randrange(5, 90), 1: rng.randrange(1, 30)} if rng.random() < 0.5 else {}
        up = sum(a < b for a, b in pairwise(path))
        is_imported = ticket.pk % 9 == 0
        return TicketFact(
            ticket=ticket,
            is_imported=is_imported,
            # What is set aside or merged has ended.
            is_counted=rng.random() < 0.95 or ended is None,
            is_open=ended is None,
            is_restricted=ticket.is_restricted,
            kind=ticket.kind,
            priority=ticket.priority,
            channel=ticket.channel,
            status=Status.CANCELLED if is_cancelled else ticket.status,
            category=ticket.category,
            organisation=ticket.organisation,
            requester=ticket.requester,
            team=ticket.team,
            level=level,
            policy=rng.choice(self.policies),
            opened_at=ticket.created_at,
            opened_on=ticket.created_at.date(),
            resolved_at=resolved,
            resolved_on=resolved.date() if resolved else None,
            resolved_by=rng.choice(self.people) if resolved else None,
            ended_at=ended,
            ended_on=ended.date() if ended else None,
            response_seconds=responded,
            response_business_seconds=responded // 3 if responded else None,
            resolution_seconds=took,
            resolution_business_seconds=took // 3 if took is not None else None,
            minutes_worked=sum(minutes.values()),
            **{f"minutes_l{level}": worked for level, worked in minutes.items()},
            path=path,
            highest_level=int(max(path)),
            handoffs_up=up,
            handoffs_down=len(path) - 1 - up,
            bounces=int(path == "121"),
            ping_pongs=int(path == "1212"),
            reopened=rng.choice((0, 0, 0, 1, 2)),
            is_first_contact=not is_imported and len(path) == 1 and rng.random() < 0.4,
            is_first_tier=max(path) == "1",
            rating=rng.choice((None, None, 1, 4, 5)) if resolved else None,
        )

    def _hands(self, fact: TicketFact) -> list[HandFact]:
        rng, found = self.rng, []
        for level in sorted({int(letter) for letter in fact.path}):
            for team in self.teams.get(level, self.teams[1]):
                for who in (Who.TIER, Who.HAND_OFF, Who.REQUESTER):
                    seconds = rng.randrange(30, 90_000)
                    found.append(
                        HandFact(
                            ticket=fact.ticket,
                            who=who,
                            level=level,
                            team=team,
                            seconds=seconds,
                            business_seconds=seconds // 3,
                        )
                    )
        return found

    def _promises(self, fact: TicketFact) -> list[PromiseFact]:
        levels = sorted({int(letter) for letter in fact.path})
        asked = [(metric, 0) for metric in METRICS]
        asked += [(metric, level) for metric in ("accept", "work") for level in levels]
        found = []
        for metric, scope in asked:
            verdict = self.rng.choice((Verdict.MET, Verdict.MET, Verdict.BREACHED, Verdict.RUNNING))
            found.append(
                PromiseFact(
                    ticket=fact.ticket,
                    metric=metric,
                    scope=scope,
                    verdict=verdict,
                    priority=self.rng.choice((fact.priority, 3)),
                    policy=self.rng.choice((fact.policy, *self.policies)),
                    target_seconds=3600,
                    used_seconds=1800,
                    is_excepted=verdict == Verdict.BREACHED and self.rng.random() < 0.3,
                )
            )
        return found


def add_up() -> None:
    """The cells of all facts, anew: a statement a table, whatever the number of months."""
    everything = Which("{day} IS NOT NULL", of_month(BEGUN.date()).params)
    with connection.cursor() as cursor:
        for counted in COUNTED:
            columns = ", ".join((*counted.key, *counted.values))
            cursor.execute(f"DELETE FROM {counted.table}")
            cursor.execute(
                f"INSERT INTO {counted.table} ({columns}) {counted.query(everything)}", everything.params
            )
