"""Figures for programs: within the person's scope, in all, by groups and along time; what is wrong is named."""

import pytest

from insights.measures import MEASURES
from tests.insights.world import follow
from tickets import operations


@pytest.fixture
def week(open_ticket, mira, at, later):
    """Five of the service desk: two resolved, one of them restricted."""
    tickets = [open_ticket(f"No. {number}", at=later(minutes=number)) for number in range(5)]
    for number, ticket in enumerate(tickets[:2]):
        operations.take(ticket, by=mira, at=later(minutes=10 + number))
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later(minutes=70 + number))
    operations.restrict(tickets[1], people=[], by=mira, at=later(minutes=80))
    follow(later(hours=2))
    return tickets


def test_a_manager_reads_all_and_a_lead_the_own_teams_without_what_is_restricted(program, max_, lars, week):
    whole = program(max_, "insights:read").get("/api/v1/figures/?period=7").json()
    assert (whole["from"], whole["to"], whole["note"]) == ("2026-11-17", "2026-11-23", "")
    assert whole["figures"]["opened"] == {"value": 5, "n": 5, "of": 5}
    assert whole["figures"]["first_tier"] == {"value": 1.0, "n": 2, "of": 2}
    assert whole["groups"] is None
    led = program(lars, "insights:read").get("/api/v1/figures/?period=7").json()["figures"]
    assert (led["opened"]["n"], led["resolved"]["n"], led["backlog"]["n"]) == (4, 1, 3)


def test_figures_come_by_groups_and_each_key_asks_for_its_group(program, max_, week, mira):
    ask = program(max_, "insights:read").get
    groups = ask("/api/v1/figures/?period=7&by=category").json()["groups"]
    assert [(group["key"], group["label"], group["figures"]["opened"]["n"]) for group in groups] == [
        ("none", "no category", 5)
    ]
    assert ask("/api/v1/figures/?period=7&category=none").json()["figures"]["opened"]["n"] == 5


def test_figures_come_along_time(program, max_, week):
    points = (
        program(max_, "insights:read")
        .get("/api/v1/figures/?from=2026-11-20&to=2026-11-24&step=week")
        .json()["points"]
    )
    assert [(point["first"], point["last"], point["figures"]["opened"]["n"]) for point in points] == [
        ("2026-11-20", "2026-11-22", 0),
        ("2026-11-23", "2026-11-24", 5),
    ]


def test_every_measure_is_told_in_words(program, lars):
    rows = program(lars, "insights:read").get("/api/v1/figures/measures/").json()["results"]
    assert [row["key"] for row in rows] == list(MEASURES)
    assert all(row["label"] and row["definition"] for row in rows)


def test_the_manager_of_an_organisation_reads_its_figures_and_nothing_of_the_desk(program, greta, otto, week):
    ask = program(greta, "insights:read").get
    assert ask("/api/v1/figures/?period=7").json()["figures"]["opened"]["n"] == 4
    refused = ask("/api/v1/figures/?period=7&by=team")
    assert (refused.status_code, refused.json()["field"]) == (400, "by")
    assert program(otto, "insights:read").get("/api/v1/figures/").status_code == 403


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("period=fortnight", "period", "Choose one of: 7, 30"),
        ("from=2026-11-23&to=2026-11-22", "to", "before the first"),
        ("from=2006-11-23&to=2026-11-22", "from", "10 years at most"),
        ("team=99", "team", "There is no team 99, or not any more"),
        ("by=colour", "by", "Choose one of: kind"),
        ("step=hour", "step", "Choose one of: day, week, month"),
        ("by=team&step=day", "step", "not for both"),
        ("from=2020-01-01&to=2026-01-01&step=day", "step", "2193 points; 400 are told at most"),
        ("colour=red", "colour", "There is no parameter"),
    ],
)
def test_what_is_wrong_is_named_by_its_parameter(program, max_, query, field, words):
    answer = program(max_, "insights:read").get(f"/api/v1/figures/?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert words in answer.json()["detail"]


def test_a_period_to_come_says_so(program, max_):
    body = program(max_, "insights:read").get("/api/v1/figures/?from=2027-01-01&to=2027-01-31").json()
    assert "nothing can be counted yet" in body["note"]
    assert body["figures"]["opened"] == {"value": 0, "n": 0, "of": 0}
