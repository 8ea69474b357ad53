"""Ninety days of the demo company: which lives there are, when they happen, and playing them in order of time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from helpdesk.demo import clock
from helpdesk.demo.company import Company
from helpdesk.demo.lives import LIVES, Life
from helpdesk.demo.mix import PLANS, USUAL, Plan
from helpdesk.demo.overtaken import Overtaken
from helpdesk.demo.readers import Readers
from helpdesk.demo.rules import Timer
from helpdesk.demo.script import Act, Cast, Script
from helpdesk.demo.texts import Scenario, scenarios

DAYS = 90
SEED = "tierdesk"
TICKETS = 400
WEEKDAYS = (1.35, 1.1, 1.0, 1.0, 0.8, 0.1, 0.08)
"""How much is filed on each day, from Monday on."""
HOURS = (0.5, 1.0, 1.3, 1.2, 0.8, 0.7, 1.0, 0.9, 0.7, 0.3)
"""How much is filed in each hour, from eight on."""


@dataclass(frozen=True)
class Moment:
    """One act at its time. `place` keeps the order of acts of the same moment."""

    at: datetime
    place: int
    act: Act


class TooFew(Exception):
    """Fewer tickets than there are kinds of lives."""


def write(company: Company, readers: Readers, *, now: datetime, tickets: int = TICKETS) -> list[Moment]:
    """Everything that happens until `now`, in order of time. The same for the same `now`."""
    casting, overtaken = Casting(company), Overtaken()
    moments: list[Moment] = []
    for number, plan in enumerate(plans(tickets)):
        rng = Random(f"{SEED}:{number}")  # noqa: S311 (a story, not a secret)
        script = casting.cast(plan, rng)
        LIVES[plan.life].write(script)
        readers.weave(script, plan, number)
        overtaken.weave(script, plan)
        if plan.cut:
            script.cut(plan.cut)
        for at, step in zip(times(script, plan, rng, now=now), script.steps, strict=True):
            moments.append(Moment(at, len(moments), step.act))
    return sorted(moments, key=lambda moment: (moment.at, moment.place))


def play(
    company: Company, moments: list[Moment], *, now: datetime, tick: Callable[[], object] = lambda: None
) -> None:
    """Do it all, and what rules do because of it and as time passes.

    Only what happened on the last working day sends mail, so that the outbox holds something.
    """
    timer = Timer(company, loud_from=clock.back(now, clock.DAY))
    for moment in moments:
        timer.pass_until(moment.at)
        with timer.asked(moment.at):
            moment.act(moment.at)
        timer.look(moment.at)
        tick()
    timer.pass_until(now)


def plans(tickets: int) -> list[Plan]:
    """The mix for so many tickets: every kind at least once, the usual ones as often as there is room.

    Raises:
        TooFew: there is no room for every kind.
    """
    fewest = sum(LIVES[plan.life].tickets for plan in PLANS)
    if tickets < fewest:
        raise TooFew(fewest)
    share = (tickets - fewest) / (TICKETS - fewest)
    found = [plan for plan in PLANS for _n in range(1 + int((plan.many - 1) * share))]
    room = tickets - sum(LIVES[plan.life].tickets for plan in found)
    names, weights = zip(*USUAL.items(), strict=True)
    rng = Random(f"{SEED}:usual")  # noqa: S311
    return found + [Plan(name) for name in rng.choices(names, weights, k=room)]


class Casting:
    """Who plays in which life: scenarios that were told least, people who have not had this trouble yet."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.told: Counter[str] = Counter()
        self.had: Counter[tuple[int, str]] = Counter()

    def cast(self, plan: Plan, rng: Random) -> Script:
        scenario = self._scenario(plan, rng)
        requester = self._requester(plan, scenario, rng)
        self.told[scenario.key] += 1
        self.had[requester.pk, scenario.key] += 1
        people, members = self.company.people, self.company.members
        others = [
            one
            for one in self.company.requesters
            if one.organisation_id == requester.organisation_id and one != requester
        ]
        cast = Cast(
            requester=requester,
            first=requester,
            second=self._member(scenario.get("to", "Network"), rng, plan.second),
            third=self._member(scenario.get("l3", "Platform"), rng, plan.third),
            guest=people["vera"] if rng.random() < 0.7 else people["theo"],
            colleague=rng.choice(others or members["Platform"]),
        )
        script = Script(self.company, scenario, cast, rng)
        team = script.team.name
        cast.first = self._member(team, rng, plan.first, german=scenario.get("lang") == "de")
        script.holder = cast.first
        script.blanks["tech"] = cast.first.first_name
        return script

    def _scenario(self, plan: Plan, rng: Random) -> Scenario:
        life: Life = LIVES[plan.life]
        fitting = [row for row in scenarios() if row.has(*life.needs) and self._fits(row, plan)]
        least = min(self.told[row.key] / row.get("weight", 1) for row in fitting)
        rarest = [row for row in fitting if self.told[row.key] / row.get("weight", 1) <= least + 0.5]
        return rng.choice(rarest)

    def _fits(self, scenario: Scenario, plan: Plan) -> bool:
        """Not what belongs to other lives, nor what has no place in this plan."""
        said, category = scenario.said, scenario.get("category", "")
        return all(
            (
                plan.life in said.get("only", (plan.life,)),
                not plan.scenario or scenario.key == plan.scenario,
                not plan.to or said.get("to") == plan.to,
                category.startswith(plan.category),
                not plan.apart or not category.startswith(plan.apart),
                not plan.team
                or self.company.landing(self.company.categories.get(category)).name == plan.team,
                not plan.requester or self._may_ask(self.company.people[plan.requester], scenario),
            )
        )

    def _may_ask(self, person: User, scenario: Scenario) -> bool:
        """Whether this trouble can be theirs: by language, by organisation, by who is named."""
        said, home = scenario.said, person.organisation.name if person.organisation else ""
        speaks = said.get("lang", "en") in ("en", person.language)
        named = "by" not in said or person in [self.company.people[key] for key in said["by"]]
        return speaks and named and home in said.get("of", (home,))

    def _requester(self, plan: Plan, scenario: Scenario, rng: Random) -> User:
        if plan.requester:
            return self.company.people[plan.requester]
        everybody = list(self.company.people.values()) if scenario.has("by") else self.company.requesters
        fitting = [one for one in everybody if self._may_ask(one, scenario)]
        shown = self.company.people["tomasz"]  # the login of the demo: what he asks for is planned
        fitting = [one for one in fitting if one != shown] or fitting
        least = min(self.had[one.pk, scenario.key] for one in fitting)
        return rng.choice([one for one in fitting if self.had[one.pk, scenario.key] == least])

    def _member(self, team: str, rng: Random, wanted: str = "", *, german: bool = False) -> User:
        members = self.company.members[team]
        if wanted and self.company.people[wanted] in members:
            return self.company.people[wanted]
        if german:
            members = [person for person in members if person.pk in self.company.german] or members
        return rng.choice(members)


def times(script: Script, plan: Plan, rng: Random, *, now: datetime) -> list[datetime]:
    """When each act happens. A life that was cut ends shortly before `now`, every other some time before."""
    if plan.cut:
        end = clock.back(now, rng.randint(*plan.age))
        days = sum(step.days for step in script.steps)
        start = clock.back(end, sum(step.minutes for step in script.steps)) - timedelta(days=days)
        start = clock.back(start, 0)
    else:
        end, start = now - timedelta(minutes=1), _some_time(rng, now)
        if script.steps[0].mark == "phoned":
            start = clock.forward(start, 0)
    while (found := _from(start, script))[-1] > end:
        start = clock.back(start, rng.randint(15, 120))
    return found


def _from(start: datetime, script: Script) -> list[datetime]:
    found: list[datetime] = []
    at = start
    for step in script.steps:
        if step.days:
            at += timedelta(days=step.days)
        if found and step.minutes:
            at = clock.forward(at, step.minutes)
        found.append(at)
    return found


def _some_time(rng: Random, now: datetime) -> datetime:
    """A moment of the ninety days when people file: mostly mornings and Mondays, now and then at night."""
    first = now - timedelta(days=DAYS)
    days = [first + timedelta(days=n) for n in range(1, DAYS)]
    day = rng.choices(days, [WEEKDAYS[one.weekday()] for one in days])[0].astimezone(clock.ZONE)
    hour = rng.choices(range(8, 18), HOURS)[0] if rng.random() < 0.93 else rng.choice((6, 7, 19, 20, 21, 22))
    last = 29 if hour == 17 else 59
    return day.replace(hour=hour, minute=rng.randint(0, last), second=rng.randint(0, 59), microsecond=0)
