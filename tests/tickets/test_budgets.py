"""What each operation may cost. A later issue raises a number only in its own commit, with the reason.

Clocks (sla) take three of each: the locked read (when opening: the stamp of the rule book), one that writes
cycles and their events, one `set_due`. Rules (escalation) take one, the stamp of theirs. Where something
arrives in a queue, two more: whether any team gives out what arrives, and which teams are out of their hours. Outside
tests all of these are kept for some seconds.
"""

from accounts.models import User
from escalation import operations as escalation
from tickets import operations


def as_in_a_request(user: User) -> User:
    """The person as the session loads them: nothing is cached yet."""
    return User.objects.get(pk=user.pk)


def test_opening_costs_at_most_24_queries(ines, ticket, service_desk, vpn, at, django_assert_max_num_queries):
    ines = as_in_a_request(ines)
    with django_assert_max_num_queries(24):
        with operations.once(key="form-1", by=ines, body={"subject": "VPN"}, at=at) as submission:
            ticket = operations.open_ticket(
                requester=ines,
                subject="VPN",
                description="It drops.",
                category=vpn,
                device="NW-1",
                by=ines,
                at=at,
            )
            submission.outcome = {"ticket": ticket.pk}


def test_replying_costs_at_most_18_queries(ticket, mira, at, django_assert_max_num_queries):
    mira = as_in_a_request(mira)
    with django_assert_max_num_queries(18):
        with operations.once(key="form-2", by=mira, body={"text": "Hello"}, at=at) as submission:
            operations.reply(ticket, text="Hello", by=mira, at=at, minutes=5)
            submission.outcome = {"ticket": ticket.pk}


def test_handing_over_costs_at_most_19_queries(ticket, mira, network, at, django_assert_max_num_queries):
    mira = as_in_a_request(mira)
    with django_assert_max_num_queries(19):
        escalation.hand_over(ticket, tier=2, reason="needs_access", summary="Please look.", by=mira, at=at)
