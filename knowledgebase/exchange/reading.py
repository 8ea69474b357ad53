"""One file of a folder as an article: front matter between `---` lines, then Markdown, or a page of HTML."""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup
from django.utils.text import slugify
from django.utils.translation import gettext as _
from markdownify import ATX, MarkdownConverter

from tickets.refusals import Invalid

ENDINGS = {".md", ".markdown", ".html", ".htm"}
HTML = {".html", ".htm"}
LARGEST = 2 * 2**20
"""Bytes of a file: what is read is cut to the longest body afterwards, this keeps memory."""
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Takes no more than plain values. The one in C is ten times as fast, and not everywhere."""
FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n?^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
FIRST_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t#]*(?:\n|\Z)")
GONE = [
    "script",
    "style",
    "noscript",
    "template",
    "nav",
    "header",
    "footer",
    "form",
    "iframe",
    "object",
    "svg",
]
TEXTS = (
    "title",
    "summary",
    "kind",
    "audience",
    "language",
    "owner",
    "translation_of",
    "manual",
    "note",
    "status",
)
PARTS = ("error_status", "symptom", "cause", "workaround", "fix")
LISTS = ("organisations", "tags", "related", "categories")
KEYS = (*TEXTS, *LISTS, *PARTS, "review_by", "position", "script")
STATUSES = ("published", "draft", "archived")


@dataclass(frozen=True)
class Parsed:
    """What one file says; nothing of it is looked up yet. `said` holds only what the file names."""

    path: Path
    section: tuple[str, ...]
    """The folders that it lies in, as slugs."""
    slug: str
    body: str
    said: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        return str(self.said.get(name) or default)

    def list(self, name: str) -> list[str]:
        return list(self.said.get(name) or ())


def read(path: Path, *, folder: Path) -> Parsed:
    """What a file says.

    Raises:
        Invalid: it cannot be read; `field` names the key, or `file`.
    """
    text = text_of(path)
    said, body = _split(text)
    if path.suffix.lower() in HTML:
        found, body = _from_html(body)
        said = {**found, **said}
    elif "title" not in said and (heading := FIRST_HEADING.match(body)):
        said["title"], body = heading[1], body[heading.end() :]
    if not said.get("title"):
        raise Invalid(_("It has no title: write `title: ...` between two lines of `---`."), field="title")
    return Parsed(
        path=path,
        section=tuple(slugify(part) or "articles" for part in path.relative_to(folder).parts[:-1]),
        slug=slugify(path.stem),
        body=body.strip(),
        said=said,
    )


def mapping_of(text: str) -> dict[str, Any]:
    """YAML that holds names with values.

    Raises:
        Invalid: it is none; the message names the line.
    """
    try:
        if "*" in text and any(
            isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=LOADER)
        ):
            # A few lines of them can stand for more than any memory holds.
            raise Invalid(_("Aliases (`*name`) are not taken: write it out."), field="file")
        found = yaml.load(text, Loader=LOADER)  # noqa: S506  (a safe one)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = _("line %(n)d") % {"n": mark.line + 2} if mark else _("somewhere")
        problem = getattr(error, "problem", None) or str(error)
        raise Invalid(
            _("What stands between the `---` lines is no YAML (%(place)s): %(problem)s.")
            % {"place": place, "problem": problem},
            field="file",
        ) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Invalid(_("Between the `---` lines `name: value` is expected."), field="file")
    return {str(name): value for name, value in found.items()}


def text_of(path: Path) -> str:
    """What a file holds.

    Raises:
        Invalid: it is too large, no UTF-8, or cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid(
                _("The file is larger than %(n)d MB. Divide it into a manual with chapters.")
                % {"n": LARGEST // 2**20},
                field="file",
            )
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Invalid(_("The file is not UTF-8. Save it in that encoding."), field="file") from None
    except OSError as error:
        raise Invalid(
            _("The file cannot be read: %(why)s.") % {"why": error.strerror}, field="file"
        ) from None


# --- below ---


def _split(text: str) -> tuple[dict[str, Any], str]:
    match = FRONT.match(text)
    if match is None:
        return {}, text.removeprefix("\ufeff")
    return _checked(mapping_of(match[1])), text[match.end() :]


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """Each key known, each value of its kind; what is empty counts as not said."""
    cleaned: dict[str, Any] = {}
    for name, value in said.items():
        if name not in KEYS:
            near = difflib.get_close_matches(name, KEYS, 1)
            remedy = (
                _("Did you mean `%(near)s`?") % {"near": near[0]}
                if near
                else _("Known: %(known)s.") % {"known": ", ".join(KEYS)}
            )
            raise Invalid(
                _("`%(name)s` means nothing here. %(remedy)s") % {"name": name, "remedy": remedy}, field=name
            )
        if value is None or value == "":
            continue
        cleaned[name] = _value(name, value)
    return cleaned


def _value(name: str, value: Any) -> Any:
    if name in LISTS:
        values = value if isinstance(value, list) else [value]
        return [_plain(name, each) for each in values]
    if name == "review_by":
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        raise Invalid(_("Write the day as 2027-02-28."), field=name)
    if name == "position":
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000:
            return value
        raise Invalid(_("Write a whole number from 0 to 10000."), field=name)
    if name == "script":
        if isinstance(value, dict):
            if "\\u0000" in json.dumps(value, default=str):
                raise Invalid(_("It holds a character that cannot be kept (NUL). Take it out."), field=name)
            return value
        raise Invalid(_("A script is a mapping with `start` and `steps`."), field=name)
    found = _plain(name, value)
    if name == "status" and found not in STATUSES:
        raise Invalid(_("Choose one of: %(known)s.") % {"known": ", ".join(STATUSES)}, field=name)
    return found


def _plain(name: str, value: Any) -> str:
    if isinstance(value, str | int | float | date) and not isinstance(value, bool):
        return str(value).replace("\x00", "").strip()
    raise Invalid(_("Write a text here; put it in quotes if it looks like something else."), field=name)


# --- HTML ---


def _from_html(text: str) -> tuple[dict[str, Any], str]:
    """Title, summary and language of a page, and its main part as Markdown. What runs or frames is left out."""
    page = BeautifulSoup(text, "html.parser")
    said: dict[str, Any] = {}
    if page.html and page.html.get("lang"):
        said["language"] = str(page.html["lang"]).lower().partition("-")[0]
    description = page.find("meta", attrs={"name": "description"})
    if description and description.get("content"):
        said["summary"] = " ".join(str(description["content"]).split())[:500]
    title = page.title.get_text() if page.title else ""
    main = page.find("main") or page.find("article") or page.body or page
    for part in main.find_all([*GONE, "title", "meta", "link", "head"]):
        part.decompose()
    heading = main.find("h1")
    if heading:
        title = heading.get_text() or title
        heading.decompose()
    if title.strip():
        said["title"] = " ".join(title.split())
    converter = MarkdownConverter(heading_style=ATX, bullets="-", escape_underscores=False)
    try:
        body = str(converter.convert_soup(main))
    except RecursionError:
        raise Invalid(_("Its tags lie too deep in each other to be read."), field="file") from None
    return said, re.sub(r"\n{3,}", "\n\n", body)
