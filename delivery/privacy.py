"""What of the outbox somebody may read. Apps above say what is hidden from whom; this one knows no tickets."""

import re
from collections.abc import Callable

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import User
from delivery.models import Mail

Hides = Callable[[User], Q]
HIDDEN = "•••"

_hidden: list[Hides] = []
_keys: list[str] = []


def hide(condition: Hides) -> None:
    """Leave out of the outbox, for each reader, the mails that `condition(reader)` finds."""
    if condition not in _hidden:
        _hidden.append(condition)


def readable_by(user: User) -> QuerySet[Mail]:
    rows = Mail.objects.all()
    for condition in _hidden:
        rows = rows.exclude(condition(user))
    return rows


def conceal(path: str) -> None:
    """Name a path, such as `/r/`, after which a link carries a key that opens something for whoever has it."""
    if path not in _keys:
        _keys.append(path)


def without_keys(text: str) -> str:
    """The text with the keys of its links hidden: who reads the outbox could log in as the addressee.

    With DEBUG they stay, for there the outbox is the only place where a mail can be read.
    """
    if settings.DEBUG or not _keys:
        return text
    paths = "|".join(map(re.escape, _keys))
    return re.sub(rf"(https?://[^\s/]+(?:{paths}))[^\s\"'<>)]+", rf"\1{HIDDEN}", text)
