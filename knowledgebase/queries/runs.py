"""Runs of scripts as they stand: the script of a version, the way so far, and what pages show of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from knowledgebase.models import (
    Article,
    ArticleKind,
    ArticleVersion,
    Permalink,
    Run,
    RunAction,
    RunAnswer,
    Section,
    meant_for,
)
from knowledgebase.scripts.reading import from_json
from knowledgebase.scripts.spec import Kind, Script, Step
from knowledgebase.scripts.walking import Answer, Position, walk
from tickets.models import Ticket
from tickets.state import State
from tickets.vocabulary import Facts, Field, field_named

MOST_OFFERED = 30


@dataclass(frozen=True)
class Standing:
    """A run as it stands: its script, where the answers have led, and by place the row that counts."""

    run: Run
    script: Script
    position: Position
    rows: dict[int, RunAnswer] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        return self.position.step

    @property
    def passed(self) -> list[RunAnswer]:
        return [self.rows[passed.place] for passed in self.position.path]


def script_of(version: ArticleVersion) -> Script:
    """The script of a version that was published, so that it was checked."""
    return from_json(version.script)


def standing(run: Run) -> Standing:
    """Two queries: the version, if it was not read with the run, and the answers."""
    script, rows = script_of(run.version), rows_of(run)
    return Standing(run, script, position_of(script, rows, run.readings), rows)


def rows_of(run: Run) -> dict[int, RunAnswer]:
    """The newest answer at each place."""
    return {row.place: row for row in RunAnswer.objects.filter(run=run).select_related("by").order_by("id")}


def position_of(script: Script, rows: dict[int, RunAnswer], readings: dict[str, Any]) -> Position:
    answers = {place: Answer(row.step, row.value, row.data) for place, row in rows.items()}
    return walk(script, answers, readings)


def reading_of(ticket: Ticket, name: str, user: User | None = None) -> list[str]:
    """All texts that stand for the value of a field of the ticket, in small letters; of a category those above, too.

    A field that is gone, or marked for a higher tier than this person's, reads as nothing.
    """
    known = field_named(name, user)
    if known is None:
        return []
    facts = Facts.of(ticket)
    found = known.read(State.of(ticket), facts)
    values: list[Any] = list(found) if isinstance(found, tuple | list | set | frozenset) else [found]
    if name == "category":
        values = list(facts.categories)
    return sorted({text.casefold() for text in _texts(known, values) if text})


def _texts(known: Field, values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if value is None or value == "":
            continue
        if isinstance(value, bool) or str(value).lower() in ("true", "false"):
            is_true = str(value).lower() == "true"
            yield from ("yes", "true") if is_true else ("no", "false")
            continue
        yield str(value)
        yield str(known.labels([value]).get(value, ""))


# --- what a ticket offers ---


def runs_of(ticket: Ticket, user: User) -> list[Run]:
    """The runs of a ticket whose script this person may read, newest first."""
    rows = Run.objects.filter(ticket=ticket, article__in=_meant(user))
    return list(rows.select_related("article", "version", "started_by", "ended_by").order_by("-id"))


def readable_run(user: User, ticket: Ticket, key: int) -> Run | None:
    """The run, if this person may read its script. A script that was archived meanwhile can be brought to an end."""
    rows = Run.objects.filter(pk=key, ticket=ticket, article__in=_meant(user))
    return rows.select_related("article", "version", "started_by", "ended_by", "previous").first()


def _meant(user: User) -> Any:
    return Article.objects.filter(meant_for(user), kind=ArticleKind.SOP).values("pk")


def startable(user: User) -> Any:
    """The scripts that this person may start."""
    return Article.objects.visible_to(user).filter(kind=ArticleKind.SOP, published__script__isnull=False)


def offered(ticket: Ticket, user: User) -> list[Article]:
    """The scripts that belong to the ticket's category, nearest first; all, where it has none that has scripts."""
    rows = startable(user).select_related("published", "section").order_by("title", "id")
    above = [*ticket.category.ancestry, ticket.category.pk] if ticket.category else []
    if not above:
        return list(rows[:MOST_OFFERED])
    sections = Section.objects.filter(ticket_categories__in=above).values("pk")
    near = Q(section__in=sections) | Q(section__ancestry__overlap=list(sections.values_list("pk", flat=True)))
    return list(rows.filter(near)[:MOST_OFFERED]) or list(rows[:MOST_OFFERED])


def article_named(slug: str) -> Article | None:
    """The article that a script names, by any address that it ever had."""
    found = Permalink.objects.select_related("article").filter(slug=slug).first()
    return found.article if found else None


def action_at(run: Run, place: int) -> RunAction | None:
    """The last call of a webhook at this place."""
    return RunAction.objects.filter(run=run, place=place).order_by("-id").first()


# --- in words ---


def words_of(step: Step, row: RunAnswer) -> str:
    """An answer as people read it."""
    closed = step.answers()
    if step.kind == Kind.FILE:
        return ", ".join(row.data.get("names", []))
    if "" in closed:
        return row.value
    return str(closed.get(row.value, row.value))


def open_seconds(run: Run, at: datetime) -> int:
    return max(0, int((at - run.reached_at).total_seconds()))
