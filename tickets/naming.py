"""What statuses are called and coloured in this installation. Their meaning, and the codes of the API, never change."""

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import get_language

from accounts.current import statuses_of_desk
from tickets.models.choices import Status

NAMES, PORTAL, COLOUR = "names", "portal", "colour"


def status_name(code: str) -> str:
    """The desk's word for a status, in the reader's language."""
    return _word(code, NAMES) or str(Status(code).label)


status_name_lazy = lazy(status_name, str)
"""For lists that are made before the database is read, such as the API's description."""


def portal_name(code: str) -> str:
    """What requesters read for a status; "" where the built-in words hold."""
    return _word(code, PORTAL)


def status_colour(code: str) -> str:
    """The name of a tone; "" for the colour as shipped."""
    return str(statuses_of_desk().get(code, {}).get(COLOUR, ""))


def _word(code: str, of: str) -> str:
    words = statuses_of_desk().get(code, {}).get(of, {})
    language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return str(words.get(language, ""))
