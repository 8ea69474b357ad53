"""Who of a team gets what arrives: in turn, who has least to do, who knows it best; nobody above what they can have."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from django.db import connection

from accounts.models import AccountEvent, Skill, Team, User, UserSkill
from delivery.operations import claim, deliver
from escalation import operations as escalation
from escalation.models import Availability, Strategy, TeamWork
from escalation.operations.assigning import assign_arrived
from escalation.queries.load import Load, halves_of, loads
from tests.conftest import MONDAY, seat
from tests.escalation.rule_book import rule
from tests.sla.conftest import hours
from tickets import events, operations
from tickets.models import Category, Event, Status, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence

Later = Callable[..., datetime]


def works(team: Team, strategy: str, **facts: int) -> TeamWork:
    return TeamWork.objects.create(team=team, strategy=strategy, **facts)


def worker(at: datetime = MONDAY) -> None:
    """What the worker does: everything that is due, until nothing is."""
    while rows := claim(limit=100, worker="w1", at=at):
        for row in rows:
            assert deliver(row, at=at), row.last_error


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def last(ticket: Ticket) -> Event:
    return Event.objects.filter(ticket=ticket).exclude(kind__startswith="sla.").latest("id")


def given(ticket: Ticket, at: datetime = MONDAY) -> User | None:
    escalation.assign_by_strategy(ticket, at=at)
    return fresh(ticket).assignee


# --- how much somebody has ---


def test_a_p1_weighs_four_a_p2_two_and_what_waits_for_others_half(open_ticket, mira, later):
    weights = []
    for impact, urgency in ((1, 1), (2, 1), (3, 3)):
        ticket = operations.take(open_ticket(impact=impact, urgency=urgency), by=mira, at=later())
        weights.append((ticket.priority, halves_of(ticket)))
    waiting = operations.take(open_ticket(impact=1, urgency=1), by=mira, at=later())
    waiting = operations.wait_for_requester(waiting, question="Since when?", by=mira, at=later())
    weights.append((waiting.priority, halves_of(waiting)))
    assert weights == [(1, 8), (2, 4), (4, 2), (1, 4)]
    assert loads([mira.pk, 0]) == {mira.pk: Load(4, 18), 0: Load(0, 0)}


# --- strategies ---


def test_by_hand_nobody_gets_it(ticket, service_desk, mira):
    works(service_desk, Strategy.BY_HAND)
    assert given(ticket) is None


def test_a_team_that_has_chosen_nothing_assigns_by_hand(ticket, mira):
    assert given(ticket) is None


def test_in_turn_each_gets_the_next_one(open_ticket, service_desk, mira, sara, lars):
    works(service_desk, Strategy.ROUND_ROBIN)
    assert [given(open_ticket()) for _n in range(4)] == [mira, sara, lars, mira]


def test_in_turn_passes_over_who_is_not_here_and_comes_back_to_them(open_ticket, service_desk, mira, sara):
    works(service_desk, Strategy.ROUND_ROBIN)
    Availability.objects.create(user=sara, is_away=True)
    assert [given(open_ticket()) for _n in range(2)] == [mira, mira]
    Availability.objects.update(is_away=False)
    assert given(open_ticket()) == sara


def test_least_to_do_is_judged_by_weight_not_by_number(open_ticket, service_desk, mira, sara, later):
    works(service_desk, Strategy.LEAST_LOADED)
    operations.take(open_ticket(impact=1, urgency=1), by=mira, at=later())
    for _n in range(3):
        operations.take(open_ticket(impact=3, urgency=3), by=sara, at=later())
    assert given(open_ticket(impact=3, urgency=3)) == sara


def test_least_to_do_is_judged_against_what_one_can_have(open_ticket, service_desk, mira, sara, later):
    works(service_desk, Strategy.LEAST_LOADED, capacity=10)
    Availability.objects.create(user=sara, capacity=2)
    for person_ in (mira, mira, sara):
        operations.take(open_ticket(impact=3, urgency=3), by=person_, at=later())
    assert given(open_ticket()) == mira


def test_the_best_free_match_of_the_categorys_skill_gets_it(open_ticket, service_desk, mira, sara, lars, vpn):
    works(service_desk, Strategy.SKILLS, capacity=1)
    skill = Skill.objects.create(name="VPN")
    Category.objects.filter(pk=vpn.pk).update(skill=skill)
    UserSkill.objects.create(user=mira, skill=skill, level=1)
    UserSkill.objects.create(user=lars, skill=skill, level=3)
    found = [given(open_ticket(category=Category.objects.get(pk=vpn.pk))) for _n in range(3)]
    assert found == [lars, mira, None]


def test_where_no_skill_is_asked_who_has_least_to_do_gets_it(open_ticket, service_desk, mira, sara, later):
    works(service_desk, Strategy.SKILLS)
    operations.take(open_ticket(), by=mira, at=later())
    assert given(open_ticket()) == sara


def test_nobody_is_given_more_than_they_can_have(open_ticket, service_desk, mira):
    works(service_desk, Strategy.LEAST_LOADED, capacity=2)
    assert [given(open_ticket()) for _n in range(3)] == [mira, mira, None]


def test_who_is_off_shift_is_given_nothing(ticket, service_desk, mira, later):
    works(service_desk, Strategy.ROUND_ROBIN)
    Availability.objects.create(user=mira, hours=hours())
    assert given(ticket, at=later(hours=12)) is None
    assert given(ticket, at=later(hours=2)) == mira


def test_a_restricted_ticket_is_given_to_nobody_who_may_not_see_it(ticket, service_desk, mira, sara, later):
    works(service_desk, Strategy.ROUND_ROBIN)
    operations.restrict(ticket, people=[sara], teams=[], by=sara, at=later())
    assert given(ticket) == sara


def test_history_says_who_was_chosen_and_how(ticket, service_desk, sara):
    works(service_desk, Strategy.LEAST_LOADED)
    given(ticket)
    event = last(ticket)
    assert (event.kind, event.by, event.data) == (
        events.ASSIGNED,
        None,
        {"assignee": sara.pk, "strategy": "least_loaded"},
    )
    assert sentence(event, sara) == "Given to Sara Amin: has least to do"


# --- arrivals ---


def test_what_is_filed_is_given_by_the_worker_once(open_ticket, service_desk, mira, sara, later):
    works(service_desk, Strategy.ROUND_ROBIN)
    ticket = open_ticket()
    assert ticket.assignee is None
    worker()
    assert (fresh(ticket).assignee, fresh(ticket).status) == (mira, Status.OPEN)
    operations.release(ticket, by=mira, at=later(minutes=1))
    opened = Event.objects.get(ticket=ticket, kind=events.OPENED)
    assign_arrived(opened, at=later(minutes=2))
    worker(later(minutes=2))
    assert fresh(ticket).assignee is None


def test_what_is_handed_over_is_accepted_by_giving_it(ticket, mira, dario, network, later):
    works(network, Strategy.ROUND_ROBIN)
    escalation.hand_over(ticket, tier=2, reason="needs_expertise", summary="Drops.", by=mira, at=later())
    worker(later())
    ticket = fresh(ticket)
    assert (ticket.assignee, ticket.unaccepted_since) == (dario, None)
    assert [row.state for row in ticket.handoffs.all()] == ["accepted"]


def test_what_is_handed_to_a_team_that_works_by_hand_waits_to_be_accepted(
    ticket, mira, dario, network, later
):
    escalation.hand_over(ticket, tier=2, reason="needs_expertise", summary="Drops.", by=mira, at=later())
    worker(later())
    assert (fresh(ticket).assignee, fresh(ticket).unaccepted_since) == (None, later())


def test_a_rule_can_give_it_as_the_team_does(ticket, service_desk, mira, later):
    works(service_desk, Strategy.ROUND_ROBIN)
    rule("As the team does", ("assign_by_strategy", {}), on=("technician_replied",))
    operations.reply(ticket, text="We have it.", by=mira, at=later())
    worker(later())
    assert fresh(ticket).assignee == mira


# --- a team's way of working ---


def test_leads_say_how_their_team_works(service_desk, lars, at):
    escalation.change_team_work(service_desk, strategy="round_robin", capacity=8, by=lars, at=at)
    work = TeamWork.objects.get(team=service_desk)
    assert (work.strategy, work.capacity) == ("round_robin", 8)
    assert [(row.kind, row.team) for row in AccountEvent.objects.all()] == [
        ("team_work.changed", service_desk)
    ]


def test_others_do_not(service_desk, network, mira, lars, max_, at):
    for by, team in ((mira, service_desk), (lars, network), (max_, service_desk)):
        with pytest.raises(NotAllowed):
            escalation.change_team_work(team, strategy="skills", capacity=8, by=by, at=at)
    assert not TeamWork.objects.exists()


@pytest.mark.parametrize(
    ("strategy", "capacity", "field"),
    [("dice", 8, "strategy"), ("skills", 0, "capacity"), ("skills", 501, "capacity")],
)
def test_what_cannot_be_is_refused_with_its_field(service_desk, ada, at, strategy, capacity, field):
    with pytest.raises(Invalid) as refused:
        escalation.change_team_work(service_desk, strategy=strategy, capacity=capacity, by=ada, at=at)
    assert refused.value.field == field


def test_a_vendor_gives_out_its_own_work(vendors, ada, at):
    with pytest.raises(Invalid, match="by hand"):
        escalation.change_team_work(vendors, strategy="skills", capacity=8, by=ada, at=at)


def test_the_settings_page_keeps_it(signed_in, service_desk, network, lars):
    client = signed_in(lars)
    url = f"/settings/teams/{service_desk.pk}/work/"
    assert client.get(url).status_code == 200
    assert client.get(f"/settings/teams/{network.pk}/work/").status_code == 404
    wrong = client.post(url, {"strategy": "skills", "capacity": "0"})
    assert (wrong.status_code, "from 1 to 500" in wrong.content.decode()) == (422, True)
    assert client.post(url, {"strategy": "skills", "capacity": "9"}).status_code == 302
    assert TeamWork.objects.values_list("strategy", "capacity").get() == ("skills", 9)


# --- at once ---


def arrive_at_once(shares: Sequence[Sequence[Event]]) -> None:
    """Each share in a thread with a connection of its own, all beginning together."""
    start, failed = threading.Barrier(len(shares), timeout=60), []

    def work(share: Sequence[Event]) -> None:
        start.wait()
        try:
            for event in share:
                assign_arrived(event, at=MONDAY)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def filed(tickets: Sequence[Ticket]) -> list[Event]:
    return list(Event.objects.filter(kind=events.OPENED, ticket__in=tickets).order_by("id"))


def who_has() -> Counter[int]:
    return Counter(Ticket.objects.exclude(assignee=None).values_list("assignee", flat=True))


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_arrivals_at_once_never_give_anybody_too_much(
    open_ticket, service_desk, network, mira, sara, lars
):
    seat(mira, network)  # Mira sits in two teams that both give at once
    for team in (service_desk, network):
        works(team, Strategy.LEAST_LOADED, capacity=12)
    tickets = [open_ticket(f"Number {n}") for n in range(50)]
    Ticket.objects.filter(pk__in=[one.pk for one in tickets[40:]]).update(team=network, tier=2)
    opened = filed(tickets)
    arrive_at_once([[*opened[n::10], *opened[: n + 1]] for n in range(10)])  # some are delivered twice
    assert who_has() == {mira.pk: 12, sara.pk: 12, lars.pk: 12}
    assert Event.objects.filter(kind=events.ASSIGNED).count() == 36


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_arrivals_at_once_go_in_turn(open_ticket, service_desk, mira, sara, lars):
    works(service_desk, Strategy.ROUND_ROBIN, capacity=100)
    opened = filed([open_ticket(f"Number {n}") for n in range(50)])
    arrive_at_once([opened[n::50] for n in range(50)])
    assert who_has() == {mira.pk: 17, sara.pk: 17, lars.pk: 16}
    in_order = (
        Event.objects.filter(kind=events.ASSIGNED).order_by("id").values_list("data__assignee", flat=True)
    )
    assert [*in_order] == [[mira.pk, sara.pk, lars.pk][n % 3] for n in range(50)]
