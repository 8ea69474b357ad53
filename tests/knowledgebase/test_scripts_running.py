"""A script in a ticket: started, answered, answered again, gone on with by somebody else, ended."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Team, User
from escalation.models import Reason
from escalation.operations import Wanted, create_checklist
from knowledgebase.models import (
    Article,
    ArticleAudience,
    LinkRole,
    Run,
    RunAnswer,
    RunCount,
    RunOutcome,
    Section,
    TicketArticle,
)
from knowledgebase.operations import ending, running
from knowledgebase.operations.describing import set_audience
from knowledgebase.operations.reviewing import archive, publish
from knowledgebase.operations.running import MovedOn, NotRunning, RunningAlready, answer, give_up, start
from knowledgebase.operations.scripting import examine
from knowledgebase.operations.suggesting_steps import Settled, settle_suggestion, suggest_change
from knowledgebase.operations.writing import write
from knowledgebase.queries import prefilling
from knowledgebase.queries.run_numbers import numbers_of
from knowledgebase.queries.runs import offered, readable_run, runs_of, standing
from knowledgebase.scripts.spec import in_words
from tests.conftest import person, seat
from tests.knowledgebase.sops import WIFI, go, sop
from tickets import operations
from tickets.models import Category, Message, MessageKind, ResolutionCode, Ticket
from tickets.operations.guards import NotOpen
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]


def notes(ticket: Ticket) -> list[str]:
    rows = Message.objects.filter(ticket=ticket, kind=MessageKind.NOTE).order_by("id")
    return list(rows.values_list("body", flat=True))


def at_step(run: Run) -> tuple[str, int]:
    run.refresh_from_db()
    return run.step, run.place


# --- going on ---


def test_a_run_begins_at_the_start_of_the_published_version(run: Run, wifi: Article, mira: User) -> None:
    assert at_step(run) == ("device", 0)
    assert (run.version, run.started_by, run.is_running) == (wifi.published, mira, True)


def test_each_answer_is_a_row_with_who_when_and_how_long(
    run: Run, mira: User, sara: User, later: Later
) -> None:
    run = go(run, ("device", "laptop"), by=mira, at=later(seconds=20))
    run = go(run, ("switch", "no"), by=sara, at=later(seconds=50))
    rows = RunAnswer.objects.filter(run=run).values_list("place", "step", "value", "by", "at", "seconds")
    assert list(rows) == [
        (0, "device", "laptop", mira.pk, later(seconds=20), 20),
        (1, "switch", "no", sara.pk, later(seconds=50), 30),
    ]
    assert at_step(run) == ("turn", 2)


def test_answers_are_never_changed_nor_deleted(run: Run, mira: User, at: datetime) -> None:
    go(run, ("device", "laptop"), by=mira, at=at)
    for statement in (
        "UPDATE knowledgebase_runanswer SET value = 'phone'",
        "DELETE FROM knowledgebase_runanswer",
    ):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_what_is_no_answer_is_refused_at_the_field(run: Run, mira: User, at: datetime) -> None:
    with pytest.raises(Invalid, match="Choose one of the answers") as refused:
        go(run, ("device", "fridge"), by=mira, at=at)
    assert refused.value.field == "value"
    run = go(run, ("device", "laptop"), ("switch", "yes"), by=mira, at=at)
    with pytest.raises(Invalid, match=r"Expected: \[0-9.\]\+"):
        go(run, ("address", "none"), by=mira, at=at)


def test_two_people_do_not_answer_the_same_step_twice(run: Run, mira: User, sara: User, at: datetime) -> None:
    answer(run, place=0, step="device", value="laptop", by=mira, at=at)
    with pytest.raises(MovedOn):
        answer(run, place=1, step="device", value="phone", by=sara, at=at)
    assert at_step(run) == ("switch", 1)


def test_answering_again_overrules_and_asks_anew_what_belongs_to_another_way(
    run: Run, mira: User, at: datetime
) -> None:
    run = go(run, ("device", "laptop"), ("switch", "no"), ("turn", ""), ("fixed", "yes"), by=mira, at=at)
    assert at_step(run) == ("done", 4)
    run = answer(run, place=1, step="switch", value="yes", by=mira, at=at)
    assert at_step(run) == ("address", 2)
    run = answer(run, place=1, step="switch", value="no", by=mira, at=at)
    assert at_step(run) == ("done", 4)
    assert RunAnswer.objects.filter(run=run).count() == 6


# --- beginning ---


def test_the_same_script_runs_once_at_a_time(
    run: Run, ticket: Ticket, wifi: Article, sara: User, at: datetime
) -> None:
    with pytest.raises(RunningAlready) as refused:
        start(ticket, article=wifi, by=sara, at=at)
    assert refused.value.run == run


def test_a_script_that_is_not_for_this_person_is_not_started(
    ticket: Ticket, lars: User, dario: User, max_: User, mira: User, ines: User, at: datetime
) -> None:
    article = sop(WIFI, title="Deep", audience=ArticleAudience.L2, by=max_, at=at)
    with pytest.raises(Invalid) as refused:
        start(ticket, article=article, by=mira, at=at)
    assert refused.value.field == "sop"
    with pytest.raises(NotAllowed):
        start(ticket, article=article, by=ines, at=at)
    assert start(ticket, article=article, by=dario, at=at).is_running


def test_nothing_is_started_in_a_ticket_that_has_ended(
    ticket: Ticket, wifi: Article, mira: User, at: datetime
) -> None:
    operations.resolve(ticket, code=ResolutionCode.FIXED, summary="Done", category=None, by=mira, at=at)
    with pytest.raises(NotOpen):
        start(ticket, article=wifi, by=mira, at=at)


def test_the_scripts_of_the_tickets_category_are_offered(
    ticket: Ticket, wifi: Article, vpn: Category, lars: User, mira: User, at: datetime
) -> None:
    other = sop(WIFI, title="Another", by=lars, at=at, section=None)
    assert offered(ticket, mira) == [other, wifi]
    ticket.category = vpn
    assert vpn.parent
    network = Section.objects.create(name="Network", slug="network")
    network.ticket_categories.add(vpn.parent)
    Article.objects.filter(pk=wifi.pk).update(section=network)
    assert offered(ticket, mira) == [wifi]


# --- versions, audiences ---


def test_a_run_keeps_the_version_it_began_with(
    run: Run, wifi: Article, lars: User, mira: User, at: datetime
) -> None:
    changed = {"start": "end", "steps": {"end": {"kind": "outcome", "act": "resolve", "code": "fixed"}}}
    publish(write(wifi, script=changed, by=lars, at=at), by=lars, at=at)
    run = go(run, ("device", "laptop"), by=mira, at=at)
    assert at_step(run) == ("switch", 1)


def test_a_script_that_becomes_restricted_is_gone_from_the_ticket_of_those_it_is_not_for(
    run: Run, ticket: Ticket, wifi: Article, max_: User, mira: User, dario: User, at: datetime
) -> None:
    set_audience(wifi, audience=ArticleAudience.L2, by=max_, at=at)
    assert (runs_of(ticket, mira), readable_run(mira, ticket, run.pk)) == ([], None)
    with pytest.raises(NotAllowed):
        go(run, ("device", "laptop"), by=mira, at=at)
    assert runs_of(ticket, dario) == [run]


def test_an_archived_script_can_be_brought_to_an_end(
    run: Run, wifi: Article, lars: User, mira: User, at: datetime
) -> None:
    archive(wifi, by=lars, at=at)
    assert at_step(go(run, ("device", "phone"), by=mira, at=at)) == ("hand", 1)


# --- the end ---


def test_resolving_ends_the_run_and_tells_the_ticket_what_was_answered(
    run: Run, ticket: Ticket, wifi: Article, mira: User, sara: User, later: Later
) -> None:
    run = go(run, ("device", "laptop"), ("switch", "no"), ("turn", ""), by=mira, at=later(minutes=1))
    run = go(run, ("fixed", "yes"), by=sara, at=later(minutes=2))
    facts = prefilling.resolution(standing(run))
    assert facts == {"code": "fixed", "summary": "The switch was off."}
    ending.resolve(ticket, **facts, category=None, by=sara, at=later(minutes=3))
    run.refresh_from_db()
    assert (run.outcome, run.ended_by, run.ended_at) == (RunOutcome.RESOLVED, sara, later(minutes=3))
    assert notes(ticket) == [
        "**Script “Wi-Fi” (version 1), brought to its end: resolved**\n\n"
        "1. Which device?: **A laptop**\n2. Is Wi-Fi on?: **No**\n3. Turn it on ✓\n"
        "4. Does it work?: **Yes** (Sara Amin)"
    ]
    linked = TicketArticle.objects.get(ticket=ticket)
    assert (linked.article, linked.role) == (wifi, LinkRole.SOLUTION)


def test_half_way_by_one_to_the_end_by_another_and_handed_over_prefilled(
    run: Run, ticket: Ticket, network: Team, mira: User, sara: User, later: Later
) -> None:
    items = [Wanted("The address is noted", True), Wanted("Screenshot")]
    checklist = create_checklist(tier=network.tier, items=items, by=None, at=later())
    run = go(run, ("device", "laptop"), ("switch", "yes"), by=mira, at=later(minutes=1))
    run = go(run, ("address", "169.254.3.1"), by=sara, at=later(minutes=5))
    facts = prefilling.hand_over(standing(run))
    assert facts == {
        "to": f"team:{network.pk}",
        "reason": "needs_expertise",
        "summary": "Wi-Fi does not come up.",
        "tried": "- Is Wi-Fi on?: Yes",
        "items": [checklist.items.earliest("pk").pk],
    }
    facts.pop("to")
    ending.hand_over(ticket, team=network, override=False, **facts, by=sara, at=later(minutes=6))
    run.refresh_from_db()
    ticket.refresh_from_db()
    assert (run.outcome, ticket.team) == (RunOutcome.HANDED_OVER, network)
    assert notes(ticket)[0].endswith("3. The address it got: **169.254.3.1** (Sara Amin)")


def test_handed_over_half_way_the_next_team_reads_so_far_and_goes_on(
    run: Run, ticket: Ticket, network: Team, mira: User, dario: User, later: Later
) -> None:
    go(run, ("device", "laptop"), by=mira, at=later(minutes=1))
    ending.hand_over(
        ticket, team=network, reason=Reason.NEEDS_ACCESS, summary="Please look", by=mira, at=later(minutes=2)
    )
    assert notes(ticket) == ["**Script “Wi-Fi” (version 1), so far**\n\n1. Which device?: **A laptop**"]
    assert at_step(go(run, ("switch", "yes"), by=dario, at=later(minutes=9))) == ("address", 2)


def test_giving_up_says_why_and_is_counted_at_its_step(
    run: Run, ticket: Ticket, mira: User, at: datetime
) -> None:
    go(run, ("device", "laptop"), by=mira, at=at)
    with pytest.raises(Invalid) as refused:
        give_up(run, why=" ", by=mira, at=at)
    assert refused.value.field == "why"
    give_up(run, why="They *hung up*", by=mira, at=at)
    assert notes(ticket)[0].startswith("**Script “Wi-Fi” (version 1), given up: They \\*hung up\\***")
    count = RunCount.objects.get(version=run.version, step="switch")
    assert (count.reached, count.answered, count.dropped) == (1, 0, 1)
    with pytest.raises(NotRunning):
        go(run, ("switch", "yes"), by=mira, at=at)


def test_a_ticket_that_ends_in_another_way_ends_its_runs(
    run: Run, ticket: Ticket, mira: User, lars: User, at: datetime
) -> None:
    operations.cancel(ticket, reason_text="Twice", by=lars, at=at)
    run.refresh_from_db()
    assert (run.outcome, run.ended_by) == (RunOutcome.OVERTAKEN, None)


def test_another_script_follows(ticket: Ticket, wifi: Article, lars: User, mira: User, at: datetime) -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: instruction, text: Hello, next: b}\n"
        "  b: {kind: outcome, act: next_sop, sop: wi-fi}"
    )
    first = start(ticket, article=sop(text, title="First", by=lars, at=at), by=mira, at=at)
    with pytest.raises(Invalid):
        ending.go_on(first, by=mira, at=at)
    follower = ending.go_on(go(first, ("a", ""), by=mira, at=at), by=mira, at=at)
    first.refresh_from_db()
    assert (first.outcome, follower.article, follower.previous) == (RunOutcome.NEXT_SOP, wifi, first)


def test_a_branch_reads_the_ticket_once(
    open_ticket: Callable[..., Ticket], lars: User, mira: User, at: datetime
) -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: instruction, text: Hello, next: b}\n"
        "  b: {kind: branch, of: ticket.kind, cases: {service request: c}, otherwise: d}\n"
        "  c: {kind: instruction, text: Serve, next: d}\n  d: {kind: outcome, act: resolve, code: fixed}"
    )
    ticket = open_ticket(kind="request")
    run = start(ticket, article=sop(text, by=lars, at=at), by=mira, at=at)
    run = go(run, ("a", ""), by=mira, at=at)
    operations.change(ticket, kind="incident", by=mira, at=at)
    assert at_step(go(run, ("c", ""), by=mira, at=at)) == ("d", 2)
    assert run.readings == {"kind": ["request", "service request"]}


# --- numbers, suggestions ---


def test_numbers_say_how_runs_ended_and_where_people_drop_out(
    open_ticket: Callable[..., Ticket], wifi: Article, network: Team, mira: User, later: Later
) -> None:
    for why in ("a", "b"):
        run = start(open_ticket(), article=wifi, by=mira, at=later())
        give_up(
            go(run, ("device", "laptop"), by=mira, at=later(seconds=10)),
            why=why,
            by=mira,
            at=later(minutes=1),
        )
    ticket = open_ticket()
    go(start(ticket, article=wifi, by=mira, at=later()), ("device", "phone"), by=mira, at=later(seconds=40))
    ending.hand_over(
        ticket, team=network, reason=Reason.NEEDS_ACCESS, summary="x", by=mira, at=later(minutes=2)
    )
    assert wifi.published
    found = numbers_of(wifi, wifi.published, since=later())
    assert (found.runs, found.running) == (3, 0)
    assert found.outcomes == {"given_up": 2, "handed_over": 1}
    steps = {step.key: (step.reached, step.answered, step.dropped, step.seconds) for step in found.steps}
    assert steps["device"] == (3, 3, 0, 20)
    assert steps["switch"] == (2, 0, 2, 0)
    assert found.worst
    assert found.worst.key == "switch"


def test_whoever_runs_it_suggests_a_change_to_a_step_and_its_keepers_answer(
    run: Run, wifi: Article, mira: User, lars: User, ines: User, at: datetime
) -> None:
    row = suggest_change(
        wifi, version=run.version, step="switch", text="Where is the switch?", by=mira, at=at
    )
    with pytest.raises(Invalid):
        suggest_change(wifi, version=run.version, step="nowhere", text="x", by=mira, at=at)
    with pytest.raises(NotAllowed):
        suggest_change(wifi, version=run.version, step="switch", text="x", by=ines, at=at)
    with pytest.raises(Invalid):
        settle_suggestion(row, is_taken=False, by=lars, at=at)
    row = settle_suggestion(row, is_taken=True, by=lars, at=at)
    assert (row.state, row.ended_by) == ("taken", lars)
    with pytest.raises(Settled):
        settle_suggestion(row, is_taken=True, by=lars, at=at)


# --- what a script names ---


def test_a_script_that_names_what_is_not_there_is_not_published(lars: User, at: datetime) -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: link, article: nowhere, text: x, next: b}\n"
        "  b: {kind: action, webhook: Nobody, text: x, next: {ok: c, failed: d}}\n"
        "  c: {kind: branch, of: ticket.mood, cases: {good: d}, otherwise: e}\n"
        "  d: {kind: outcome, act: resolve, code: dance}\n"
        "  e: {kind: choice, text: x, options: {f: F, g: G}, next: {f: f, g: g}}\n"
        "  f: {kind: outcome, act: hand_over, team: Nobody, reason: none}\n"
        "  g: {kind: outcome, act: next_sop, sop: nowhere}"
    )
    with pytest.raises(Invalid) as refused:
        sop(text, by=lars, at=at)
    assert refused.value.field == "script"
    assert refused.value.facts["faults"] == [
        ["b", "webhook"],
        ["c", "of"],
        ["d", "code"],
        ["f", "reason"],
        ["f", "team"],
    ]


def test_articles_that_a_script_names_may_come_later(lars: User, at: datetime) -> None:
    """Two scripts may lead to each other: one of them has to be there first."""
    text = (
        "start: a\nsteps:\n  a: {kind: link, article: nowhere, text: x, next: b}\n"
        "  b: {kind: outcome, act: next_sop, sop: c}"
    )
    article = sop(text, by=lars, at=at)
    assert article.published
    found = examine(article.published.script)
    assert (found.faults, [fault.field for fault in found.missing]) == ((), ["article", "sop"])


def test_a_draft_may_be_half_done(lars: User, at: datetime) -> None:
    half = {"start": "a", "steps": {"a": {"kind": "yes_no", "text": "Ready?"}}}
    article = write(sop(WIFI, by=lars, at=at), script=half, by=lars, at=at)
    assert article.draft
    assert in_words(article.draft.script) == half
    assert [str(fault) for fault in examine(half).faults] == [
        "Step “a”: Say under “next” which step follows; without it the script ends nowhere."
    ]
    with pytest.raises(Invalid):
        publish(article, by=lars, at=at)


def test_somebody_of_another_team_goes_on_with_a_run_they_may_see(
    run: Run, network: Team, northwind: object, at: datetime
) -> None:
    other = seat(person("Noor Said"), network)
    assert at_step(running.answer(run, place=0, step="device", value="phone", by=other, at=at)) == ("hand", 1)


def test_what_is_deleted_for_good_takes_its_runs_along(
    run: Run, ticket: Ticket, mira: User, ada: User, later: Later
) -> None:
    go(run, ("device", "laptop"), by=mira, at=later())
    operations.cancel(ticket, reason_text="Twice", by=mira, at=later())
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=later())
    purged = purge(closed_before=later(days=1), reason="Retention", by=ada, at=later(days=2))
    assert purged
    assert (Run.objects.count(), RunAnswer.objects.count()) == (0, 0)
