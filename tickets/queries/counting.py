"""How many tickets stand in each queue: two queries, whatever the number of tickets."""

from collections import Counter
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.expressions import Case, When
from django.db.models.fields import CharField

from accounts.models import Sees, User
from tickets.models import Named, Status, Ticket, TicketQuerySet, Watch
from tickets.models.querysets import sees_everything, visible

MINE, FREE, THEIRS = "mine", "free", "theirs"


def queue_counts(user: User) -> dict[str, int]:
    """Open tickets by name of queue, for the queues of `queues(user)`; a queue that is absent has none.

    The plain many are counted by one grouped query that reads nothing but the covering index
    `tkt_open_counts`; those that only their own facts show (restricted, asked for, watched) and those
    of the short partial indexes by a second.
    """
    counts: Counter[str] = Counter()
    _count_rows(counts, user, _grouped(Ticket.objects.open().filter(_plainly_visible(user)), user))
    for source, row in _rest(user):
        if source:
            counts[source] += row[-1]
        else:
            _count_rows(counts, user, [row])
    return dict(counts)
