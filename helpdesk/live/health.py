"""/healthz of the live process: 200 while it lives, with how many it serves."""

import json
from typing import Any

from helpdesk.live.lifespan import Receive, Send
from helpdesk.live.switchboard import switchboard


async def alive(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    is_ours = scope["path"] == "/healthz"
    body = json.dumps({"status": "ok", **switchboard().counted} if is_ours else {"status": "not found"})
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200 if is_ours else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
