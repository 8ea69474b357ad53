"""Sending a form twice does it once: for a form's hidden key here, for `Idempotency-Key` in the API."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.prepared import update
from tickets.models import Draft, Submission
from tickets.refusals import Refused

KEPT = timedelta(hours=24)
KEPT_DRAFTS = timedelta(days=30)
API = "api:"
"""Begins the keys of programs, whose answers are kept whole."""


class KeyReused(Refused):
    """The same key came with another body."""

    code = "key_reused"


@contextmanager
def once(*, key: str, by: User, body: Any, at: datetime) -> Iterator[Submission]:
    """Carry out what a form or request asks for exactly once.

    Inside, `submission.outcome` is filled when it was carried out before: then answer from it and do
    nothing. Otherwise do it and set `outcome`; both are committed together. A second one that comes while the
    first is under way waits for it. Without a key, nothing is remembered. Leaving by an exception, or
    without an outcome, forgets the key.

    Raises:
        KeyReused: the key is known with another body.
    """
    key = key.replace("\x00", "")[:80]
    with transaction.atomic():
        digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
        submission = _claim(Submission(key=key, person=by, body_hash=digest, at=at))
        if submission.body_hash != digest:
            raise KeyReused(
                _("This form was sent before with other words. Open it anew to send these."), field="key"
            )
        known = dict(submission.outcome)
        yield submission
        if key and submission.outcome != known:
            update(submission, ["outcome"])
        elif key and not submission.outcome:
            submission.delete()


def _claim(new: Submission) -> Submission:
    """The row of this key: the new one, or the one that is there, whose transaction is waited for.

    One statement in the usual case, hence the SQL: `bulk_create(ignore_conflicts=True)` does not say
    whether it wrote the row.
    """
    if not new.key:
        return new
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_submission (key, person_id, body_hash, outcome, at)"
            " VALUES (%s, %s, %s, '{}', %s) ON CONFLICT DO NOTHING RETURNING id",
            [new.key, new.person_id, new.body_hash, new.at],
        )
        row = cursor.fetchone()
    if row is None:
        return Submission.objects.select_for_update().get(key=new.key, person_id=new.person_id)
    new.pk = row[0]
    new._state.adding = False  # noqa: SLF001  (the row is there: the next save is an UPDATE)
    return new


def forget_answers(number: str) -> None:
    """Empty the answers to programs that tell of this ticket: its words are being redacted, and must not come back.

    The keys stay, so that a request which is sent again is still done once.
    """
    told = Submission.objects.filter(key__startswith=API).annotate(text=Cast("outcome", TextField()))
    for row in told.filter(text__contains=f'"{number}"').select_for_update():
        row.outcome = {**row.outcome, "body": {"number": number}}
        update(row, ["outcome"])


def forget_submissions(*, at: datetime) -> int:
    """Drop the keys older than 24 hours."""
    return Submission.objects.filter(at__lt=at - KEPT).delete()[0]


def forget_drafts(*, at: datetime) -> int:
    """Drop what was typed and not sent a month ago: the words of people are not kept for nobody."""
    return Draft.objects.filter(at__lt=at - KEPT_DRAFTS).delete()[0]
