"""JSON as it comes in: read strictly, bounded in size and depth, with nothing that the database cannot keep."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from helpdesk.api.problems import too_large

DEEPEST = 20


class StrictJSON(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise too_large()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as trouble:
            raise ParseError(
                _("Byte %(place)s of the body is not UTF-8.") % {"place": trouble.start}
            ) from None
        try:
            found = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each)
        except RecursionError:
            raise _too_deep() from None
        except ValueError as trouble:
            raise ParseError(_("The body is not JSON: %(trouble)s.") % {"trouble": trouble}) from None
        if "\\u" in text or "[" in text or "{" in text[1:]:
            check(found)
        return found


def check(value: Any, depth: int = 0) -> None:
    """Not too deep, and no text that PostgreSQL cannot keep: it knows neither NUL nor half a surrogate pair."""
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_text(name)
            check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check(inner, depth + 1)


def check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError(_("The character U+0000 cannot be kept."))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ParseError(_("A surrogate code point stands alone, which is no text.")) from None


def _too_deep() -> ParseError:
    return ParseError(_("The body is nested more than %(most)s deep.") % {"most": DEEPEST})


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member “{twice[:60]}” comes twice")
    return found
