"""`visible_to` is the only road to tickets."""

import pytest

from accounts.models import Sees, Tier, User
from escalation.operations import hand_over
from tickets import operations
from tickets.models import Ticket


def sees(user: User, ticket: Ticket) -> bool:
    fresh = User.objects.get(pk=user.pk)
    return Ticket.objects.visible_to(fresh).filter(pk=ticket.pk).exists()


def test_the_requester_sees_it_and_a_stranger_cannot_tell_that_it_exists(ticket, ines, otto, tomasz):
    assert sees(ines, ticket)
    assert not sees(otto, ticket)
    assert not sees(tomasz, ticket)


def test_an_organisations_manager_sees_the_organisations(ticket, greta):
    assert sees(greta, ticket)


def test_watching_lets_a_colleague_see(ticket, ines, tomasz, at):
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    assert sees(tomasz, ticket)


def test_who_has_left_sees_nothing(ticket, ines):
    ines.is_active = False
    ines.save()
    assert not sees(ines, ticket)


def test_l1_sees_what_the_organisations_it_serves_ask(ticket, mira, service_desk, harbour, northwind):
    assert sees(mira, ticket)
    service_desk.serves.add(harbour)
    ticket.team = Ticket.objects.get(pk=ticket.pk).team
    other = mira.memberships.get().team
    assert other == service_desk
    # It lies in her own team's queue: she sees it all the same.
    assert sees(mira, ticket)


def test_l1_does_not_see_what_it_does_not_serve(
    ticket, mira, sara, service_desk, network, harbour, northwind, at
):
    hand_over(ticket, team=network, reason="needs_access", summary="Look", by=mira, at=at)
    assert sees(sara, ticket)
    service_desk.serves.add(harbour)
    assert not sees(sara, ticket)
    service_desk.serves.add(northwind)
    assert sees(sara, ticket)


def test_the_contact_sees_it_wherever_it_goes(ticket, mira, service_desk, network, harbour, at):
    operations.take(ticket, by=mira, at=at)
    hand_over(ticket, team=network, reason="needs_access", summary="Look", by=mira, at=at)
    service_desk.serves.add(harbour)
    assert sees(mira, ticket)


def test_a_tier_that_sees_its_own_teams_sees_no_more(ticket, dario):
    Tier.objects.filter(level=2).update(sees=Sees.OWN_TEAMS)
    assert not sees(dario, ticket)


def test_l3_sees_all(ticket, yuki):
    assert sees(yuki, ticket)


def test_a_vendor_sees_what_was_handed_to_it_and_only_while_it_has_it(ticket, vera, mira, vendors, at):
    assert not sees(vera, ticket)
    hand_over(ticket, team=vendors, reason="needs_vendor", summary="Over to you", by=mira, at=at)
    assert sees(vera, ticket)


class TestRestricted:
    @pytest.fixture
    def secret(self, ticket, yuki, mira, platform, at):
        hand_over(ticket, team=platform, reason="needs_expertise", summary="Staff matter", by=mira, at=at)
        return operations.restrict(ticket, people=[], by=yuki, at=at)

    def test_only_those_named_and_the_requester_see_it(self, secret, yuki, ines, mira, ada, max_, greta):
        assert sees(yuki, secret)
        assert sees(ines, secret)
        for person in (mira, ada, max_, greta):
            assert not sees(person, secret)

    def test_a_named_team_sees_it(self, secret, yuki, mira, service_desk, at):
        operations.restrict(secret, people=[], teams=[service_desk], by=yuki, at=at)
        assert sees(mira, secret)

    def test_lifted_it_is_a_ticket_like_others(self, secret, yuki, mira, at):
        operations.unrestrict(secret, by=yuki, at=at)
        assert sees(mira, secret)
