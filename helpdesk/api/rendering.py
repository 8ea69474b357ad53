"""Answers as compact JSON in UTF-8; times in UTC, as RFC 3339 writes them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer


class CompactJSON(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "text"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumped(data)


def dumped(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=plain).encode()


def plain(value: Any) -> Any:
    """What JSON has no type for."""
    match value:
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case UUID() | Decimal() | Promise():
            return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
