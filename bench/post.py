"""A mail server for benches and faults: takes all it is sent, notes when, and can refuse, dawdle or be away."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
import time
from collections import Counter
from typing import Any

from aiosmtpd.controller import Controller

_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


class Post:
    """`taken` counts messages by recipient and Message-ID: more than once is a double."""

    def __init__(self) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.taken: Counter[tuple[str, str]] = Counter()
        self.at: dict[str, float] = {}
        self.refuses: set[str] = set()
        self.dawdles = 0.0
        self._lock = threading.Lock()
        self._controller: Controller | None = None

    def open(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.dawdles:
            await asyncio.sleep(self.dawdles)
        found = _ID.search(envelope.content[:20_000])
        name = found[1].decode() if found else ""
        with self._lock:
            self.at.setdefault(name, time.time())
            self.taken.update((address, name) for address in envelope.rcpt_tos)
        return "250 taken"
