"""Numbers of a script: how many runs, how they ended, how long steps take, and where people drop out."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Avg, Count, F

from knowledgebase.models import Article, ArticleVersion, Run, RunCount, RunOutcome
from knowledgebase.scripts.reading import read
from knowledgebase.scripts.spec import Step


@dataclass(frozen=True)
class StepNumbers:
    """One step of a version: runs that came to it, answers, and runs that ended there without an outcome."""

    key: str
    name: str
    reached: int = 0
    answered: int = 0
    dropped: int = 0
    seconds: float = 0.0
    """Mean of an answer."""

    @property
    def share_dropped(self) -> int:
        """Percent."""
        return round(100 * self.dropped / self.reached) if self.reached else 0


@dataclass(frozen=True)
class Numbers:
    """All runs of a script since a time; the steps are those of one version."""

    runs: int
    running: int
    outcomes: dict[str, int]
    minutes: float
    """Mean length of the runs that came to an outcome."""
    steps: list[StepNumbers] = field(default_factory=list)

    @property
    def worst(self) -> StepNumbers | None:
        """Where most drop out."""
        found = max(self.steps, key=lambda step: step.dropped, default=None)
        return found if found and found.dropped else None

    def lines(self) -> list[tuple[str, int, int]]:
        """Each outcome with its number and its share in percent."""
        ended = sum(self.outcomes.values())
        return [
            (str(RunOutcome(code).label), n, round(100 * n / ended))
            for code, n in sorted(self.outcomes.items(), key=lambda pair: -pair[1])
        ]


LEFT = (RunOutcome.GIVEN_UP, RunOutcome.OVERTAKEN)


def numbers_of(article: Article, version: ArticleVersion, *, since: datetime) -> Numbers:
    """Three queries: the runs since a time by outcome, their mean length, and the counts of this version."""
    rows = Run.objects.filter(article=article, started_at__gte=since)
    by_outcome = dict(rows.order_by().values_list("outcome").annotate(n=Count("pk")))
    length = rows.exclude(outcome__in=["", *LEFT]).aggregate(mean=Avg(F("ended_at") - F("started_at")))[
        "mean"
    ]
    counts = {row.step: row for row in RunCount.objects.filter(version=version)}
    script, _faults = read(version.script)
    return Numbers(
        runs=sum(by_outcome.values()),
        running=by_outcome.pop("", 0),
        outcomes=by_outcome,
        minutes=length.total_seconds() / 60 if length else 0.0,
        steps=[
            _numbers(step, counts.get(step.key))
            for step in script.steps.values()
            if not step.is_passed_through
        ],
    )


def _numbers(step: Step, row: RunCount | None) -> StepNumbers:
    if row is None:
        return StepNumbers(step.key, step.name)
    mean = row.seconds / row.answered if row.answered else 0.0
    return StepNumbers(step.key, step.name, row.reached, row.answered, row.dropped, mean)
