"""In which language and zone somebody reads who has not said so: as their browser tells, once, at the first login.

Afterwards only their profile says it, so that mail and pages agree. A language that is chosen on the page of the
login counts for whoever logs in there.
"""

from collections.abc import Mapping
from typing import TypedDict
from zoneinfo import available_timezones

from django.conf import settings
from django.utils import translation

from accounts.models import User

ZONE_COOKIE = "zone"
"""Set by static/src/js/times.js."""
CHOSEN = "language_chosen"
"""In the session of somebody who has not logged in yet."""


class Reading(TypedDict, total=False):
    timezone: str
    language: str


def zone_of(cookies: Mapping[str, str]) -> str | None:
    """The browser's zone, if it told one that exists."""
    named = cookies.get(ZONE_COOKIE, "")
    return named if named in available_timezones() else None


def learned(person: User, *, cookies: Mapping[str, str], has_chosen: bool) -> Reading:
    """What a login tells of this person, in the language that is active; nothing where they have chosen before.

    `has_chosen`: on the way to this login they picked the language.
    """
    found: Reading = {}
    is_first = person.last_login is None
    language = translation.get_language() or settings.LANGUAGE_CODE
    if has_chosen or (is_first and person.language == settings.LANGUAGE_CODE):
        found["language"] = language
    zone = zone_of(cookies)
    if zone and is_first and person.timezone == settings.TIME_ZONE:
        found["timezone"] = zone
    return found
