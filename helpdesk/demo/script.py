"""The life of a ticket as a list of acts, written down before it is played.

Every verb adds one act: who does it, how many working minutes after the act before, and a mark by which
a life can be cut short. Texts and delays are drawn while writing, so that playing only does what stands here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from escalation.models import ReturnReason
from escalation.operations import vendors
from helpdesk.demo import surveys
from helpdesk.demo.company import Company
from helpdesk.demo.texts import Scenario, fill, pick, stock
from tickets import operations
from tickets.models import Category, Channel, Impact, Ticket, Urgency

Act = Callable[[datetime], object]
Span = tuple[int, int]
"""Fewest and most working minutes."""

SOON: Span = (2, 25)
HOURS: Span = (40, 260)
DAYS: Span = (420, 1300)
DAYS_AHEAD = re.compile(r"\+(\d+)d")
TICKED = (0.9, 0.75, 0.6)
"""How likely the first, second and third item of a checklist is done when a ticket goes up."""
STAYS_RESOLVED = 5
"""Days until the timer closes; the demo leaves the desk's setting as it is shipped."""


def pace_of(impact: int, urgency: int) -> float:
    """How much faster people are when work has stopped, and when it has for many."""
    if urgency == Urgency.STOPPED and impact < Impact.PERSON:
        return 0.2
    return 0.5 if urgency == Urgency.STOPPED or impact < Impact.PERSON else 1.0


@dataclass(frozen=True)
class Step:
    minutes: int
    days: int
    act: Act
    mark: str


@dataclass
class Cast:
    """Who plays in one life: asks, answers first, knows more, knows most, and the vendor's guest."""

    requester: User
    first: User
    second: User
    third: User
    guest: User
    colleague: User


class Script:
    ticket: Ticket
    """The ticket that the acts are about; there once the first act has been played."""

    def __init__(self, company: Company, scenario: Scenario, cast: Cast, rng: Random) -> None:
        self.company, self.scenario, self.cast, self.rng = company, scenario, cast, rng
        self.ticks = Random(rng.getstate()[1][0])  # noqa: S311 (of its own: all else is drawn as it is without ticks)
        self.lot = rng.getstate()[1][1]
        """What one of so many does goes by it: keys of rows are others each time the story is told."""
        self.done: list[int] = []
        """The items that were ticked on the last way up."""
        self.steps: list[Step] = []
        self.pace = 1.0
        self.holder = cast.first
        self.senders: list[tuple[Team, User]] = []
        self.blanks = self._blanks()
        self.resolve: Callable[..., Any] = operations.resolve
        self.hand_over: Callable[..., Any] = escalation.hand_over
        self.category: Category | None = company.categories.get(scenario.get("category", ""))
        self.ask = pick(rng, scenario.get("asks", [{}]))
        self.team = company.landing(self.category)

    # --- Asking ---

    def filed(self, *, without_category: bool = False, channel: str = Channel.PORTAL) -> None:
        """The requester files it. Without a category it lands with triage."""
        details = self.details(with_category=not without_category)
        subject, text = self.fill(self.ask["subject"]), self.fill(self.ask["text"])
        requester, file = self.cast.requester, self.scenario.get("file")
        if without_category:
            self.team = self.company.teams["Triage"]

        def act(at: datetime) -> None:
            attachments = [self._upload(file, requester, at)] if file else []
            self.ticket = operations.open_ticket(
                requester=requester,
                subject=subject,
                description=text,
                by=requester,
                at=at,
                channel=channel,
                attachments=attachments,
                **self.dated(details, at),
            )

        self.then((0, 0), act, "filed")

    def phoned(self, *, solved: bool = False) -> None:
        """The desk files it for a caller or passer-by, and may solve it in the same act."""
        channel = Channel.WALK_UP if self.rng.random() < 0.12 else Channel.PHONE
        details = self.details(with_category=True) | {"channel": channel, "team": self.team}
        if solved:
            end = self.scenario.said["resolve"]
            details |= {"answer": self.fill(pick(self.rng, end["text"])), "resolve_as": end["code"]}
            details["minutes"] = self.rng.randint(4, 18)
            details["fields"] |= self.values(end.get("fields", {}))
        subject, text = self.fill(self.ask["subject"]), self.say("call")
        requester, first = self.cast.requester, self.cast.first

        def act(at: datetime) -> None:
            self.ticket = operations.open_ticket(
                requester=requester,
                subject=subject,
                description=text,
                by=first,
                at=at,
                **self.dated(details, at),
            )

        self.then((0, 0), act, "phoned")

    def details(self, *, with_category: bool) -> dict[str, Any]:
        said, requester = self.scenario, self.cast.requester
        details: dict[str, Any] = {
            "kind": said.get("kind", "incident"),
            "impact": said.get("impact", 3),
            "urgency": pick(self.rng, said.get("urgency", 2)),
            "device": requester.device if said.get("with_device", True) else "",
        }
        self.pace = pace_of(details["impact"], details["urgency"])
        if with_category:
            details["category"] = self.category
            details["fields"] = self.values(said.get("fields", {}))
        return details

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Custom fields: "@ines" is a person, a list one of several, "+5d" a day after the act (see `dated`)."""
        drawn = {key: pick(self.rng, value) for key, value in given.items()}
        return {key: self._value(value) for key, value in drawn.items()}

    def dated(self, details: dict[str, Any], at: datetime) -> dict[str, Any]:
        """The details with days put in where so many days from now were meant."""
        fields = details.get("fields", {})
        days = {key: DAYS_AHEAD.fullmatch(str(value)) for key, value in fields.items()}
        dates = {key: (at + timedelta(days=int(found[1]))).date() for key, found in days.items() if found}
        return details | {"fields": fields | dates}

    # --- Working ---

    def taken(self, span: Span = (3, 70), mark: str = "taken") -> None:
        first = self.cast.first
        confirms = self.rng.random() < 0.2

        def act(at: datetime) -> None:
            operations.take(self.ticket, by=first, at=at)
            if confirms:
                operations.confirm_priority(self.ticket, by=first, at=at)

        self.holder = first
        self.then(span, act, mark)

    def replied(self, text: str, span: Span = SOON, mark: str = "replied", by: User | None = None) -> None:
        by = by or self.holder
        minutes = self.rng.choice((0, 0, 5, 10)) if by != self.cast.requester else 0

        def act(at: datetime) -> None:
            self.ticket = operations.reply(self.ticket, text=text, by=by, at=at, minutes=minutes)

        self.then(span, act, mark)

    def acknowledged(self) -> None:
        """A first answer out of stock, as busy desks write it."""
        self.replied(self.small_talk("first_answers"), SOON, "acknowledged")

    def noted(
        self, name: str = "note", span: Span = (5, 60), by: User | None = None, min_tier: int = 0
    ) -> None:
        if not self.scenario.has(name):
            return
        text, by, minutes = self.say(name), by or self.holder, self.rng.choice((0, 5, 10, 20))
        self.then(
            span,
            lambda at: operations.note(
                self.ticket, text=text, by=by, at=at, minutes=minutes, min_tier=min_tier
            ),
            "noted",
        )

    def asked(self, name: str = "question", span: Span = (5, 60)) -> None:
        """A question, and waiting for its answer."""
        text, by = self.say(name), self.holder
        self.then(
            span, lambda at: operations.wait_for_requester(self.ticket, question=text, by=by, at=at), "asked"
        )

    def told(self, name: str = "answer", span: Span = (15, 400)) -> None:
        """The requester answers."""
        self.replied(self.say(name), span, "told", by=self.cast.requester)

    def named(self, by: User, span: Span = (3, 60)) -> None:
        """The category, and what it asks for, put in by the desk."""
        details = {"fields": self.values(self.scenario.get("fields", {}))}
        category = self.category

        def act(at: datetime) -> None:
            fields = self.dated(details, at)["fields"]
            operations.change(self.ticket, category=category, fields=fields, by=by, at=at)

        self.then(span, act, "named")

    # --- Between tiers ---

    def climbs(
        self,
        to: str,
        *,
        says: str = "summary",
        text: str = "",
        why: str = "needs_expertise",
        span: Span = (10, 90),
        by: User | None = None,
    ) -> None:
        """Handed to another team with a summary: the scenario's, or the given text. `by` where the holder may not."""
        sender, team = self.holder, self.company.teams[to]
        text, by = text or self.say(says), by or sender
        minutes = self.rng.choice((0, 10, 15, 25))
        self.done = done = self._ticked(team)
        self.senders.append((self.team, sender))
        self.team = team

        def act(at: datetime) -> None:
            if Ticket.objects.filter(pk=self.ticket.pk, team=team).exists():  # a rule was faster
                operations.note(self.ticket, text=text, by=by, at=at, minutes=minutes)
                return
            handed = self.hand_over(
                self.ticket, team=team, reason=why, summary=text, by=by, at=at, minutes=minutes, items=done
            )
            self.ticket = handed.ticket

        self.then(span, act, "handed")

    def _ticked(self, team: Team) -> list[int]:
        """What of the checklist of that team's tier is done."""
        items = self.company.checklists.get(team.tier_id, [])
        return [item for item, chance in zip(items, TICKED, strict=False) if self.ticks.random() < chance]

    def accepted(self, by: User, span: Span = (5, 150)) -> None:
        self.holder = by
        self.then(span, lambda at: escalation.accept(self.ticket, by=by, at=at), "accepted")

    def returned(self, by: User, span: Span = (8, 90), text: str = "") -> None:
        """Given back to the sender, with the reason of the scenario; `text` in place of its words."""
        why = self.scenario.said["back"]["reason"]
        text = text or self.fill(self.scenario.said["back"]["text"])
        if why == ReturnReason.INFORMATION_MISSING:
            del self.done[1:]
        self.team, self.holder = self.senders.pop()
        self.then(
            span,
            lambda at: escalation.return_(self.ticket, reason=why, text=text, by=by, at=at),
            "returned",
        )

    def comes_down(
        self, says: str = "fix", span: Span = (30, 300), why: str = "fix_found", by: User | None = None
    ) -> None:
        """Handed back to whom it came from, with what was found; they take it up again."""
        text, by = self.say(says), by or self.holder
        team, sender = self.senders.pop()
        self.team, self.holder = team, sender

        def act(at: datetime) -> None:
            escalation.hand_over(self.ticket, team=team, reason=why, summary=text, by=by, at=at, minutes=15)

        self.then(span, act, "came_down")
        self.then((3, 50), lambda at: escalation.accept(self.ticket, by=sender, at=at), "accepted_again")

    # --- With a vendor ---

    def chases(self) -> None:
        """The vendor is silent: whoever is responsible is reminded, chases it, and leaves it to the first line."""
        second, first = self.cast.second, self.cast.first

        def chase(at: datetime) -> None:
            escalation.chase(self.ticket, by=second, at=at)
            escalation.set_responsible(self.ticket, to=first, by=second, at=at)

        self.then((0, 5), lambda at: vendors.remind_due(at=at), "reminded", days=1)
        self.then((5, 40), chase, "chased")

    def confirms_fix(self, span: Span = (5, 60)) -> None:
        """It works again, says whoever handed it to the vendor."""
        by = self.holder
        self.then(span, lambda at: escalation.confirm_fix(self.ticket, by=by, at=at), "fix_confirmed")

    # --- Waiting ---

    def held(self) -> None:
        """Set aside for the reason of the scenario, and back by the timer."""
        said, by = self.scenario.said["hold"], self.holder
        note, days = self.fill(said["note"]), said["days"]

        def act(at: datetime) -> None:
            until = at + timedelta(days=days)
            operations.hold(self.ticket, reason=said["reason"], until=until, note=note, by=by, at=at)

        self.then((10, 90), act, "held")
        self.then((0, 0), lambda at: operations.end_holds(at=at), "hold_ended", days=days)

    def waits_for(self, vendor: str) -> None:
        text, by = self.say("vendor_ask"), self.holder
        organisation: Organisation = self.company.organisations[vendor]
        reference = f"{vendor[:2].upper()}-{self.rng.randint(30_000, 89_999)}"

        def act(at: datetime) -> None:
            operations.wait_for_vendor(
                self.ticket, vendor=organisation, text=text, reference=reference, by=by, at=at
            )

        self.then((10, 90), act, "vendor_asked")

    def shared(self, name: str, by: User, span: Span = (30, 240), mark: str = "shared") -> None:
        """A message that desk and vendor read."""
        text = self.say(name)
        self.then(span, lambda at: operations.share_with_vendor(self.ticket, text=text, by=by, at=at), mark)

    # --- Ending ---

    def resolved(self, name: str = "resolve", span: Span = (10, 150)) -> None:
        end, by = self.scenario.said[name], self.holder
        text, code = self.fill(pick(self.rng, end["text"])), end["code"]
        values, minutes = self.values(end.get("fields", {})), self.rng.choice((5, 10, 15, 20, 30, 45))
        category = operations.KEEP if self.category is None else self.category
        tags = [name for name in self.scenario.get("tags", []) if self.rng.random() < 0.5]

        def act(at: datetime) -> None:
            self.resolve(
                self.ticket,
                code=code,
                summary=text,
                by=by,
                at=at,
                category=category,
                fields=values,
                minutes=minutes,
            )
            if tags:
                operations.tag(self.ticket, names=tags, by=by, at=at)

        self.then(span, act, "resolved")

    def ended(self) -> None:
        """Confirmed, confirmed with a rating, rated only, or closed by the timer, as people do."""
        chance = self.rng.random()
        if chance < 0.45:
            rating, comment = self.opinion() if self.rng.random() < 0.65 else (None, "")
            self.confirmed(rating, comment)
            return
        if chance < 0.55:
            rating, comment = self.opinion()
            self.rated(rating or 5, comment)
        self.timed_out()

    def confirmed(self, rating: int | None, comment: str, span: Span = (10, 1000)) -> None:
        by = self.cast.requester

        def act(at: datetime) -> None:
            said = (rating, comment) if self._has_an_opinion() else (None, "")
            operations.confirm(self.ticket, by=by, at=at, rating=said[0], comment=said[1])

        self.then(span, act, "confirmed")

    def rated(self, rating: int, comment: str, span: Span = (10, 900)) -> None:
        by = self.cast.requester

        def act(at: datetime) -> None:
            if self._has_an_opinion():
                operations.rate(self.ticket, rating=rating, comment=comment, by=by, at=at)

        self.then(span, act, "rated")

    def _has_an_opinion(self) -> bool:
        """Whoever was asked how it went; of the others few."""
        return self.ticket.pk in self.company.asked or self.lot % surveys.UNASKED == 0

    def timed_out(self) -> None:
        def act(at: datetime) -> None:
            operations.close_stale(at=at, days=STAYS_RESOLVED)

        self.then((0, 0), act, "closed", days=STAYS_RESOLVED)

    def opinion(self) -> tuple[int, str]:
        rating = self.rng.choices((5, 4, 3, 2, 1), (52, 27, 11, 6, 4))[0]
        comments = self.stock("comments")[rating]
        return rating, self.fill(self.rng.choice(comments)) if self.rng.random() < 0.55 else ""

    # --- Writing ---

    def then(self, span: Span, act: Act, mark: str, *, days: int = 0) -> None:
        minutes = self.rng.randint(*span)
        self.steps.append(Step(max(min(minutes, 1), round(minutes * self.pace)), days, act, mark))

    def say(self, name: str) -> str:
        return self.fill(pick(self.rng, self.scenario.said[name]))

    def fill(self, text: str) -> str:
        return fill(text, self.blanks)

    def small_talk(self, name: str) -> str:
        return self.fill(self.rng.choice(self.stock(name)))

    def stock(self, name: str) -> Any:
        """Small talk in the language of the scenario."""
        language = self.scenario.get("lang", "en")
        return stock().get(f"{name}_{language}", stock()[name])

    def cut(self, mark: str) -> None:
        """End the life with the last act of this mark: what follows has not happened yet."""
        last = max(place for place, step in enumerate(self.steps) if step.mark == mark)
        del self.steps[last + 1 :]

    def after(self, mark: str, more: Act) -> None:
        """Have more done right after the first act with this mark."""
        self._wrap(mark, lambda act: lambda at: (act(at), more(at)))

    def before(self, mark: str, more: Act) -> None:
        self._wrap(mark, lambda act: lambda at: (more(at), act(at)))

    def _wrap(self, mark: str, wrapped: Callable[[Act], Act]) -> None:
        for place, step in enumerate(self.steps):
            if step.mark == mark:
                self.steps[place] = replace(step, act=wrapped(step.act))
                return

    def _value(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("@"):
            return self.company.people[value[1:]].pk
        return self.fill(value) if isinstance(value, str) else value

    def _upload(self, file: Mapping[str, str], by: User, at: datetime) -> Any:
        content = self.fill(file["text"]).encode()
        upload = SimpleUploadedFile(file["name"], content, content_type=file.get("type", "text/plain"))
        return operations.store_upload(file=upload, by=by, at=at).pk

    def _blanks(self) -> dict[str, str]:
        cast, rng = self.cast, self.rng
        return {
            "first": cast.requester.first_name,
            "name": cast.requester.name,
            "tech": cast.first.first_name,
            "l2": cast.second.first_name,
            "l3": cast.third.first_name,
            "guest": cast.guest.first_name,
            "colleague": cast.colleague.first_name,
            "device": cast.requester.device,
            "place": cast.requester.location,
            "phone": cast.requester.phone,
            "n": str(rng.randint(3, 40)),
            "code": str(rng.randint(10_000, 99_999)),
            "room": rng.choice(("1.07", "2.14", "2.20", "3.02", "4.11")),
            "starter": rng.choice(stock()["starters"]),
            "printer": rng.choice(("PR-204", "PR-207", "PR-311", "PR-118")),
            "asset": cast.requester.device or "none",
        }
