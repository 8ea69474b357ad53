"""Named queues: who has which, what is in them, and that their numbers are true."""

import random
import re

import pytest

from accounts.models import User
from tests.conftest import MONDAY, seat
from tickets import operations
from tickets.models import Named, Ticket, Watch
from tickets.queries.counting import _grouped, _plainly_visible, queue_counts
from tickets.queries.queues import queue_named, queues

OF_TECHNICIANS = [
    "mine", "tracking", "watching", "helping", "my-teams", "unassigned", "replies", "proposals", "handed", "on-hold",
    "tier-0", "tier-1", "tier-2", "tier-3", "tier-4", "vendors", "all",
]  # fmt: skip


def names(user) -> list[str]:
    return [queue.name for queue in queues(user)]


def test_each_has_the_queues_of_their_work(mira, vera, ines, max_):
    assert names(mira) == OF_TECHNICIANS
    assert names(vera) == ["mine", "watching", "my-teams", "unassigned", "replies", "handed", "on-hold"]
    assert names(ines) == ["watching"]
    assert names(max_) == ["watching", *OF_TECHNICIANS[10:]]


def test_who_sits_in_two_teams_has_a_queue_for_each(mira, network, service_desk):
    both = seat(mira, network)
    assert {f"team-{network.pk}", f"team-{service_desk.pk}"} < set(names(both))


def test_a_tier_that_is_not_in_use_has_no_queue(mira, tiers):
    tiers[3].is_enabled = False
    tiers[3].save()
    assert "tier-3" not in names(mira)


def test_queues_are_found_by_name(mira, vera, ines, network):
    assert queue_named("l2", mira).name == "tier-2"
    assert queue_named(f"team-{network.pk}", mira).label == "Network"
    for name in ("team-x", "team-", f"team-{'9' * 30}", "nothing", "", "l9", "team-²"):
        assert queue_named(name, mira) is None
    assert queue_named("tier-1", vera) is queue_named("all", ines) is queue_named("team-1", vera) is None


def test_tracking_holds_what_one_is_the_contact_of_replies_first(open_ticket, ines, mira, later):
    first, second = (operations.take(open_ticket(subject), by=mira, at=later()) for subject in ("one", "two"))
    operations.reply(second, text="Which one?", by=mira, at=later(minutes=1))
    operations.reply(second, text="That one.", by=ines, at=later(minutes=2))
    queue = queue_named("tracking", mira)
    assert (queue.sort, set(queue.queryset)) == ("replies", {first, second})
    assert list(queue_named("replies", mira).queryset) == [second]


@pytest.fixture
def many(
    ines, tomasz, otto, greta, mira, sara, lars, dario, yuki, vera, ada, max_,
    service_desk, network, platform, vendors, kestrel,
) -> list[User]:  # fmt: skip
    """Two hundred rows of every sort, and everybody who may look at them."""
    dice = random.Random(7)
    network.serves.add(ines.organisation)
    people = [ines, tomasz, otto, greta, mira, sara, lars, dario, yuki, vera, ada, max_]
    teams = [service_desk, network, platform, vendors]
    for number in range(200):
        team, requester = dice.choice(teams), dice.choice(people)
        held = dice.random() < 0.15
        ticket = Ticket.objects.create(
            subject=f"Ticket {number}",
            requester=requester,
            opened_by=dice.choice([*people, None]),
            organisation=requester.organisation,
            tier_id=team.tier_id,
            team=team,
            assignee=dice.choice([mira, dario, yuki, vera, None, None]),
            contact=dice.choice([mira, sara, dario, None]),
            vendor=dice.choice([kestrel, None, None, None]),
            status="on_hold"
            if held
            else dice.choice(["new", "open", "pending_vendor", "closed", "resolved"]),
            hold_until=MONDAY if held else None,
            resolved_at=MONDAY,
            closed_at=MONDAY,
            is_restricted=dice.random() < 0.2,
            unaccepted_since=dice.choice([MONDAY, None]),
            requester_waiting_since=dice.choice([MONDAY, None]),
            last_public_reply_at=dice.choice([MONDAY, None]),
            created_at=MONDAY,
            changed_at=MONDAY,
            tier_since=MONDAY,
            status_since=MONDAY,
        )
        if dice.random() < 0.2:
            Watch.objects.create(ticket=ticket, user=dice.choice(people))
        if ticket.is_restricted and dice.random() < 0.5:
            named = {"team": dice.choice(teams)} if dice.random() < 0.5 else {"user": dice.choice(people)}
            Named.objects.create(ticket=ticket, **named)
    return [User.objects.get(pk=user.pk) for user in people]


def test_every_number_is_what_its_queue_lists(many):
    for user in many:
        counts = queue_counts(user)
        listed = {queue.name: queue.queryset.count() for queue in queues(user) if queue.is_open}
        assert {name: counts.get(name, 0) for name in listed} == listed, user


def test_counting_costs_two_queries_and_who_is_not_here_a_third(many, django_assert_max_num_queries):
    for user in many:
        user.seats, user.serving  # noqa: B018 (read for the page already)
        has_proposals = any(seat.tier <= 1 for seat in user.seats) and user.is_technician
        with django_assert_max_num_queries(3 if has_proposals else 2):
            queue_counts(user)


def test_the_many_are_counted_from_the_covering_index_alone(many, mira):
    """Every column that the count reads stands in the index; which road so few rows take is the planner's whim."""
    rows = _grouped(Ticket.objects.open().filter(_plainly_visible(mira)), mira, "")
    read = set(re.findall(r'"tickets_ticket"\."(\w+)"', str(rows.query)))
    index = next(index for index in Ticket._meta.indexes if index.name == "tkt_open_load")
    kept = {Ticket._meta.get_field(name).attname for name in index.fields}
    assert read - kept == {"in_queue"}  # its condition
