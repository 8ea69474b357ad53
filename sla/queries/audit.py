"""Acts on clocks that a lead should look at: a pause, another priority or an end that came suspiciously in time.

None of it is wrong by itself. Each row is an event of a clock with the ticket's event that caused it, so a
person with a name did it; what the system did by itself is not here. What moved no clock is not here either:
nothing was gained by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from sla.cycles import micros, span
from sla.models import Metric
from tickets import events
from tickets.models import HoldReason, Status, Ticket
from tickets.naming import status_name

PAGE = 50
MOST_GROUPS = 200


class Finding(TextChoices):
    BEFORE_BREACH = "before_breach", _("paused shortly before it was due")
    OVER_REPLY = "over_reply", _("paused over a reply of the requester")
    LOWERED = "lowered", _("priority lowered in the last quarter")
    RECATEGORISED = "recategorised", _("category changed in the last quarter")
    CANCELLED = "cancelled", _("cancelled in the last quarter")


@dataclass(frozen=True)
class Audited:
    """What is looked at: acts from `since` to before `until`. A pause is near the due time with no more than
    `shortly` left, or no more than a tenth of the target."""

    since: datetime
    until: datetime
    shortly: timedelta = timedelta(minutes=15)
    finding: str = ""
    person: int | None = None


class _Row(NamedTuple):
    id: int
    at: datetime
    ticket_id: int
    metric: str
    scope: int
    by_id: int
    used: int
    target: int
    finding: str
    why: str


@dataclass(frozen=True)
class Act:
    """One suspicious act, with what a line of the list says of it."""

    row: _Row
    ticket: Ticket
    person: User

    @property
    def at(self) -> datetime:
        return self.row.at

    @property
    def clock(self) -> str:
        return str(Metric(self.row.metric).label)

    @property
    def what(self) -> str:
        return str(Finding(self.row.finding).label)

    @property
    def why(self) -> str:
        return why_in_words(self.row.why)

    @property
    def share(self) -> int:
        """Of the target that was used, in percent."""
        return 100 * self.row.used // self.row.target

    @property
    def left(self) -> timedelta:
        """Business time that was left."""
        return span(max(self.row.target - self.row.used, 0))

    @property
    def key(self) -> str:
        """Behind which the next page begins."""
        return f"{self.row.at.timestamp():.6f}_{self.row.id}"


@dataclass(frozen=True)
class Group:
    person_id: int
    person: str
    finding: str
    why: str
    acts: int

    @property
    def what(self) -> str:
        return str(Finding(self.finding).label)

    @property
    def reason(self) -> str:
        return why_in_words(self.why)


def why_in_words(why: str) -> str:
    """The status of a pause, or its reason on hold; nothing for what is no pause."""
    if not why:
        return ""
    if why in HoldReason:
        return f"{status_name(Status.ON_HOLD)}: {HoldReason(why).label}"
    return status_name(why) if why in Status else why


def acts(user: User, audited: Audited, *, after: str = "", many: int = PAGE) -> tuple[list[Act], str]:
    """A page of the acts on tickets that this person may see, newest first, and the key of the next page, if any."""
    rows = _rows(user, audited, _key(after), many + 1)
    shown = rows[:many]
    tickets = Ticket.objects.in_bulk([row.ticket_id for row in shown])
    people = User.objects.in_bulk([row.by_id for row in shown])
    found = [Act(row, tickets[row.ticket_id], people[row.by_id]) for row in shown]
    return found, found[-1].key if len(rows) > many else ""


def every_act(user: User, audited: Audited, *, most: int) -> Iterator[Act]:
    """Page after page, for a file; at most so many."""
    after, left = "", most
    while left > 0:
        found, after = acts(user, audited, after=after, many=min(500, left))
        yield from found
        left -= len(found)
        if not after:
            return


def groups(user: User, audited: Audited) -> list[Group]:
    """How often who did what and why, the most frequent first."""
    query, values = _found(user, audited)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {query} SELECT by_id, person.name, finding, why, count(*)
            FROM told JOIN accounts_user person ON person.id = by_id
            WHERE {_WANTED}
            GROUP BY by_id, person.name, finding, why ORDER BY 5 DESC, 2, 3, 4 LIMIT %(most)s
            """,
            values | {"most": MOST_GROUPS},
        )
        return [Group(*row) for row in cursor.fetchall()]


def _rows(user: User, audited: Audited, after: tuple[float, int] | None, many: int) -> list[_Row]:
    query, values = _found(user, audited)
    behind = "" if after is None else "AND (at, id) < (to_timestamp(%(after_at)s), %(after_id)s)"
    if after is not None:
        values |= {"after_at": after[0], "after_id": after[1]}
    with connection.cursor() as cursor:
        cursor.execute(
            f"{query} SELECT {', '.join(_Row._fields)} FROM told WHERE {_WANTED} {behind} "
            "ORDER BY at DESC, id DESC LIMIT %(many)s",
            values | {"many": many},
        )
        return [_Row(*row) for row in cursor.fetchall()]


def _key(after: str) -> tuple[float, int] | None:
    """Nonsense is no key."""
    at, _sep, number = after.partition("_")
    try:
        key = float(at), int(number)
    except ValueError:
        return None
    return key if 0 < key[0] < 1e11 and 0 < key[1] < 2**63 else None


_WANTED = (
    "place = 1 AND (%(finding)s = '' OR finding = %(finding)s) AND (%(person)s = 0 OR by_id = %(person)s)"
)

_SAME = "x.ticket_id = e.ticket_id AND x.metric = e.metric AND x.scope = e.scope AND x.cycle = e.cycle"

# An act on several clocks of a ticket is told once, by the clock that it came nearest to.
# The target is that of the last judgement before the act. Of two voices the last one decides whether a reply of
# the requester stood unanswered when the clock was paused; one that came later counts where it ended no pause.
_FOUND = f"""
    WITH acts AS (
        SELECT e.id, e.at, e.ticket_id, e.metric, e.scope, e.cycle, e.kind, e.cause_id, c.by_id,
               c.kind AS cause_kind, c.changes, (e.data->>'used')::bigint AS used, judged.target,
               EXISTS (SELECT 1 FROM sla_clockevent x WHERE {_SAME} AND x.id < e.id AND x.kind = 'breached')
                   AS was_breached
        FROM sla_clockevent e
        JOIN tickets_event c ON c.id = e.cause_id
        CROSS JOIN LATERAL (
            SELECT (x.data->>'target')::bigint AS target FROM sla_clockevent x
            WHERE {_SAME} AND x.id < e.id AND x.kind IN ('started', 'retargeted')
            ORDER BY x.id DESC LIMIT 1
        ) judged
        WHERE e.at >= %(since)s AND e.at < %(until)s
          AND e.kind IN ('paused', 'retargeted', 'cancelled') AND e.cause_id IS NOT NULL
          AND c.by_id IS NOT NULL AND e.metric <> 'promise' AND e.ticket_id IN (VISIBLE)
    ), weighed AS (
        SELECT acts.*, used <= target AND NOT was_breached AS in_time,
               kind = 'paused' AND metric = 'resolution' AS is_pause,
               used * 4 >= target * 3 AND used <= target AND NOT was_breached AS in_last_quarter
        FROM acts
    ), found AS (
        SELECT e.*,
            CASE WHEN kind <> 'paused' THEN ''
                 WHEN changes->'status'->>1 = 'on_hold' THEN COALESCE(changes->'hold_reason'->>1, 'on_hold')
                 ELSE COALESCE(changes->'status'->>1, '') END AS why,
            CASE
                WHEN is_pause AND in_time AND target - used <= GREATEST(%(shortly)s, target / 10)
                    THEN 'before_breach'
                WHEN is_pause AND (unanswered.yes OR meanwhile.yes) THEN 'over_reply'
                WHEN kind = 'retargeted' AND in_last_quarter
                     AND (changes->'priority'->>1)::int > (changes->'priority'->>0)::int THEN 'lowered'
                WHEN kind = 'retargeted' AND in_last_quarter AND jsonb_exists(changes, 'category_id')
                    THEN 'recategorised'
                WHEN kind = 'cancelled' AND in_last_quarter AND cause_kind IN %(cancelling)s THEN 'cancelled'
                ELSE '' END AS finding
        FROM weighed e
        LEFT JOIN LATERAL (
            SELECT v.kind = %(replied)s AND v.data->>'from_desk' = 'false' AS yes FROM tickets_event v
            WHERE is_pause AND v.ticket_id = e.ticket_id AND v.id <= e.cause_id AND v.kind IN %(voices)s
              AND COALESCE(v.data->>'automatic', 'false') = 'false'
            ORDER BY v.id DESC LIMIT 1
        ) unanswered ON true
        LEFT JOIN LATERAL (
            SELECT true AS yes FROM tickets_event v
            WHERE is_pause AND v.ticket_id = e.ticket_id AND v.id > e.cause_id AND v.kind = %(replied)s
              AND v.data->>'from_desk' = 'false' AND COALESCE(v.data->>'automatic', 'false') = 'false'
              AND v.id < COALESCE(
                  (SELECT x.cause_id FROM sla_clockevent x
                   WHERE {_SAME} AND x.id > e.id AND x.kind IN ('resumed', 'met', 'cancelled')
                   ORDER BY x.id LIMIT 1),
                  9223372036854775807)
            LIMIT 1
        ) meanwhile ON true
    ), told AS (
        SELECT found.*, row_number() OVER (PARTITION BY cause_id ORDER BY used / target::float DESC, id) AS place
        FROM found WHERE finding <> ''
    )
"""


def _found(user: User, audited: Audited) -> tuple[str, dict[str, Any]]:
    """The beginning of a query that has the acts in `told`, and its values."""
    visible = Ticket.objects.visible_to(user).order_by().values("pk").query
    query, given = visible.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    named = {f"visible_{place}": value for place, value in enumerate(given)}
    query = query % tuple(f"%({name})s" for name in named)
    return _FOUND.replace("VISIBLE", query), named | {
        "since": audited.since,
        "until": audited.until,
        "shortly": micros(audited.shortly),
        "finding": audited.finding,
        "person": audited.person or 0,
        "replied": events.REPLIED,
        "voices": (events.REPLIED, events.WAITS_REQUESTER, events.RESOLVED),
        "cancelling": (events.CANCELLED, events.NOT_A_REQUEST),
    }
