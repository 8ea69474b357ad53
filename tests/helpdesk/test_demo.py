"""The demo company: loads by the operations alone, the same every time, and leaves no kind of work out."""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, Sum
from django.test import Client, override_settings

from accounts import current
from accounts.models import Team, User
from delivery.models import Delivery
from escalation import events as escalation_events
from escalation.models import Availability, Firing, Handoff, Rule, TeamWork
from escalation.operations.assigning import assign_arrived
from escalation.queries.presence import presence_of
from escalation.rules.exchange import of_rule
from escalation.rules.outcomes import Outcome
from escalation.rules.simulating import Question, ask, tickets_of
from helpdesk.demo import story
from helpdesk.demo.mix import PLANS
from helpdesk.demo.texts import scenarios
from helpdesk.local.demo import LOGINS
from insights.models import (
    BreachCause,
    BreachException,
    Cell,
    Cube,
    FactState,
    Grain,
    PromiseFact,
    PublishedMonth,
    SavedReport,
    Survey,
    TicketFact,
)
from insights.queries import handoffs
from insights.survey_kinds import REMIND
from intake.models import Mailbox, MailMessage
from knowledgebase import events as knowledge_events
from knowledgebase.models import (
    Announcement,
    Article,
    Comment,
    ProblemRecord,
    Run,
    Source,
    StepSuggestion,
    SuggestionSettings,
    TicketArticle,
    Vote,
)
from knowledgebase.queries.announcing import asked
from knowledgebase.queries.deflection import numbers
from knowledgebase.queries.gaps import ended_in_ticket, found_nothing
from knowledgebase.queries.problems import incidents_of
from tests.insights.world import differences
from tickets import events, operations
from tickets.models import Category, CustomField, Event, Message, SavedView, Status, Ticket
from tickets.queries.asked import forget as forget_fields
from tickets.queries.queues import queue_named
from tickets.vocabulary import parse

NOW = "2026-11-23T10:54:00+00:00"
FEW = 150

pytestmark = pytest.mark.xdist_group("demo")  # one load serves all
NEVER_IN_A_DEMO = {events.IMPORTED, events.MOVED, events.SPLIT, escalation_events.CHAIN_STOPPED}
"""Kinds that no operation of people records: a split tells itself by two links. The demo's rules are no loop."""


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    current.forget()
    forget_fields()
    with django_db_blocker.unblock(), transaction.atomic():
        # As in a real load, what every act asks for is at hand.
        with override_settings(DESK_CACHE_SECONDS=60):
            load(FEW)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def company(loaded: None, db: None) -> None:
    """The demo company is loaded."""


def load(tickets: int) -> None:
    call_command("load_demo", now=NOW, tickets=tickets, stdout=io.StringIO())


@pytest.mark.long
def test_the_same_moment_gives_the_same_story(db):
    told = []
    for _ in range(2):
        with transaction.atomic():
            load(FEW)
            told.append(_digest())
            transaction.set_rollback(True)
    assert told[0] == told[1]


def _digest() -> str:
    """Everything that was said and done, with ids counted from the first ticket on."""
    base = Ticket.objects.order_by("pk").values_list("pk", flat=True)[0]
    lines = [
        (ticket - base, kind, at.isoformat(), by)
        for ticket, kind, at, by in Event.objects.order_by("id").values_list(
            "ticket", "kind", "at", "by__email"
        )
    ]
    said = [
        (ticket - base, kind, body, author)
        for ticket, kind, body, author in Message.objects.order_by("id").values_list(
            "ticket", "kind", "body", "author__email"
        )
    ]
    return hashlib.sha256(repr((lines, said)).encode()).hexdigest()


def test_loads_as_many_tickets_as_asked_with_ids_in_order_of_time(company):
    assert Ticket.objects.count() == FEW
    opened = list(Ticket.objects.order_by("pk").values_list("created_at", flat=True))
    assert opened == sorted(opened)
    # A promise was broken when it was due, however much later that is noticed.
    acts = Event.objects.exclude(kind__startswith="sla.")
    told = list(acts.order_by("id").values_list("at", flat=True))
    assert told == sorted(told)
    assert told[-1] <= datetime.fromisoformat(NOW)


def test_every_status_and_every_kind_of_act_occurs(company):
    assert set(Ticket.objects.values_list("status", flat=True)) == set(Status.values)
    acts = {
        kind
        for module in (events, escalation_events, knowledge_events)
        for name, kind in vars(module).items()
        if name.isupper() and isinstance(kind, str) and "." in kind and not kind.startswith("article.")
    }
    told = set(Event.objects.values_list("kind", flat=True))
    promises = {kind for kind in told if kind.startswith("sla.")}
    assert promises >= {"sla.warned", "sla.breached"}
    machines = {kind for kind in told if kind.startswith("mail.")}
    assert machines == {"mail.automatic", "mail.bounced"}
    assert told - promises - machines == acts - NEVER_IN_A_DEMO


def test_every_kind_of_life_has_texts_and_every_text_a_life():
    assert len(scenarios()) >= 60
    assert len({scenario.key for scenario in scenarios()}) == len(scenarios())
    assert story.plans(story.TICKETS) == story.plans(story.TICKETS)
    assert {plan.life for plan in PLANS} <= set(story.LIVES)


def test_histories_fold_to_their_rows(company):
    out = io.StringIO()
    call_command("check_history", stdout=out)
    assert out.getvalue() == f"{FEW} tickets checked, 0 differ from their history.\n"


@pytest.mark.parametrize("login", LOGINS)
def test_every_demo_login_gets_in(company, login):
    answer = Client().post(
        "/accounts/login/", {"login": f"{login}@demo.example", "password": "tierdesk-demo"}
    )
    assert (answer.status_code, "_auth_user_id" in answer.client.session) == (302, True)


def test_figures_are_there_and_are_a_recount_of_its_history(company):
    assert FactState.objects.get().is_whole
    assert TicketFact.objects.count() == Ticket.objects.count()
    assert differences(datetime.fromisoformat(NOW)) == []
    counted = Cell.objects.filter(cube=Cube.TEAM, grain=Grain.MONTH).aggregate(n=Sum("opened"))["n"]
    assert counted == TicketFact.objects.filter(is_counted=True).count() > 0


def test_everybody_finds_their_kind_of_work(company):
    l1, l2, l3, vendor, requester = (
        User.objects.get(email=f"{name}@demo.example") for name in ("l1", "l2", "l3", "vendor", "requester")
    )
    mine = queue_named("mine", l1)
    assert mine
    assert mine.queryset.exists()
    assert Ticket.objects.filter(assignee=l1).open().reply_waits().exists()
    for person in (l1, l2, l3, vendor):
        assert Ticket.objects.visible_to(person).open().of_teams(person.team_ids).unaccepted().exists()
    asked = Ticket.objects.filter(requester=requester)
    assert asked.filter(status=Status.PENDING_REQUESTER).exists()
    assert asked.filter(status=Status.RESOLVED).exists()
    assert asked.filter(status=Status.OPEN, tier=2).exists()


def test_all_tiers_and_ways_between_them_occur(company):
    assert set(Ticket.objects.open().values_list("tier_id", flat=True)) == {0, 1, 2, 3, 4}
    assert set(Handoff.objects.values_list("state", flat=True)) == {"waiting", "accepted", "returned"}
    assert Ticket.objects.filter(bounce_count__gte=2).exists()
    assert Ticket.objects.filter(is_restricted=True).open().exists()


def test_checklists_are_answered_mostly_and_what_was_missing_came_back(company):
    found = handoffs.missing(Handoff.objects.all())
    assert {one.tier for one in found} == {2, 3}
    assert 0 < sum(one.missing for one in found) < 0.6 * sum(one.asked for one in found)
    assert any(one.returned for one in found)


def test_only_the_last_working_day_leaves_deliveries(company):
    # An event that tells of a deadline has its own time, which may lie before it was noticed and told.
    about_tickets = Delivery.objects.filter(event_id__gt=0)
    moments = list(about_tickets.values_list("created_at", flat=True))
    assert moments
    assert min(moments) >= datetime.fromisoformat("2026-11-20T10:00:00+00:00")


def test_the_company_is_furnished(company):
    assert (Team.objects.count(), Category.objects.count(), CustomField.objects.count()) == (8, 29, 8)
    assert User.objects.filter(is_active=False).count() == 1
    lead = User.objects.get(email="lead@demo.example")
    for view in SavedView.objects.all():
        assert parse(view.filter, lead)


def test_teams_give_out_what_arrives_each_in_its_way_and_cover_one_another(company):
    ways = TeamWork.objects.values_list("team__name", "strategy", "hours__name", "covered_by__name")
    assert set(ways) == {
        ("Field support", "round_robin", "London desk", "Service desk"),
        ("Workplace", "least_loaded", "London desk", "Network"),
        ("Security", "skills", "London desk", "Platform"),
    }
    now = datetime.fromisoformat(NOW)
    away = Availability.objects.get(is_away=True)
    assert (away.user.name, presence_of(away.user, at=now).is_present) == ("Björn Ståhl", False)


def test_what_arrives_now_is_given_to_somebody_who_is_here(company):
    """A printer, in the morning: Field support gives it in turn; at night the service desk has it."""
    now = datetime.fromisoformat(NOW)
    requester = User.objects.get(email="requester@demo.example")
    printer = Category.objects.get(name="Printer")
    for hours, team, is_given in ((0, "Field support", True), (10, "Service desk", False)):
        at = now + timedelta(hours=hours)
        ticket = operations.open_ticket(
            requester=requester,
            subject="It jams",
            description="Tray 2.",
            category=printer,
            by=requester,
            at=at,
        )
        assign_arrived(Event.objects.get(ticket=ticket, kind=events.OPENED), at=at)
        ticket.refresh_from_db()
        assert (ticket.team.name, ticket.assignee is not None) == (team, is_given)


def test_a_second_load_says_that_it_is_there(company):
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    assert out.getvalue() == "The demo company is here already.\n"


def test_clocks_add_up_with_what_rules_did(company):
    out = io.StringIO()
    call_command("check_clocks", stdout=out)
    assert out.getvalue().endswith(f"of {FEW} tickets replayed, 0 tickets differ from their events.\n")


def test_rules_have_moved_and_told_and_were_overtaken_and_returned(company):
    done = Firing.objects.order_by("id").values_list("version__rule__name", "state")
    assert {name for name, _state in done} == set(
        Rule.objects.filter(is_enabled=True).values_list("name", flat=True)
    )
    assert {state for _name, state in done} == {Firing.State.DONE, Firing.State.OVERTAKEN}
    by_rules = Handoff.objects.filter(firing__isnull=False)
    assert by_rules.filter(state=Handoff.State.RETURNED).exists()
    assert by_rules.filter(state=Handoff.State.ACCEPTED).exists()


def test_simulating_the_rules_reproduces_what_they_did(company):
    """Every firing, and every move to the second; what a person overtook is all that a simulation has besides."""
    now = datetime.fromisoformat(NOW)
    since = min(Rule.objects.filter(is_enabled=True).values_list("current__at", flat=True))
    outcome = Outcome()
    drafts = [of_rule(rule) for rule in Rule.objects.all()]
    assert ask(Question.of(drafts, since=since, until=now, at=now), tickets_of(since, now), outcome)

    really = Event.objects.filter(data__has_key="firing", changes__has_key="team_id").order_by(
        "ticket_id", "id"
    )
    names = dict(Rule.objects.values_list("pk", "name"))
    moved = [
        (event.ticket.number, names[event.data["rule"]], event.at.isoformat(), *event.changes["team_id"])
        for event in really.select_related("ticket")
    ]
    told = [row for row in outcome.rows if row["column"] == "team_id"]
    assert len(moved) > 5
    assert [(row["ticket"], row["rule"], row["at"], row["from"], row["to"]) for row in told] == moved
    assert {row["really"] for row in told} == {"same"}

    fired = Firing.objects.values_list("version__rule__name").annotate(n=Count("pk")).order_by()
    assert {name: counts["fired"] for name, counts in outcome.rules.items()} == dict(fired)
    overtaken = Firing.objects.filter(state=Firing.State.OVERTAKEN).values_list("event_id", flat=True)
    assert {row["event"] for row in outcome.rows if row["really"] != "same"} <= set(overtaken)
    assert outcome.cycles == []
    assert outcome.without_effect() == []


# --- Articles in use ---


def test_l1_has_something_to_read_and_leads_see_who_has_not(company):
    l1 = User.objects.get(email="l1@demo.example")
    waiting = Announcement.objects.unread_by(l1).order_by("at")
    assert [row.article.slug for row in waiting] == ["vpn-rekey", "sop-phishing-report"]
    people = {row.article.slug: asked(row) for row in Announcement.objects.all()}
    missing = {slug: sum(not each.has_read for each in rows) for slug, rows in people.items()}
    assert missing == {"printer-0x11b": 0, "vpn-rekey": 3, "sop-phishing-report": 6}


def test_one_problem_is_decided_and_one_open_with_three_incidents(company):
    manager = User.objects.get(email="manager@demo.example")
    records = ProblemRecord.objects.order_by("decision")
    told = [(record.decision, incidents_of(record.ticket, manager).count()) for record in records]
    assert [number for _decision, number in told] == [3, 2]
    assert told[0][0] == ""
    assert all(record.root_cause and record.reproduced_how for record in records)


def test_scripts_have_been_run_and_one_waits_half_way_with_l1(company):
    l1 = User.objects.get(email="l1@demo.example")
    half_way = Run.objects.running().filter(ticket__assignee=l1)
    assert half_way.exists()
    assert set(Run.objects.values_list("outcome", flat=True)) >= {"", "resolved"}
    assert set(StepSuggestion.objects.values_list("state", flat=True)) == set(StepSuggestion.State)


def test_readers_have_said_what_helped_and_looked_for_what_there_is_not(company):
    assert Vote.objects.filter(is_helpful=False).exclude(text="").exists()
    assert Comment.objects.filter(done_at=None).exists()
    assert found_nothing()[0].text == "parking permit"
    assert ended_in_ticket()[0].text == "cold store wifi"
    assert TicketArticle.objects.filter(role="read").exists()
    assert Article.objects.filter(solved__gt=0, views__gt=0, helpful__gt=0).exists()
    assert Article.objects.filter(review_since__isnull=False).get().slug == "mailbox-full"
    assert Source.objects.filter(checked_at=None).exists()


def test_what_articles_prevent_is_measured_and_told(company):
    manager = User.objects.get(email="manager@demo.example")
    found = numbers(manager, since=datetime.fromisoformat(NOW).date() - timedelta(days=90))
    assert found.total.solved > 50
    assert found.effect.difference.is_told
    assert found.effect.prevented > 10
    assert SuggestionSettings.load().control_percent == 0


def test_mail_has_come_in_and_each_page_has_something_to_show(company):
    assert Mailbox.objects.get().name == "support"
    states = [(str(row.state), str(row.reason)) for row in MailMessage.objects.order_by("pk")]
    assert states == [
        *[("filed", "token")] * 2,
        ("filed", "auto_reply"),
        ("filed", "bounce"),
        ("quarantined", "spam"),
        ("held", "unknown_sender"),
    ]


def test_people_were_asked_how_it_went_and_some_answered(company: None) -> None:
    """Every resolution of the story was asked about or says why not; nobody was asked twice in two weeks."""
    surveys = Survey.objects.order_by("pk")
    resolved = Event.objects.filter(kind=events.RESOLVED).count()
    assert surveys.count() == resolved
    asked = surveys.filter(asked_at__isnull=False)
    assert asked.count() > 20
    answered = asked.filter(score__isnull=False).count()
    assert 0.15 < answered / asked.count() < 0.75
    assert {row.score for row in asked} > {None, 4, 5}
    assert asked.filter(comment__isnull=False).exists()
    assert asked.filter(reminded_at__isnull=False).exists()
    assert not surveys.filter(asked_at=None, why_not="").exists()
    for person in asked.values_list("person", flat=True).distinct():
        of_one = asked.filter(person=person).order_by("asked_at")
        times = [at for at in of_one.values_list("asked_at", flat=True) if at is not None]
        assert all(after - before >= timedelta(days=14) for before, after in pairwise(times))
    late = Delivery.objects.filter(kind=REMIND, next_at__lte=datetime.fromisoformat(NOW))
    assert not late.exists()  # nobody gets a mail about the past


def test_the_desk_has_said_why_it_broke_promises_and_told_the_month_before(company: None) -> None:
    broken = PromiseFact.objects.filter(verdict="breached").count()
    assert 0 < BreachCause.objects.count() < broken
    assert BreachException.objects.filter(approved_by__email="manager@demo.example").exists()
    months = PublishedMonth.objects.order_by("organisation")
    assert [row.month.isoformat() for row in months] == ["2026-10-01"] * 2
    assert all(row.figures["incident.resolved"]["n"] for row in months)
    assert SavedReport.objects.get().for_everyone
