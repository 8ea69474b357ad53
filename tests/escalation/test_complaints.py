"""What people complain of elsewhere, each as a test that it cannot happen here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation, Role, Team, Tier, User
from delivery.models import Notice
from escalation import operations as escalation
from escalation.models import Handoff
from escalation.operations import handing_over
from escalation.operations.ticking import tick
from escalation.rules import actions
from escalation.rules.engine import evaluate
from helpdesk import rule_notices
from helpdesk.desk import acts, bulk_acts
from knowledgebase.operations import ending
from sla.models import Clock
from sla.operations.firing import fire_due
from sla.queries.spending import spending
from tests.conftest import person, seat
from tests.escalation.rule_book import is_, rule, tag
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Event, Ticket
from tickets.refusals import Invalid

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]


# --- one owning team at a time, the others look on ---


def test_however_often_it_climbs_one_team_owns_it(
    ticket: Ticket, mira: User, dario: User, network: Team, platform: Team, at: datetime
) -> None:
    operations.set_contact(ticket, to=mira, by=mira, at=at)
    facts: dict[str, Any] = {"reason": "needs_expertise", "summary": "Look."}
    for tier, team in ((2, network), (3, platform)):
        ticket = escalation.hand_over(ticket, tier=tier, by=mira, at=at, **facts).ticket
        assert (ticket.team, ticket.tier_id, ticket.assignee) == (team, tier, None)
    assert Handoff.objects.waiting().filter(ticket=ticket).count() == 1
    assert list(Ticket.objects.filter(team=network)) == []


# --- one function for the page, the bulk act and the rule ---


def test_page_bulk_act_and_rule_hand_over_by_the_same_function(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, signed_in: SignIn, at: datetime
) -> None:
    # Pages end the script that runs with the ticket, and hand it over by the same function.
    assert acts.ACTS["hand-over"].carry_out is ending.hand_over
    assert dict(bulk_acts.bulk_acts())["hand-over"].carry_out is ending.hand_over
    assert vars(ending)["escalation"].hand_over is handing_over.hand_over
    assert vars(actions)["hand_over"] is handing_over.hand_over


def test_by_whatever_road_it_has_the_same_effects(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, signed_in: SignIn, at: datetime
) -> None:
    by_page, by_bulk, by_call = (open_ticket(name) for name in ("page", "bulk", "call"))
    sent: dict[str, Any] = {"reason": "needs_access", "summary": "Locked out."}
    client = signed_in(mira)
    client.post(f"/desk/tickets/{by_page.number}/hand-over/", {"to": f"team:{network.pk}", **sent})
    client.post("/desk/bulk/hand-over/", {"ticket": [by_bulk.pk], "team": network.pk, **sent})
    escalation.hand_over(by_call, team=network, by=None, at=at, **sent)
    rows = Ticket.objects.order_by("pk").values_list(
        "team", "tier", "assignee", "path", "handoff_count", "status"
    )
    assert len(rows) == 3
    assert len(set(map(str, rows))) == 1
    for ticket in (by_page, by_bulk, by_call):
        handoff = Handoff.objects.get(ticket=ticket)
        assert (handoff.reason, handoff.summary.body) == ("needs_access", "Locked out.")
        (event,) = Event.objects.filter(ticket=ticket, kind="escalation.handed_over")
        assert event.data == {
            "handoff": handoff.pk,
            "reason": "needs_access",
            "from_team": handoff.from_team_id,
            "from_tier": 1,
        }


# --- the way back leads to whom it came from ---


def test_a_return_goes_to_the_recorded_sender_and_not_to_the_first_team_of_the_tier(
    ticket: Ticket, mira: User, dario: User, tiers: dict[int, Tier], service_desk: Team, at: datetime
) -> None:
    operations.take(ticket, by=mira, at=at)
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="Look.", by=mira, at=at)
    Team.objects.filter(pk=service_desk.pk).update(is_default=False)
    Team.objects.create(name="A newer first choice", tier=tiers[1], is_default=True)
    back = escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=at)
    assert (back.team, back.assignee) == (service_desk, mira)


def test_the_way_is_kept_as_data_by_whatever_road(
    ticket: Ticket, mira: User, dario: User, lars: User, network: Team, service_desk: Team, at: datetime
) -> None:
    facts: dict[str, Any] = {"reason": "needs_access", "summary": "Look."}
    for by in (mira, None):
        escalation.hand_over(ticket, team=network, by=by, at=at, **facts)
        escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=at)
    escalation.name_owner(ticket, team=network, by=lars, at=at)
    kept = Handoff.objects.order_by("pk").values_list("from_team", "to_team", "state")
    assert list(kept) == [
        (service_desk.pk, network.pk, "returned"),
        (service_desk.pk, network.pk, "returned"),
        (service_desk.pk, network.pk, "waiting"),
    ]
    ticket.refresh_from_db()
    assert ticket.path == [1, 2, 1, 2, 1, 2]


# --- nothing goes where nobody can receive it, and nothing comes back there ---


@pytest.mark.parametrize("change", [{"is_active": False}, {"tier": 0}], ids=["retired", "tier off"])
def test_a_team_that_receives_nothing_gets_nothing(
    ticket: Ticket, mira: User, network: Team, at: datetime, change: dict[str, Any]
) -> None:
    if "tier" in change:
        Tier.objects.filter(level=2).update(is_enabled=False)
    else:
        Team.objects.filter(pk=network.pk).update(**change)
    gone = Team.objects.select_related("tier").get(pk=network.pk)
    with pytest.raises(Invalid, match="Network receives nothing") as refused:
        escalation.hand_over(ticket, team=gone, reason="needs_access", summary="Look.", by=mira, at=at)
    assert refused.value.field == "team"


def test_a_return_to_a_team_that_is_gone_goes_to_one_that_receives(
    ticket: Ticket, mira: User, dario: User, tiers: dict[int, Tier], service_desk: Team, at: datetime
) -> None:
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="Look.", by=mira, at=at)
    Team.objects.filter(pk=service_desk.pk).update(is_active=False, is_default=False)
    with pytest.raises(escalation.NothingToReturn):
        escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=at)
    heir = Team.objects.create(name="Second desk", tier=tiers[1])
    assert escalation.return_(ticket, reason="not_ours", text="No.", by=dario, at=at).team == heir


# --- waiting for a vendor is a condition of rules, and pauses the clock ---


def test_waiting_for_a_vendor_is_a_rules_condition(
    ticket: Ticket, open_ticket: Callable[..., Ticket], mira: User, kestrel: Organisation, later: Later
) -> None:
    words: dict[str, Any] = {"on": ("changed:status",), "when": is_("vendor", str(kestrel.pk))}
    rule("Told when a vendor is waited for", tag("at the vendor"), **words)
    other = open_ticket("Nobody waits for a vendor")
    operations.wait_for_vendor(ticket, vendor=kestrel, text="And?", by=mira, at=later(minutes=1))
    operations.hold(other, reason="change", until=later(days=3), by=mira, at=later(minutes=1))
    for event in Event.objects.filter(kind__in=["ticket.waits_for_vendor", "ticket.held"]).order_by("pk"):
        evaluate(event, at=later(minutes=1))
    assert list(Ticket.objects.filter(taggings__tag__name="at the vendor")) == [ticket]


def test_waiting_for_a_vendor_rests_the_clock_until_it_answers(
    ticket: Ticket, mira: User, vera: User, kestrel: Organisation, later: Later
) -> None:
    promise(resolution=240, pauses=("pending_vendor",))
    operations.wait_for_vendor(ticket, vendor=kestrel, text="And?", by=mira, at=later(minutes=10))
    clock = Clock.objects.get(ticket=ticket, metric="resolution")
    assert (clock.state, clock.due_at) == ("paused", None)
    operations.share_with_vendor(ticket, text="Now it is up.", by=vera, at=later(hours=5))
    clock.refresh_from_db()
    assert (clock.state, clock.due_at) == ("running", later(hours=8, minutes=50))


# --- who is silent is told on, step by step to the top ---


def told(ticket: Ticket, *ticks: datetime) -> list[set[str]]:
    """Who has been told of what rules wanted known, after each of these ticks."""
    found = []
    for at in ticks:
        before = set(Notice.objects.values_list("pk", flat=True))
        tick(at=at)
        for event in Event.objects.filter(ticket=ticket, kind="escalation.notified", at=at):
            rule_notices.tell_of_rule(event, at)
        new = Notice.objects.filter(kind="escalation.notified").exclude(pk__in=before)
        found.append({row.person.first_name for row in new})
    return found


def silent(name: str, minutes: int, who: str) -> None:
    rule(f"{name} after {minutes} minutes", ("notify", {"who": who}), waits=("changed_at", minutes))


def test_complaint_19_a_silent_engineer_is_told_on_to_the_lead_and_then_to_the_managers(
    ticket: Ticket, mira: User, dario: User, network: Team, max_: User, later: Later
) -> None:
    nora = seat(person("Nora Vik"), network, Role.LEAD)
    for minutes, who in ((30, "assignee"), (60, "lead"), (120, "managers")):
        silent(f"Tell the {who}", minutes, who)
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="Look.", by=mira, at=later())
    escalation.accept(ticket, by=dario, at=later(minutes=1))
    ticks = [later(minutes=minutes) for minutes in (20, 31, 45, 61, 121, 240)]
    assert told(ticket, *ticks) == [set(), {"Dario"}, set(), {nora.first_name}, {"Max"}, set()]
    operations.note(ticket, text="On it.", by=dario, at=later(minutes=241))
    # Whoever speaks begins a new span: the ladder starts at its foot again.
    assert told(ticket, later(minutes=250), later(minutes=272)) == [set(), {"Dario"}]


def test_complaint_27_a_ticket_that_everybody_has_forgotten_reaches_a_manager(
    ticket: Ticket, open_ticket: Callable[..., Ticket], mira: User, max_: User, later: Later
) -> None:
    """Nobody has ever touched it: no assignee, no contact, no lead who could be told."""
    silent("Forgotten", 240, "assignee")
    taken = open_ticket("Somebody works on it")
    operations.take(taken, by=mira, at=later(minutes=230))
    assert told(ticket, later(minutes=239), later(minutes=241), later(minutes=300)) == [set(), {"Max"}, set()]
    assert not Event.objects.filter(ticket=taken, kind="escalation.notified").exists()


# --- one promise to the requester does not hide who used it up ---


def test_complaint_26_each_owner_has_a_clock_and_the_time_is_told_by_hands(
    ticket: Ticket, mira: User, dario: User, vera: User, vendors: Team, later: Later
) -> None:
    """L1 keeps its half hour, L2 overruns the hour that it promised, the vendor is in time."""
    promise(resolution=600, work={1: 30, 2: 60}, vendor_resolve=240)
    operations.take(ticket, by=mira, at=later())
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="x", by=mira, at=later(minutes=20))
    escalation.accept(ticket, by=dario, at=later(minutes=20))
    fire_due(at=later(minutes=110))
    escalation.hand_to_vendor(ticket, team=vendors, summary="x", by=dario, at=later(minutes=110))
    escalation.claim_fix(ticket, text="Done.", by=vera, at=later(minutes=150))
    clocks = Clock.objects.filter(ticket=ticket, metric__in=["work", "vendor_resolve"], cycle=1)
    late = {(row.metric, row.scope): row.breached_at is not None for row in clocks}
    vendor = vendors.organisation_id
    assert late == {("work", 1): False, ("work", 2): True, ("vendor_resolve", vendor): False}
    hands = {
        (str(row.who), row.level): row.counted
        for row in spending(ticket.pk, at=later(minutes=150))
        if row.counts
    }
    assert hands == {
        ("tier", 1): timedelta(minutes=20),
        ("tier", 2): timedelta(minutes=90),
        ("vendor", 4): timedelta(minutes=40),
    }
    assert Clock.objects.get(ticket=ticket, metric="resolution").breached_at is None
