"""Words with places in braces, such as `{ticket}`: what people write into the templates of mails.

Nothing is carried out: a place is a name from a closed set, and what it stands for is put there as text. Braces that
hold no name are just braces.
"""

import re
from collections.abc import Iterable, Mapping

PLACE = re.compile(r"\{([a-z][a-z_]*)\}")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-!|~])")
_BLANK_LINES = re.compile(r"\n{3,}")


def places_in(text: str) -> list[str]:
    """The names in braces, each once, in their order."""
    return list(dict.fromkeys(PLACE.findall(text)))


def unknown_places(text: str, known: Iterable[str]) -> list[str]:
    allowed = set(known)
    return [name for name in places_in(text) if name not in allowed]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled. A line that held only empty places is gone, and so is the gap it leaves."""
    lines = [_filled(line, values) for line in text.replace("\r\n", "\n").split("\n")]
    kept = "\n".join(line for line in lines if line is not None)
    return _BLANK_LINES.sub("\n\n", kept).strip("\n")


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """Like `fill`, for a subject: one line."""
    return " ".join(PLACE.sub(lambda place: values.get(place[1], ""), text).split())


def plain(text: str) -> str:
    """The text so that Markdown takes it as it is: for the HTML of what somebody typed into one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _filled(line: str, values: Mapping[str, str]) -> str | None:
    filled = PLACE.sub(lambda place: values.get(place[1], ""), line)
    was_only_places = bool(PLACE.search(line)) and not PLACE.sub("", line).strip()
    return None if was_only_places and not filled.strip() else filled.rstrip()
