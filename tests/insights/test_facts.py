"""What each figure counts, ticket by ticket: small histories and the facts that they amount to (docs/kpis.md).

Each history is made through the operations that pages and API call, so the facts are those of real records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Team, User
from escalation.operations.covering import hand_on_due
from insights.queries.records import records
from insights.record import TicketRecord, work_out
from sla.models import Calendar, Clock
from sla.operations.promising import promise_update
from sla.queries.spending import spending
from sla.queries.verdicts import verdicts
from sla.spec import RESTART
from sla.spent import Who
from tests.conftest import MONDAY
from tests.insights.stories import Story, at, columns, hands, promises
from tests.sla.conftest import hours, policy, promise
from tickets import operations
from tickets.models import Ticket
from tickets.operations.importing import PlannedEvent, PlannedTicket, import_tickets

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Case:
    """A history, and what is to be known of the ticket afterwards."""

    name: str
    story: tuple[str, ...]
    facts: dict[str, Any]


def table(*cases: Case) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases])


def tell(story: Story, case: Case) -> None:
    found = story.play(*case.story).facts()
    assert columns(found, case.facts) == case.facts


# --- When it was resolved, and by whom ---


@table(
    Case(
        "an open ticket has no resolution and has not ended",
        ("09:00 ines opens", "09:10 mira takes"),
        {
            "is_open": True, "is_counted": True, "status": "open", "opened_at": "09:00", "resolved_at": None,
            "resolved_on": None, "resolved_by": None, "ended_at": None, "resolution_seconds": None, "level": 1,
            "team": "Service desk", "path": "1",
        },
    ),
    Case(
        "a resolution counts from the opening, with whoever resolved it and where",
        ("09:00 ines opens", "09:10 mira takes", "10:30 mira resolves fixed"),
        {
            "is_open": False, "status": "resolved", "resolved_at": "10:30", "resolved_by": "mira",
            "resolution_code": "fixed", "ended_at": "10:30", "resolution_seconds": 5400, "level": 1,
            "team": "Service desk",
        },
    ),
    Case(
        "closing it later changes nothing of that",
        ("09:00 ines opens", "10:30 mira resolves", "Tue 09:00 ines confirms"),
        {"status": "closed", "resolved_at": "10:30", "ended_at": "10:30", "resolution_seconds": 5400},
    ),
    Case(
        "reopened, it is resolved no more",
        ("09:00 ines opens", "10:00 mira resolves", "11:00 ines reopens"),
        {
            "is_open": True, "reopened": 1, "resolved_at": None, "resolved_by": None, "ended_at": None,
            "resolution_code": "", "resolution_seconds": None,
        },
    ),
    Case(
        "reopened twice, the last resolution counts, from the first opening",
        (
            "09:00 ines opens", "10:00 mira resolves", "11:00 ines reopens", "12:00 sara resolves workaround",
            "13:00 ines writes", "14:00 mira resolves fixed",
        ),
        {"reopened": 2, "resolved_at": "14:00", "resolved_by": "mira", "resolution_seconds": 5 * 3600},
    ),
    Case(
        "thanked back, nothing was reopened and the first resolution stands",
        (
            "09:00 ines opens", "10:00 mira resolves how_to", "11:00 ines writes",
            "11:30 sara was_only_thanked",
        ),
        {
            "status": "resolved", "reopened": 0, "resolved_at": "10:00", "resolved_by": "mira",
            "resolution_code": "how_to", "resolution_seconds": 3600,
        },
    ),
    Case(
        "what a rule ends was resolved by nobody",
        ("09:00 ines opens", "09:10 mira asks", "Thu 09:00 desk resolves no_answer"),
        {"resolved_at": "Thu 09:00", "resolved_by": None, "resolution_code": "no_answer"},
    ),
    Case(
        "where the contact passes on what an expert proposed, the expert has resolved it",
        (
            "09:00 ines opens", "09:10 mira answers", "09:20 mira hands network", "09:30 dario accepts",
            "10:00 dario proposes resolution", "10:15 mira sends",
        ),
        {"resolved_at": "10:15", "resolved_by": "dario", "team": "Network", "level": 2},
    ),
    Case(
        "it counts where it was resolved, also if it lay elsewhere before",
        (
            "09:00 ines opens", "09:10 mira hands network", "09:30 dario accepts",
            "10:00 dario hands service_desk fix_found", "10:30 mira accepts", "11:00 mira resolves",
        ),
        {"team": "Service desk", "level": 1, "highest_level": 2, "path": "121", "resolved_by": "mira"},
    ),
)  # fmt: skip
def test_the_resolution(story: Story, case: Case) -> None:
    tell(story, case)


# --- Other ends ---


@table(
    Case(
        "cancelled by the desk: ended, not resolved",
        ("09:00 ines opens", "09:30 mira cancels"),
        {"is_counted": True, "status": "cancelled", "ended_at": "09:30", "resolved_at": None,
         "is_first_tier": False, "is_first_contact": False},
    ),
    Case(
        "withdrawn by the requester: ended, not resolved",
        ("09:00 ines opens", "09:30 ines withdraws"),
        {"is_counted": True, "status": "cancelled", "ended_at": "09:30", "resolved_at": None},
    ),
    Case(
        "noise is in no figure",
        ("09:00 ines opens", "09:30 mira sets_aside noise"),
        {"is_counted": False, "is_open": False, "ended_at": "09:30"},
    ),
    Case(
        "noise that was restored is in all of them again",
        ("09:00 ines opens", "09:30 mira sets_aside noise", "10:00 lars restores", "10:30 mira resolves"),
        {"is_counted": True, "is_open": False, "reopened": 0, "resolved_at": "10:30", "ended_at": "10:30"},
    ),
    Case(
        "merged into another, it is that other one that counts",
        ("09:00 ines opens", "09:10 ines opens other", "09:30 mira merges_into other"),
        {"is_counted": False, "is_open": False, "ended_at": "09:30", "resolved_at": None},
    ),
    Case(
        "what took another one in counts once, from its own opening",
        ("09:10 ines opens", "09:00 ines opens other", "09:30 mira absorbs other", "10:10 mira resolves"),
        {"is_counted": True, "opened_at": "09:10", "resolution_seconds": 3600, "resolved_at": "10:10"},
    ),
    Case(
        "what was split off leaves the rest as it was",
        ("09:00 ines opens", "09:30 mira splits_off other", "10:00 mira resolves"),
        {"is_counted": True, "resolution_seconds": 3600, "is_first_contact": True},
    ),
)  # fmt: skip
def test_other_ends(story: Story, case: Case) -> None:
    tell(story, case)


def test_what_was_split_off_is_a_ticket_of_its_own_from_then_on(story: Story) -> None:
    story.play("09:00 ines opens", "09:30 mira splits_off other")
    found = columns(story.facts(of="other"), ["is_counted", "is_open", "opened_at"])
    assert found == {"is_counted": True, "is_open": True, "opened_at": "09:30"}


def test_the_work_on_a_merged_ticket_counts_where_it_went(story: Story) -> None:
    story.play("09:00 ines opens", "09:00 ines opens other", "09:10 mira takes", "09:20 mira logs 15")
    assert story.facts().ticket.minutes_worked == 15
    story.play("09:30 mira merges_into other")
    assert (story.facts().ticket.minutes_worked, story.facts(of="other").ticket.minutes_worked) == (0, 15)


# --- The first answer ---


@table(
    Case(
        "the first reply of the desk is the response",
        ("09:00 ines opens", "09:10 mira takes", "09:20 mira answers", "09:40 mira answers"),
        {"responded_at": "09:20", "response_seconds": 1200},
    ),
    Case(
        "a question is one, a note is none",
        ("09:00 ines opens", "09:10 mira notes", "09:15 ines writes", "09:30 mira asks"),
        {"responded_at": "09:30", "response_seconds": 1800},
    ),
    Case(
        "a resolution without another answer is one",
        ("09:00 ines opens", "09:45 mira resolves"),
        {"responded_at": "09:45", "response_seconds": 2700},
    ),
    Case(
        "what a rule writes is none, nor what an auto-responder sends",
        (
            "09:00 ines opens",
            "09:05 desk answers",
            "09:10 ines is_out_of_office",
            "09:20 mira answers",
        ),
        {"responded_at": "09:20"},
    ),
    Case(
        "a caller was answered in the call",
        ("09:00 mira logs_call", "11:00 mira answers"),
        {"responded_at": "09:00", "response_seconds": 0, "channel": "phone"},
    ),
    Case(
        "cancelled without a word, it was never answered",
        ("09:00 ines opens", "09:30 mira cancels"),
        {"responded_at": None, "response_seconds": None, "response_business_seconds": None},
    ),
)
def test_the_response(story: Story, case: Case) -> None:
    tell(story, case)


def test_a_call_is_no_answer_where_the_policy_says_so(story: Story) -> None:
    promise(first_response=60, phone_is_response=False)
    story.play("09:00 mira logs_call", "09:30 mira answers")
    assert columns(story.facts(), ["responded_at"]) == {"responded_at": "09:30"}


# --- First contact, first tier ---

RESOLVED_AT_ONCE = ("09:00 ines opens", "09:10 mira takes", "09:30 mira resolves")


@table(
    Case("resolved by the first answer", RESOLVED_AT_ONCE, {"is_first_contact": True, "is_first_tier": True}),
    Case(
        "answered before: the second answer resolved it",
        ("09:00 ines opens", "09:10 mira answers", "09:30 mira resolves"),
        {"is_first_contact": False, "is_first_tier": True},
    ),
    Case(
        "asked back before",
        ("09:00 ines opens", "09:10 mira asks", "09:20 ines writes", "09:30 mira resolves"),
        {"is_first_contact": False, "is_first_tier": True},
    ),
    Case(
        "a note and the requester's own words are no answers of the desk",
        ("09:00 ines opens", "09:10 mira notes", "09:20 ines writes", "09:30 mira resolves"),
        {"is_first_contact": True},
    ),
    Case(
        "solved in the call",
        ("09:00 mira logs_call", "09:05 mira resolves"),
        {"is_first_contact": True, "is_first_tier": True},
    ),
    Case(
        "handed sideways and back, though it stayed on L1",
        ("09:00 ines opens", "09:10 mira hands second_desk wrong_team", "09:20 rosa hands service_desk",
         "09:30 mira resolves"),
        {"is_first_contact": False, "is_first_tier": True, "handoffs_sideways": 2},
    ),
    Case(
        "handed up and back down with a fix: not by L1 alone",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario accepts",
         "09:30 dario hands service_desk fix_found", "09:40 mira resolves"),
        {"is_first_contact": False, "is_first_tier": False},
    ),
    Case(
        "handed up and returned: it was above L1",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario returns solvable_below",
         "09:30 mira resolves"),
        {"is_first_contact": False, "is_first_tier": False, "bounces": 1},
    ),
    Case(
        "reopened and resolved again",
        (*RESOLVED_AT_ONCE, "10:00 ines reopens", "10:30 mira resolves"),
        {"is_first_contact": False, "is_first_tier": True},
    ),
    Case(
        "thanked back is no reopening",
        (*RESOLVED_AT_ONCE, "10:00 ines writes", "10:30 mira was_only_thanked"),
        {"is_first_contact": True, "is_first_tier": True},
    ),
    Case(
        "what the desk writes after the resolution takes nothing back",
        (*RESOLVED_AT_ONCE, "10:00 mira answers"),
        {"is_first_contact": True},
    ),
    Case(
        "a follow-up on the fifth working day",
        (*RESOLVED_AT_ONCE, "10:00 ines confirms", "Mon+1 23:59 ines follows_up"),
        {"is_first_contact": False, "is_first_tier": True},
    ),
    Case(
        "a follow-up on the sixth working day",
        (*RESOLVED_AT_ONCE, "10:00 ines confirms", "Tue+1 00:00 ines follows_up"),
        {"is_first_contact": True},
    ),
    Case(
        "what a rule ends is nobody's first contact",
        ("09:00 ines opens", "10:00 desk resolves no_answer"),
        {"is_first_contact": False, "is_first_tier": True},
    ),
    Case(
        "cancelled is not resolved",
        ("09:00 ines opens", "09:10 mira cancels"),
        {"is_first_contact": False, "is_first_tier": False},
    ),
)  # fmt: skip
def test_first_contact_and_first_tier(story: Story, case: Case) -> None:
    tell(story, case)


def test_a_holiday_is_no_working_day_for_a_follow_up(story: Story, office: Calendar) -> None:
    """Tuesday is off: the fifth working day is the Tuesday of the week after."""
    off = hours("With a day off", days={date(2026, 11, 24): []}).current
    story.play(*RESOLVED_AT_ONCE, "10:00 ines confirms", "Tue+1 12:00 ines follows_up")
    assert office.current is not None
    assert off is not None
    assert story.facts(usual_calendar=office.current.pk).ticket.is_first_contact
    assert not story.facts(usual_calendar=off.pk).ticket.is_first_contact


# --- Hand-overs ---


@table(
    Case(
        "up, accepted, down with the fix",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario accepts",
         "09:30 dario hands service_desk fix_found"),
        {"handoffs_up": 1, "handoffs_down": 1, "handoffs_sideways": 0, "bounces": 0, "ping_pongs": 0,
         "highest_level": 2, "path": "121"},
    ),
    Case(
        "handed over and returned in the same minute: a hand-over, a bounce and a ping-pong",
        ("09:00 ines opens", "09:10 mira hands network", "09:10 dario returns information_missing"),
        {"handoffs_up": 1, "handoffs_down": 0, "bounces": 1, "ping_pongs": 1, "highest_level": 2,
         "path": "121", "level": 1, "team": "Service desk"},
    ),
    Case(
        "handed back without a return is a hand-over down, and ping-pong",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario accepts",
         "09:30 dario hands service_desk wrong_team"),
        {"handoffs_up": 1, "handoffs_down": 1, "bounces": 0, "ping_pongs": 1},
    ),
    Case(
        "to and fro and to again: two ping-pongs",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario returns",
         "09:30 mira hands network", "09:40 dario accepts"),
        {"handoffs_up": 2, "bounces": 1, "ping_pongs": 2, "path": "1212"},
    ),
    Case(
        "two tiers up and returned from there goes to the sender",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario accepts",
         "09:30 dario hands platform", "09:40 yuki returns"),
        {"handoffs_up": 2, "bounces": 1, "ping_pongs": 1, "highest_level": 3, "path": "1232"},
    ),
    Case(
        "to a vendor is up",
        ("09:00 ines opens", "09:10 mira hands network", "09:20 dario accepts",
         "09:30 dario hands vendors needs_vendor"),
        {"handoffs_up": 2, "highest_level": 4, "level": 4, "team": "Kestrel support"},
    ),
    Case(
        "to a team on the same tier is sideways",
        ("09:00 ines opens", "09:10 mira hands second_desk wrong_team"),
        {"handoffs_up": 0, "handoffs_sideways": 1, "path": "1"},
    ),
)  # fmt: skip
def test_hand_overs(story: Story, case: Case) -> None:
    tell(story, case)


def test_the_lead_names_the_owner_and_that_is_a_hand_over_too(story: Story) -> None:
    story.play(
        "09:00 ines opens",
        "09:10 mira hands network", "09:20 dario returns",
        "09:30 mira hands network", "09:40 dario returns",
        "09:50 lars names network",
    )  # fmt: skip
    expected = {"handoffs_up": 3, "bounces": 2, "ping_pongs": 4, "team": "Network"}
    assert columns(story.facts(), expected) == expected


def test_what_the_clock_gives_to_who_covers_is_no_hand_over(story: Story, office: Calendar) -> None:
    """It says nothing of the two teams, and what the night solves by its first answer was solved at first contact."""
    story.cover("service_desk", office, "second_desk")
    policy(resolution=14 * 60)
    story.play("09:00 ines opens")
    assert hand_on_due(at=at("21:00")) == 1
    story.play("21:30 rosa takes", "21:40 rosa resolves")
    expected = {
        "team": "Second desk", "handoffs_sideways": 0, "handoffs_up": 0, "ping_pongs": 0,
        "is_first_contact": True, "is_first_tier": True,
    }  # fmt: skip
    assert columns(story.facts(), expected) == expected


# --- In whose hands it lay ---


def test_time_in_hands_by_tier_and_team_of_stretches_that_have_ended(story: Story) -> None:
    promise(resolution=600)
    story.play(
        "09:00 ines opens",
        "09:10 mira takes",
        "09:30 mira asks",
        "10:00 ines writes",
        "10:10 mira hands network",
        "10:30 dario accepts",
        "11:00 dario hands vendors needs_vendor",
        "12:30 vera accepts",
        "13:00 mira hands network follow_up",
        "13:00 dario accepts",
        "13:20 dario holds",
        "14:00 dario resumes",
    )
    assert hands(story.facts()) == [
        "hand_off L1 Service desk 0:10, 0:10 business, 0:10 counted",
        "hand_off L2 Network 0:20, 0:20 business, 0:20 counted",
        "hold L2 Network 0:40, 0:40 business, 0:40 counted",
        "requester L1 Service desk 0:30, 0:30 business, 0:00 counted",
        "tier L1 Service desk 0:30, 0:30 business, 0:30 counted",
        "tier L2 Network 0:50, 0:50 business, 0:50 counted",
        "vendor L4 Kestrel support 2:00, 2:00 business, 2:00 counted",
    ]


def test_handed_over_and_returned_in_the_same_minute_takes_no_time(story: Story) -> None:
    story.play(
        "09:00 ines opens", "09:00 mira takes", "09:10 mira hands network", "09:10 dario returns",
        "09:30 mira resolves",
    )  # fmt: skip
    assert hands(story.facts()) == ["tier L1 Service desk 0:30, 0:30 business, 0:00 counted"]


def test_while_a_proposed_answer_waits_for_the_contact_it_is_the_contacts_time(story: Story) -> None:
    """The ticket stays with its team."""
    story.play(
        "09:00 ines opens", "09:00 mira answers", "09:00 mira hands network", "09:00 dario accepts",
        "09:40 dario proposes resolution", "10:00 mira sends",
    )  # fmt: skip
    assert hands(story.facts()) == [
        "tier L1 Network 0:20, 0:20 business, 0:00 counted",
        "tier L2 Network 0:40, 0:40 business, 0:00 counted",
    ]


def test_the_time_resolved_is_nobodys(story: Story) -> None:
    story.play(
        "09:00 ines opens",
        "09:00 mira takes",
        "09:10 mira resolves",
        "11:00 ines reopens",
        "11:05 mira resolves",
    )
    assert hands(story.facts()) == ["tier L1 Service desk 0:15, 0:15 business, 0:00 counted"]


def test_waiting_for_a_vendor_is_the_vendors_time_also_when_the_team_keeps_it(story: Story) -> None:
    story.play("09:00 ines opens", "09:00 mira takes", "09:10 mira awaits_vendor", "09:40 mira resumes")
    assert hands(story.facts()) == [
        "tier L1 Service desk 0:10, 0:10 business, 0:00 counted",
        "vendor L1 Service desk 0:30, 0:30 business, 0:00 counted",
    ]


def test_what_has_not_ended_is_not_counted(story: Story) -> None:
    promise(resolution=600)
    story.play("09:00 ines opens", "09:10 mira takes")
    assert hands(story.facts()) == ["hand_off L1 Service desk 0:10, 0:10 business, 0:10 counted"]
    story.play("09:10 ines opens fresh")
    assert hands(story.facts(of="fresh")) == []


def test_an_act_that_is_stamped_before_the_last_one_happened_right_after_it(story: Story) -> None:
    """A mail that was delayed on its way."""
    story.play(
        "09:00 ines opens", "09:10 mira takes", "10:00 mira asks", "09:50 ines writes", "10:30 mira resolves"
    )
    assert hands(story.facts()) == [
        "hand_off L1 Service desk 0:10, 0:10 business, 0:00 counted",
        "tier L1 Service desk 1:20, 1:20 business, 0:00 counted",
    ]


def test_where_reopening_begins_anew_only_the_time_since_then_counts(story: Story) -> None:
    promise(resolution=600, reopening=RESTART)
    story.play(
        "09:00 ines opens",
        "09:00 mira takes",
        "09:10 mira resolves",
        "11:00 ines reopens",
        "11:05 mira resolves",
    )
    assert hands(story.facts()) == ["tier L1 Service desk 0:15, 0:15 business, 0:05 counted"]


def test_time_that_a_merged_ticket_brought_along_was_in_nobodys_hands_here(story: Story) -> None:
    promise(resolution=600)
    story.play(
        "09:30 ines opens", "09:00 ines opens other", "09:30 mira takes", "09:50 mira absorbs other",
        "10:00 mira resolves",
    )  # fmt: skip
    facts = story.facts()
    assert hands(facts) == ["tier L1 Service desk 0:30, 0:30 business, 0:30 counted"]
    assert promises(facts) == {"resolution": "met 1:00 of 10:00"}


# --- Business time ---


def test_business_time_is_counted_in_the_calendar_of_the_resolution_clock(
    story: Story, office: Calendar
) -> None:
    """Resolved outside hours: the office is open from 8 to 18."""
    promise(resolution=2400, calendar=office)
    story.play("09:00 ines opens", "17:00 mira answers", "20:00 mira resolves")
    found = story.facts()
    assert columns(found, ["resolution_seconds", "resolution_business_seconds"]) == {
        "resolution_seconds": 11 * 3600,
        "resolution_business_seconds": 9 * 3600,
    }
    assert found.ticket.response_business_seconds == 8 * 3600
    assert hands(found) == [
        "hand_off L1 Service desk 8:00, 8:00 business, 8:00 counted",
        "tier L1 Service desk 3:00, 1:00 business, 1:00 counted",
    ]


def test_opened_and_resolved_outside_hours_took_no_business_time(story: Story, office: Calendar) -> None:
    promise(resolution=2400, calendar=office)
    story.play("Sat 10:00 ines opens", "Sat 11:00 mira resolves")
    expected = {"resolution_seconds": 3600, "resolution_business_seconds": 0, "response_business_seconds": 0}
    assert columns(story.facts(), expected) == expected


def test_without_a_clock_business_time_is_that_of_the_usual_calendar(story: Story, office: Calendar) -> None:
    story.play("17:00 ines opens", "20:00 mira resolves")
    assert office.current is not None
    usual = story.facts(usual_calendar=office.current.pk).ticket
    assert (usual.resolution_seconds, usual.resolution_business_seconds) == (3 * 3600, 3600)
    assert story.facts(usual_calendar=None).ticket.resolution_business_seconds == 3 * 3600


def test_business_time_includes_waiting_for_the_requester(story: Story) -> None:
    """Whose time it was stands in the hands; the time to resolve is the requester's experience."""
    promise(resolution=600)
    story.play("09:00 ines opens", "09:00 mira asks", "11:00 ines writes", "11:30 mira resolves")
    found = story.facts()
    assert found.ticket.resolution_business_seconds == 9000
    assert promises(found) == {"resolution": "met 0:30 of 10:00"}


def test_days_are_those_of_the_desk(story: Story) -> None:
    story.play("22:30 ines opens", "Tue 23:30 mira resolves")
    here, there = story.facts(zone=ZoneInfo("UTC")).ticket, story.facts(zone=BERLIN).ticket
    monday = date(2026, 11, 23)
    assert (here.opened_on, here.resolved_on) == (monday, monday + timedelta(days=1))
    assert (there.opened_on, there.resolved_on) == (monday, monday + timedelta(days=2))
    assert there.ended_on == there.resolved_on


def test_across_a_change_of_clock_time_is_what_has_passed(story: Story, open_ticket: Any, mira: User) -> None:
    """In Berlin the night of 25 October 2026 has an hour more."""
    opened = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    story.ticket = open_ticket(at=opened)
    operations.resolve(story.ticket, code="fixed", summary="x", by=mira, at=opened + timedelta(hours=24))
    found = story.facts(zone=BERLIN).ticket
    assert (found.opened_on, found.resolved_on) == (date(2026, 10, 24), date(2026, 10, 25))
    assert found.resolution_seconds == 24 * 3600


# --- Promises ---


def test_the_outcome_of_each_promise_is_the_worst_of_its_cycles(story: Story) -> None:
    promise(first_response=60, next_response=30, resolution=600)
    story.play(
        "09:00 ines opens",
        "09:30 mira answers",
        "10:00 ines writes",
        "10:45 mira answers",  # 15 minutes late
        "11:00 ines writes",
        "11:05 mira answers",
        "12:00 mira resolves",
    )
    assert promises(story.facts()) == {
        "first_response": "met 0:30 of 1:00",
        "next_response": "breached 0:45 of 0:30",
        "resolution": "met 3:00 of 10:00",
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["09:00 ines opens"], {"resolution": "running 0:00 of 1:00"}),
        (["09:00 ines opens", "09:50 mira resolves"], {"resolution": "met 0:50 of 1:00"}),
        (["09:00 ines opens", "10:00 mira resolves"], {"resolution": "met 1:00 of 1:00"}),
        (["09:00 ines opens", "10:01 mira resolves"], {"resolution": "breached 1:01 of 1:00"}),
        (["09:00 ines opens", "09:50 mira cancels"], {}),
        (["09:00 ines opens", "10:30 mira cancels"], {"resolution": "breached 1:30 of 1:00"}),
        (["09:00 ines opens", "10:30 ines withdraws"], {"resolution": "breached 1:30 of 1:00"}),
        (["09:00 ines opens", "10:30 mira sets_aside noise"], {}),
        (["09:00 ines opens", "09:10 ines opens other", "10:30 mira merges_into other"], {}),
        (
            ["09:00 ines opens", "10:30 mira resolves", "11:00 ines reopens", "11:01 mira resolves"],
            {"resolution": "breached 1:31 of 1:00"},
        ),
    ],
    ids=[
        "running is not decided", "in time", "to the minute is in time", "a minute late",
        "cancelled in time: in no figure", "cancelled late: broken", "withdrawn late: broken",
        "set aside: in no figure", "merged: it goes on in the other", "broken stays broken",
    ],
)  # fmt: skip
def test_a_promise_of_a_resolution_within_the_hour(
    story: Story, lines: list[str], expected: dict[str, str]
) -> None:
    promise(resolution=60)
    story.play(*lines)
    assert promises(story.facts()) == expected
    assert judged(story.ticket) == {name: line.split()[0] for name, line in expected.items()}


def test_what_the_tiers_promise_each_other_is_told_by_tier(story: Story) -> None:
    promise(accept=30, work=60)
    story.play(
        "09:00 ines opens", "09:10 mira answers", "09:20 mira hands network", "10:00 dario accepts",
        "10:30 dario proposes resolution", "10:30 mira sends",
    )  # fmt: skip
    assert promises(story.facts()) == {
        "accept L1": "met 0:10 of 0:30",
        "accept L2": "breached 0:40 of 0:30",
        "work L1": "met 0:10 of 1:00",
        "work L2": "met 0:30 of 1:00",
    }


def test_a_promise_has_the_priority_and_the_policy_that_judged_it(story: Story) -> None:
    row = promise(resolution={1: 60, 2: 120, 3: 240, 4: 480})
    story.play("09:00 ines opens", "09:10 lars raises_to 1", "10:30 mira resolves")
    found = story.facts()
    (outcome,) = found.promises
    assert (outcome.priority, outcome.target_seconds, outcome.verdict) == (1, 3600, "breached")
    assert (outcome.policy, found.ticket.policy) == (row.current, row.current)
    assert (found.ticket.priority, outcome.breached_at) == (1, at("10:00"))


def test_a_persons_own_promise_is_in_no_figure(story: Story, mira: User) -> None:
    story.play("09:00 ines opens", "09:10 mira takes")
    promise_update(story.ticket, due=at("10:00"), by=mira, at=at("09:10"))
    assert (Clock.objects.get(ticket=story.ticket).metric, promises(story.facts())) == ("promise", {})


def judged(ticket: Ticket) -> dict[str, str]:
    """By promise, as the database reads it for every other figure (sla.queries.verdicts)."""
    return {row["metric"]: row["verdict"] for row in verdicts(Clock.objects.filter(ticket=ticket))}


# --- What people said of it ---


def test_rating_and_minutes_are_those_of_the_ticket(story: Story) -> None:
    story.play(
        "09:00 ines opens", "09:10 mira takes", "09:20 mira logs 15", "09:30 mira logs 5", "09:30 mira resolves",
        "10:00 ines confirms", "10:00 ines rates 2", "10:05 ines rates 4",
    )  # fmt: skip
    assert columns(story.facts(), ["rating", "minutes_worked"]) == {"rating": 4, "minutes_worked": 20}


# --- Imported tickets ---


@pytest.fixture
def log(ines: User, service_desk: Team, network: Team) -> Callable[..., Ticket]:
    """`log(("10:00", kind, changes), ...)`: a ticket of another tool, opened Monday at 9, each line an event."""

    def take_over(*lines: tuple[str, str, dict[str, Any]]) -> Ticket:
        opened = {
            "subject": "From the other tool", "status": "new", "tier_id": 1, "team_id": service_desk.pk,
            "requester_id": ines.pk, "created_at": MONDAY, "tier_since": MONDAY, "status_since": MONDAY,
            "path": [1], "channel": "phone", "opened_by_id": None,
        }  # fmt: skip
        history = [PlannedEvent("ticket.opened", MONDAY, changes=opened, data={"imported": True})]
        for when, kind, changes in lines:
            data = (
                {"imported": True, "handoff": 1} if kind == "escalation.handed_over" else {"imported": True}
            )
            history.append(PlannedEvent(kind, at(when), changes=changes, data=data))
        written = import_tickets([PlannedTicket("other", "1", history)])
        return Ticket.objects.get(pk=written[0].ticket_id)

    return take_over


def fact_of(ticket: Ticket) -> Any:
    return work_out(next(records([ticket.pk])), zone=ZoneInfo("UTC"), usual_calendar=None)


def test_an_imported_ticket_counts_by_the_times_of_the_file(
    log: Callable[..., Ticket], network: Team, dario: User
) -> None:
    ticket = log(
        ("10:00", "ticket.assigned", {"status": "open", "status_since": at("10:00"), "assignee_id": dario.pk}),
        ("11:00", "escalation.handed_over", {"team_id": network.pk, "tier_id": 2, "path": [1, 2],
                                            "handoff_count": 1}),
        ("Tue 11:00", "ticket.resolved", {"status": "resolved", "resolved_at": at("Tue 09:00"),
                                          "status_since": at("Tue 11:00")}),
        ("Thu 09:00", "ticket.closed", {"status": "closed", "closed_at": at("Thu 09:00"),
                                        "close_reason": "imported"}),
    )  # fmt: skip
    found = fact_of(ticket)
    expected = {
        "is_imported": True, "is_counted": True, "is_open": False, "resolved_at": "Tue 09:00",
        "ended_at": "Tue 09:00", "resolution_seconds": 24 * 3600, "handoffs_up": 1, "highest_level": 2,
        "team": "Network", "resolved_by": "dario", "is_first_tier": False,
    }  # fmt: skip
    assert columns(found, expected) == expected
    assert hands(found) == [
        "hand_off L1 Service desk 1:00, 1:00 business, 0:00 counted",
        "tier L1 Service desk 1:00, 1:00 business, 0:00 counted",
        "tier L2 Network 24:00, 24:00 business, 0:00 counted",
    ]
    assert found.promises == []


def test_of_an_imported_ticket_no_answer_is_known(log: Callable[..., Ticket]) -> None:
    """The other tool has told no conversation: neither a response nor a first contact is made up."""
    ticket = log(("10:00", "ticket.resolved", {"status": "resolved", "resolved_at": at("10:00")}))
    expected = {
        "responded_at": None,
        "response_seconds": None,
        "is_first_contact": False,
        "is_first_tier": True,
    }
    assert columns(fact_of(ticket), expected) == expected


def test_what_another_tool_closed_without_a_resolution_was_resolved_when_it_was_closed(
    log: Callable[..., Ticket],
) -> None:
    ticket = log(("12:00", "ticket.closed", {"status": "closed", "closed_at": at("12:00")}))
    assert columns(fact_of(ticket), ["resolved_at", "resolution_seconds"]) == {
        "resolved_at": "12:00",
        "resolution_seconds": 3 * 3600,
    }


def test_a_resolution_that_the_file_dates_before_the_opening_took_no_time(log: Callable[..., Ticket]) -> None:
    ticket = log(("10:00", "ticket.resolved", {"status": "resolved", "resolved_at": at("08:00")}))
    assert columns(fact_of(ticket), ["resolved_at", "resolution_seconds"]) == {
        "resolved_at": "08:00",
        "resolution_seconds": 0,
    }


def test_an_imported_ticket_that_people_work_on_here_is_answered_here(
    log: Callable[..., Ticket], mira: User
) -> None:
    ticket = log()
    operations.reply(ticket, text="x", by=mira, at=at("10:00"))
    assert columns(fact_of(ticket), ["responded_at"]) == {"responded_at": "10:00"}


# --- The reading itself ---


def test_the_hands_are_those_of_the_ticket_page(story: Story) -> None:
    """sla.spent tells the same ticket segment by segment."""
    promise(resolution=600)
    story.play(*LONG)
    facts = story.facts()
    segments = spending(story.ticket.pk, at=at("16:00"))
    told: dict[tuple[str, int], list[int]] = {}
    for row in segments:
        if row.who not in (Who.NOBODY, Who.CARRIED):
            spans = told.setdefault((str(row.who), row.level), [0, 0, 0])
            for index, part in enumerate((row.until - row.since, row.worked, row.counted)):
                spans[index] += int(part.total_seconds())
    found = {
        (row.who, row.level): [row.seconds, row.business_seconds, row.counted_seconds] for row in facts.hands
    }
    assert found == told


LONG = (
    "09:00 ines opens", "09:10 mira takes", "09:30 mira asks", "10:00 ines writes", "10:10 mira hands network",
    "10:30 dario accepts", "10:40 dario holds", "11:00 dario resumes", "11:00 dario returns not_ours",
    "11:20 mira resolves", "12:00 ines reopens", "12:30 mira hands network", "12:30 dario accepts",
    "13:00 dario hands vendors needs_vendor", "14:00 vera accepts", "15:00 mira hands service_desk follow_up",
    "15:10 mira accepts", "15:20 mira confirms_fix", "15:30 mira resolves",
)  # fmt: skip


def test_facts_do_not_depend_on_how_many_are_read_at_once(
    story: Story, django_assert_num_queries: Any
) -> None:
    promise(first_response=60, resolution=600)
    story.play(*LONG).play("16:00 ines opens other", "16:00 ines opens third")
    keys = [story.ticket.pk, *(other.pk for other in story.others.values())]
    with django_assert_num_queries(6):
        together = list(records(reversed(keys)))
    assert together == [next(records([key])) for key in sorted(keys)]


def test_what_has_no_history_has_no_record_and_no_facts(db: None) -> None:
    assert list(records([12345])) == []
    assert list(records([])) == []
    with pytest.raises(ValueError, match="no history"):
        work_out(TicketRecord(ticket_id=1, events=[]), zone=BERLIN, usual_calendar=None)
