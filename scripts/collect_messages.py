"""Collects the texts to translate into locale/<language>/LC_MESSAGES/django.po, by Babel: no xgettext is needed.

Translations that are there stay, new texts come without one, texts that are gone go. The catalogue is sorted by
its texts and names files without lines, so that a change of code changes no more of it than its words.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
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

Texts = str | tuple[str, str]

# What Django's functions are given before anything else: c a context, t a text.
CALLS = {
    "gettext": "t",
    "gettext_lazy": "t",
    "gettext_noop": "t",
    "ngettext": "tt",
    "ngettext_lazy": "tt",
    "pgettext": "ct",
    "pgettext_lazy": "ct",
    "npgettext": "ctt",
    "npgettext_lazy": "ctt",
}
# As Babel wants to be told of those in templates.
KEYWORDS = DEFAULT_KEYWORDS | {"pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
HEADER = "# Translations of Tierdesk. Collected by `make messages`; docs/translating.md says how to go on."


def collect(root: Path = ROOT) -> Catalog:
    found = new_catalogue(None)
    for path in sources(root):
        code = path.read_text()
        texts = of_python(code) if path.suffix == ".py" else of_template(code, path)
        for message, context in texts:
            found.add(message, locations=[(str(path.relative_to(root)), 0)], context=context)
    return found


def sources(root: Path) -> Iterator[Path]:
    for app in APPS:
        yield from sorted(root.glob(f"{app}/**/*.py"))
    yield from sorted(path for path in root.glob("templates/**/*") if path.suffix in {".html", ".txt"})


def of_python(code: str) -> Iterator[tuple[Texts, str | None]]:
    """The texts in calls of Django's functions, whatever the module calls them: `gettext_lazy as _lazy`.

    By the syntax tree: Babel's reader of Python takes five times as long.
    """
    if "gettext" not in code:
        return
    tree = ast.parse(code)
    functions = {
        name.asname or name.name: CALLS[name.name]
        for node in tree.body  # imports stand at the top
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in CALLS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            yield from _of_call(node, functions[node.func.id])


def _of_call(call: ast.Call, wants: str) -> Iterator[tuple[Texts, str | None]]:
    given = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args[: len(wants)]]
    texts = [str(text) for text in given if isinstance(text, str)]
    if len(texts) < len(wants):
        return  # of a variable: whoever wrote its text has marked it
    context = texts.pop(0) if wants.startswith("c") else None
    yield (texts[0] if len(texts) == 1 else (texts[0], texts[1])), context


def of_template(code: str, path: Path) -> Iterator[tuple[Texts, str | None]]:
    """Django writes a template's texts as calls of gettext; indentation would not be Python's."""
    lines = templatize(code, origin=str(path)).splitlines()
    text = "\n".join(line.lstrip() for line in lines)
    for _line, message, _comments, context in extract("python", BytesIO(text.encode()), KEYWORDS):
        yield message if isinstance(message, str) else (message[0], message[1]), context


def new_catalogue(language: str | None) -> Catalog:
    return Catalog(
        language, project="Tierdesk", version="1", charset="utf-8", header_comment=HEADER, fuzzy=False
    )


def catalogue_of(language: str, root: Path = ROOT) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def updated(target: Path, found: Catalog, language: str) -> Catalog:
    """What the code says now, with the translations that the file has."""
    kept = new_catalogue(language)
    known: dict[tuple[object, str | None], Message] = {}
    if target.exists():
        with target.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                first = message.id[0] if isinstance(message.id, tuple) else message.id
                known[first, message.context] = message
    for message in found:
        if not message.id:
            continue
        first = message.id[0] if isinstance(message.id, tuple) else message.id
        before = known.get((first, message.context))
        kept.add(
            message.id,
            string=before.string if before is not None and before.id == message.id else None,
            locations=[(place, 0) for place in sorted({place for place, _line in message.locations})],
            flags=message.flags,
            user_comments=before.user_comments if before is not None else (),
            context=message.context,
        )
    return kept


def written(catalogue: Catalog) -> bytes:
    """The file's bytes, without what differs at each run: dates, and who ran it."""
    out = BytesIO()
    write_po(out, catalogue, sort_output=True, width=100, include_lineno=False)
    head, blank, body = out.getvalue().partition(b"\n\n")
    lines = head.split(b"\n")
    noise = (
        *(b'"POT-Creation', b'"PO-Revision', b'"Last-Translator', b'"Report-Msgid', b'"Generated-By'),
        b'"Language-Team',
    )
    return b"\n".join(line for line in lines if not line.startswith(noise)) + blank + body


def untranslated(catalogue: Catalog) -> list[Message]:
    """Without words of their own, or with some of their plurals only."""
    return [
        message
        for message in catalogue
        if message.id
        and not all(message.string if isinstance(message.string, tuple | list) else [message.string])
    ]


def main() -> None:
    found = collect()
    for language in LANGUAGES:
        target = catalogue_of(language)
        target.parent.mkdir(parents=True, exist_ok=True)
        catalogue = updated(target, found, language)
        target.write_bytes(written(catalogue))
        total = sum(1 for message in catalogue if message.id)
        open_ = len(untranslated(catalogue))
        print(f"tierdesk: {target.relative_to(ROOT)}: {total - open_} of {total} texts are translated")


if __name__ == "__main__":
    main()
