"""What will not fit today, as a table: who is here until when, what is due when and takes how long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from insights.fitting import Fit, Job, Source, Worker, fit
from tests.conftest import MONDAY

# Monday at nine; the team closes at five.
NOW, CLOSING = MONDAY, MONDAY.replace(hour=17)


def time(text: str) -> datetime:
    hour, minute = text.split(":")
    return MONDAY.replace(hour=int(hour), minute=int(minute))


def spans(text: str) -> tuple[tuple[datetime, datetime], ...]:
    """ "9:00-12:00 13:00-17:00": when somebody works."""
    return tuple((time(one.split("-")[0]), time(one.split("-")[1])) for one in text.split())


def day(people: Iterable[str], due: Iterable[tuple[str, int]]) -> Fit:
    """The day of these people, with tickets 1, 2, 3 ... due at a time and of so many minutes' work."""
    workers = [Worker(key, spans(text)) for key, text in enumerate(people)]
    jobs = [Job(key, time(at), timedelta(minutes=work)) for key, (at, work) in enumerate(due, 1)]
    return fit(jobs, workers, at=NOW, closing=CLOSING)


def told(found: Fit) -> list[str]:
    """ "1 10:00", "2 late 12:00", "3 never": each in its place, when it is done, and whether that is in time."""
    return [
        f"{row.job.ticket} never"
        if row.done_at is None
        else f"{row.job.ticket}{'' if row.fits else ' late'} {row.done_at:%H:%M}"
        for row in found.jobs
    ]


CASES: list[tuple[str, list[str], list[tuple[str, int]], list[str], str | None]] = [
    ("nothing is due", ["9:00-17:00"], [], [], None),
    ("one after the other", ["9:00-17:00"], [("10:00", 60), ("11:00", 60)], ["1 10:00", "2 11:00"], None),
    (
        "what is due first is first",
        ["9:00-17:00"],
        [("12:00", 60), ("10:00", 30)],
        ["2 09:30", "1 10:30"],
        None,
    ),
    ("the same time: the older ticket", ["9:00-17:00"], [("10:00", 30)] * 2, ["1 09:30", "2 10:00"], None),
    (
        "too late for one",
        ["9:00-17:00"],
        [("10:00", 60), ("10:30", 60)],
        ["1 10:00", "2 late 11:00"],
        "10:30",
    ),
    ("two people share", ["9:00-17:00"] * 2, [("10:00", 60), ("10:30", 60)], ["1 10:00", "2 10:00"], None),
    ("nobody is here", [], [("10:00", 60), ("11:00", 60)], ["1 never", "2 never"], "10:00"),
    ("a break takes no work", ["9:00-12:00 13:00-17:00"], [("14:00", 240)], ["1 14:00"], None),
    (
        "who comes later",
        ["13:00-17:00"],
        [("12:00", 30), ("14:00", 30)],
        ["1 late 13:30", "2 14:00"],
        "12:00",
    ),
    (
        "who is free first",
        ["9:00-17:00", "11:00-17:00"],
        [("10:00", 60), ("11:00", 60)],
        ["1 10:00", "2 11:00"],
        None,
    ),
    ("who leaves begins nothing long", ["9:00-10:00", "9:00-17:00"], [("16:00", 120)], ["1 11:00"], None),
    (
        "what nobody can finish takes no time",
        ["9:00-10:00"],
        [("10:00", 90), ("10:00", 60)],
        ["1 never", "2 10:00"],
        "10:00",
    ),
    ("done exactly when it is due", ["9:00-17:00"], [("17:00", 480)], ["1 17:00"], None),
    ("over already: by closing is in time", ["9:00-17:00"], [("8:00", 60)], ["1 10:00"], None),
    ("over already and never", [], [("8:00", 60)], ["1 never"], None),
    (
        "over already goes first",
        ["9:00-17:00"],
        [("9:30", 30), ("8:00", 60)],
        ["2 10:00", "1 late 10:30"],
        "09:30",
    ),
    ("no work known", [], [("10:00", 0)], ["1 09:00"], None),
]


@pytest.mark.parametrize(
    ("_case", "people", "due", "expected", "breach"), CASES, ids=[case[0] for case in CASES]
)
def test_a_day_comes_out(
    _case: str, people: list[str], due: list[tuple[str, int]], expected: list[str], breach: str | None
) -> None:
    found = day(people, due)
    assert told(found) == expected
    assert found.first_breach == (time(breach) if breach else None)


def test_needed_and_left_are_told_whatever_fits() -> None:
    found = day(["9:00-12:00", "16:00-17:00"], [("10:00", 60), ("11:00", 600)])
    assert (found.needed, found.left) == (timedelta(hours=11), timedelta(hours=4))
    assert [row.job.ticket for row in found.missed] == [2]
    assert [row.job.ticket for row in found.kept] == [1]


def test_who_sits_in_three_teams_gives_each_a_third() -> None:
    shared = Worker(1, spans("9:00-12:00"), teams=3)
    jobs = [Job(1, time("11:00"), timedelta(minutes=40)), Job(2, time("12:00"), timedelta(minutes=20))]
    found = fit(jobs, [shared], at=NOW, closing=CLOSING)
    assert found.left == timedelta(hours=1)
    assert told(found) == ["1 11:00", "2 12:00"]


def test_what_cannot_be_shared_evenly_loses_no_ticket() -> None:
    """A third of ten seconds is no whole number of microseconds."""
    shared = Worker(1, ((NOW, NOW + timedelta(seconds=10)),), teams=3)
    jobs = [Job(key, CLOSING, shared.left, Source.TARGET) for key in (1, 2)]
    found = fit(jobs, [shared], at=NOW, closing=CLOSING)
    assert [row.fits for row in found.jobs] == [True, False]
