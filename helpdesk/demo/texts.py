"""What people say in the demo: scenarios from YAML, with blanks for names, places and devices."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "texts"
DATA = Path(__file__).parent / "data"
BLANK = re.compile(r"\{([a-z0-9]+)\}")
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STOCK = "stock.yml"
"""Small talk that fits every ticket: first answers, thanks, comments with a rating."""


@dataclass(frozen=True)
class Scenario:
    """One kind of trouble, and what everybody says about it on the way to its end.

    Which lives it can have follows from the texts it has: without `up` nobody hands it to L3.
    """

    key: str
    said: Mapping[str, Any]

    def has(self, *names: str) -> bool:
        return all(name in self.said for name in names)

    def get(self, name: str, default: Any = None) -> Any:
        return self.said.get(name, default)


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All of them, in the order of files and lines."""
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        if path.name != STOCK:
            found += [Scenario(row["key"], row) for row in read(path)]
    return tuple(found)


@cache
def stock() -> Mapping[str, Any]:
    return dict(read(FOLDER / STOCK))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506  (a safe one)


def fill(text: str, blanks: Mapping[str, str]) -> str:
    """Put words into the blanks that are known; other braces, such as those of code, stay."""
    return BLANK.sub(lambda found: blanks.get(found[1], found[0]), text).strip()


def pick(rng: Random, said: Any) -> Any:
    """One of several, or the only one."""
    return rng.choice(said) if isinstance(said, list) else said
