"""Redis as live updates use it: names of channel and keys, and a client for either world.

Sync for pages and workers, which may never wait for it (see `delivery.doorbell`); async for the live process.
"""

from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from delivery.doorbell import SOCKET_TIMEOUT

PATIENCE = 2.0
"""Seconds that the live process waits for Redis: nobody waits for the live process."""


def channel() -> str:
    return settings.LIVE_CHANNEL


def pulse_key() -> str:
    return f"{settings.LIVE_CHANNEL}:pulse"


def presence_key(ticket: int) -> str:
    return f"{settings.LIVE_CHANNEL}:at:{ticket}"


def client() -> "redis.Redis":
    return _client(settings.CELERY_BROKER_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> "redis.Redis":
    """One for the process; it keeps a connection for each thread that tells something at the same time."""
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )


def async_client() -> "redis.asyncio.Redis":
    return redis.asyncio.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=AsyncRetry(NoBackoff(), 0),
        decode_responses=True,
    )
