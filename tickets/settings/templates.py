"""Categories and fields to start with, shipped as YAML, other languages than English in folders.

Applying one twice adds nothing twice.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils.translation import get_language

from tickets.models import Category, CustomField, rebuild_category_tree

FOLDER = Path(__file__).parent.parent / "category_templates"
CODES = ("small_office", "service_provider", "software_company")


@dataclass(frozen=True)
class Template:
    code: str
    name: str
    hint: str
    categories: list[dict[str, Any]]
    fields: list[dict[str, Any]]


def template(code: str) -> Template:
    """In the language that is active, where it is written in it: from then on the words are the company's own."""
    return _template(code, get_language() or "")


@cache
def _template(code: str, language: str) -> Template:
    own = FOLDER / language / f"{code}.yml"
    path = own if language and own.is_file() else FOLDER / f"{code}.yml"
    return Template(code=code, **yaml.safe_load(path.read_text(encoding="utf-8")))


def templates() -> list[Template]:
    return [template(code) for code in CODES]


@transaction.atomic
def apply(chosen: Template) -> int:
    """Make what the template has and the desk has not; answers how many categories that were."""
    before = Category.objects.count()
    for position, row in enumerate(chosen.categories):
        parent = _category(row["name"], None, position, row)
        for place, name in enumerate(row.get("children", [])):
            _category(name, parent, place, {"desk_only": row.get("desk_only", False)})
    rebuild_category_tree()
    for position, row in enumerate(chosen.fields):
        _field(row, position)
    return Category.objects.count() - before


def _category(name: str, parent: Category | None, position: int, row: dict[str, Any]) -> Category:
    return Category.objects.get_or_create(
        name=name,
        parent=parent,
        defaults={
            "position": position,
            "hint": row.get("hint", ""),
            "is_common": row.get("common", False),
            "for_requesters": not row.get("desk_only", False),
        },
    )[0]


def _field(row: dict[str, Any], position: int) -> None:
    words: dict[str, Any] = {
        name: row[name] for name in ("label", "help", "type", "choices", "required") if name in row
    }
    field, is_new = CustomField.objects.get_or_create(
        key=row["key"], defaults={**words, "position": position}
    )
    if is_new:
        # "Only for" a category holds for all below it, so the top is named.
        field.categories.set(Category.objects.filter(parent=None, name__in=row.get("categories", [])))
