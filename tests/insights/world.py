"""A follower in tests: what a test has written itself is followed at once, though its transaction is under way."""

from datetime import datetime

from django.db import connection
from django.db.models import Max

from insights.models import FactState
from insights.operations import checking
from tickets.models import Event
from tickets.queries.feed import Cursor


def own_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def follow(at: datetime) -> None:
    """Until there is nothing left to do. What the test writes next belongs to the same transaction, so the place in
    the feed is set to its last event: a follower would not have read so far."""
    mine = own_transaction()
    checking.catch_up(at=at, before=mine + 1)
    state = FactState.objects.get()
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    state.cursor = str(Cursor(state.epoch, mine, last))
    state.save()


def differences(at: datetime) -> list[str]:
    """What `manage.py check_facts` would print."""
    follow(at)
    found = checking.differing(checking.all_tickets())
    return [*map(str, found), *checking.differing_cells()]
