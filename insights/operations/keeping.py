"""Keeping facts: a follower reads the change feed and works out anew what was touched, some hundred tickets at a time.

Facts, the cells that they add up to, and the place in the feed are written in one transaction: a follower that is
killed has done a batch or not, and two never work at the same time (a lock that nobody waits for). All reading and
working out comes before the first write, so that the transaction counts as a writing one only for a moment: others
who read the feed are not held up.

What no event of a ticket tells is in `Touched`: `touch` says where. Where facts were never made, the days are those of
another zone, the database was restored, or the definitions are others, the follower begins anew: it walks through all
tickets in batches, compares the cells month by month, and then goes on from where the feed stood. `manage.py
rebuild_facts` does the same with all cores (insights.operations.rebuilding).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from delivery.horizon import horizon
from insights.models import FactState, HandFact, PromiseFact, TicketFact, Touched
from insights.queries.counting import (
    COUNTED,
    Counted,
    Parts,
    differences_of_month,
    month_statements,
    months_of,
    months_of_cells,
    parts_of,
)
from insights.queries.kept import facts_of, rows_of, stored_rows
from insights.record import Facts
from sla.models import CalendarVersion
from sla.queries.staffed import desk_calendar
from tickets.models import Feed, Link, LinkType, Ticket
from tickets.operations.feeding import current_feed
from tickets.queries.feed import Cursor, Stretch, end_of, read_cursor, stretch

VERSION = 5
"""Of the definitions: of work_out and of what cells count. Who changes one of them adds one, and all is made anew."""
BATCH = 300
"""Tickets at a time: a batch is done in about a second."""
EVENTS = 3_000
"""Events that are read for it at most: where one imports, a ticket has many, one after the other."""
WALK = 300
"""Tickets at a time, where all are worked out anew."""
NOTED_EVERY = timedelta(seconds=10)
"""How often a follower that finds nothing writes down that it was here."""
_LOCK = "SELECT {}(hashtext('insights'), hashtext('facts'))"


@dataclass(frozen=True)
class Step:
    """What one batch was: how many events it read, how many tickets it wrote, and whether there is more to do now."""

    events: int = 0
    written: int = 0
    has_more: bool = False
    is_busy: bool = False
    """Somebody else was at it; nothing was done."""


# --- what others call ---


def touch(tickets: Collection[int]) -> None:
    """Have the facts of these tickets worked out anew, though no event of theirs says so; in the caller's transaction.

    Nobody waits for anybody here: each call adds rows.
    """
    Touched.objects.bulk_create([Touched(ticket_id=key) for key in sorted(set(tickets))])


@transaction.atomic
def forget(tickets: Collection[int]) -> None:
    """Take these tickets out of facts and cells, for they are deleted for good: they leave all figures.

    Waits until a batch, or a rebuild, that is under way has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format("pg_advisory_xact_lock"))
    keys = list(tickets)
    before = parts_of(keys)
    _delete(keys)
    Touched.objects.filter(ticket__in=keys).delete()
    _apply(before, {})


def lock_here() -> bool:
    """Be the only one who keeps facts until the transaction ends; no where somebody is already."""
    return _asked("pg_try_advisory_xact_lock")


def lock_for_long() -> bool:
    """The same until `unlock`, over many transactions of this connection."""
    return _asked("pg_try_advisory_lock")


def unlock() -> None:
    _asked("pg_advisory_unlock")


def _asked(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(function))
        return bool(cursor.fetchone()[0])


# --- following ---


@transaction.atomic
def follow(*, at: datetime, before: int | None = None, size: int = BATCH) -> Step:
    """Do one batch of what there is to do: the next events of the feed, or the next tickets of a walk.

    Args:
        before: the transaction before which all is read; by default those before which all have ended.
        size: how many tickets with news, and touched ones, at most.
    """
    if not lock_here():
        return Step(is_busy=True)
    feed = current_feed(at=at)
    end = horizon() if before is None else before
    state = FactState.objects.filter(pk=1).first() or FactState(pk=1)
    if is_outdated(state, feed):
        begin_walk(state, feed, end)
    if state.walked_to is not None:
        return _walk_on(state)
    if state.recounted_to is not None:
        return _recount_on(state, at)
    return _read_on(state, feed, at, end, size)


def follow_all(*, at: datetime) -> None:
    """Until there is nothing left to do that may be read by now."""
    while follow(at=at).has_more:
        pass


def is_outdated(state: FactState, feed: Feed) -> bool:
    """Whether the facts have to be made anew: another life of the database, other days, calendar or definitions.

    A new version of the same calendar asks for nothing: what was counted by the hours of its time stays.
    """
    is_other = (state.epoch, state.zone) != (feed.epoch, zone_in_force().key)
    is_under_way = state.walked_to is not None or state.recounted_to is not None
    is_defined_otherwise = state.version != VERSION and not is_under_way
    return is_other or is_defined_otherwise or _has_other_calendar(state)


def _has_other_calendar(state: FactState) -> bool:
    usual = desk_calendar()
    if usual == state.usual_calendar:
        return False
    versions = CalendarVersion.objects.filter(pk__in=[usual, state.usual_calendar])
    return None in (usual, state.usual_calendar) or len(set(versions.values_list("calendar_id"))) > 1


def begin_walk(state: FactState, feed: Feed, end: int) -> None:
    """Note where the feed stands and by what is counted, before the first ticket is read."""
    state.epoch, state.cursor = feed.epoch, str(end_of(feed, end))
    state.zone, state.usual_calendar = zone_in_force().key, desk_calendar()
    state.walked_to, state.recounted_to = 0, None


def zone_in_force() -> ZoneInfo:
    return ZoneInfo(str(timezone.get_default_timezone()))


def _walk_on(state: FactState) -> Step:
    keys = list(
        Ticket.objects.filter(pk__gt=state.walked_to).order_by("pk").values_list("pk", flat=True)[:WALK]
    )
    written = replace(keys, state)
    if keys:
        state.walked_to = keys[-1]
    else:
        state.walked_to, state.recounted_to = None, date.min
    state.save()
    return Step(written=written, has_more=True)


def _recount_on(state: FactState, at: datetime) -> Step:
    """The cells of the next month, which are what the facts add up to unless the definitions were others before."""
    months = sorted({*months_of(), *months_of_cells()})
    first = next(
        (month for month in months if state.recounted_to is None or month > state.recounted_to), None
    )
    if first is not None:
        _recount(first)
        state.recounted_to = first
    else:
        state.recounted_to, state.version, state.rebuilt_at = None, VERSION, at
    state.save()
    return Step(has_more=True)


def _read_on(state: FactState, feed: Feed, at: datetime, end: int, size: int) -> Step:
    found = _of_few_tickets(stretch(feed, _cursor(state), before=end, size=EVENTS), feed, size)
    touched = list(Touched.objects.order_by("pk").values_list("pk", "ticket_id")[:size])
    keys = {place.ticket for place in found.places} | {ticket for _key, ticket in touched}
    written = replace(_with_earlier(keys), state)
    if touched:
        Touched.objects.filter(pk__in=[key for key, _ticket in touched]).delete()
    has_more = found.has_more or len(touched) == size
    _note(state, found.end, at=at, has_more=has_more, is_news=bool(keys))
    return Step(len(found.places), written, has_more)


def _of_few_tickets(found: Stretch, feed: Feed, most: int) -> Stretch:
    """The beginning of a stretch that tells of so many tickets at most."""
    seen: set[int] = set()
    for number, place in enumerate(found.places):
        if place.ticket not in seen and len(seen) == most:
            last = found.places[number - 1]
            end = Cursor(feed.epoch, 0 if last.id <= feed.base else last.xid, last.id)
            return Stretch(found.places[:number], end, has_more=True)
        seen.add(place.ticket)
    return found


def _cursor(state: FactState) -> Cursor:
    return read_cursor(state.cursor)


def _with_earlier(keys: Collection[int]) -> set[int]:
    """Also the tickets that these are follow-ups of: whether an answer was the last one shows only then."""
    earlier = Link.objects.filter(ticket__in=keys, type=LinkType.FOLLOW_UP)
    return {*keys, *(earlier.values_list("other_id", flat=True) if keys else ())}


def _note(state: FactState, end: Cursor, *, at: datetime, has_more: bool, is_news: bool) -> None:
    """Where nothing happens the place is not written every few seconds: it is found again as quickly."""
    is_due = state.followed_at is None or at - state.followed_at >= NOTED_EVERY
    if not is_news and not is_due:
        return
    state.cursor = str(end)
    if not has_more:
        state.followed_at = at
    state.save()


# --- facts ---


def replace(tickets: Collection[int], state: FactState) -> int:
    """Work out the facts of these tickets and write what is not as it stands, with the cells; how many were written."""
    worked_out, failed = facts_of(tickets, state)
    keys = [key for key in tickets if key not in failed]
    new, stored = {key: rows_of(facts) for key, facts in worked_out.items()}, stored_rows(keys)
    changed = sorted(key for key in keys if new.get(key) != stored.get(key))
    if not changed:
        return 0
    before = parts_of(changed)
    _delete(changed)
    _insert([worked_out[key] for key in changed if key in worked_out])
    _apply(before, parts_of(changed))
    return len(changed)


def _delete(keys: Collection[int]) -> None:
    HandFact.objects.filter(ticket__in=keys).delete()
    PromiseFact.objects.filter(ticket__in=keys).delete()
    TicketFact.objects.filter(ticket__in=keys).delete()


def _insert(facts: Collection[Facts]) -> None:
    TicketFact.objects.bulk_create([each.ticket for each in facts])
    HandFact.objects.bulk_create([hand for each in facts for hand in each.hands])
    PromiseFact.objects.bulk_create([promise for each in facts for promise in each.promises])


# --- cells ---


def _apply(before: Mapping[Counted, Parts], after: Mapping[Counted, Parts]) -> None:
    """Change the cells by what the facts of a batch add up to now and did not before."""
    for counted in COUNTED:
        differences = _differences(before.get(counted, {}), after.get(counted, {}), len(counted.values))
        _add(counted, differences)


def _differences(before: Parts, after: Parts, size: int) -> Parts:
    nothing = (0,) * size
    found: Parts = {}
    for key in before.keys() | after.keys():
        was, now = before.get(key, nothing), after.get(key, nothing)
        if was != now:
            found[key] = tuple([new - old for old, new in zip(was, now, strict=True)])
    return found


def _add(counted: Counted, differences: Parts) -> None:
    """In the order of keys; a cell that nothing is left of is deleted."""
    if not differences:
        return
    keys, columns = ", ".join(counted.key), ", ".join((*counted.key, *counted.values))
    sums = ", ".join(f"{name} = {counted.table}.{name} + EXCLUDED.{name}" for name in counted.values)
    rows = [(*key, *differences[key]) for key in sorted(differences)]
    rows_at = len(counted.key) + counted.values.index("rows")
    emptied = [row[: len(counted.key)] for row in rows if row[rows_at] < 0]
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            f"INSERT INTO {counted.table} ({columns}) VALUES %s ON CONFLICT ({keys}) DO UPDATE SET {sums}",
            rows,
            page_size=500,
        )
        if emptied:
            execute_values(
                cursor,
                f"DELETE FROM {counted.table} WHERE rows = 0 AND ({keys}) IN (%s)",
                emptied,
                page_size=len(emptied),
            )


def _recount(first: date) -> None:
    """The cells of a month as the facts that there are add up to them."""
    if next(differences_of_month(first), None) is None:
        return
    with connection.cursor() as cursor:
        for counted in COUNTED:
            month = f"date_trunc('month', {counted.day}) = %s::date"
            cursor.execute(f"DELETE FROM {counted.table} WHERE {month}", [first])
        for statement, params in month_statements(first):
            cursor.execute(statement, params)
