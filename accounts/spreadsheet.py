"""CSV for people who open it in a spreadsheet: streamed, and no cell that the spreadsheet would carry out."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection)."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for its own code page."""


class Line:
    """A file that hands back each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def lines(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A whole file, line by line."""
    write = csv.writer(Line()).writerow
    yield BYTE_ORDER_MARK
    yield str(write([safe(cell) for cell in head]))
    for row in rows:
        yield str(write([safe(cell) for cell in row]))


def safe(value: Any) -> str:
    """A cell as text that no spreadsheet carries out."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        # With its offset: the file says by itself whose clock showed it, also in the hour that comes twice.
        return timezone.localtime(value).isoformat(sep=" ", timespec="minutes")
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text
