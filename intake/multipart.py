"""A posted form of several parts, read from its bytes.

Django's own reader limits all fields without a file name together to DATA_UPLOAD_MAX_MEMORY_SIZE, and providers post
whole messages in such a field. Here the whole body has its limit, and values stay the bytes that they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

MOST_PARTS = 1000


class NoForm(ValueError):
    """The body is no form of several parts."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    file_name: str | None
    content_type: str
    content: bytes


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """The parts in their order.

    Raises:
        NoForm: there is no boundary, or more than `MOST_PARTS` parts.
    """
    boundary = _headers(f"Content-Type: {content_type}").get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise NoForm("no boundary")
    chunks = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if len(chunks) > MOST_PARTS:
        raise NoForm("too many parts")
    found = []
    for chunk in chunks[1:]:
        if chunk.startswith(b"--"):
            break
        head, _, content = chunk.partition(b"\r\n\r\n")
        headers = _headers(head.decode("utf-8", "replace").lstrip("\r\n"))
        name = headers.get_param("name", header="content-disposition")
        if isinstance(name, str):
            file_name = headers.get_filename()
            found.append(Part(name, file_name, headers.get_content_type(), content))
    return found


def _headers(text: str) -> Message:
    return HeaderParser().parsestr(text)
