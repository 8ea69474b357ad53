"""The edge of the network: a mail server that keeps what it is given, or holds its answer back."""

import socket
import socketserver
import threading
from email import message_from_bytes
from email.message import Message
from typing import Self


class PostOffice(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.letters: list[Message] = []
        self.arrived = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self.calls = 0
        self.lines: list[socket.socket] = []

    def hang_up_on_all(self) -> None:
        """As a server does with whoever is silent for long."""
        for line in self.lines:
            line.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answers.set()
        self.shutdown()
        self.server_close()


class Counter(socketserver.StreamRequestHandler):
    server: PostOffice

    def handle(self) -> None:
        self.server.calls += 1
        self.server.lines.append(self.connection)
        self._say("220 post office")
        while line := self.rfile.readline():
            match line[:4].upper().strip():
                case b"DATA":
                    self._say("354 go on")
                    self._take_letter()
                    self._say("250 taken")
                case b"QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _take_letter(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.letters.append(message_from_bytes(b"".join(lines)))
        self.server.arrived.set()
        self.server.answers.wait(60)

    def _say(self, text: str) -> None:
        try:
            self.wfile.write(f"{text}\r\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            return
