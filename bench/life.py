"""One ticket's believable life as rows: the ticket, its events, messages, revisions, words, hand-offs.

Written without the operations, for a million tickets; `manage.py check_history` proves that what the
events tell and what the rows say agree. Times are kept as they are written: text in UTC.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from bench import clocks
from bench.cast import SITES, Cast, zipf
from bench.names import COMMON, FIRST, RARE
from sla.engine import Judgement
from tickets.models.ticket import PLAIN_COLUMNS

START = datetime(2023, 11, 1, 8, tzinfo=UTC)
SPAN = timedelta(days=3 * 365)
END = START + SPAN
FAR = datetime(9000, 1, 1, tzinfo=UTC).isoformat()
SLOTS = 10
"""Events, messages and revisions of ticket n have the keys 10n, 10n + 1 ...: no counter is shared."""
QUIET_SLOTS = 40
"""What clocks tell in the history has keys behind all of these."""

SYLLABLES = (
    *("ba", "co", "di", "fen", "gra", "ho", "lin", "mer", "no", "pas", "qui", "ro", "ster", "tu", "vel"),
)
DRAWN = 200_000
DEFAULTS = {
    "status": "new",
    "category_confirmed": False,
    "priority_confirmed": False,
    "priority_overridden": False,
    "handle_with_care": False,
    "is_restricted": False,
    "hold_reason": "",
    "resolution_code": "",
    "close_reason": "",
    "cancel_reason": "",
    "reopen_count": 0,
    "handoff_count": 0,
    "bounce_count": 0,
    "news_asked_count": 0,
}

Row = tuple[Any, ...]
Words = Sequence[str]


@dataclass
class Rows:
    """What one ticket adds to each table, as tuples in the order of `bench.filling.COLUMNS`."""

    ticket: dict[str, Any] = field(default_factory=dict)
    text: Row = ()
    events: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    handoffs: list[Row] = field(default_factory=list)
    watches: list[Row] = field(default_factory=list)
    taggings: list[Row] = field(default_factory=list)
    named: list[Row] = field(default_factory=list)
    references: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    work: list[Row] = field(default_factory=list)
    values: list[Row] = field(default_factory=list)
    clocks: list[Row] = field(default_factory=list)
    clock_events: list[Row] = field(default_factory=list)
    quiet: list[Row] = field(default_factory=list)


class Choice:
    """One of several, the first ones far more often, or by weights."""

    def __init__(self, among: Iterable[Any], weights: Iterable[float] | None = None) -> None:
        self.among = list(among)
        self.ends = list(accumulate(zipf(len(self.among)) if weights is None else weights))

    def __call__(self, chance: random.Random) -> Any:
        return self.among[bisect_right(self.ends, chance.random() * self.ends[-1])]


class Writer:
    """Makes the rows of ticket n; the same every time."""

    def __init__(
        self,
        cast: Cast,
        total: int,
        matrix: dict[tuple[int, int], int],
        columns: list[str],
        judgement: Judgement,
    ) -> None:
        self.cast, self.total, self.matrix, self.judgement = cast, total, matrix, judgement
        self.blank = dict.fromkeys(columns) | DEFAULTS
        dictionary = random.Random(3)
        known = ["".join(dictionary.choices(SYLLABLES, k=dictionary.randint(2, 4))) for _ in range(8000)]
        # Drawn once and cut into sentences: a draw a word would take most of the time.
        self.drawn = dictionary.choices(known, zipf(len(known)), k=DRAWN)
        self.requester, self.category = Choice(cast.requesters), Choice(cast.categories)
        self.team = {tier: Choice(teams) for tier, teams in cast.teams.items()}
        self.kind = Choice(["incident", "request", "question"], [6, 3, 1])
        self.channel = Choice(["portal", "phone", "mail"], [5, 3, 2])
        self.impact, self.urgency = Choice([1, 2, 3], [1, 4, 20]), Choice([1, 2, 3], [2, 8, 8])
        self.steps = Choice([1, 2, 3], [8, 2, 1])
        self.fate = Choice(
            ["open", "free", "pending_requester", "on_hold", "replied", "pending_vendor"],
            [35, 25, 15, 10, 15, 3],
        )
        self.rare_every = max(1, total // 20)
        # What the measured people have of their own does not grow with the company.
        self.requester_every, self.l1_every = max(1, total // 40), max(1, total // 1000)

    def rows(self, number: int) -> Rows:
        return _Life(self, number).run()


class _Life:
    def __init__(self, writer: Writer, number: int) -> None:
        self.w, self.number = writer, number
        self.chance = random.Random(number)
        self.random = self.chance.random
        self.rows = Rows()
        self.of_l1 = number % writer.l1_every == 0
        self.key = FIRST + number
        self.slot = self.key * SLOTS
        self.time = START + SPAN * (number / writer.total) + timedelta(seconds=int(self.random() * 3600))
        self.at = self.time.isoformat()
        self.state: dict[str, Any] = {}
        self.changes: dict[str, list[Any]] = {}
        self.public: list[tuple[Words, str]] = []
        self.internal: list[tuple[Words, str]] = []
        self.texts: dict[str, str] = {}
        self.keeper: clocks.Keeper | None = None

    def run(self) -> Rows:
        is_open = self.random() < 0.1
        if is_open or self.time >= END - clocks.SINCE:
            self.keeper = clocks.Keeper(self.key, self.w.judgement)
        self._open()
        self._climb()
        self._talk()
        if is_open:
            self._leave_open()
        else:
            self._resolve()
        self._ties()
        due = self._clocks()
        self.rows.ticket = {
            **self.state,
            **self.texts,
            **{of: self.texts[column].lower() for column, of in PLAIN_COLUMNS.items()},
            "id": self.key,
            "version": len(self.rows.events),
            "changed_at": self.at,
            "next_due_at": due,
        }
        self.rows.text = (self.key, vector(self.public), vector(self.internal))
        return self.rows

    def _open(self) -> None:
        w, cast, chance = self.w, self.w.cast, self.chance
        person, organisation = w.requester(chance)
        if self.number % w.requester_every == 0:
            person, organisation = cast.bench_requester, cast.organisations[0]
        impact, urgency = w.impact(chance), w.urgency(chance)
        tier = 0 if self.random() < 0.15 and not self.of_l1 else 1
        self.state = {
            **w.blank,
            "kind": w.kind(chance),
            "tier_id": tier,
            "team_id": cast.teams[1][0] if self.of_l1 else w.team[tier](chance),
            "requester_id": person,
            "opened_by_id": person,
            "organisation_id": organisation,
            "channel": w.channel(chance),
            "category_id": w.category(chance),
            "impact": impact,
            "urgency": urgency,
            "priority": w.matrix[impact, urgency],
            "created_at": self.at,
            "tier_since": self.at,
            "status_since": self.at,
            "requester_waiting_since": self.at,
            "path": [tier],
        }
        subject = self._words(self._between(3, 8))
        self.public.append((subject, "A"))
        self.state["words"] = self._revise(" ".join(subject).capitalize(), f"PC-{person}", person)
        body = list(self._words(self._between(20, 60)))
        if self.random() < 0.3:
            body.append(COMMON)
        if self.number % w.rare_every == 0:
            body.append(RARE)
        self.changes = {name: [None, value] for name, value in self.state.items() if value is not None}
        self._event("ticket.opened", person, self._message("description", "public", person, body, False))

    def _revise(self, subject: str, device: str, person: int) -> dict[str, int]:
        """Every text and custom field with its revision."""
        self.texts = {"subject": subject, "device": device, "location": "", "vendor_reference": ""}
        named = {"subject": subject, "device": device}
        if self.random() < 0.1:
            site = SITES[self._between(0, len(SITES) - 1)]
            named[f"field:{self.w.cast.site_field}"] = site
            row = (self.key, self.w.cast.site_field, f'"{site}"', site.lower(), self.slot + 2)
            self.rows.values.append(row)
        for slot, (column, text) in enumerate(named.items(), self.slot):
            self.rows.revisions.append((slot, self.key, column, text, self.at, person, ""))
        return dict(zip(named, range(self.slot, self.slot + SLOTS), strict=False))

    def _climb(self) -> None:
        """Taken; a quarter of them climb."""
        self._wait(4)
        worker = self.w.cast.bench_l1 if self.of_l1 else self._member(self.state["team_id"])
        self._set(assignee_id=worker, status="open", status_since=self.at, contact_id=worker)
        self._event("ticket.taken", worker, assignee=worker)
        if self.random() < 0.25:
            self._hand_over(min(4, self.state["tier_id"] + self.w.steps(self.chance)))

    def _hand_over(self, tier: int) -> None:
        state = self.state
        self._wait(6)
        by, team_was, tier_was = state["assignee_id"], state["team_id"], state["tier_id"]
        to = self.w.team[tier](self.chance)
        if tier == 4:
            self._set(vendor_id=self.w.cast.vendor_organisations[to])
        message = self._message("handoff", "vendor" if tier == 4 else "internal", by, self._words(18), True)
        if tier != tier_was:
            self._set(tier_since=self.at, path=[*state["path"], tier])
        self._set(
            tier_id=tier,
            team_id=to,
            assignee_id=None,
            unaccepted_since=self.at,
            handoff_count=state["handoff_count"] + 1,
        )
        handoff = (self.key, self.key, tier_was, team_was, by, tier, to, message, by, self.at)
        self.rows.handoffs.append((*handoff, "needs_expertise", "", "waiting", None, None))
        self._event(
            "escalation.handed_over",
            by,
            message,
            handoff=self.key,
            reason="needs_expertise",
            from_team=team_was,
            from_tier=tier_was,
        )

    def _talk(self) -> None:
        self._wait(8)
        by = self.state["contact_id"]
        message = self._message("reply", "public", by, self._words(25), True)
        self._set(last_public_reply_at=self.at, requester_waiting_since=None)
        self._event("ticket.replied", by, message, from_desk=True, reopened=False)

    def _leave_open(self) -> None:
        self._wait(10)
        fate = self.w.fate(self.chance)
        by = self.state["assignee_id"] or self.state["contact_id"]
        if fate == "free" and self.state["assignee_id"]:
            self._set(assignee_id=None)
            self._event("ticket.released", by)
        elif fate == "replied":
            person = self.state["requester_id"]
            message = self._message("reply", "public", person, self._words(15), False)
            self._set(requester_waiting_since=self.at)
            self._event("ticket.replied", person, message, from_desk=False, reopened=False)
        elif fate in ("pending_requester", "on_hold", "pending_vendor"):
            self._pause(fate, by)
        else:
            message = self._message("note", "internal", by, self._words(15), True)
            self._event("ticket.noted", by, message)

    def _pause(self, status: str, by: int) -> None:
        self._set(status=status, status_since=self.at)
        if status == "pending_requester":
            message = self._message("question", "public", by, self._words(12), True)
            self._set(last_public_reply_at=self.at)
            self._event("ticket.waits_for_requester", by, message)
        elif status == "pending_vendor":
            vendors = list(self.w.cast.vendor_organisations.values())
            self._set(vendor_id=vendors[self.number % len(vendors)])
            message = self._message("question", "vendor", by, self._words(12), True)
            self._event("ticket.waits_for_vendor", by, message, vendor=self.state["vendor_id"])
        else:
            until = START + SPAN + timedelta(days=self._between(5, 30))
            self._set(hold_reason="part", hold_until=until.isoformat())
            self._event("ticket.held", by)

    def _resolve(self) -> None:
        self._wait(30)
        by = self.state["assignee_id"] or self._member(self.state["team_id"])
        message = self._message("resolution", "public", by, self._words(20), True)
        if self.state["unaccepted_since"]:
            self.rows.handoffs[-1] = (*self.rows.handoffs[-1][:-3], "accepted", self.at, by)
        code = ("fixed", "how_to", "fulfilled", "workaround")[self._between(0, 3)]
        self._set(
            status="resolved",
            status_since=self.at,
            resolved_at=self.at,
            resolution_code=code,
            last_public_reply_at=self.at,
            requester_waiting_since=None,
            unaccepted_since=None,
            assignee_id=by,
            category_confirmed=True,
        )
        if self.random() < 0.3:
            self.rows.work.append((self.key, by, self.at, self.state["tier_id"], self._between(5, 90), False))
        self._event("ticket.resolved", by, message, code=code)
        self._wait(100)
        self._set(status="closed", status_since=self.at, closed_at=self.at, close_reason="timer")
        self._event("ticket.closed", None, reason="timer")

    def _ties(self) -> None:
        """Watchers, tags, links, keys in other systems, and the few that only named people see."""
        cast, by = self.w.cast, self.state["contact_id"]
        if self.random() < 0.05:
            teams = cast.teams[1]
            self.rows.watches.append((self.key, self._member(teams[self._between(0, len(teams) - 1)])))
        if self.random() < 0.2:
            self.rows.taggings.append((self.key, self._between(1, 20)))
        if self.random() < 0.02 and self.number > 100:
            other = self.key - self._between(1, 100)
            self.rows.links.append((self.key, other, "related", False))
            self._event("ticket.linked", by, other=other, type="related")
        if self.random() < 0.03:
            reference = self.slot
            self.rows.references.append((reference, self.key, "tracker", f"OPS-{self.key}", ""))
            self._event("ticket.referenced", by, reference=reference)
        if self.random() < 0.003:
            self._set(is_restricted=True)
            self.rows.named += [(self.key, by, None), (self.key, None, cast.teams[3][0])]
            self._event("ticket.restricted", by, people=[by], teams=[cast.teams[3][0]])

    def _clocks(self) -> str:
        """What the clocks come to until the end of the time that is told; when the first of them is due."""
        keeper = self.keeper
        if keeper is None:
            return FAR
        keeper.run_until(END)
        self.rows.clocks += keeper.clocks()
        self.rows.clock_events += keeper.events()
        first = (FIRST + self.w.total + 1) * SLOTS + self.number * QUIET_SLOTS
        self.rows.quiet += keeper.lines(first)
        return keeper.next_due

    def _set(self, **columns: Any) -> None:
        """Write columns, and keep before and after of each for the next event."""
        state, changes = self.state, self.changes
        for name, value in columns.items():
            was = state[name]
            if was == value:
                continue
            state[name] = value
            first = changes[name][0] if name in changes else was
            if first == value:
                del changes[name]
            else:
                changes[name] = [first, value]

    def _event(self, kind: str, by: int | None, message: int | None = None, **data: Any) -> None:
        key = self.slot + len(self.rows.events)
        self.rows.events.append((key, self.key, kind, self.at, by, message, self.changes, data, False))
        if self.keeper:
            self.keeper.see(key, kind, self.time, by, self.changes, data)
        self.changes = {}

    def _message(self, kind: str, audience: str, author: int, body: Words, from_desk: bool) -> int:
        key = self.slot + len(self.rows.messages)
        text = " ".join(body)
        vendor = self.state["vendor_id"] if audience == "vendor" else None
        row = (key, self.key, author, kind, audience, vendor, text, self.at, from_desk, 0, "")
        self.rows.messages.append(row)
        (self.public if audience == "public" else self.internal).append((body, "B"))
        return key

    def _member(self, team: int) -> int:
        members = self.w.cast.members[team]
        return members[int(self.random() * len(members))]

    def _words(self, length: int) -> Words:
        start = int(self.random() * (DRAWN - length))
        return self.w.drawn[start : start + length]

    def _between(self, least: int, most: int) -> int:
        return least + int(self.random() * (most - least + 1))

    def _wait(self, most_hours: int) -> None:
        self.time += timedelta(seconds=self._between(60, most_hours * 3600))
        self.at = self.time.isoformat()


def vector(texts: Iterable[tuple[Words, str]]) -> str:
    """What `tickets.indexing.vector` makes of these texts, for short ones that are cut into words already."""
    places: dict[str, str] = {}
    place = 0
    for words, weight in texts:
        for word in words:
            place += 1
            known = places.get(word)
            places[word] = f"{known},{place}{weight}" if known else f"'{word}':{place}{weight}"
        place += 1  # a phrase does not reach from one text into the next
    return " ".join(places.values())
