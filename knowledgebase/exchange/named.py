"""What files name, looked up once: sections, categories, organisations, people."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from knowledgebase.exchange.reading import Parsed, mapping_of, text_of
from knowledgebase.models import Article, Section
from knowledgebase.operations.sections import create_section, require_review
from tickets.models import Category
from tickets.refusals import Invalid

SECTION_FILE = "_section.yml"
SECTION_KEYS = frozenset({"name", "hint", "position", "categories", "review_required"})
LAST_PLACE = 10_000


@dataclass
class Named:
    """`owner` is that of articles whose file names none."""

    folder: Path
    by: User | None
    at: datetime
    owner: User | None
    made: set[int] = field(default_factory=set)
    """Sections that this import has made: their categories come from its files, and nothing waits for a review."""

    _guarded: list[Section] = field(default_factory=list)

    def guard_sections(self) -> None:
        """Those that want a review do so once what came with them is published."""
        for section in self._guarded:
            if Section.objects.filter(pk=section.pk).exists():
                require_review(section, by=self.by, at=self.at)

    def forget_sections(self) -> None:
        """A section that was made for a file that is refused is gone with it."""
        self.__dict__.pop("_sections", None)

    def section(self, parsed: Parsed) -> Section:
        """The section of its folder, made where it is missing."""
        if not parsed.section:
            raise Invalid(
                _("It lies in no folder. Put it into one, for that becomes its section."), field="file"
            )
        section = self._section_at(parsed.section)
        if section.pk in self.made:
            section.ticket_categories.add(*self._categories(parsed.list("categories")))
        return section

    def _section_at(self, slugs: tuple[str, ...]) -> Section:
        path = "/".join(slugs)
        if path not in self._sections:
            parent = self._section_at(slugs[:-1]) if len(slugs) > 1 else None
            self._sections[path] = self._new_section(slugs[-1], path, parent)
        return self._sections[path]

    def _new_section(self, slug: str, path: str, parent: Section | None) -> Section:
        said = self._said_of(self.folder / path / SECTION_FILE)
        position = said.get("position", 0)
        if not isinstance(position, int) or not 0 <= position <= LAST_PLACE:
            raise Invalid(_section_file(_("position is a whole number from 0 to 10000.")), field="file")
        section = create_section(
            name=str(said.get("name") or slug.replace("-", " ").capitalize()),
            slug=slug,
            parent=parent,
            hint=str(said.get("hint") or ""),
            position=position,
            ticket_categories=self._categories([str(name) for name in said.get("categories") or ()]),
            by=self.by,
            at=self.at,
        )
        self.made.add(section.pk)
        if said.get("review_required") is True:
            self._guarded.append(section)
        return section

    def _said_of(self, file: Path) -> dict[str, Any]:
        """What the file of a section says, as far as it may."""
        said = mapping_of(text_of(file)) if file.is_file() else {}
        unknown = said.keys() - SECTION_KEYS
        if unknown or not isinstance(said.get("categories") or [], list):
            known = ", ".join(sorted(SECTION_KEYS))
            raise Invalid(_section_file(_("it may say: %(known)s.") % {"known": known}), field="file")
        return said

    @cached_property
    def _sections(self) -> dict[str, Section]:
        return {section.path: section for section in Section.objects.all()}

    def _categories(self, names: list[str]) -> list[Category]:
        found = []
        for name in names:
            category = self._all_categories.get(name.casefold())
            if category is None:
                raise Invalid(
                    _("There is no category “%(name)s”. Give its full name, such as Network › VPN.")
                    % {"name": name},
                    field="categories",
                )
            found.append(category)
        return found

    @cached_property
    def _all_categories(self) -> dict[str, Category]:
        return {category.full_name.casefold(): category for category in Category.objects.all()}

    def organisations(self, parsed: Parsed) -> list[Organisation]:
        names = parsed.list("organisations")
        found = (
            {each.name.casefold(): each for each in Organisation.objects.filter(name__in=names)}
            if names
            else {}
        )
        for name in names:
            if name.casefold() not in found:
                raise Invalid(
                    _("There is no organisation “%(name)s”.") % {"name": name}, field="organisations"
                )
        return list(found.values())

    def owner_of(self, parsed: Parsed) -> User | None:
        named = parsed.text("owner")
        if not named:
            return self.owner
        if named not in self._people:
            self._people[named] = User.objects.filter(email__iexact=named).first()
        person = self._people[named]
        if person is None:
            raise Invalid(_("Nobody has the login “%(name)s”.") % {"name": named}, field="owner")
        return person

    @cached_property
    def _people(self) -> dict[str, User | None]:
        return {}

    def article(self, parsed: Parsed, name: str) -> Article | None:
        slug = parsed.text(name)
        if not slug:
            return None
        found = Article.objects.filter(permalinks__slug=slug).first()
        if found is None:
            raise Invalid(_("There is no article “%(slug)s”.") % {"slug": slug}, field=name)
        return found


def _section_file(trouble: str) -> str:
    return _("%(file)s of its folder: %(trouble)s") % {"file": SECTION_FILE, "trouble": trouble}
