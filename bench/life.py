"""One ticket's believable life as rows: the ticket, its events, messages, revisions, words, hand-offs.

Written without the operations, for a million tickets; `manage.py check_history` proves that what the
events tell and what the rows say agree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from bench.cast import Cast, zipf
from tickets.indexing import vector
from tickets.models.ticket import PLAIN_COLUMNS
from tickets.words import fold_words

START = datetime(2023, 11, 1, 8, tzinfo=UTC)
SPAN = timedelta(days=3 * 365)
FAR = datetime(9000, 1, 1, tzinfo=UTC)
SLOTS = 8
"""Events, messages and revisions of ticket n have the keys 8n, 8n + 1 ...: no counter is shared."""

FIRST = 1001
COMMON, RARE = "gateway", "zyzzyva"


@dataclass
class Rows:
    """What one ticket adds to each table, as tuples in the order of `bench.copying.COLUMNS`."""

    ticket: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[tuple[Any, ...]] = field(default_factory=list)
    revisions: list[tuple[Any, ...]] = field(default_factory=list)
    text: tuple[Any, ...] = ()
    handoffs: list[tuple[Any, ...]] = field(default_factory=list)
    watches: list[tuple[Any, ...]] = field(default_factory=list)
    taggings: list[tuple[Any, ...]] = field(default_factory=list)
    named: list[tuple[Any, ...]] = field(default_factory=list)


class Writer:
    """Makes the rows of ticket n; the same every time."""

    def __init__(
        self, cast: Cast, total: int, matrix: dict[tuple[int, int], int], columns: list[str]
    ) -> None:
        self.cast, self.total, self.matrix, self.columns = cast, total, matrix, columns
        dictionary = random.Random(3)
        syllables = [
            "ba",
            "co",
            "di",
            "fen",
            "gra",
            "ho",
            "lin",
            "mer",
            "no",
            "pas",
            "qui",
            "ro",
            "ster",
            "tu",
            "vel",
        ]
        self.words = ["".join(dictionary.choices(syllables, k=dictionary.randint(2, 4))) for _ in range(8000)]
        self.word_weights = list(accumulate(zipf(len(self.words))))
        self.category_weights = list(accumulate(zipf(len(cast.categories))))
        self.organisation_skew = list(accumulate(zipf(len(cast.requesters))))
        self.rare_every = max(1, total // 20)

    def rows(self, number: int) -> Rows:
        life = _Life(self, number)
        life.run()
        return life.rows


class _Life:
    def __init__(self, writer: Writer, number: int) -> None:
        self.w, self.number = writer, number
        self.chance = random.Random(number)
        self.rows = Rows()
        self.key = FIRST + number
        self.at = START + SPAN * (number / writer.total) + timedelta(seconds=self.chance.randint(0, 3600))
        self.known: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.public: list[tuple[str, str]] = []
        self.internal: list[tuple[str, str]] = []
        self.words: dict[str, str] = {}

    def run(self) -> None:
        is_open = self.chance.random() < 0.1
        self._open()
        team_path = self._climb()
        self._talk()
        if is_open:
            self._leave_open()
        else:
            self._resolve(team_path)
        row = self.state
        plain_words = {of: fold_words(self.words[column]) for column, of in PLAIN_COLUMNS.items()}
        row = {
            **row,
            **self.words,
            **plain_words,
            "id": self.key,
            "version": len(self.rows.events),
            "changed_at": self.at,
        }
        row["next_due_at"] = (
            START + SPAN + timedelta(minutes=self.chance.randint(-2000, 20_000)) if is_open else FAR
        )
        self.rows.ticket = row
        self.rows.text = (self.key, vector(self.public), vector(self.internal))
        self._ties()

    def _open(self) -> None:
        w, cast, chance = self.w, self.w.cast, self.chance
        person, organisation = chance.choices(cast.requesters, cum_weights=w.organisation_skew)[0]
        if self.number % max(1, w.total // 40) == 0:
            person, organisation = cast.bench_requester, cast.organisations[0]
        impact, urgency = chance.choices([1, 2, 3], [1, 4, 20])[0], chance.choices([1, 2, 3], [2, 8, 8])[0]
        tier = chance.choices([0, 1], [15, 85])[0]
        team = self._team(tier)
        subject = self._sentence(chance.randint(3, 8)).capitalize()
        body = self._sentence(chance.randint(20, 60))
        if chance.random() < 0.3:
            body += f" {COMMON}"
        if self.number % w.rare_every == 0:
            body += f" {RARE}"
        self.state = dict.fromkeys(w.columns) | {
            "kind": chance.choices(["incident", "request", "question"], [6, 3, 1])[0],
            "status": "new",
            "tier_id": tier,
            "team_id": team,
            "requester_id": person,
            "opened_by_id": person,
            "organisation_id": organisation,
            "channel": chance.choices(["portal", "phone", "mail"], [5, 3, 2])[0],
            "category_id": chance.choices(cast.categories, cum_weights=w.category_weights)[0],
            "category_confirmed": False,
            "impact": impact,
            "urgency": urgency,
            "priority": w.matrix[impact, urgency],
            "priority_confirmed": False,
            "priority_overridden": False,
            "handle_with_care": False,
            "is_restricted": False,
            "hold_reason": "",
            "resolution_code": "",
            "close_reason": "",
            "cancel_reason": "",
            "created_at": self.at,
            "tier_since": self.at,
            "status_since": self.at,
            "requester_waiting_since": self.at,
            "reopen_count": 0,
            "handoff_count": 0,
            "bounce_count": 0,
            "news_asked_count": 0,
            "path": [tier],
            "words": {"subject": self.key * SLOTS, "device": self.key * SLOTS + 1},
        }
        device = f"PC-{person}"
        self.words = {"subject": subject, "device": device, "location": "", "vendor_reference": ""}
        for slot, (column, text) in enumerate([("subject", subject), ("device", device)]):
            self.rows.revisions.append((self.key * SLOTS + slot, self.key, column, text, self.at, person))
        self.public.append((subject, "A"))
        self._event(
            "ticket.opened", by=person, message=self._message("description", "public", person, body, False)
        )

    def _climb(self) -> list[int]:
        """Taken; a quarter climb, some of them come back."""
        cast, chance, state = self.w.cast, self.chance, self.state
        self._wait(4)
        worker = chance.choice(cast.members[state["team_id"]])
        state |= {"assignee_id": worker, "status": "open", "status_since": self.at}
        if state["tier_id"] <= 1:
            state["contact_id"] = worker
        self._event("ticket.taken", by=worker, assignee=worker)
        path = [state["team_id"]]
        if chance.random() < 0.25:
            self._hand_over(min(4, state["tier_id"] + chance.choices([1, 2, 3], [8, 2, 1])[0]))
            path.append(state["team_id"])
        return path

    def _hand_over(self, tier: int) -> None:
        cast, state = self.w.cast, self.state
        self._wait(6)
        to, by, came_from, tier_was = (
            self._team(tier),
            state["assignee_id"],
            state["team_id"],
            state["tier_id"],
        )
        text = self._sentence(18)
        audience = "vendor" if tier == 4 else "internal"
        message = self._message("handoff", audience, by, text, True)
        if tier != tier_was:
            state |= {"tier_since": self.at, "path": [*state["path"], tier]}
        state |= {
            "tier_id": tier,
            "team_id": to,
            "assignee_id": None,
            "unaccepted_since": self.at,
            "handoff_count": state["handoff_count"] + 1,
        }
        if tier == 4:
            state["vendor_id"] = cast.vendor_organisations[to]
        self.rows.handoffs.append(
            (self.key, self.key, tier_was, came_from, by, tier, to, message, by, self.at)
        )
        self._event(
            "escalation.handed_over",
            by=by,
            message=message,
            handoff=self.key,
            reason="needs_expertise",
            from_team=came_from,
            from_tier=tier_was,
        )

    def _talk(self) -> None:
        state, chance = self.state, self.chance
        self._wait(8)
        by = (
            state["contact_id"]
            or state["assignee_id"]
            or chance.choice(self.w.cast.members[state["team_id"]])
        )
        message = self._message("reply", "public", by, self._sentence(25), True)
        state |= {"last_public_reply_at": self.at, "requester_waiting_since": None}
        self._event("ticket.replied", by=by, message=message, from_desk=True, reopened=False)

    def _leave_open(self) -> None:
        state, chance = self.state, self.chance
        self._wait(10)
        fate = chance.choices(
            ["open", "free", "pending_requester", "on_hold", "replied"], [35, 25, 15, 10, 15]
        )[0]
        if fate == "free" and state["assignee_id"]:
            by, state["assignee_id"] = state["assignee_id"], None
            self._event("ticket.released", by=by)
        elif fate == "pending_requester":
            by = (
                state["contact_id"]
                or state["assignee_id"]
                or chance.choice(self.w.cast.members[state["team_id"]])
            )
            message = self._message("question", "public", by, self._sentence(12), True)
            state |= {"status": fate, "status_since": self.at, "last_public_reply_at": self.at}
            self._event("ticket.waits_for_requester", by=by, message=message)
        elif fate == "on_hold":
            until = START + SPAN + timedelta(days=chance.randint(5, 30))
            state |= {"status": fate, "status_since": self.at, "hold_reason": "part", "hold_until": until}
            self._event("ticket.held", by=state["assignee_id"])
        elif fate == "replied":
            person = state["requester_id"]
            message = self._message("reply", "public", person, self._sentence(15), False)
            state["requester_waiting_since"] = self.at
            self._event("ticket.replied", by=person, message=message, from_desk=False, reopened=False)
        else:
            by = state["assignee_id"] or chance.choice(self.w.cast.members[state["team_id"]])
            self._event(
                "ticket.noted", by=by, message=self._message("note", "internal", by, self._sentence(15), True)
            )

    def _resolve(self, path: list[int]) -> None:
        state, chance = self.state, self.chance
        self._wait(30)
        by = state["assignee_id"] or chance.choice(self.w.cast.members[state["team_id"]])
        message = self._message("resolution", "public", by, self._sentence(20), True)
        if state["unaccepted_since"]:
            row = self.rows.handoffs[-1]
            self.rows.handoffs[-1] = (*row, "accepted", self.at, by)
        state |= {
            "status": "resolved",
            "status_since": self.at,
            "resolved_at": self.at,
            "resolution_code": chance.choice(["fixed", "how_to", "fulfilled", "workaround"]),
            "last_public_reply_at": self.at,
            "requester_waiting_since": None,
            "unaccepted_since": None,
            "assignee_id": by,
            "category_confirmed": True,
        }
        self._event("ticket.resolved", by=by, message=message, code=state["resolution_code"])
        self._wait(100)
        state |= {"status": "closed", "status_since": self.at, "closed_at": self.at, "close_reason": "timer"}
        self._event("ticket.closed", by=None, reason="timer")

    def _ties(self) -> None:
        chance, cast = self.chance, self.w.cast
        if chance.random() < 0.05:
            team = chance.choice(cast.teams[1])
            self.rows.watches.append((self.key, chance.choice(cast.members[team])))
        if chance.random() < 0.2:
            self.rows.taggings.append((self.key, chance.randint(1, 20)))

    def _team(self, tier: int) -> int:
        teams = self.w.cast.teams[tier]
        return self.chance.choices(teams, zipf(len(teams)))[0]

    def _sentence(self, length: int) -> str:
        return " ".join(self.chance.choices(self.w.words, cum_weights=self.w.word_weights, k=length))

    def _wait(self, most_hours: int) -> None:
        self.at += timedelta(seconds=self.chance.randint(60, most_hours * 3600))

    def _message(self, kind: str, audience: str, author: int, body: str, from_desk: bool) -> int:
        key = self.key * SLOTS + len(self.rows.messages)
        self.rows.messages.append((key, self.key, author, kind, audience, body, self.at, from_desk))
        (self.public if audience == "public" else self.internal).append((body, "B"))
        return key

    def _event(self, kind: str, *, by: int | None, message: int | None = None, **data: Any) -> None:
        changes = {
            name: [plain(self.known.get(name)), plain(value)]
            for name, value in self.state.items()
            if value != self.known.get(name)
        }
        self.known = dict(self.state)
        key = self.key * SLOTS + len(self.rows.events)
        self.rows.events.append((key, self.key, kind, self.at, by, message, changes, data))


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
