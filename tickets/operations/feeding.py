"""The epoch of the change feed: begun anew when the database was restored."""

import secrets
from datetime import datetime

from django.db import connection, transaction

from delivery.horizon import horizon
from delivery.models import Webhook
from tickets.models import Feed


def current_feed(*, at: datetime) -> Feed:
    """The feed in its epoch. Where the cluster or its timeline is another one than before, a new epoch begins here."""
    feed = Feed.objects.filter(pk=1).first()
    system, timeline = _who_is_this()
    if feed is not None and (feed.system, feed.timeline) == (system, timeline):
        return feed
    return renew_epoch(at=at, known=feed.epoch if feed else None)


@transaction.atomic
def renew_epoch(*, at: datetime, known: str | None = None) -> Feed:
    """Begin a new epoch: cursors of the old one are refused, and webhooks are told of what happens from now on.

    Writers wait for the moment that this takes, so that all that stands in the table is there for good. The very
    first epoch takes the history as it is, unless its transactions lie in the future of this database.

    Args:
        known: the epoch that is to be ended; where another has begun meanwhile, that one is answered.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tickets_event IN SHARE MODE")
        cursor.execute(_LAST)
        base, is_of_this_life = cursor.fetchone()
    feed = Feed.objects.select_for_update().filter(pk=1).first()
    if feed is not None and known is not None and feed.epoch != known:
        return feed
    system, timeline = _who_is_this()
    now = horizon()
    if feed is None and is_of_this_life:
        return Feed.objects.create(pk=1, epoch=_new_name(), system=system, timeline=timeline, renewed_at=at)
    values = {
        "epoch": _new_name(),
        "system": system,
        "timeline": timeline,
        "base": base,
        "renewed_at": at,
        "told_until": now,
        "window_end": None,
        "window_last": 0,
    }
    feed, _is_new = Feed.objects.update_or_create(pk=1, defaults=values)
    Webhook.objects.exclude(kinds=[]).update(listens_from=now)
    return feed


_LAST = """
    SELECT coalesce(max(id), 0),
        coalesce((SELECT xid FROM tickets_event ORDER BY xid DESC, id DESC LIMIT 1) <= pg_current_xact_id(), true)
    FROM tickets_event
"""


def _new_name() -> str:
    return secrets.token_urlsafe(9)


def _who_is_this() -> tuple[str, int]:
    """The cluster and its timeline: a copy that was brought back by PostgreSQL's own means differs in one of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system())::text, "
            "(SELECT timeline_id FROM pg_control_checkpoint())"
        )
        system, timeline = cursor.fetchone()
    return system, timeline
