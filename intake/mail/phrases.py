"""The words of `phrases.yml`, once read."""

from pathlib import Path
from typing import Any

import yaml

_DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))

KEYS: dict[str, str] = {
    word: kind for kind in ("other", "copy", "to", "date", "subject", "from") for word in _DATA[kind]
}
WROTE: tuple[str, ...] = tuple(_DATA["wrote"])
ORIGINAL: tuple[str, ...] = tuple(_DATA["original"])
FORWARDED: tuple[str, ...] = tuple(_DATA["forwarded"])
FORWARD_PREFIXES = frozenset[str](_DATA["forward_prefixes"])
REPLY_PREFIXES = frozenset[str](_DATA["reply_prefixes"])
ABOVE: tuple[str, ...] = tuple(_DATA["above"])
MOBILE: tuple[str, ...] = tuple(_DATA["mobile"])
MONTHS: dict[str, int] = {word: number for number, words in _DATA["months"].items() for word in words}
