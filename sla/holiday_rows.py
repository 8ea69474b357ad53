"""Public holidays from the library `holidays`, as names by date. Asked when a calendar is saved, never by a replay."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from babel import Locale
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

LANGUAGE = "en_US"
"""One language for all countries that have it: what is stored does not depend on who saves."""
LONGEST_NAME = 200


def public_holidays(country: str, subdivision: str, years: Iterable[int]) -> dict[date, str]:
    """Names by date, in order; none for no country. The country and its subdivision are known ones."""
    if not country:
        return {}
    found = _library().country_holidays(
        country, subdiv=subdivision or None, years=list(years), language=_language(country)
    )
    return {day: name[:LONGEST_NAME] for day, name in sorted(found.items())}


def countries() -> list[tuple[str, str]]:
    """Codes and names of the countries whose holidays are known, by name in the language that is active."""
    names = (
        Locale.negotiate([get_language() or ""], ["en", *dict(settings.LANGUAGES)]) or Locale("en")
    ).territories
    return sorted(((code, names.get(code, code)) for code in _subdivisions()), key=lambda row: row[1])


def subdivisions(country: str) -> list[tuple[str, str]]:
    """Codes and names of the parts of a country that have holidays of their own; none for an unknown country."""
    codes = _subdivisions().get(country, [])
    if not codes:
        return []
    names = {code: name for name, code in _library().country_holidays(country).subdivisions_aliases.items()}
    return [
        (code, _("%(name)s (%(code)s)") % {"name": names[code], "code": code} if code in names else code)
        for code in codes
    ]


def is_known(country: str, subdivision: str = "") -> bool:
    codes = _subdivisions().get(country)
    return codes is not None and (not subdivision or subdivision in codes)


@cache
def _subdivisions() -> dict[str, list[str]]:
    found: dict[str, list[str]] = _library().list_supported_countries(include_aliases=False)
    return found


def _language(country: str) -> str | None:
    known = _library().country_holidays(country).supported_languages
    return LANGUAGE if LANGUAGE in known else None


def _library() -> Any:
    """Loaded when it is asked: it takes a tenth of a second, and most processes never need it."""
    import holidays  # noqa: PLC0415

    return holidays
