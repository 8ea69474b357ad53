"""A publication judges every open clock anew: in batches, once, also after a kill and beside people at work."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from delivery import handlers
from delivery.models import Delivery
from sla.book import rules_in_force
from sla.models import Book, Clock, ClockEvent, Metric, Policy, PolicyVersion, Recompute
from sla.operations import judging, recomputing
from sla.operations.recomputing import ask, judge_stragglers, remind_of_forgotten, run, step
from tickets import operations
from tickets.models import Event, Ticket

HOUR = timedelta(hours=1)


def publish(at: datetime, *, by: User | None = None, **changes: Any) -> Recompute:
    """A new version of the default policy with other targets: `resolution=(3, 60)` is P3 within an hour."""
    policy = Policy.objects.get(is_default=True)
    assert policy.current is not None
    spec = {**policy.current.spec, "targets": {**policy.current.spec["targets"]}}
    for metric, (priority, minutes) in changes.items():
        row = {**spec["targets"][str(priority)]}
        calendar = spec["targets"]["3"]["resolution"][1]
        if minutes:
            row[metric] = [minutes, calendar]
        else:
            row.pop(metric)
        spec["targets"][str(priority)] = row
    policy.current = PolicyVersion.objects.create(
        policy=policy, number=policy.current.number + 1, spec=spec, at=at, by=by
    )
    policy.save(update_fields=["current"])
    return ask(reason="Standard, version 2", by=by, at=at)


def resolution(ticket: Ticket) -> Clock:
    return Clock.objects.filter(ticket=ticket, metric=Metric.RESOLUTION).latest("cycle")


def test_asking_gives_the_book_a_new_stamp_and_leaves_a_delivery(ada: User, at: datetime) -> None:
    before = Book.objects.get()
    job = ask(reason="Business hours, version 2", by=ada, at=at)
    book = Book.objects.get()
    assert (book.revision, book.stamp == before.stamp) == (before.revision + 1, False)
    assert (job.state, job.revision, job.by, job.reason) == (
        "waiting",
        book.revision,
        ada,
        "Business hours, version 2",
    )
    assert [row.payload for row in Delivery.objects.filter(kind=recomputing.KIND)] == [{"job": job.pk}]


def test_a_shorter_target_moves_the_due_time_and_keeps_the_time_used(
    ticket: Ticket, later: Callable[..., datetime]
) -> None:
    was = resolution(ticket)
    job = run(publish(later(hours=1), resolution=(4, 120)), at=later(hours=1))
    now = resolution(ticket)
    assert (now.used, now.target, now.due_at, now.started_at) == (
        HOUR,
        2 * HOUR,
        later(hours=2),
        was.started_at,
    )
    assert (job.state, job.total, job.seen, job.moved, job.breached) == ("done", 1, 1, 1, 0)
    ticket.refresh_from_db()
    assert ticket.next_due_at == min(
        due for due in Clock.objects.filter(ticket=ticket).values_list("due_at", flat=True) if due
    )
    told = Event.objects.get(ticket=ticket, kind="sla.retargeted")
    assert was.due_at is not None
    assert (told.data["due_was"], told.data["due"]) == (was.due_at.isoformat(), later(hours=2).isoformat())


def test_what_is_past_its_new_target_breaches_now(ticket: Ticket, later: Callable[..., datetime]) -> None:
    job = run(publish(later(hours=3), resolution=(4, 60)), at=later(hours=3))
    assert (job.moved, job.breached) == (1, 1)
    assert resolution(ticket).breached_at == later(hours=3)
    told = Event.objects.filter(ticket=ticket, kind="sla.breached", data__metric="resolution")
    assert told.count() == 1


def test_a_breach_stays_whatever_is_promised_later(ticket: Ticket, later: Callable[..., datetime]) -> None:
    run(publish(later(hours=3), resolution=(4, 60)), at=later(hours=3))
    run(publish(later(hours=4), resolution=(4, 6000)), at=later(hours=4))
    assert resolution(ticket).breached_at == later(hours=3)


def test_what_is_no_longer_promised_ends_and_what_is_new_starts(
    ticket: Ticket, later: Callable[..., datetime]
) -> None:
    run(publish(later(hours=1), first_response=(4, 0)), at=later(hours=1))
    first = Clock.objects.get(ticket=ticket, metric=Metric.FIRST_RESPONSE)
    assert (first.state, first.outcome) == ("ended", "cancelled")
    job = run(publish(later(hours=2), first_response=(4, 600)), at=later(hours=2))
    again = Clock.objects.get(ticket=ticket, metric=Metric.FIRST_RESPONSE, cycle=2)
    assert (again.state, again.used, job.started) == ("running", HOUR, 1)


def test_what_is_promised_late_counts_from_the_start_without_the_time_it_rested(
    ticket: Ticket, mira: User, later: Callable[..., datetime]
) -> None:
    run(publish(later(), resolution=(4, 0)), at=later())
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(hours=1))
    operations.reply(ticket, text="That one", by=ticket.requester, at=later(hours=3))
    run(publish(later(hours=4), resolution=(4, 600)), at=later(hours=4))
    again = resolution(ticket)
    assert (again.cycle, again.used, again.started_at) == (2, 2 * HOUR, later())


def test_running_a_job_again_changes_nothing(ticket: Ticket, later: Callable[..., datetime]) -> None:
    job = run(publish(later(hours=1), resolution=(4, 120)), at=later(hours=1))
    events = ClockEvent.objects.count()
    run(job, at=later(hours=1))
    again = run(ask(reason="Nothing", by=None, at=later(hours=1)), at=later(hours=1))
    assert (ClockEvent.objects.count(), again.moved, again.seen) == (events, 0, 1)


def test_a_new_version_that_promises_the_same_leaves_what_is_overdue_where_it_was(
    ticket: Ticket, later: Callable[..., datetime]
) -> None:
    was = Clock.objects.get(ticket=ticket, metric=Metric.ACCEPT)
    job = run(publish(later(hours=5), update=(4, 600)), at=later(hours=5))
    now = Clock.objects.get(ticket=ticket, metric=Metric.ACCEPT)
    assert (now.due_at, now.breached_at, job.moved) == (was.due_at, was.due_at, 0)
    assert now.policy_id != was.policy_id


def test_a_job_goes_on_where_a_killed_worker_left_it(
    open_ticket: Callable[..., Ticket], later: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [open_ticket() for _number in range(3)]
    monkeypatch.setattr(recomputing, "BATCH", 2)
    job = publish(later(hours=1), resolution=(4, 120))
    assert step(job.pk, at=later(hours=1)) is True
    job.refresh_from_db()
    assert (job.state, job.last_ticket, job.seen, job.moved) == ("running", tickets[1].pk, 2, 2)
    run(job, at=later(hours=1))
    assert (job.state, job.seen, job.moved) == ("done", 3, 3)
    assert {resolution(ticket).target for ticket in tickets} == {2 * HOUR}


def test_a_newer_job_takes_over_and_keeps_what_was_asked(ticket: Ticket, at: datetime) -> None:
    first = ask(reason="Import", by=None, at=at, starts_missing=True)
    second = ask(reason="Calendar", by=None, at=at)
    first.refresh_from_db()
    assert (first.state, second.starts_missing) == ("replaced", True)
    assert step(first.pk, at=at) is False
    assert run(second, at=at).state == "done"


def test_the_delivery_carries_the_job_out(ticket: Ticket, at: datetime) -> None:
    job = publish(at, resolution=(4, 120))
    delivery = Delivery.objects.get(kind=recomputing.KIND)
    handlers.handler_for(recomputing.KIND)(delivery.payload, delivery, at)
    job.refresh_from_db()
    assert job.state == "done"


def test_an_operation_that_read_the_old_book_is_judged_as_a_straggler(
    ticket: Ticket, later: Callable[..., datetime]
) -> None:
    job = run(publish(later(hours=1), resolution=(4, 120)), at=later(hours=1))
    old = PolicyVersion.objects.get(number=1)
    Clock.objects.filter(ticket=ticket, metric=Metric.RESOLUTION).update(
        revision=job.revision - 1, policy=old, target=timedelta(hours=50)
    )
    assert judge_stragglers(at=later(hours=2)) == 1
    assert resolution(ticket).target == 2 * HOUR
    assert judge_stragglers(at=later(hours=2)) == 0


def test_a_job_finds_the_clocks_that_were_changed_behind_its_back(
    ticket: Ticket, later: Callable[..., datetime]
) -> None:
    job = publish(later(hours=1), resolution=(4, 120))
    step(job.pk, at=later(hours=1))
    Clock.objects.filter(ticket=ticket).update(revision=job.revision - 1)
    run(job, at=later(hours=1))
    assert set(Clock.objects.filter(ticket=ticket).values_list("revision", flat=True)) == {job.revision}


def test_a_job_whose_delivery_was_given_up_is_delivered_anew(
    db: None, at: datetime, later: Callable[..., datetime]
) -> None:
    job = ask(reason="Calendar", by=None, at=at)
    Delivery.objects.all().delete()
    assert remind_of_forgotten(at=later(minutes=5)) == 0
    assert remind_of_forgotten(at=later(minutes=11)) == 1
    remind_of_forgotten(at=later(minutes=12))
    assert [row.payload for row in Delivery.objects.filter(kind=recomputing.KIND)] == [{"job": job.pk}]


def test_a_closed_ticket_is_never_judged_again(
    ticket: Ticket, mira: User, vpn: Any, later: Callable[..., datetime]
) -> None:
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=30))
    before = list(Clock.objects.order_by("id").values())
    run(publish(later(hours=1), resolution=(4, 1)), at=later(hours=1))
    assert list(Clock.objects.order_by("id").values()) == before


def test_a_policy_with_a_condition_judges_by_the_facts_of_each_ticket(
    open_ticket: Callable[..., Ticket], mira: User, later: Callable[..., datetime]
) -> None:
    plain, tagged = open_ticket(), open_ticket()
    operations.tag(tagged, names=["payroll"], by=mira, at=later(minutes=1))
    default = Policy.objects.get(is_default=True)
    assert default.current is not None
    spec = {**default.current.spec, "when": {"field": "tag", "op": "is", "value": ["payroll"]}}
    spec["targets"] = {"4": {"resolution": [60, spec["targets"]["4"]["resolution"][1]]}}
    special = Policy.objects.create(name="Payroll")
    special.current = PolicyVersion.objects.create(policy=special, number=1, spec=spec, at=later(hours=1))
    special.save()
    run(ask(reason="Payroll", by=None, at=later(hours=1)), at=later(hours=1))
    assert resolution(tagged).policy == special.current
    assert resolution(plain).policy == default.current


def test_judging_by_the_same_book_tells_nothing_wherever_a_ticket_stands(
    open_ticket: Callable[..., Ticket], mira: User, ines: User, vpn: Any, later: Callable[..., datetime]
) -> None:
    """Whatever operations have left behind, only a changed promise may change a clock."""
    ticket = open_ticket()
    steps: list[Callable[[datetime], Any]] = [
        lambda when: operations.take(ticket, by=mira, at=when),
        lambda when: operations.reply(ticket, text="Hello", by=mira, at=when),
        lambda when: operations.reply(ticket, text="Well?", by=ines, at=when),
        lambda when: operations.wait_for_requester(ticket, question="Which?", by=mira, at=when),
        lambda when: operations.reply(ticket, text="That one", by=ines, at=when),
        lambda when: operations.hold(ticket, reason="appointment", until=when + 8 * HOUR, by=mira, at=when),
        lambda when: operations.resume(ticket, by=mira, at=when),
        lambda when: operations.release(ticket, by=mira, at=when),
        lambda when: operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=when),
        lambda when: operations.reopen(ticket, text="No", by=ines, at=when),
    ]
    for minutes, act in enumerate(steps, start=1):
        act(later(minutes=minutes))
        before = ClockEvent.objects.count()
        run(ask(reason="Nothing", by=None, at=later(minutes=minutes)), at=later(minutes=minutes))
        assert ClockEvent.objects.count() == before, f"after step {minutes}"


def test_a_batch_costs_as_many_statements_as_one_ticket(
    open_ticket: Callable[..., Ticket], later: Callable[..., datetime], kept_names: None
) -> None:
    for _number in range(6):
        open_ticket()
    publish(later(hours=1), resolution=(4, 120))
    rules = rules_in_force()
    first, second, *others = Ticket.objects.all()
    judging.judge_all([first], rules, at=later(hours=1))  # reads the calendars, which a process does once
    with CaptureQueriesContext(connection) as for_one:
        judging.judge_all([second], rules, at=later(hours=1))
    with CaptureQueriesContext(connection) as for_many:
        tally = judging.judge_all(others, rules, at=later(hours=1))
    assert (tally.tickets, tally.moved) == (4, 4)
    told = [query["sql"][:90] for query in for_many]
    assert len(for_many) == len(for_one) <= 8, told
