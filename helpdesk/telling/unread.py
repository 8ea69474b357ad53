"""How many notices somebody has not read: beside the word in the portal's navigation, a few seconds old at most."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from delivery.models import Notice

KEPT_SECONDS = 10
MOST_COUNTED = 100


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template; nothing is read before a page of the portal draws it."""
    return {"unread_notices": SimpleLazyObject(lambda: _shown(getattr(request, "user", None)))}


def forget_unread(user: User) -> None:
    """After the person's own act the number is true at once."""
    cache.delete(_key(user))


def _shown(user: Any) -> str:
    if not isinstance(user, User):
        return ""
    count = cache.get(_key(user))
    if count is None:
        count = Notice.objects.filter(person=user, read_at__isnull=True)[: MOST_COUNTED + 1].count()
        cache.set(_key(user), count, KEPT_SECONDS)
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


def _key(user: User) -> str:
    return f"portal:unread:{user.pk}"
