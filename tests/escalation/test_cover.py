"""Who has what arrives while a team is out of its hours: the team that covers it, or whoever covers that one."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AccountEvent, Team, User
from accounts.sentences import lines
from escalation import operations as escalation
from escalation.models import Availability, Firing, Handoff, Reason, TeamWork
from escalation.operations.availability import release_due_of_absent
from escalation.operations.covering import hand_on_due
from escalation.queries.cover import Rota, Span, Watch, read_rota
from escalation.queries.moves import steps_of
from escalation.rules.exchange import read as read_rules
from escalation.rules.outcomes import Outcome
from escalation.rules.simulating import Question, ask
from sla.models import Calendar
from sla.operations.calendars import CalendarInUse, delete_calendar
from sla.queries.hours import hours_of
from tests.conftest import MONDAY, seat
from tests.escalation.rule_book import rule
from tests.escalation.test_assigning import fresh, last, worker
from tests.sla.conftest import hours, policy
from tickets import operations
from tickets.models import Event, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence

Later = Callable[..., datetime]
EVENING = MONDAY + timedelta(hours=12)
"""Monday, 21:00: the office, open from 8 to 18, is closed."""
MORNING = MONDAY + timedelta(hours=23)
"""Tuesday, 8:00: it opens again."""


@pytest.fixture
def night_desk(tiers) -> Team:
    return Team.objects.create(name="Night desk", tier_id=1)


@pytest.fixture
def nora(night_desk) -> User:
    """At the night desk."""
    return seat(User.objects.create_user("nora@desk.example", name="Nora Night"), night_desk)


@pytest.fixture
def covered(service_desk, night_desk, mira) -> Team:
    """The service desk, in the office from 8 to 18; the night desk covers the rest."""
    return cover(service_desk, hours(), night_desk)


def cover(team: Team, calendar: Calendar | None, covered_by: Team | None) -> Team:
    escalation.change_cover(team, hours=calendar, covered_by=covered_by, by=None, at=MONDAY)
    return team


def asleep(name: str) -> Calendar:
    """A calendar that is open on Mondays from 8 to 9 only."""
    return hours(name, weekly=[[[8 * 60, 9 * 60]], [], [], [], [], [], []])


# --- filing ---


def test_what_is_filed_out_of_hours_lands_with_the_team_that_covers_and_says_why(
    open_ticket, covered, night_desk
):
    by_day, by_night = open_ticket(), open_ticket(at=EVENING)
    assert (by_day.team, by_night.team) == (covered, night_desk)
    opened = Event.objects.get(ticket=by_night)
    assert opened.data == {"covers": covered.pk, "covered_until": MORNING.isoformat()}
    assert sentence(opened) == (
        "Ines Okafor filed this (web form); Night desk covers Service desk, which works again on 24 Nov 2026, 08:00"
    )
    assert "covers" not in Event.objects.get(ticket=by_day).data


def test_the_requester_reads_nothing_of_who_covers_whom(open_ticket, covered, ines):
    told = sentence(Event.objects.get(ticket=open_ticket(at=EVENING)), ines)
    assert "covers" not in told


def test_a_team_that_is_named_when_it_is_filed_is_covered_too(open_ticket, covered, night_desk, mira):
    assert open_ticket(team=covered, by=mira, at=EVENING).team == night_desk


def test_a_team_with_hours_and_nobody_who_covers_it_keeps_what_arrives(open_ticket, service_desk):
    cover(service_desk, hours(), None)
    assert open_ticket(at=EVENING).team == service_desk


def test_the_chain_goes_on_where_who_covers_is_out_of_hours_too(open_ticket, covered, night_desk, network):
    cover(night_desk, asleep("Mondays"), network)
    ticket = open_ticket(at=EVENING)
    assert (ticket.team, ticket.tier_id, ticket.path) == (network, 2, [2])


def test_where_nobody_of_the_chain_works_it_waits_with_the_team_that_was_meant(
    open_ticket, covered, night_desk
):
    cover(night_desk, asleep("Mondays"), None)
    assert open_ticket(at=EVENING).team == covered


def test_a_team_that_is_out_of_use_covers_nobody(open_ticket, covered, night_desk):
    Team.objects.filter(pk=night_desk.pk).update(is_active=False)
    assert open_ticket(at=EVENING).team == covered


def test_what_few_may_know_of_waits_for_the_team_that_knows_of_it(open_ticket, covered, mira, later):
    ticket = operations.restrict(open_ticket(), people=[mira], by=mira, at=later())
    ticket = operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=later())
    ticket = operations.close(ticket, by=None, at=later())
    follow_up = operations.follow_up(ticket, text="Again!", by=ticket.requester, at=EVENING)
    assert (follow_up.team, follow_up.is_restricted) == (covered, True)


# --- handing over ---


def test_a_hand_over_out_of_hours_goes_to_who_covers_and_says_so_to_the_sender(
    ticket, network, night_desk, mira
):
    cover(network, hours(), night_desk)
    handed = escalation.hand_over(
        ticket, team=network, reason="needs_access", summary="Port 7.", by=mira, at=EVENING
    )
    assert (handed.ticket.team, handed.handoff.to_team) == (night_desk, night_desk)
    assert handed.notice == "Network is out of hours: handed to Night desk instead."
    assert sentence(last(ticket)) == (
        "Mira Kask handed it from Service desk to Night desk: needs access that we lack; "
        "Night desk covers Network, which works again on 24 Nov 2026, 08:00"
    )


def test_a_tier_means_its_first_team_and_who_covers_that(ticket, network, night_desk, mira):
    cover(network, hours(), night_desk)
    handed = escalation.hand_over(
        ticket, tier=2, reason="needs_access", summary="Port 7.", by=mira, at=EVENING
    )
    assert handed.ticket.team == night_desk


def test_as_asked_it_waits_with_the_team_that_is_out_of_hours(ticket, network, night_desk, mira):
    cover(network, hours(), night_desk)
    handed = escalation.hand_over(
        ticket, team=network, reason="needs_access", summary="Port 7.", as_asked=True, by=mira, at=EVENING
    )
    assert (handed.ticket.team, handed.notice, "covers" in last(ticket).data) == (network, "", False)


def test_nothing_comes_back_to_the_team_that_hands_it_over(ticket, network, service_desk, mira):
    cover(network, hours(), service_desk)
    handed = escalation.hand_over(
        ticket, team=network, reason="needs_access", summary="Port 7.", by=mira, at=EVENING
    )
    assert handed.ticket.team == network


def test_who_covers_hands_it_to_the_team_in_the_morning_and_that_is_no_ping_pong(
    open_ticket, covered, night_desk, nora
):
    ticket = open_ticket(at=EVENING)
    escalation.hand_over(ticket, team=covered, reason="wrong_team", summary="", by=nora, at=MORNING)
    assert (fresh(ticket).team, fresh(ticket).bounce_count) == (covered, 0)


def test_a_return_goes_to_the_recorded_sender_also_when_that_one_is_out_of_hours(
    ticket, covered, network, mira, dario, later
):
    escalation.hand_over(
        ticket, team=network, reason="needs_access", summary="Port 7.", by=mira, at=later(hours=1)
    )
    back = escalation.return_(ticket, reason="wrong_team", text="Not ours.", by=dario, at=EVENING)
    assert (back.team, back.assignee) == (covered, mira)


def test_a_rule_moves_to_who_covers_and_the_ticket_says_both(open_ticket, network, night_desk, mira, dario):
    cover(network, hours(), night_desk)
    rule("Up", ("move", {"team": network.pk, "reason": "needs_expertise"}), on=("created",))
    ticket = open_ticket(at=EVENING)
    worker(EVENING)
    moved = last(ticket)
    assert fresh(ticket).team == night_desk
    assert moved.data["covers"] == network.pk
    assert sentence(moved) == (
        "The rule “Up” handed it from Service desk to Night desk: needs more expertise; "
        "Night desk covers Network, which works again on 24 Nov 2026, 08:00"
    )


def test_why_says_that_another_team_covers(open_ticket, network, night_desk, mira, nora, dario, signed_in):
    cover(network, hours(), night_desk)
    rule("Up", ("move", {"team": network.pk, "reason": "needs_expertise"}), on=("created",))
    ticket = open_ticket(at=EVENING)
    worker(EVENING)
    firing = Firing.objects.get()
    page = signed_in(nora).get(f"/desk/tickets/{ticket.number}/why/{firing.pk}/").content.decode()
    assert "Network was out of hours: Night desk has it." in page


DRAFT = """
name: Up
enabled: true
events: [created]
when: {field: tier, op: is, value: L1}
then:
  - move: {team: Network, reason: needs_expertise}
"""


def test_a_simulation_moves_by_day_to_the_team_and_by_night_to_who_covers_it(
    open_ticket, network, night_desk, mira, dario
):
    cover(network, hours(), night_desk)
    by_day, by_night = open_ticket(), open_ticket(at=EVENING)
    outcome = Outcome()
    question = Question.of(read_rules(DRAFT), since=MONDAY, until=MORNING, at=MORNING)
    ask(question, Ticket.objects.all(), outcome)
    assert {row["ticket"]: row["to"] for row in outcome.rows} == {
        by_day.number: network.pk,
        by_night.number: night_desk.pk,
    }


# --- what lies in a queue ---


def test_what_is_due_before_the_team_works_again_goes_to_who_covers_the_rest_waits(
    open_ticket, covered, night_desk, later
):
    policy(resolution=14 * 60)  # due at 23:00
    due = open_ticket(at=later())
    policy(resolution=30 * 60)  # due tomorrow at 15:00
    waits = open_ticket("A new chair", at=later())
    assert hand_on_due(at=later(hours=8)) == 0
    assert hand_on_due(at=EVENING) == 1
    assert (fresh(due).team, fresh(waits).team) == (night_desk, covered)
    assert sentence(last(due)) == (
        "The system handed it from Service desk to Night desk: its team is out of hours; "
        "Night desk covers Service desk, which works again on 24 Nov 2026, 08:00"
    )
    assert [(row.reason, row.state) for row in Handoff.objects.all()] == [(Reason.COVER, "waiting")]
    assert hand_on_due(at=EVENING) == 0


def test_what_somebody_has_stays_with_them(open_ticket, covered, mira, later):
    policy(resolution=14 * 60)
    ticket = operations.take(open_ticket(at=later()), by=mira, at=later())
    assert hand_on_due(at=EVENING) == 0
    assert fresh(ticket).team == covered


def test_what_came_back_from_who_covers_waits_until_the_team_works(open_ticket, covered, nora, later):
    policy(resolution=14 * 60)
    ticket = open_ticket(at=later())
    hand_on_due(at=EVENING)
    escalation.return_(ticket, reason="not_ours", text="It can wait.", by=nora, at=later(hours=12, minutes=5))
    assert hand_on_due(at=later(hours=12, minutes=10)) == 0
    assert fresh(ticket).team == covered


def test_to_and_fro_by_the_clock_is_no_step_of_a_ping_pong(open_ticket, covered, later):
    policy(resolution=14 * 60)
    ticket = open_ticket(at=later())
    hand_on_due(at=EVENING)
    assert [step.is_fix for step in steps_of(ticket)] == [True]


def test_put_back_while_its_assignee_is_off_shift_it_goes_on_to_who_covers(
    open_ticket, covered, night_desk, nora, mira, later
):
    policy(resolution=14 * 60)
    TeamWork.objects.create(team=night_desk, strategy="round_robin")
    Availability.objects.create(user=mira, hours=Calendar.objects.get(name="Office"))
    ticket = operations.take(open_ticket(at=later()), by=mira, at=later())
    assert release_due_of_absent(at=EVENING) == 1
    assert hand_on_due(at=EVENING) == 1
    worker(EVENING)
    assert (fresh(ticket).team, fresh(ticket).assignee) == (night_desk, nora)


def test_a_team_out_of_hours_gives_to_those_alone_whose_own_hours_say_that_they_are_here(
    ticket, service_desk, mira, sara
):
    cover(service_desk, hours(), None)
    TeamWork.objects.filter(team=service_desk).update(strategy="round_robin")
    assert escalation.assign_by_strategy(ticket, at=EVENING).assignee is None
    Availability.objects.create(user=sara, hours=hours("Always", always=True))
    assert escalation.assign_by_strategy(ticket, at=EVENING).assignee == sara


# --- the rota ---


def test_spans_say_who_has_what_arrives_one_after_the_other(covered, night_desk):
    spans = read_rota().spans(covered.pk, since=MONDAY, until=MORNING + timedelta(hours=1))
    six = MONDAY + timedelta(hours=9)
    assert spans == [
        Span(MONDAY, six, covered.pk),
        Span(six, MORNING, night_desk.pk),
        Span(MORNING, MORNING + timedelta(hours=1), covered.pk),
    ]


def test_the_sun_is_followed_around_a_ring(tiers):
    """Three desks of eight hours each, in one zone for clarity."""
    desks = [Team.objects.create(name=name, tier_id=1) for name in ("Leeds", "Denver", "Manila")]
    for n, desk in enumerate(desks):
        start = n * 8 * 60
        cover(desk, hours(desk.name, weekly=[[[start, start + 8 * 60]]] * 7), None)
    for desk, after in zip(desks, [*desks[1:], desks[0]], strict=True):
        cover(desk, TeamWork.objects.get(team=desk).hours, after)
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    found = [
        [read_rota().on_duty(desk.pk, midnight + timedelta(hours=hour)) for hour in (1, 9, 17)]
        for desk in desks
    ]
    assert found == [[desk.pk for desk in desks]] * 3


def test_a_ring_in_which_everybody_sleeps_ends_all_the_same():
    asleep_ = Watch(hours_of(None), None)
    closed = type("Closed", (), {"is_open": lambda _self, _at: False})()
    known = Rota({1: Watch(closed, 2), 2: Watch(closed, 1), 3: asleep_})
    assert (known.on_duty(1, MONDAY), known.chain(1), known.on_duty(3, MONDAY)) == (None, [1, 2], 3)


# --- saying it ---


def test_who_covers_whom_is_kept_with_who_said_it(service_desk, night_desk, lars):
    work = escalation.change_cover(service_desk, hours=hours(), covered_by=night_desk, by=lars, at=MONDAY)
    assert (work.hours.name, work.covered_by) == ("Office", night_desk)
    (line,) = lines(AccountEvent.objects.filter(kind="team_cover.changed"))
    assert (line.sentence, line.details) == (
        "said when the team Service desk works, and who covers it",
        "hours: around the clock → Office; covered by: nobody → Night desk",
    )
    escalation.change_cover(service_desk, hours=work.hours, covered_by=night_desk, by=lars, at=MONDAY)
    assert AccountEvent.objects.filter(kind="team_cover.changed").count() == 1


def test_only_administrators_and_the_teams_leads_say_it(service_desk, night_desk, mira, max_):
    for person in (mira, max_):
        with pytest.raises(NotAllowed):
            escalation.change_cover(service_desk, hours=hours(), covered_by=night_desk, by=person, at=MONDAY)


@pytest.mark.parametrize(
    ("who", "field", "words"),
    [
        ("itself", "covered_by", "does not cover itself"),
        ("retired", "covered_by", "receives nothing"),
        ("vendor", "covered_by", "gets what is handed to it"),
        ("no hours", "hours", "Choose the hours"),
        ("vendor's hours", "hours", "stand in its contract"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(service_desk, night_desk, vendors, who, field, words):
    retired = Team.objects.create(name="Old desk", tier_id=1, is_active=False)
    team, calendar, by = {
        "itself": (service_desk, hours(), service_desk),
        "retired": (service_desk, hours(), retired),
        "vendor": (service_desk, hours(), vendors),
        "no hours": (service_desk, None, night_desk),
        "vendor's hours": (vendors, hours(), None),
    }[who]
    with pytest.raises(Invalid, match=words) as refused:
        escalation.change_cover(team, hours=calendar, covered_by=by, by=None, at=MONDAY)
    assert refused.value.field == field


def test_a_circle_with_an_hour_in_which_nobody_works_is_refused(covered, night_desk, network):
    cover(network, hours("Late", weekly=[[[17 * 60, 30 * 60]]] * 7), covered)
    cover(night_desk, hours("Mondays", weekly=[[[8 * 60, 9 * 60]], [], [], [], [], [], []]), None)
    with pytest.raises(Invalid) as refused:
        cover(night_desk, Calendar.objects.get(name="Mondays"), network)
    assert refused.value.field == "covered_by"
    assert str(refused.value) == (
        "Night desk, Network and Service desk would cover one another in a circle, and on 24 Nov 2026, 06:00 none "
        "of them works. Choose another team, or longer hours."
    )


def test_a_circle_that_holidays_alone_tear_is_none(service_desk, night_desk):
    christmas = {datetime(2026, 12, 25, tzinfo=UTC).date(): []}
    cover(service_desk, hours("Day", weekly=[[[8 * 60, 20 * 60]]] * 7, days=christmas), night_desk)
    cover(night_desk, hours("Night", weekly=[[[20 * 60, 32 * 60]]] * 7, days=christmas), service_desk)
    noon = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert read_rota().on_duty(service_desk.pk, noon) is None


def test_the_database_refuses_what_nobody_may_write(service_desk, night_desk):
    for facts in ({"covered_by": service_desk, "hours": hours()}, {"covered_by": night_desk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            TeamWork.objects.create(team=service_desk, **facts)


def test_a_calendar_that_teams_work_by_is_not_deleted(covered, ada):
    with pytest.raises(CalendarInUse, match="Service desk"):
        delete_calendar(Calendar.objects.get(name="Office"), by=ada, at=MONDAY)


# --- the pages ---


def test_the_settings_page_shows_who_would_have_it_before_it_is_saved(
    signed_in, service_desk, night_desk, lars
):
    client, url = signed_in(lars), f"/settings/teams/{service_desk.pk}/cover/"
    told = {"hours": hours().pk, "covered_by": night_desk.pk}
    assert client.get(url).context["spans"][0].is_own
    look = client.post(url, {**told, "look": "1"})
    assert (look.status_code, look.context["is_draft"], TeamWork.objects.exists()) == (200, True, False)
    assert [(span.team, span.is_own) for span in look.context["spans"][:3]] == [
        (service_desk, True),
        (night_desk, False),
        (service_desk, True),
    ]
    assert client.post(url, told)["Location"] == url
    assert TeamWork.objects.values_list("hours__name", "covered_by").get() == ("Office", night_desk.pk)


def test_the_page_of_who_covers_names_whom(signed_in, covered, night_desk, ada):
    page = signed_in(ada).get(f"/settings/teams/{night_desk.pk}/cover/").content.decode()
    assert f'It covers: <a href="/settings/teams/{covered.pk}/cover/">Service desk</a>' in " ".join(
        page.split()
    )


@pytest.mark.parametrize("look", [{}, {"look": "1"}])
def test_what_is_refused_stands_at_its_field_and_what_was_typed_stays(
    signed_in, service_desk, night_desk, ada, look
):
    answer = signed_in(ada).post(
        f"/settings/teams/{service_desk.pk}/cover/", {"hours": "", "covered_by": night_desk.pk, **look}
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors == {"hours": ["Choose the hours outside of which Night desk covers."]}
    assert str(form["covered_by"].value()) == str(night_desk.pk)


def test_vendors_teams_and_the_team_itself_are_not_offered(signed_in, service_desk, night_desk, vendors, ada):
    form = signed_in(ada).get(f"/settings/teams/{service_desk.pk}/cover/").context["form"]
    assert list(form.fields["covered_by"].queryset) == [night_desk]


def test_the_dialog_says_who_gets_it_and_offers_to_leave_it_with_the_team(
    ticket, network, night_desk, mira, signed_in
):
    """It is Monday, 9:00: Network works at night."""
    cover(network, hours("Nights", weekly=[[[20 * 60, 30 * 60]]] * 7), night_desk)
    client, url = signed_in(mira), f"/desk/tickets/{ticket.number}/hand-over/"
    told = {
        "to": f"team:{network.pk}",
        "reason": "needs_access",
        "summary": "Port 7.",
        "version": ticket.version,
    }
    target = client.get(f"{url}target/", told).content.decode()
    assert "Network is out of hours: Night desk gets it." in target
    assert 'name="as_asked"' in target
    client.post(url, told | {"as_asked": "on"})
    assert fresh(ticket).team == network


def test_the_receivers_checklist_is_asked(ticket, network, platform, mira, signed_in):
    cover(network, hours("Nights", weekly=[[[20 * 60, 30 * 60]]] * 7), platform)
    for level, text in ((2, "The port"), (3, "The core dump")):
        tier = network.tier if level == 2 else platform.tier
        escalation.create_checklist(tier=tier, items=[escalation.Wanted(text, True)], by=None, at=MONDAY)
    client, url = signed_in(mira), f"/desk/tickets/{ticket.number}/hand-over/target/"
    page = client.get(url, {"to": f"team:{network.pk}"}).content.decode()
    assert ("The core dump" in page, "The port" in page) == (True, False)
    page = client.get(url, {"to": f"team:{network.pk}", "as_asked": "on"}).content.decode()
    assert ("The core dump" in page, "The port" in page) == (False, True)


# --- at once ---


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_who_close_a_circle_at_once_do_not_both_succeed(service_desk, night_desk):
    """Each sees only its own half of it; both would be saved without the lock."""
    office = hours()
    start, refused = threading.Barrier(2, timeout=60), []

    def say(team: Team, by: Team) -> None:
        start.wait()
        try:
            escalation.change_cover(team, hours=office, covered_by=by, by=None, at=MONDAY)
        except Invalid as refusal:
            refused.append(refusal.field)
        finally:
            connection.close()

    pairs = ((service_desk, night_desk), (night_desk, service_desk))
    threads = [threading.Thread(target=say, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (refused, TeamWork.objects.exclude(covered_by=None).count()) == (["covered_by"], 1)
