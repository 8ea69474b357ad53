"""Surveys, for programs of managers."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from insights.models import SurveySettings, WhyNot
from insights.operations import answering
from tests.api.conftest import Program
from tests.insights.answering import resolve, survey_of
from tickets import operations
from tickets.models import Ticket

PAGE = "/api/v1/surveys/"


@pytest.fixture
def max_api(program: Callable[..., Program], max_: User) -> Program:
    return program(max_, "insights:read")


@pytest.fixture
def answered(ticket: Ticket, open_ticket: Any, mira: User, later: Any) -> Ticket:
    """Ines gave 2; about another one of hers she was not asked."""
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=2, comment="It came back", at=later(hours=1))
    resolve(open_ticket(), mira, later(hours=2))
    return ticket


def test_a_manager_reads_what_became_of_each_resolution(answered: Ticket, max_api: Program) -> None:
    not_asked, low = max_api.get(PAGE).json()["results"]
    assert (not_asked["why_not"], not_asked["asked_at"], not_asked["score"]) == (WhyNot.RECENT, None, None)
    assert (low["ticket"], low["score"], low["comment"], low["is_low"], low["tier"]) == (
        answered.number,
        2,
        "It came back",
        True,
        answered.tier_id,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=asked", 1),
        ("state=not_asked", 1),
        ("state=answered", 1),
        ("state=open", 1),
        ("score=2", 1),
        ("score=5", 0),
        ("limit=1", 1),
        ("team=999999", 0),
    ],
)
def test_the_list_is_narrowed(answered: Ticket, max_api: Program, query: str, found: int) -> None:
    assert len(max_api.get(f"{PAGE}?{query}").json()["results"]) == found
    of_one = max_api.get(f"{PAGE}?ticket={answered.number}&{query}").json()["results"]
    assert {row["ticket"] for row in of_one} <= {answered.number}


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=x", "state"), ("score=6", "score"), ("ticket=x", "ticket"), ("who=me", "who")],
)
def test_what_cannot_be_asked_is_refused_by_name(max_api: Program, query: str, field: str) -> None:
    answer = max_api.get(f"{PAGE}?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_names_only_where_the_settings_say_so_and_nothing_of_what_may_not_be_opened(
    answered: Ticket, max_api: Program, ines: User, ada: User, later: Any
) -> None:
    assert max_api.get(f"{PAGE}?score=2").json()["results"][0]["person"] is None
    SurveySettings.objects.update(shows_names=True)
    assert max_api.get(f"{PAGE}?score=2").json()["results"][0]["person"] == ines.pk
    restricted = operations.reopen(answered, text="No", by=ines, at=later(hours=3))
    operations.restrict(restricted, people=[], by=ada, at=later(hours=3))
    assert max_api.get(f"{PAGE}?score=2").json()["results"] == []


def test_a_lead_and_a_token_without_the_scope_read_none(
    program: Callable[..., Program], lars: User, max_: User
) -> None:
    assert program(lars).get(PAGE).status_code == 403
    assert program(max_, "tickets:read").get(PAGE).status_code == 403
