"""Who is at a ticket, and who is writing there: kept in Redis alone, for a minute from the last word of each page.

A hash for each ticket: "person:socket" to "look" or "write" and when that ends. Several pages of one person count once.
"""

import time
from collections.abc import Iterable, Mapping

import redis.asyncio
from redis.exceptions import RedisError

from delivery.doorbell import breaker
from helpdesk.live import lines

LOOK, WRITE, LEAVE = "look", "write", "leave"
STAYS = 60
"""Seconds after which who has not been heard of is gone."""
REFRESH = 20
"""Seconds after which the live process says again who is there."""


def at_tickets(keys: Iterable[int]) -> dict[int, dict[int, str]]:
    """By ticket, who is there: by person `look` or `write`. Nobody, where Redis does not answer."""
    wanted = list(keys)
    if not wanted or breaker.is_open():
        return {}
    try:
        with lines.client().pipeline(transaction=False) as asked:
            for key in wanted:
                asked.hgetall(lines.presence_key(key))
            found = asked.execute()
    except RedisError:
        breaker.trip()
        return {}
    now = time.time()
    read = {key: _living(fields, now) for key, fields in zip(wanted, found, strict=True)}
    return {key: people for key, people in read.items() if people}


async def note(client: "redis.asyncio.Redis", places: Mapping[str, tuple[int, str]]) -> None:
    """Say again where these pages are: by "person:socket" the ticket and what is done there."""
    if not places:
        return
    until = int(time.time()) + STAYS
    async with client.pipeline(transaction=False) as told:
        for name, (ticket, does) in places.items():
            told.hset(lines.presence_key(ticket), name, f"{does} {until}")
            told.expire(lines.presence_key(ticket), STAYS)
        await told.execute()


async def forget(client: "redis.asyncio.Redis", name: str, ticket: int) -> None:
    await client.hdel(lines.presence_key(ticket), name)


async def taken(client: "redis.asyncio.Redis", keys: Iterable[int]) -> list[int]:
    """Those of these tickets where somebody is."""
    wanted = list(keys)
    if not wanted:
        return []
    async with client.pipeline(transaction=False) as asked:
        for key in wanted:
            asked.hgetall(lines.presence_key(key))
        found = await asked.execute()
    now = time.time()
    return [key for key, fields in zip(wanted, found, strict=True) if _living(fields, now)]


def _living(fields: Mapping[str, str], now: float) -> dict[int, str]:
    people: dict[int, str] = {}
    for name, value in fields.items():
        does, _space, until = value.partition(" ")
        person = name.partition(":")[0]
        if person.isdecimal() and until.isdecimal() and int(until) > now:
            key = int(person)
            people[key] = WRITE if WRITE in (does, people.get(key)) else LOOK
    return people
