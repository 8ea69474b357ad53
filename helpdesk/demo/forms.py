"""What became of the forms that people of the demo began to fill in, in sums of ninety days, written down as sums."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from helpdesk.demo.company import Company
from helpdesk.demo.texts import scenarios
from knowledgebase.models import Article, DailyCount, FormCount
from knowledgebase.operations import counting, tuning

SEED = "tierdesk:forms"
DAYS = 90
CONTROL = range(20, 60)
"""Days ago on which a share of forms went without suggestions. Today none does: who tries the demo sees articles."""
SHARE = 0.2
NOTHING, READ, READ_NEXT, SOLVED, CAME_BACK = 0.1, 0.55, 0.3, 0.42, 0.07
FILED, FILED_AFTER_READING, FILED_WITHOUT = 0.85, 0.72, 0.9


@dataclass
class Tally:
    """By article and day, and by category, day and group."""

    articles: Counter[tuple[str, date, str]] = field(default_factory=Counter)
    forms: Counter[tuple[int | None, date, bool, str]] = field(default_factory=Counter)


def count(
    company: Company, articles: Mapping[str, Article], shown: Mapping[str, list[str]], *, now: datetime
) -> None:
    """Shown, read, solved, filed anyway; forms without suggestions for forty days; how often articles were opened.

    Args:
        shown: by scenario, what stands beside its form.
    """
    rng = Random(SEED)  # noqa: S311 (a story, not a secret)
    for percent, days in ((int(100 * SHARE), CONTROL.stop - 1), (0, CONTROL.start)):
        tuning.set_control(percent=percent, by=company.people["ada"], at=now - timedelta(days=days))
    tally = Tally()
    categories = {row.key: company.categories.get(row.get("category", "")) for row in scenarios()}
    opened = sorted({slug for slugs in shown.values() for slug in slugs})
    for ago in range(DAYS - 1, 0, -1):
        day = (now - timedelta(days=ago)).date()
        for _form in range(rng.randint(5, 8) if day.weekday() < 5 else rng.randint(0, 1)):
            key = rng.choice(list(shown))
            category = categories[key]
            is_control = ago in CONTROL and rng.random() < SHARE
            _fill_in(tally, rng, day, category.pk if category else None, shown[key], is_control=is_control)
        for slug in rng.sample(opened, 6):
            tally.articles[slug, day, counting.VIEWS] += rng.randint(1, 6)
    _keep(tally, articles)


def _fill_in(
    tally: Tally, rng: Random, day: date, category: int | None, slugs: list[str], *, is_control: bool
) -> None:
    def told(*names: str) -> None:
        for name in names:
            tally.forms[category, day, is_control, name] += 1

    if rng.random() < NOTHING:
        told("nothing")
        return
    if is_control:
        told("forms", *(["filed"] if rng.random() < FILED_WITHOUT else []))
        return
    read = [slug for place, slug in enumerate(slugs) if rng.random() < (READ_NEXT if place else READ)]
    told("forms", "shown", *(["read"] if read else []))
    for slug in slugs:
        tally.articles[slug, day, counting.SHOWN] += 1
    for slug in read:
        tally.articles[slug, day, counting.READ] += 1
        tally.articles[slug, day, counting.VIEWS] += 1
    if read and rng.random() < SOLVED:
        if rng.random() < CAME_BACK:
            told("repeated")
            return
        told("solved")
        tally.articles[read[0], day, counting.SOLVED] += 1
    elif rng.random() < (FILED_AFTER_READING if read else FILED):
        told("filed", *(["filed_anyway"] if read else []))
        for slug in read:
            tally.articles[slug, day, counting.FILED_ANYWAY] += 1


def _keep(tally: Tally, articles: Mapping[str, Article]) -> None:
    days: dict[tuple[str, date], dict[str, int]] = {}
    for (slug, day, name), number in tally.articles.items():
        days.setdefault((slug, day), {})[name] = number
    DailyCount.objects.bulk_create(
        DailyCount(article=articles[slug], day=day, **numbers) for (slug, day), numbers in days.items()
    )
    forms: dict[tuple[int | None, date, bool], dict[str, int]] = {}
    for (category, day, is_control, name), number in tally.forms.items():
        forms.setdefault((category, day, is_control), {})[name] = number
    FormCount.objects.bulk_create(
        FormCount(category_id=category, day=day, is_control=is_control, **numbers)
        for (category, day, is_control), numbers in forms.items()
    )
    opened: Counter[str] = Counter()
    for (slug, _day), numbers in days.items():
        opened[slug] += numbers.get(counting.VIEWS, 0)
    for slug, views in opened.items():
        articles[slug].views = views
    Article.objects.bulk_update([articles[slug] for slug in opened], ["views"])
