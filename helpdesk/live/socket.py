"""One open page: who it is, what it hears of, where somebody is.

The page says `{"see": [scopes]}` and `{"at": ticket, "do": "look"}`; it is told `{"seen": versions}`, then what is new.
`docs/architecture.md` has the whole vocabulary.
"""

import asyncio
import json
import random
import secrets
import time
from functools import partial
from typing import Any

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseTrouble
from redis.exceptions import RedisError

from accounts.models import User
from helpdesk.live import presence
from helpdesk.live.lifespan import Receive, Send
from helpdesk.live.switchboard import switchboard
from helpdesk.live.visits import may_hear, session_of, whose

log = structlog.get_logger(__name__)

SOON, LATER = 0.1, 0.7
"""Seconds in which what is told is gathered; numbers may wait longer than tickets."""
MOST_TICKETS = 200
"""So many in one message; where there are more, the page asks for all of it."""
MOST_SOCKETS = 20
"""Open pages of one person in one process; a further one ends the oldest, which comes back when it is shown."""
MOST_MESSAGES, WINDOW = 60, 30.0
"""So many messages of a page within so many seconds."""

LOGGED_OUT, TOO_MANY, NOT_UNDERSTOOD, TRY_AGAIN = 4401, 4409, 4400, 4503


class Socket(AsyncWebsocketConsumer):
    def __init__(self) -> None:
        super().__init__()
        self.board = switchboard()
        self.user: User | None = None
        self.name = ""
        self.place: tuple[int, str] | None = None
        self.pending: dict[str, Any] = {}
        self.timer: asyncio.TimerHandle | None = None
        self.checking: asyncio.TimerHandle | None = None
        self.due = 0.0
        self.asked: list[str] = []
        self.window, self.received = time.monotonic(), 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.session = ""
        self.is_ended = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Nothing stays of a page that is gone. Not in `disconnect`, which is not called where a page leaves while it
        is being answered: that ends this by an error."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._end()

    async def connect(self) -> None:
        """Accepted first, for a browser does not tell its page why it was refused."""
        self.session = session_of(self.scope["cookies"])
        await self.accept()
        self.user = await self._ask_whose()
        if self.user is None:
            return
        self.name = f"{self.user.pk}:{secrets.token_hex(6)}"
        others = self.board.people[self.user.pk]
        others.append(self)
        if len(others) > MOST_SOCKETS:
            others.pop(0).drop()
        self._check_later()
        await self.send(json.dumps({"ready": True}))

    def drop(self) -> None:
        """It sees to its own end: the page that came does not wait for it, nor go with it."""
        self._begin(partial(self.close, TOO_MANY))

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Once: what the page had said before it heard of its end is passed over."""
        if not self.is_ended:
            self.is_ended = True
            await super().close(code, reason)

    async def _end(self) -> None:
        for waiting in (self.timer, self.checking, *self.tasks):
            if waiting is not None:
                waiting.cancel()
        self.board.forget(self)
        if self.user is None:
            return
        others = self.board.people[self.user.pk]
        if self in others:
            others.remove(self)
        if not others:
            del self.board.people[self.user.pk]
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.user is None or self.is_ended:
            return
        if self._is_too_much():
            await self.close(TOO_MANY)
            return
        try:
            said = json.loads(text_data or "")
            asked, at, does = said.get("see"), said.get("at"), said.get("do", presence.LEAVE)
        except (ValueError, AttributeError, RecursionError):
            await self.close(NOT_UNDERSTOOD)
            return
        if isinstance(asked, list) and all(isinstance(scope, str) for scope in asked):
            self.asked = asked
            await self._see(self.user)
        if type(at) is int and does in (presence.LOOK, presence.WRITE, presence.LEAVE):
            await self._be_at(at, does)

    def _is_too_much(self) -> bool:
        now = time.monotonic()
        if now - self.window > WINDOW:
            self.window, self.received = now, 0
        self.received += 1
        return self.received > MOST_MESSAGES

    # --- hearing ---

    async def _see(self, user: User) -> None:
        """Hear of what was asked for and may be heard; tell the versions, so that the page knows what it has missed."""
        granted = await self._ask_what_it_hears(user)
        if granted is None:
            return
        scopes, versions = granted
        self.board.hear(self, scopes, versions)
        await self._leave_what_is_hidden(scopes)
        tickets = [int(scope[7:]) for scope in scopes if scope.startswith("ticket:")]
        try:
            here = await presence.taken(self.board.redis, tickets)
        except (RedisError, OSError):
            here = []
        await self.send(json.dumps({"seen": versions, "here": here}))

    def take(
        self,
        *,
        ticket: tuple[int, int] | None = None,
        here: int | None = None,
        again: bool = False,
        **numbers: float,
    ) -> None:
        """Remember for the page: a ticket with its version, who is at one, that all is to be asked again."""
        if ticket is not None:
            known = self.pending.setdefault("tickets", {})
            known[ticket[0]] = ticket[1] and max(ticket[1], known.get(ticket[0], ticket[1]))
            again = again or len(known) > MOST_TICKETS
        if here is not None:
            self.pending.setdefault("here", set()).add(here)
        if again:
            self.pending = {"again": True}
        self.pending |= numbers
        self._send_within(SOON if ticket or here or again or "me" in numbers else LATER)

    def _send_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if self.timer is not None:
            if due >= self.due:
                return
            self.timer.cancel()
        self.due = due
        self.timer = loop.call_later(seconds, self._begin, self._flush)

    async def _flush(self) -> None:
        self.timer = None
        told, self.pending = self.pending, {}
        if "tickets" in told:
            told["tickets"] = list(told["tickets"].items())
        if "here" in told:
            told["here"] = sorted(told["here"])
        if told:
            await self.send(json.dumps(told))

    def _begin(self, work: Any) -> None:
        """Tasks are kept, or they might be collected while they run. A page that is gone has none to finish."""
        task: asyncio.Task[None] = asyncio.create_task(self._finish(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _finish(self, work: Any) -> None:
        try:
            await work()
        except Exception as trouble:  # one page's end is no matter for the others
            log.debug("a page is gone", trouble=str(trouble))

    # --- presence ---

    async def _be_at(self, ticket: int, does: str) -> None:
        if does == presence.LEAVE:
            await self._leave()
            return
        if f"ticket:{ticket}" not in self.board.scopes.get(self, ()):
            return  # a guest, a requester, or somebody who has lost sight of it
        if self.place is not None and self.place[0] != ticket:
            await self._leave()
        is_news, self.place = self.place != (ticket, does), (ticket, does)
        try:
            await presence.note(self.board.redis, {self.name: self.place})
        except (RedisError, OSError):
            return  # said again with the next pulse
        if is_news:
            await self.board.say(here=ticket)

    async def _leave(self) -> None:
        place, self.place = self.place, None
        if place is None:
            return
        try:
            await presence.forget(self.board.redis, self.name, place[0])
        except (RedisError, OSError):
            return
        await self.board.say(here=place[0])

    async def _leave_what_is_hidden(self, scopes: set[str]) -> None:
        if self.place is not None and f"ticket:{self.place[0]}" not in scopes:
            await self._leave()

    # --- whether it is still who it was ---

    def _check_later(self) -> None:
        wait = settings.LIVE_RECHECK_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 (spreads them, no secret)
        self.checking = asyncio.get_running_loop().call_later(wait, self._begin, self._check)

    async def _check(self) -> None:
        """A session that has ended, somebody who has left, a ticket that was hidden: noticed within a minute or so."""
        user = await self._ask_whose()
        if user is None:
            return
        self.user = user
        if self.asked:
            granted = await self._ask_what_it_hears(user)
            if granted is None:
                return
            scopes, versions = granted
            if scopes != self.board.scopes.get(self):
                self.board.hear(self, scopes, versions)
                await self._leave_what_is_hidden(scopes)
        self._check_later()

    async def _ask_whose(self) -> User | None:
        """Whoever it is; where it is nobody, or nobody can say, the page is told and this ends."""
        try:
            user = await whose(self.session)
        except DatabaseTrouble:
            await self.close(TRY_AGAIN)
            return None
        if user is None:
            await self.close(LOGGED_OUT)
        return user

    async def _ask_what_it_hears(self, user: User) -> tuple[set[str], dict[int, int]] | None:
        """What it may hear of, with versions; where nobody can say, this ends, or it might hear on unchecked."""
        try:
            return await may_hear(user, self.asked)
        except DatabaseTrouble:
            await self.close(TRY_AGAIN)
            return None
