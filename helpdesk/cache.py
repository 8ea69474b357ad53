"""A cache that may be away: without Redis everything is a miss and nothing fails."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# After a failure Redis is left alone so long: a dead host costs one time-out, not one for each request.
PAUSE_SECONDS = 5.0

Answer = TypeVar("Answer")


class KeptClient(RedisCacheClient):
    """Django makes a Redis client for every question, which takes longer than to ask it; one can be kept."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool: Any = self._get_connection_pool(write)  # type: ignore[attr-defined]
        client = self._clients.get(id(pool))
        if client is None:
            client = self._clients[id(pool)] = self._client(connection_pool=pool)  # type: ignore[attr-defined]
        return client


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, where a failing Redis answers as an empty one.

    Sessions then come from PostgreSQL, and login throttles count anew; both beat a desk that is down.
    """

    _away_until = 0.0  # for the whole process: threads share the knowledge

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

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
