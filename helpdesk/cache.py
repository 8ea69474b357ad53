"""A cache that may be away: without Redis everything is a miss and nothing fails."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# After a failure Redis is left alone so long: a dead host costs one time-out, not one for each request.
PAUSE_SECONDS = 5.0

Answer = TypeVar("Answer")


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, where a failing Redis answers as an empty one.

    Sessions then come from PostgreSQL, and login throttles count anew; both beat a desk that is down.
    """

    _away_until = 0.0  # for the whole process: threads share the knowledge

    def add(self, key: Any, value: Any, *args: Any, **options: Any) -> bool:
        return self._ask(super().add, key, value, *args, otherwise=True, **options)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(super().get, key, default, version, otherwise=default)

    def set(self, key: Any, value: Any, *args: Any, **options: Any) -> None:
        self._ask(super().set, key, value, *args, otherwise=None, **options)

    def touch(self, key: Any, *args: Any, **options: Any) -> bool:
        return self._ask(super().touch, key, *args, otherwise=False, **options)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._ask(super().delete, key, version, otherwise=False)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return self._ask(super().get_many, keys, version, otherwise={})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._ask(super().has_key, key, version, otherwise=False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._ask(super().incr, key, delta, version, otherwise=delta)

    def set_many(self, data: Any, *args: Any, **options: Any) -> list[Any]:
        return self._ask(super().set_many, data, *args, otherwise=[], **options)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._ask(super().delete_many, keys, version, otherwise=None)

    def clear(self) -> None:
        self._ask(super().clear, otherwise=None)

    @classmethod
    def _ask(cls, method: Callable[..., Answer], *args: Any, otherwise: Answer, **options: Any) -> Answer:
        if monotonic() < cls._away_until:
            return otherwise
        try:
            return method(*args, **options)
        except RedisError as trouble:
            cls._away_until = monotonic() + PAUSE_SECONDS
            log.warning("cache is away", trouble=str(trouble), pause_seconds=PAUSE_SECONDS)
            return otherwise
