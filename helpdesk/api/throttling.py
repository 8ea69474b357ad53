"""So many requests a minute for each token, or each person with a session. Without Redis nobody is held up."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import Token

WINDOW = 60


class PerMinute(BaseThrottle):
    remaining_seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = settings.API_REQUESTS_PER_MINUTE
        if not limit:
            return True
        now = timezone.now().timestamp()
        window, into = divmod(now, WINDOW)
        used = _count(f"api:{_who(request)}:{int(window)}")
        self.remaining_seconds = WINDOW - into
        view.rate = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - used)),
            "RateLimit-Reset": str(max(1, round(self.remaining_seconds))),
        }
        return used <= limit

    def wait(self) -> float:
        return self.remaining_seconds


def _who(request: Request) -> str:
    return f"t{request.auth.pk}" if isinstance(request.auth, Token) else f"p{request.user.pk}"


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # the first of this minute
        cache.add(key, 1, WINDOW + 5)
        return 1
