"""Mail that comes in: how many messages a second one worker files, and how late notices leave meanwhile.

`per_second`, p50 and p95 are of filing alone, one letter after the other by one process (`bench.mail_in alone`).
`with_all_per_second` counts letters that a real worker of one process has filed with all that it did in between:
receipts, rules, notices to technicians, and answers that technicians write meanwhile (`bench.mail_in stream`);
`notice_..._s` is how long after their event those mails left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench import server
from bench.post import Post
from bench.sla_rows import Room

LETTERS_A_REQUEST = 5
"""A thousand letters for the 200 requests that other rows make."""
ALONE = 5
"""One of so many letters is filed alone."""

Result = dict[str, Any]


def mail_in(room: Room) -> Result:
    letters = room.requests * LETTERS_A_REQUEST
    cost = _ask(room.url, "alone", max(1, letters // ALONE))
    post = Post()
    post.open()
    try:
        with server.workers(room.url, EMAIL_URL=f"smtp://127.0.0.1:{post.port}"):
            found = _ask(room.url, "stream", letters)
    finally:
        post.close()
    of_one = {name: cost[name] for name in ("p50_ms", "p95_ms", "per_second")}
    return {**found, **of_one, "queries": 0, "bytes": 0}


def _ask(url: str, what: str, number: int) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "bench.mail_in", what, str(number)],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"bench.mail_in {what} failed:\n{done.stderr[-3000:]}")
    found: Result = json.loads(done.stdout.splitlines()[-1])
    return found


WORK: dict[str, Callable[[Room], Result]] = {"mail_in": mail_in}
