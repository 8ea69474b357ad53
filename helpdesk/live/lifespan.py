"""The line to Redis begins with the process and ends with it."""

from collections.abc import Awaitable, Callable
from typing import Any

from helpdesk.live.switchboard import switchboard

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Lifespan:
    """The ASGI protocol of the same name."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        while True:
            said = (await receive())["type"]
            if said == "lifespan.startup":
                switchboard().start()
            else:
                await switchboard().stop()
            await send({"type": f"{said}.complete"})
            if said == "lifespan.shutdown":
                return
