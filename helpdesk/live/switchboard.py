"""The heart of a live process: one line to Redis, and which of its sockets hear of what."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import structlog
from redis.exceptions import RedisError

from delivery.doorbell import SILENCE
from helpdesk.live import lines, presence

log = structlog.get_logger(__name__)

PULSE = 3.0
"""Seconds between signs of life, which /readyz looks for; the last one counts for three of them."""
QUIET = 5.0
"""Seconds without a word of Redis after which it is asked for one."""
LATE = 12.0
"""Seconds without a word after which the line is taken for dead."""
AGAIN_AFTER = (0.5, 1.0, 2.0, 3.0)
"""Seconds before each further try to reach Redis."""
REMEMBERED = 15.0
"""Seconds for which a page that has just come is told what it may have missed since it was drawn."""


class Listener(Protocol):
    """A socket, as the switchboard knows it."""

    name: str
    place: tuple[int, str] | None

    def take(self, **news: Any) -> None:
        """Remember this for the page, and send it soon."""


class Switchboard:
    """Lives in one event loop: nothing here needs a lock."""

    def __init__(self) -> None:
        self.listeners: dict[str, set[Listener]] = defaultdict(set)
        self.scopes: dict[Listener, set[str]] = {}
        self.people: dict[int, list[Any]] = defaultdict(list)
        self.recent: deque[tuple[float, int, int, list[str]]] = deque(maxlen=2_000)
        self.is_connected = False
        self.redis = lines.async_client()
        self._tasks: list[asyncio.Task[None]] = []

    # --- the process ---

    def start(self) -> None:
        self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._pulse)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.redis.aclose()

    @property
    def counted(self) -> dict[str, Any]:
        return {
            "sockets": len(self.scopes),
            "people": len(self.people),
            "redis": "ok" if self.is_connected else "away",
        }

    # --- the sockets ---

    def hear(self, listener: Listener, scopes: set[str], versions: Mapping[int, int]) -> None:
        """From now on it hears of these alone; and at once of what it may have missed. `versions` it knows already."""
        self.forget(listener)
        self.scopes[listener] = scopes
        for scope in scopes:
            self.listeners[scope].add(listener)
        since = time.monotonic() - REMEMBERED
        for at, ticket, version, reached in self.recent:
            is_known = 0 < version <= versions.get(ticket, -1)
            if at >= since and not is_known and not scopes.isdisjoint(reached):
                listener.take(ticket=(ticket, version))

    def forget(self, listener: Listener) -> None:
        for scope in self.scopes.pop(listener, ()):
            self.listeners[scope].discard(listener)
            if not self.listeners[scope]:
                del self.listeners[scope]

    async def say(self, **message: Any) -> None:
        """To all live processes, this one included."""
        try:
            await self.redis.publish(lines.channel(), json.dumps(message | {"at": round(time.time(), 3)}))
        except (RedisError, OSError) as trouble:
            log.warning("live processes are not told", trouble=str(trouble))

    # --- what Redis says ---

    async def _listen(self) -> None:
        tries = 0
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as trouble:
                if self.is_connected or not tries:
                    log.warning("live: redis is away", trouble=str(trouble))
                tries = 0 if self.is_connected else tries
                self.is_connected = False
                await asyncio.sleep(AGAIN_AFTER[min(tries, len(AGAIN_AFTER) - 1)])
                tries += 1

    async def _listen_once(self) -> None:
        async with self.redis.pubsub() as line:
            await line.subscribe(lines.channel())
            heard = time.monotonic()
            while True:
                message = await line.get_message(timeout=QUIET)
                now = time.monotonic()
                if message is None:
                    if now - heard > LATE:
                        raise TimeoutError(f"no word within {LATE:.0f} s")
                    await line.ping()
                    continue
                heard = now
                if message["type"] == "subscribe":
                    self._back_again()
                elif message["type"] == "message":
                    self._read(message["data"])

    def _back_again(self) -> None:
        """Nobody knows what was missed: every page asks again. Those who tell keep silent for a while after a failure,
        so once more when the last of them speaks again."""
        self.is_connected = True
        log.info("live: hears redis", **self.counted)
        self._everybody_again()
        asyncio.get_running_loop().call_later(SILENCE + 1, self._everybody_again)

    def _everybody_again(self) -> None:
        self._everybody(again=True)

    def _everybody(self, **news: Any) -> None:
        for listener in list(self.scopes):
            listener.take(**news)

    def _read(self, text: str) -> None:
        """A publisher of another version may say what nobody here understands: the next one is heard all the same."""
        try:
            self.route(json.loads(text))
        except Exception:
            log.exception("live: a message is passed over")

    def route(self, message: dict[str, Any]) -> None:
        """Hand a message to whom it concerns."""
        at = message.get("at", 0)
        now = time.monotonic()
        for ticket, version, reached in message.get("news", ()):
            self.recent.append((now, ticket, version, reached))
            for listener in self._of(reached):
                listener.take(ticket=(ticket, version))
        for person in message.get("people", ()):
            for listener in self._of([f"person:{person}"]):
                listener.take(me=at)
        if "here" in message:
            for listener in self._of([f"ticket:{message['here']}"]):
                listener.take(here=message["here"])
        if message.get("counts"):
            for listener in self._of(["counts"]):
                listener.take(counts=at)
            for listener in self._of(["board"]):
                listener.take(board=at)
        if message.get("again"):
            self._everybody_again()

    def _of(self, scopes: Iterable[str]) -> set[Listener]:
        return {listener for scope in scopes for listener in self.listeners.get(scope, ())}

    # --- signs of life ---

    async def _pulse(self) -> None:
        """That this process lives, and who is where: both end by themselves when it does not."""
        beats = 0
        while True:
            if beats % int(presence.REFRESH / PULSE) == 0:
                # A page that hears nothing for long takes its line for dead.
                self._everybody(still=True)
            try:
                await self.redis.set(lines.pulse_key(), json.dumps(self.counted), ex=int(PULSE * 3))
                if beats % int(presence.REFRESH / PULSE) == 0:
                    places = {each.name: each.place for each in self.scopes if each.place is not None}
                    await presence.note(self.redis, places)
            except (RedisError, OSError):
                beats = -1  # said again as soon as Redis is back
            beats += 1
            await asyncio.sleep(PULSE)


_switchboard: Switchboard | None = None


def switchboard() -> Switchboard:
    """The one of this process."""
    global _switchboard  # noqa: PLW0603
    if _switchboard is None:
        _switchboard = Switchboard()
    return _switchboard
