"""A real SMTP server for a test: it keeps what it is sent, and can refuse, dawdle, or not be there."""

from __future__ import annotations

import email
import email.policy
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

logging.getLogger("mail.log").setLevel(logging.WARNING)


@dataclass
class SmtpServer:
    """What came, in order: the recipients of the envelope and the message."""

    port: int
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    dawdles: float = 0.0
    """Seconds before each message is taken."""

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.dawdles:
            time.sleep(self.dawdles)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.received.append((list(envelope.rcpt_tos), message))
        return "250 2.0.0 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for recipients, message in self.received if address in recipients]


def start(port: int = 0) -> tuple[SmtpServer, Callable[[], None]]:
    """The server, and what stops it."""
    server = SmtpServer(port or _free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, data_size_limit=100 * 2**20)
    controller.start()
    return server, controller.stop


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
