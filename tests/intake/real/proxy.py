"""A line that breaks when it is told to: a TCP proxy between the desk and its mail server."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """Passes bytes both ways; closes both ends as soon as the server has sent so many bytes, or said a certain word."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.cut_after: int | None = None
        self.cut_at: bytes | None = None
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._door.accept()
            except OSError:
                return
            outer = socket.create_connection(("127.0.0.1", self._to))
            threading.Thread(target=self._pass, args=(inner, outer), daemon=True).start()
            threading.Thread(target=self._watch, args=(outer, inner), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(65536):
                there.sendall(data)
        _end(here, there)

    def _watch(self, server: socket.socket, client: socket.socket) -> None:
        sent, seen = 0, b""
        with contextlib.suppress(OSError):
            while data := server.recv(4096):
                sent, seen = sent + len(data), seen[-100:] + data
                too_much = self.cut_after is not None and sent > self.cut_after
                if too_much or (self.cut_at and self.cut_at in seen):
                    client.sendall(data[: len(data) // 2])
                    self.cuts += 1
                    break
                client.sendall(data)
        _end(server, client)


def _end(*lines: socket.socket) -> None:
    for line in lines:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()
