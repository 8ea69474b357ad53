"""The logo of a company inside its mails: a picture that is fetched would tell when and where they were read."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from django.core.files.storage import default_storage

from accounts.current import current_brandings
from accounts.looks import Look
from delivery.files import LOGO, MailFile
from delivery.operations.heading import domain

KEPT = re.compile(r"branding/([0-9a-f]{32})\.png")
"""As `accounts.models.branding.logo_path` has it. Another logo has another path: a mail that waits keeps its own."""
TALLEST, WIDEST = 48, 240


@dataclass(frozen=True)
class Logo:
    """One as a mail shows it, in pixels."""

    path: str
    width: int
    height: int

    @classmethod
    def of(cls, look: Look) -> "Logo | None":
        if not KEPT.fullmatch(look.picture) or not look.width or not look.height:
            return None
        scale = min(1, TALLEST / look.height, WIDEST / look.width)
        return cls(look.picture, max(1, round(look.width * scale)), max(1, round(look.height * scale)))

    @property
    def key(self) -> str:
        """Among the files of a mail."""
        return f"{LOGO}{self.path}"

    @property
    def content_id(self) -> str:
        return content_id(self.path)


def content_id(path: str) -> str:
    found = KEPT.fullmatch(path)
    return f"{found[1] if found else ''}.logo@{domain()}"


def read(keys: Iterable[str]) -> Iterator[MailFile]:
    """The bytes, when the mail leaves; where the file is gone the mail shows the name."""
    for key in keys:
        path = key.removeprefix(LOGO)
        content = _content(path) if key.startswith(LOGO) and KEPT.fullmatch(path) else b""
        if content:
            yield MailFile("logo.png", "image/png", content, content_id(path))


def is_ours(content: bytes) -> bool:
    """Whether this picture is a logo that our mails bring: an answer that quotes one brings it back."""
    paths = [row.logo.name for row in current_brandings() if row.logo]
    return bool(paths) and sha256(content).digest() in {_digest(str(path)) for path in paths}


@lru_cache(maxsize=500)
def _digest(path: str) -> bytes:
    return sha256(_content(path)).digest()


def _content(path: str) -> bytes:
    try:
        with default_storage.open(path, "rb") as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        return b""
