"""A folder of files becomes articles: each file on its own, and the same folder once more changes nothing.

In three rounds, for files name each other: all are written, then related, then published. A file that is refused
leaves the others alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from knowledgebase import indexing
from knowledgebase.exchange.named import Named
from knowledgebase.exchange.reading import ENDINGS, Parsed, read
from knowledgebase.exchange.reporting import REFUSED, TAKEN, UNCHANGED, WAITING, Line, Report
from knowledgebase.models import Article, ArticleStatus, Permalink
from knowledgebase.operations import describing, reviewing, writing
from knowledgebase.operations.files import attach_file
from tickets.operations.writing import TooLarge
from tickets.refusals import Invalid, Refused

MOST_FILES = 20_000
TARGET = re.compile(r"(?P<before>\]\(\s*)(?:<(?P<wide>[^<>\n]+)>|(?P<bare>[^\s()<>]+))")
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|/", re.IGNORECASE)
NAMED_FILE = re.compile(r"file:(?P<name>[^#?]+)")


def import_folder(
    folder: Path, *, by: User | None, at: datetime, owner: User | None = None, tick: Any = lambda: None
) -> Report:
    """Take every Markdown and HTML file of a folder and those below it.

    Args:
        by: whose act it is; their permissions hold. None is the operator of the machine.
        owner: of articles whose file names none.
        tick: called once a file, for a progress bar.
    """
    return _Import(folder.resolve(), by, at, owner).run(tick)


def files_of(folder: Path) -> list[Path]:
    """The files that are articles, in the order of their names; hidden ones and those beginning with _ are not."""
    found = (
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in ENDINGS
        and path.is_file()
        and path.resolve().is_relative_to(folder.resolve())
        and not any(
            part.startswith((".", "_")) or part.endswith(".files") for part in path.relative_to(folder).parts
        )
    )
    return sorted(found)[:MOST_FILES]


_State = tuple[Any, ...]


@dataclass
class _Taken:
    """A file on its way, and the article that it has become."""

    parsed: Parsed
    article: Article | None = None
    trouble: Refused | None = None
    waits: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def known(self) -> Article:
        """The article, in the rounds that only what was taken reaches."""
        if self.article is None:
            raise AssertionError(f"{self.parsed.path} was not taken.")
        return self.article


@dataclass
class _Import:
    folder: Path
    by: User | None
    at: datetime
    owner: User | None
    keys: dict[str, int] = field(default_factory=dict)
    """By slug, old ones too, the articles that the folder's files are."""
    coming: dict[str, _Taken] = field(default_factory=dict)
    """By slug the files that can be read."""

    @cached_property
    def named(self) -> Named:
        return Named(self.folder, self.by, self.at, self.owner)

    def run(self, tick: Any) -> Report:
        broken: list[Line] = []
        files: list[_Taken] = []
        for path in files_of(self.folder):
            try:
                files.append(_Taken(read(path, folder=self.folder)))
            except Refused as refused:
                broken.append(self._line(path, slugify(path.stem), REFUSED, refused))
        self._refuse_twins(files)
        self.coming = {taken.parsed.slug: taken for taken in files if taken.trouble is None}
        self.keys = dict(Permalink.objects.filter(slug__in=self.coming).values_list("slug", "article_id"))
        before = _states(self.keys.values())
        for taken in sorted(files, key=_leaders_first):
            self._attempt(taken, self._take)
            tick()
        for taken in files:
            self._attempt(taken, self._relate)
        with transaction.atomic(), indexing.together():
            for taken in files:
                self._attempt(taken, self._publish)
        self.named.guard_sections()
        after = _states(taken.known.pk for taken in files if taken.article is not None)
        lines = [*broken, *(self._told(taken, before, after) for taken in files)]
        return Report(str(self.folder), sorted(lines, key=lambda line: line.file))

    def _attempt(self, taken: _Taken, act: Callable[[_Taken], None]) -> None:
        if taken.trouble is None:
            try:
                with transaction.atomic():
                    act(taken)
            except Refused as refused:
                taken.trouble = refused
                self.named.forget_sections()

    # --- The first round: the article and what it says ---

    def _take(self, taken: _Taken) -> None:
        parsed = taken.parsed
        key = self.keys.get(parsed.slug)
        words = self._words(parsed)
        if not (waits := self._names_files(taken)):
            words["body"] = self._with_files(taken, None)
        article = self._create(parsed, words) if key is None else self._change(key, parsed, words)
        if waits:
            body = self._with_files(taken, article)
            article = writing.write(article, body=body, by=self.by, at=self.at)
        self.keys[parsed.slug] = article.pk
        taken.article = article

    def _create(self, parsed: Parsed, words: Mapping[str, Any]) -> Article:
        return writing.create_article(
            section=self.named.section(parsed),
            slug=parsed.slug,
            kind=parsed.text("kind", "how_to"),
            language=parsed.text("language", "en"),
            audience=parsed.text("audience", "signed_in"),
            organisations=self.named.organisations(parsed),
            owner=self.named.owner_of(parsed),
            tags=parsed.list("tags"),
            review_by=parsed.said.get("review_by"),
            error_status=parsed.text("error_status"),
            original=self.named.article(parsed, "translation_of"),
            manual=self.named.article(parsed, "manual"),
            position=parsed.said.get("position") or 0,
            by=self.by,
            at=self.at,
            **words,
        )

    def _change(self, key: int, parsed: Parsed, words: Mapping[str, Any]) -> Article:
        article = Article.objects.select_related("original", "manual", "problem").get(pk=key)
        if parsed.text("kind", article.kind) != article.kind:
            raise Invalid(
                _("The article is a %(kind)s already, and that does not change. Give it another file name.")
                % {"kind": article.get_kind_display()},
                field="kind",
            )
        for name, has in (("translation_of", article.original), ("manual", article.manual)):
            if self.named.article(parsed, name) != has:
                raise Invalid(
                    _("The article belongs elsewhere, and that does not change. Give it another file name."),
                    field=name,
                )
        article = describing.describe(
            article,
            section=self.named.section(parsed),
            owner=self.named.owner_of(parsed) or article.owner,
            tags=parsed.list("tags"),
            review_by=parsed.said.get("review_by", article.review_by),
            error_status=parsed.text("error_status", article.error_status),
            problem=article.problem,
            position=parsed.said.get("position", article.position),
            by=self.by,
            at=self.at,
        )
        if "audience" in parsed.said and not (article.manual_id or article.original_id):
            article = describing.set_audience(
                article,
                audience=parsed.text("audience"),
                organisations=self.named.organisations(parsed),
                by=self.by,
                at=self.at,
            )
        return writing.write(article, by=self.by, at=self.at, **words)

    def _words(self, parsed: Parsed) -> dict[str, Any]:
        """What the file says, but for its body, which waits for its files. What it does not name is empty."""
        parts = ("symptom", "cause", "workaround", "fix")
        said: dict[str, Any] = {name: parsed.text(name) for name in ("title", "summary")}
        if parsed.text("kind") == "known_error":
            said |= {name: parsed.text(name) for name in parts}
        else:
            said |= {name: parsed.text(name) for name in parts if name in parsed.said}
        if "script" in parsed.said:
            said["script"] = parsed.said["script"]
        if "note" in parsed.said:
            said["note"] = parsed.text("note")
        return said

    # --- Files beside the text ---

    def _names_files(self, taken: _Taken) -> bool:
        """Whether the text names a file to be kept with its article."""
        targets = (match["wide"] or match["bare"] for match in TARGET.finditer(taken.parsed.body))
        return any(self._file(taken, target) is not None for target in targets)

    def _with_files(self, taken: _Taken, article: Article | None) -> str:
        """The body with `file:NAME` for what lies beside it, and `article:SLUG` for other files of the folder."""
        parsed = taken.parsed

        def lead(match: re.Match[str]) -> str:
            target = match["wide"] or match["bare"]
            return (
                f"{match['before']}<{found}>" if (found := self._target(taken, article, target)) else match[0]
            )

        body = TARGET.sub(lead, parsed.body)
        return re.sub(r"\]\((\s*)<((?:article|file):[^\s<>()]+)>", r"](\1\2", body)

    def _target(self, taken: _Taken, article: Article | None, target: str) -> str | None:
        """What a link of the file becomes; None where it stays."""
        other, _hash, anchor = unquote(target).partition("#")
        slug = slugify(Path(other).stem)
        if not _is_outside(target) and Path(other).suffix.lower() in ENDINGS and slug in self.coming:
            return f"article:{slug}" + (f"#{anchor}" if anchor else "")
        path = self._file(taken, target)
        if path is None or article is None:
            if NAMED_FILE.fullmatch(target) or not _is_outside(target):
                taken.notes.append(_("“%(name)s” is not there.") % {"name": target[:200]})
            return None
        try:
            upload = SimpleUploadedFile(path.name, path.read_bytes(), "")
            row = attach_file(article, file=upload, replaces=True, by=self.by, at=self.at)
        except TooLarge as refused:
            raise Invalid(str(refused), field="file") from None
        return f"file:{row.name}"

    def _file(self, taken: _Taken, target: str) -> Path | None:
        """The file that a link names, inside of the folder; None where there is none, or it leads elsewhere."""
        named = NAMED_FILE.fullmatch(target)
        if named:
            path = taken.parsed.path.with_suffix(".files") / unquote(named["name"])
        elif _is_outside(target):
            return None
        else:
            path = taken.parsed.path.parent / unquote(target).partition("#")[0]
        path = path.resolve()
        is_ours = path.is_relative_to(self.folder) and path.suffix.lower() not in ENDINGS and path.is_file()
        return path if is_ours else None

    # --- The second and third round ---

    def _relate(self, taken: _Taken) -> None:
        """What the file names joins what is there: another file may have named this one before."""
        wanted = set()
        for slug in taken.parsed.list("related"):
            if slug not in self._slugs and slug not in self.coming:
                raise Invalid(_("There is no article “%(slug)s”.") % {"slug": slug}, field="related")
            if slug in self._slugs:
                wanted.add(self._slugs[slug])
        key = taken.known.pk
        there = self._related.setdefault(key, set())
        if wanted - {key} <= there:
            return
        others = Article.objects.filter(pk__in=there | wanted)
        describing.relate(taken.known, others=others, by=self.by, at=self.at)
        there |= wanted
        for other in wanted:
            self._related.setdefault(other, set()).add(key)

    @cached_property
    def _slugs(self) -> dict[str, int]:
        """Every address, once the first round is over."""
        return dict(Permalink.objects.values_list("slug", "article_id"))

    @cached_property
    def _related(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        pairs = Article.related.through.objects.values_list("from_article_id", "to_article_id")
        for one, other in pairs:
            found.setdefault(one, set()).add(other)
        return found

    def _publish(self, taken: _Taken) -> None:
        article = Article.objects.select_related("section").defer("words").get(pk=taken.known.pk)
        wanted = taken.parsed.text("status", ArticleStatus.PUBLISHED)
        if wanted == ArticleStatus.ARCHIVED:
            if article.status != ArticleStatus.ARCHIVED:
                reviewing.archive(article, by=self.by, at=self.at)
        elif wanted == ArticleStatus.PUBLISHED and article.draft_id is not None:
            if article.section.is_review_required and article.section_id not in self.named.made:
                reviewing.submit(article, by=self.by, at=self.at)
                taken.waits = True
            else:
                reviewing.publish(article, by=self.by, at=self.at)

    # --- What is told ---

    def _refuse_twins(self, files: list[_Taken]) -> None:
        """Two files of one name, in different folders or with different endings, cannot both be the article."""
        seen: dict[str, _Taken] = {}
        for taken in files:
            slug = taken.parsed.slug
            if not slug:
                taken.trouble = Invalid(_("Give the file a name of letters and digits."), field="slug")
            elif slug in seen:
                other = seen[slug].parsed.path.relative_to(self.folder)
                taken.trouble = Invalid(
                    _("%(other)s has the same name. Rename one of them.") % {"other": other}, field="slug"
                )
            else:
                seen[slug] = taken

    def _told(self, taken: _Taken, before: Mapping[int, _State], after: Mapping[int, _State]) -> Line:
        path, slug = taken.parsed.path, taken.parsed.slug
        if taken.trouble is not None:
            return self._line(path, slug, REFUSED, taken.trouble, taken)
        is_same = before.get(taken.known.pk) == after[taken.known.pk]
        outcome = WAITING if taken.waits else UNCHANGED if is_same else TAKEN
        return self._line(path, slug, outcome, None, taken)

    def _line(
        self, path: Path, slug: str, outcome: str, refused: Refused | None, taken: _Taken | None = None
    ) -> Line:
        kept = ""
        if refused is not None and taken is not None and taken.article is not None:
            kept = str(Article.objects.get(pk=taken.article.pk).status)
        return Line(
            file=str(path.relative_to(self.folder)),
            slug=slug,
            outcome=outcome,
            field=(refused.field or refused.code) if refused else "",
            why=str(refused) if refused else "",
            kept=kept,
            notes=tuple(dict.fromkeys(taken.notes)) if taken else (),
        )


def _leaders_first(taken: _Taken) -> int:
    """A manual before its chapters, an original before its translations."""
    said = taken.parsed.said
    return 2 * ("translation_of" in said) + ("manual" in said)


def _states(keys: Iterable[int]) -> dict[int, _State]:
    """By article what tells whether an import has changed anything."""
    rows = Article.objects.filter(pk__in=list(keys)).annotate(last=Max("events__pk")).order_by()
    return {row[0]: row for row in rows.values_list("pk", "changed_at", "status", "published_id", "last")}


def _is_outside(target: str) -> bool:
    return OUTSIDE.match(target) is not None


def lines_of(report: Report) -> Iterator[str]:
    """The refused files and what was noticed, for a terminal."""
    for line in report.lines:
        if line.outcome == REFUSED:
            kept = _(" (kept as: %(status)s)") % {"status": line.kept} if line.kept else ""
            yield f"{line.file}: {line.field}: {line.why}{kept}"
        yield from (f"{line.file}: {note}" for note in line.notes)
