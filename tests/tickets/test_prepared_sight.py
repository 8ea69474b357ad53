"""What is written once for a shape of access shows each person exactly what `visible_to` shows them."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership, Organisation, Team, User
from accounts.prepared import Prepared
from escalation import operations as escalation
from tickets import operations
from tickets.models import Ticket
from tickets.queries.visible import MOST_SHAPES, PreparedFor


def sight() -> PreparedFor[Ticket]:
    return PreparedFor(lambda person, key: Ticket.objects.visible_to(person).filter(pk=key), "key")


@pytest.fixture
def everybody(
    ines: User,
    greta: User,
    tomasz: User,
    otto: User,
    mira: User,
    sara: User,
    lars: User,
    dario: User,
    yuki: User,
    vera: User,
    max_: User,
    ada: User,
) -> list[User]:
    return list(User.objects.order_by("pk"))


def test_everybody_finds_just_what_they_may_open(
    everybody: list[User],
    ines: User,
    otto: User,
    tomasz: User,
    mira: User,
    dario: User,
    ada: User,
    northwind: Organisation,
    harbour: Organisation,
    service_desk: Team,
    network: Team,
    vendors: Team,
    open_ticket: Callable[..., Ticket],
    at: Any,
) -> None:
    service_desk.serves.set([northwind])
    network.serves.set([northwind, harbour])
    Membership.objects.create(user=dario, team=service_desk)
    tickets = [
        open_ticket("Of Ines"),
        open_ticket("Of Otto", requester=otto),
        open_ticket("Watched by Tomasz", watchers=[tomasz]),
        open_ticket("For a colleague", requester=tomasz, by=ines),
    ]
    escalation.hand_over(tickets[0], tier=2, reason="needs_access", summary="Please look.", by=mira, at=at)
    escalation.hand_over(
        tickets[1], team=vendors, reason="needs_access", summary="Please look.", by=ada, at=at
    )
    operations.restrict(tickets[2], people=[dario], by=ada, at=at)
    seen = sight()
    for person in everybody:
        allowed = set(Ticket.objects.visible_to(person).values_list("pk", flat=True))
        found = {ticket.pk for ticket in tickets if seen.first(person, key=ticket.pk)}
        assert found == allowed, person.name
    assert len({len(Ticket.objects.visible_to(person)) for person in everybody}) > 2


def test_two_people_of_one_shape_share_the_query_and_nothing_else(
    ines: User, otto: User, open_ticket: Callable[..., Ticket]
) -> None:
    ticket, seen = open_ticket("Of Ines"), sight()
    assert seen.first(ines, key=ticket.pk) == ticket
    assert seen.first(otto, key=ticket.pk) is None
    assert len(seen._known) == 1


def test_who_has_left_sees_nothing(ines: User, ticket: Ticket) -> None:
    seen = sight()
    assert seen(ines, key=ticket.pk) == [ticket]
    ines.is_active = False
    assert seen(ines, key=ticket.pk) == []


def test_more_shapes_than_are_kept_are_asked_for_plainly(ines: User, mira: User, ticket: Ticket) -> None:
    seen = sight()
    seen._known |= dict.fromkeys(range(MOST_SHAPES), Prepared(Ticket.objects.all))
    assert seen(ines, key=ticket.pk) == [ticket]
    assert len(seen._known) == MOST_SHAPES
