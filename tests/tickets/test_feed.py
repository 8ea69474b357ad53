"""The change feed: every event once, in commit order, to whoever may know of it; cursors that survive no restore."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from tickets import feed, operations
from tickets.models import Event, Feed, Ticket
from tickets.operations.feeding import current_feed, renew_epoch
from tickets.queries.feed import LAST_ID, Cursor, read_cursor
from tickets.refusals import Invalid

ALL = 2**62
"""As if every transaction had ended: a test writes in its own."""


def read(reader: User, at: datetime, after: str = "", **asked: object) -> feed.Page:
    return feed.page(reader, after=after, at=at, before=ALL, **asked)  # type: ignore[arg-type]


def behind_all(at: datetime) -> str:
    last = Event.objects.latest("id")
    return str(Cursor(current_feed(at=at).epoch, last.xid or 0, last.pk))


def walk(reader: User, at: datetime, **asked: object) -> list[str]:
    """The types of all events, page by page."""
    found: list[str] = []
    after = ""
    while True:
        page = read(reader, at, after, **asked)
        found += [event["type"] for event in page.events]
        after = page.next
        if not page.has_more:
            return found


# --- what is told ---


def test_an_event_is_an_envelope_without_words(ticket: Ticket, mira: User, ada: User, at: datetime) -> None:
    start = behind_all(at)
    operations.change(ticket, by=mira, at=at, impact=2, subject="Salary of Mr Smith")
    (event,) = read(ada, at, start, kinds=["ticket.changed"]).events
    key = Event.objects.filter(kind="ticket.changed").latest("id").pk
    assert event == {
        "id": f"evt_{key}",
        "type": "ticket.changed",
        "at": "2026-11-23T09:00:00Z",
        "ticket": {
            "number": ticket.number,
            "url": f"http://127.0.0.1:8000/api/v1/tickets/{ticket.number}/",
        },
        "by": mira.pk,
        "message": None,
        "changes": event["changes"],
        "reworded": ["subject"],
        "data": {},
        "links": {
            "ticket": f"http://127.0.0.1:8000/api/v1/tickets/{ticket.number}/",
            "page": f"http://127.0.0.1:8000/desk/tickets/{ticket.number}/",
        },
    }
    assert event["changes"]["impact"] == {"before": 3, "after": 2}
    assert "Smith" not in str(event)


def test_pages_follow_each_other_and_nothing_comes_twice(
    open_ticket: Callable[..., Ticket], ada: User, at: datetime
) -> None:
    for n in range(5):
        open_ticket(f"Ticket {n}")
    seen, after = [], ""
    for _ in range(5):
        page = read(ada, at, after, limit=2)
        seen += [event["id"] for event in page.events]
        after = page.next
    assert seen == [f"evt_{key}" for key in Event.objects.order_by("id").values_list("pk", flat=True)]
    assert (page.events, page.has_more) == ([], False)


def test_kinds_and_groups_narrow_it_and_so_does_a_ticket(
    open_ticket: Callable[..., Ticket], mira: User, ada: User, at: datetime
) -> None:
    one, other = open_ticket("One"), open_ticket("Other")
    operations.note(one, text="Looks like the router.", by=mira, at=at)
    operations.reply(other, text="We look at it.", by=mira, at=at)
    assert walk(ada, at, kinds=["ticket.noted"]) == ["ticket.noted"]
    assert walk(ada, at, kinds=["ticket.*"], ticket=one.pk) == ["ticket.opened", "ticket.noted"]
    assert walk(ada, at, kinds=["sla.*"], ticket=other.pk) == []
    with pytest.raises(Invalid, match=r"There are no events “ticket\.exploded”") as refused:
        read(ada, at, kinds=["ticket.exploded"])
    assert refused.value.field == "types"


# --- who is told ---


def test_who_may_not_open_the_ticket_is_told_nothing_and_the_cursor_still_moves(
    ticket: Ticket, otto: User, at: datetime
) -> None:
    page = read(otto, at)
    assert page.events == []
    assert page.next != str(Cursor(Feed.objects.get().epoch))
    assert (read(otto, at, page.next).events, read(otto, at, page.next).next) == ([], page.next)


def test_a_requester_is_told_what_the_portal_tells(
    ticket: Ticket, ines: User, mira: User, at: datetime
) -> None:
    operations.take(ticket, by=mira, at=at)
    operations.note(ticket, text="The user is the trouble.", by=mira, at=at)
    operations.reply(ticket, text="We look at it.", by=mira, at=at)
    operations.tag(ticket, names=["vpn"], by=mira, at=at)
    assert walk(ines, at) == ["ticket.opened", "ticket.taken", "ticket.replied"]
    for event in read(ines, at).events:
        assert set(event["changes"]) <= feed.OPEN_TO_ALL
        assert event["data"] == {}
        assert event["links"]["page"].endswith(f"/requests/{ticket.number}/")


def test_a_note_for_a_higher_tier_is_no_event_for_a_lower_one(
    ticket: Ticket, mira: User, yuki: User, ada: User, at: datetime
) -> None:
    operations.note(ticket, text="Their admin password leaked.", by=yuki, at=at, min_tier=3)
    told = [walk(reader, at).count("ticket.noted") for reader in (mira, yuki, ada)]
    assert told == [0, 1, 1]


def test_a_restricted_ticket_is_told_to_those_named_alone(
    ticket: Ticket, ada: User, mira: User, lars: User, at: datetime
) -> None:
    operations.restrict(ticket, people=[lars], by=lars, at=at)
    assert (walk(ada, at), walk(mira, at)) == ([], [])
    assert walk(lars, at)[-1] == "ticket.restricted"


def test_it_costs_the_same_for_few_and_for_many(
    open_ticket: Callable[..., Ticket],
    mira: User,
    at: datetime,
    django_assert_num_queries,
    django_assert_max_num_queries,
) -> None:
    for n in range(3):
        operations.note(open_ticket(f"Ticket {n}"), text="Seen.", by=mira, at=at)
    read(mira, at)
    mira = User.objects.get(pk=mira.pk)
    with django_assert_max_num_queries(8) as few:
        read(mira, at)
    for n in range(20):
        operations.note(open_ticket(f"Ticket {n}"), text="Seen.", by=mira, at=at)
    mira = User.objects.get(pk=mira.pk)
    with django_assert_num_queries(len(few)):
        read(mira, at)


def test_it_reads_along_its_index(ticket: Ticket, ada: User, at: datetime) -> None:
    """Sorting is what would cost on a history of millions: there is none in the plan."""
    read(ada, at)
    with CaptureQueriesContext(connection) as queries:
        read(ada, at, kinds=["ticket.opened"])
    asked = [query["sql"] for query in queries if "ORDER BY xid, id" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # where the index has the order, none is needed
        for sql in asked:
            cursor.execute(f"EXPLAIN (COSTS OFF) {sql}")
            plan = "\n".join(row for (row,) in cursor.fetchall())
            assert ("event_feed" in plan, "Sort" in plan) == (True, False), plan
    assert len(asked) == 2


# --- cursors ---


@given(
    st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", min_size=1, max_size=16),
    st.integers(0, LAST_ID),
    st.integers(0, LAST_ID),
)
def test_a_cursor_reads_as_it_was_written(epoch: str, xid: int, key: int) -> None:
    assert read_cursor(str(Cursor(epoch, xid, key))) == Cursor(epoch, xid, key)


@given(st.text(max_size=300))
def test_nonsense_is_no_cursor(text: str) -> None:
    with pytest.raises(Invalid, match="This is no cursor"):
        read_cursor(text)


@pytest.mark.parametrize("text", ["1", "W10", "e30", "WyJhIiwtMSwxXQ", "WyJhIiwxLjUsMV0", "x" * 500])
def test_what_only_looks_like_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="This is no cursor"):
        read_cursor(text)


def test_after_a_restore_an_old_cursor_is_gone_and_says_what_to_do(
    ticket: Ticket, ada: User, at: datetime
) -> None:
    old = read(ada, at).next
    Feed.objects.update(timeline=0)  # as it is found in a copy that was brought back
    with pytest.raises(feed.CursorGone, match="Read the tickets anew") as gone:
        read(ada, at, old)
    assert (gone.value.http_status, gone.value.field) == (410, "after")
    assert walk(ada, at) == ["ticket.opened"]


def test_a_new_epoch_tells_what_was_there_by_id_whatever_its_transactions_were(
    open_ticket: Callable[..., Ticket], ada: User, at: datetime
) -> None:
    current_feed(at=at)
    open_ticket("Old")
    feed_row = renew_epoch(at=at)
    # Brought into a new cluster their numbers lie in its future, where no page would ever come to.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tierdesk.retention = 'on'")
        cursor.execute("UPDATE tickets_event SET xid = %s::xid8", [str(ALL + 1)])
        cursor.execute("SET LOCAL tierdesk.retention = 'off'")
    open_ticket("New")
    keys = list(Event.objects.order_by("id").values_list("pk", flat=True))
    assert feed_row.base in keys
    page, told = read(ada, at, limit=1), []
    while page.events:
        told += [int(event["id"].removeprefix("evt_")) for event in page.events]
        page = read(ada, at, page.next, limit=1)
    assert told == keys


# --- several at once ---


def next_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


WRITERS, ROUNDS = 8, 12


@pytest.mark.django_db(transaction=True)
def test_eight_writers_and_one_reader_nothing_is_missed_and_nothing_comes_twice(
    open_ticket: Callable[..., Ticket], mira: User, ada: User, at: datetime
) -> None:
    """One transaction writes first and commits last, some are rolled back, two tickets are fought for."""
    shared = [open_ticket("Shared"), open_ticket("Shared too")]
    own = [open_ticket(f"Of writer {n}") for n in range(WRITERS)]
    after = feed.page(ada, after=feed.NOW, at=at, before=next_transaction()).next
    begun = Event.objects.latest("id").pk
    has_written, may_end = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def in_a_thread(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def write_first_and_commit_last() -> None:
        with transaction.atomic():
            operations.note(open_ticket("Long"), text="First.", by=mira, at=at)
            has_written.set()
            assert may_end.wait(60)

    def write(n: int) -> None:
        for number in range(ROUNDS):
            with transaction.atomic():
                operations.note(own[n], text="Mine.", by=mira, at=at)
                if number % 3 == 0:
                    operations.note(shared[n % 2], text="Ours.", by=mira, at=at)
                if number % 4 == 3:
                    transaction.set_rollback(True)

    long = in_a_thread(write_first_and_commit_last)
    assert has_written.wait(60)
    writers = [in_a_thread(lambda n=n: write(n)) for n in range(WRITERS)]  # type: ignore[misc]
    told: list[str] = []
    pages = 0

    def read_on(before: int | None = None) -> bool:
        nonlocal after, pages
        page = feed.page(ada, after=after, limit=7, at=at, before=before)
        told.extend(event["id"] for event in page.events)
        after, pages = page.next, pages + 1
        return page.has_more

    while any(thread.is_alive() for thread in writers):
        read_on()
    for thread in writers:
        thread.join()
    read_on()
    assert told == []  # the long one may still write before all of them
    may_end.set()
    long.join()
    rows = Event.objects.filter(pk__gt=begun).order_by("xid", "id")
    written = [f"evt_{key}" for key in rows.values_list("pk", flat=True)]
    while read_on(before=next_transaction()):  # what else runs in this PostgreSQL holds back nobody now
        pass
    assert failed == []
    assert told == written
    assert len(written) == 2 + WRITERS * (ROUNDS - ROUNDS // 4) + sum(
        1 for _ in range(WRITERS) for number in range(ROUNDS) if number % 3 == 0 and number % 4 != 3
    )
    assert pages > 10
