"""Sending a form twice does it once: for a form's hidden key here, for `Idempotency-Key` in the API."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import Submission
from tickets.refusals import Refused

KEPT = timedelta(hours=24)


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
    with transaction.atomic():
        digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
        submission = Submission(key=key[:80], person=by, body_hash=digest, at=at)
        if key:
            Submission.objects.bulk_create([submission], ignore_conflicts=True)
            submission = Submission.objects.select_for_update().get(key=key[:80], person=by)
        if submission.body_hash != digest:
            raise KeyReused(
                _("This form was sent before with other words. Open it anew to send these."), field="key"
            )
        known = dict(submission.outcome)
        yield submission
        if key and submission.outcome != known:
            submission.save(update_fields=["outcome"])
        elif key and not submission.outcome:
            submission.delete()


def forget_submissions(*, at: datetime) -> int:
    """Drop the keys older than 24 hours."""
    return Submission.objects.filter(at__lt=at - KEPT).delete()[0]
