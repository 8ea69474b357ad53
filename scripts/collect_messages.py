"""Collects the texts to translate into locale/<language>/LC_MESSAGES/django.po, by Babel: no xgettext is needed.

Translations that are there stay; new texts come without one, texts that are gone are marked as obsolete.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de",)
APPS = (
    "accounts",
    "delivery",
    "escalation",
    "helpdesk",
    "insights",
    "intake",
    "knowledgebase",
    "sla",
    "tickets",
)

# As Django names them, beside those that Babel knows.
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def collect(root: Path = ROOT) -> Catalog:
    found = Catalog(project="Tierdesk", charset="utf-8")
    for path in sources(root):
        code = path.read_text()
        if path.suffix != ".py":
            code = as_python(code, path)
        place = str(path.relative_to(root))
        for line, message, comments, context in extract(
            "python", BytesIO(code.encode()), KEYWORDS, ["Translators:"]
        ):
            found.add(message, locations=[(place, line)], auto_comments=comments, context=context)
    return found


def sources(root: Path) -> Iterator[Path]:
    for app in APPS:
        yield from sorted(root.glob(f"{app}/**/*.py"))
    yield from sorted(path for path in root.glob("templates/**/*") if path.suffix in {".html", ".txt"})


def as_python(template: str, path: Path) -> str:
    """Django writes a template's texts as calls of gettext; indentation would not be Python's."""
    lines = templatize(template, origin=str(path)).splitlines()
    return "\n".join(line.lstrip() for line in lines)


def main() -> None:
    found = collect()
    for language in LANGUAGES:
        target = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
        target.parent.mkdir(parents=True, exist_ok=True)
        kept = (
            read_po(BytesIO(target.read_bytes()), locale=language) if target.exists() else Catalog(language)
        )
        kept.update(found, no_fuzzy_matching=True)
        with target.open("wb") as file:
            write_po(file, kept, sort_by_file=True, width=100)
        done = sum(1 for message in kept if message.id and message.string and all(message.string))
        print(f"tierdesk: {target.relative_to(ROOT)}: {done} of {len(kept)} texts are translated")


if __name__ == "__main__":
    main()
