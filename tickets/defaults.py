"""The priority matrix that ships (ITIL's usual one, with four priorities). Idempotent; after every migrate."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from tickets.models import PriorityRule

SHIPPED_MATRIX = {
    (1, 1): 1,
    (1, 2): 2,
    (1, 3): 3,
    (2, 1): 2,
    (2, 2): 3,
    (2, 3): 4,
    (3, 1): 3,
    (3, 2): 4,
    (3, 3): 4,
}


def ensure_defaults(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    if PriorityRule.objects.using(using).count() == len(SHIPPED_MATRIX):
        return
    PriorityRule.objects.using(using).bulk_create(
        [PriorityRule(impact=i, urgency=u, priority=p) for (i, u), p in SHIPPED_MATRIX.items()],
        ignore_conflicts=True,
    )
