"""Which mails of the outbox somebody may read. Apps above say what is hidden from whom; this one knows no tickets."""

from collections.abc import Callable

from django.db.models import Q, QuerySet

from accounts.models import User
from delivery.models import Mail

Hides = Callable[[User], Q]

_hidden: list[Hides] = []


def hide(condition: Hides) -> None:
    """Leave out of the outbox, for each reader, the mails that `condition(reader)` finds."""
    if condition not in _hidden:
        _hidden.append(condition)


def readable_by(user: User) -> QuerySet[Mail]:
    rows = Mail.objects.all()
    for condition in _hidden:
        rows = rows.exclude(condition(user))
    return rows
