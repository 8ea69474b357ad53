"""The definitions of docs/kpis.md, figure by figure: a small week, and what is told of it.

What a single ticket amounts to is held by tests/insights/test_facts.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from insights.cuts import Cut, Dimension, Period, Scope
from insights.measures import MEASURES, Unit
from insights.models import TicketFact, TierRate
from insights.queries.drill import facts_behind, tickets_behind
from insights.queries.figures import backlog, by, compliance, figures, times
from insights.queries.tallies import Split, tallies
from insights.queries.values import Value
from tests.conftest import MONDAY
from tests.insights.recorded import add_up
from tests.insights.stories import Story, at
from tests.insights.world import follow
from tests.sla.conftest import promise

DOCUMENT = Path(__file__).parents[2] / "docs" / "kpis.md"
SUNDAY = at("Sun 12:00")
WEEK = Cut(Period(date(2026, 11, 23), date(2026, 11, 29)))
NEXT_WEEK = Cut(Period(date(2026, 11, 30), date(2026, 12, 6)))

AT_ONCE = ("09:00 ines opens", "09:10 mira takes", "09:30 mira resolves")
LATER = ("09:00 ines opens", "09:10 mira answers", "11:00 mira resolves")
BY_L2 = (
    "09:00 ines opens", "09:10 mira answers", "09:20 mira hands network", "09:30 dario accepts",
    "12:00 dario proposes", "12:00 mira sends",
)  # fmt: skip
BOUNCED = (
    "09:00 ines opens", "09:10 mira hands network", "09:20 dario returns information_missing",
    "10:00 mira resolves",
)  # fmt: skip
REOPENED = (*AT_ONCE, "10:00 ines reopens", "13:00 mira resolves")
OPEN = ("09:00 ines opens",)
CANCELLED = ("09:00 ines opens", "09:30 mira cancels")
WITHDRAWN = ("09:00 ines opens", "09:45 ines withdraws")
NOISE = ("09:00 ines opens", "09:30 mira sets_aside noise")
RESTORED = (*NOISE, "10:00 lars restores", "10:30 mira resolves")
MERGED = ("09:00 ines opens", "09:00 ines opens other", "09:30 mira merges_into other")


@dataclass(frozen=True)
class Case:
    """A figure of a week: the histories, and how it is told."""

    key: str
    stories: tuple[tuple[str, ...], ...]
    told: str


CASES = (
    Case("opened", (AT_ONCE, OPEN, CANCELLED, NOISE), "3"),
    Case("opened", (MERGED,), "1"),
    Case("resolved", (AT_ONCE, REOPENED, CANCELLED, WITHDRAWN, NOISE, RESTORED), "3"),
    Case("resolved", ((*AT_ONCE, "Tue 09:00 ines reopens"),), "0"),
    Case("ended", (AT_ONCE, CANCELLED, WITHDRAWN, OPEN, NOISE, MERGED), "3"),
    Case("backlog", (OPEN, AT_ONCE, NOISE, MERGED), "2"),
    Case("response_median", (AT_ONCE, LATER, BY_L2), "600 s of 3 in 3"),
    Case("response_p90", (AT_ONCE, LATER, BY_L2), "1800 s of 3 in 3"),
    Case("resolution_median", (AT_ONCE, LATER, REOPENED), "7200 s of 3 in 3"),
    Case("resolution_median", (AT_ONCE, LATER), "1800 s of 2 in 2"),
    Case("resolution_p90", (AT_ONCE, LATER, REOPENED), "14400 s of 3 in 3"),
    Case("resolution_median", (OPEN, CANCELLED), "none of 0 in 0"),
    Case("first_contact", (AT_ONCE, LATER, BY_L2, BOUNCED, REOPENED, CANCELLED), "1 of 5"),
    Case("first_tier", (AT_ONCE, LATER, BY_L2, BOUNCED, REOPENED, CANCELLED), "3 of 5"),
    Case("resolved_l1", (AT_ONCE, BY_L2, BOUNCED), "2 of 3"),
    Case("resolved_l2", (AT_ONCE, BY_L2, BOUNCED), "1 of 3"),
    Case("resolved_l0", (AT_ONCE, BY_L2), "0 of 2"),
    Case("escalated", (AT_ONCE, BY_L2, BOUNCED), "2 of 3"),
    Case("escalated_l1", (AT_ONCE, BY_L2, BOUNCED), "2 of 3"),
    Case("escalated_l2", (AT_ONCE, BY_L2, BOUNCED), "0 of 2"),
    Case("bounced", (AT_ONCE, BY_L2, BOUNCED), "1 of 3"),
    Case("ping_pong", (AT_ONCE, BY_L2, BOUNCED), "1 of 3"),
    Case("reopened", (AT_ONCE, REOPENED), "1 of 2"),
    Case("reopened", ((*AT_ONCE, "10:00 ines writes", "10:30 mira was_only_thanked"),), "0 of 1"),
    Case(
        "rating",
        ((*AT_ONCE, "10:00 ines rates 2"), (*AT_ONCE, "10:00 ines rates 5"), AT_ONCE),
        "3.5 of 2 in 3",
    ),
    Case("rated", ((*AT_ONCE, "10:00 ines rates 2"), AT_ONCE), "1 of 2"),
    Case("worked", ((*AT_ONCE, "10:00 mira logs 15"), AT_ONCE), "900 s of 1 in 2"),
)


@pytest.fixture
def week(story: Story) -> Callable[..., None]:
    """`week(AT_ONCE, OPEN)`: these histories happened, and the facts have followed."""

    def happened(*stories: tuple[str, ...]) -> None:
        for lines in stories:
            story.play(*lines)
        follow(SUNDAY)

    return happened


def told(key: str, value: Value) -> str:
    """As the tables write it: shares as `n of of`, times and means with how many are behind them."""
    unit = MEASURES[key].unit
    if unit == Unit.COUNT:
        return str(value.n)
    if unit == Unit.SHARE:
        return f"{value.n} of {value.of}"
    shown = "none" if value.value is None else f"{value.value:g}" + (" s" if unit == Unit.SECONDS else "")
    return f"{shown} of {value.n} in {value.of}"


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.key} {case.told}") for case in CASES])
def test_a_figure_of_the_week(week: Callable[..., None], case: Case) -> None:
    week(*case.stories)
    assert told(case.key, figures(WEEK)[case.key]) == case.told


def test_imported_tickets_are_not_among_those_that_first_contact_is_a_share_of(
    week: Callable[..., None],
) -> None:
    week(AT_ONCE, AT_ONCE, LATER)
    TicketFact.objects.filter(pk=TicketFact.objects.order_by("pk")[0].pk).update(is_imported=True)
    add_up()
    value, split = figures(WEEK)["first_contact"], Split(WEEK)
    assert told("first_contact", value) == "1 of 2"
    counts = tallies(split)[None, None].counts
    assert (counts["n_first_contact"], counts["of_first_contact"]) == (1, 2)
    assert [facts_behind(WEEK, key).count() for key in ("first_contact", "first_contact.of")] == [1, 2]


def test_a_resolution_counts_on_the_day_of_the_last_one(week: Callable[..., None]) -> None:
    """Resolved in one week, reopened and resolved in the next: it counts there alone."""
    week(AT_ONCE, (*AT_ONCE, "Mon+1 09:00 ines reopens", "Tue+1 09:00 mira resolves"))
    assert [figures(cut)["resolved"].n for cut in (WEEK, NEXT_WEEK)] == [1, 1]
    assert figures(NEXT_WEEK)["resolution_median"].value == timedelta(days=8).total_seconds()


def test_the_backlog_is_what_was_open_when_a_day_ended(week: Callable[..., None]) -> None:
    week(
        OPEN,
        ("Tue 09:00 ines opens", "Wed 09:00 mira resolves"),
        ("Tue 10:00 ines opens", "Thu 09:00 mira cancels"),
    )
    assert [n for _day, n in backlog(WEEK)] == [1, 3, 2, 1, 1, 1, 1]


def test_a_promise_is_kept_by_the_tickets_resolved_that_had_it(
    story: Story, week: Callable[..., None]
) -> None:
    promise(first_response=15, resolution=120)
    week(
        AT_ONCE,  # answered after 30 minutes: late
        LATER,
        ("09:00 ines opens", "09:10 mira answers", "12:00 mira resolves"),  # an hour late
        OPEN,
        NOISE,
        CANCELLED,
    )
    found = figures(WEEK)
    assert told("kept_first_response", found["kept_first_response"]) == "2 of 3"
    assert told("kept_resolution", found["kept_resolution"]) == "2 of 3"
    assert told("kept_update", found["kept_update"]) == "0 of 0"
    assert [(row.metric, row.kept, row.broken) for row in compliance(WEEK)] == [
        ("first_response", 2, 1),
        ("resolution", 2, 1),
    ]


def test_what_a_tier_promises_counts_for_that_tier(story: Story, week: Callable[..., None]) -> None:
    promise(accept=15)
    week(
        (
            "09:00 ines opens", "09:10 mira answers", "09:20 mira hands network", "10:00 dario accepts",
            "12:00 dario proposes", "12:00 mira sends",
        )
    )  # fmt: skip
    rows = compliance(WEEK, Dimension.TIER)
    assert [(row.label[:2], row.kept, row.broken) for row in rows] == [("L1", 1, 0), ("L2", 0, 1)]


def test_time_per_tier_is_work_wait_and_hand_off_wait(week: Callable[..., None]) -> None:
    week(BY_L2, (*OPEN, "09:10 mira asks", "10:10 ines writes", "10:20 mira resolves"))
    assert {row.key: (row.n, row.seconds) for row in times(WEEK)} == {
        "hands_hand_off_1": (2, 20 * 60),
        "hands_tier_1": (2, 20 * 60),
        "hands_requester_1": (1, 60 * 60),
        "hands_hand_off_2": (1, 10 * 60),
        "hands_tier_2": (1, 150 * 60),
    }


def test_a_ticket_costs_what_was_logged_else_its_time_with_each_tier(
    week: Callable[..., None], ada: User
) -> None:
    """L1 at 60 an hour: fifteen minutes that were logged, and the twenty that another lay with it."""
    TierRate.objects.create(level=1, first_day=date(2026, 1, 1), cents=60_00, by=ada, at=MONDAY)
    week((*AT_ONCE, "10:00 mira logs 15"), AT_ONCE)
    value = figures(WEEK)["cost"]
    assert (value.value, value.n) == ((15 + 20) / 2, 2)


def test_incidents_and_service_requests_stand_apart(week: Callable[..., None], story: Story) -> None:
    week(AT_ONCE, AT_ONCE)
    story.files_as("request", by=story.people["mira"], at=at("14:00"))
    follow(SUNDAY)
    kinds = {group.key: group.values["resolved"].n for group in by(WEEK, Dimension.KIND)}
    assert kinds == {"incident": 1, "request": 1}
    assert figures(WEEK.within(kind="request"))["resolved"].n == 1


def test_a_lead_counts_what_the_own_teams_resolved_or_have(week: Callable[..., None], story: Story) -> None:
    week(AT_ONCE, BY_L2)
    network = WEEK.within(scope=Scope(teams=frozenset({story.teams["network"].pk})))
    assert figures(network)["resolved"].n == 1


def test_every_number_opens_the_tickets_that_it_counts(week: Callable[..., None], max_: User) -> None:
    TierRate.objects.create(level=1, first_day=date(2026, 1, 1), cents=60_00, by=max_, at=MONDAY)
    week(AT_ONCE, LATER, BY_L2, BOUNCED, REOPENED, OPEN, CANCELLED, NOISE)
    for key, value in figures(WEEK).items():
        if MEASURES[key].has_list:
            assert tickets_behind(WEEK, key, max_).count() == value.n, key


# --- The document ---


def test_the_document_defines_every_figure_and_no_other() -> None:
    named = re.findall(r"^\| `([a-z0-9_]+)`", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted({generic(key) for key in MEASURES})


def test_the_document_names_tests_that_are_there() -> None:
    here = Path(__file__).parent
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", DOCUMENT.read_text(encoding="utf-8")))
    written = {
        name
        for path in here.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named
    assert named - written == set()


def generic(key: str) -> str:
    """Figures that there are by tier or by promise have one definition."""
    key = re.sub(r"_l[0-4]$", "_l0", key)
    return "kept_first_response" if key.startswith("kept_") else key
