"""Who is told of a promise that runs short or was broken: on their list, by mail, in the morning's digest."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Role, Team, User
from delivery.models import Delivery, Mail, Notice
from delivery.operations import mark_read, notify, prune_notices
from helpdesk import digest, sla_notices
from helpdesk.wiring import react
from sla.models import Clock
from sla.operations.digesting import ask_for_digest
from sla.operations.firing import fire_due
from sla.spec import ASSIGNEE, LEAD, MANAGERS, Threshold
from tests.conftest import seat
from tests.sla.conftest import hours, policy
from tickets import operations
from tickets.models import Event, Ticket

Later = Callable[..., datetime]
OpenTicket = Callable[..., Ticket]


@pytest.fixture
def desk(mira: User, lars: User, max_: User) -> None:
    """The first line's technician and lead, and a manager; all are there from 8 to 18, Monday to Friday."""
    policy(calendar=hours(), accept=600, resolution=100)


@pytest.fixture
def urgent(desk: None, open_ticket: OpenTicket, mira: User, at: datetime) -> Ticket:
    """P1, taken by Mira."""
    return operations.take(open_ticket(impact=1, urgency=1), by=mira, at=at)


def carry_out(at: datetime) -> None:
    """What the worker does with all that waits and is due."""
    for row in Delivery.objects.exclude(state="done").filter(next_at__lte=at).order_by("pk"):
        if row.kind == "reaction" and row.payload["reaction"].endswith("tell_of_deadline"):
            react(row.payload, row, at)
        elif row.kind == sla_notices.KIND:
            sla_notices.send_kept_mail(row.payload, row, at)


def fire(at: datetime) -> None:
    fire_due(at=at)
    carry_out(at)


def lists() -> list[tuple[str, str]]:
    """Each notice: whose, and what it tells with its share."""
    told = Event.objects.filter(kind__in=["sla.warned", "sla.breached"])
    shares = {row.pk: row.data["share"] for row in told}
    rows = Notice.objects.select_related("person").order_by("pk")
    return [(row.person.first_name, f"{row.kind} {shares[row.event_id]}") for row in rows]


def mails() -> list[str]:
    rows = Mail.objects.filter(event_id__in=Event.objects.filter(is_quiet=True).values("pk")).order_by("pk")
    return [row.to.partition("@")[0] for row in rows]


# --- who ---


def test_at_75_percent_the_assignee_knows_at_90_and_at_the_breach_the_lead(
    urgent: Ticket, later: Later
) -> None:
    for minutes in (76, 91, 101):
        fire(later(minutes=minutes))
    assert lists() == [("Mira", "sla.warned 75"), ("Lars", "sla.warned 90"), ("Lars", "sla.breached 100")]
    assert mails() == ["mira", "lars", "lars"]
    last = Mail.objects.first()
    assert last is not None
    assert "the time for “resolution” is over.\nIt was due: 23 Nov 2026, 10:40" in last.text
    assert f"/desk/tickets/{urgent.number}/" in last.text


def test_telling_twice_tells_once(urgent: Ticket, later: Later) -> None:
    fire(later(minutes=76))
    carry_out(later(minutes=77))
    assert lists() == [("Mira", "sla.warned 75")]
    assert mails() == ["mira"]


def test_every_reminder_of_a_day_arrives(
    desk: None, ticket: Ticket, ines: User, mira: User, later: Later, at: datetime
) -> None:
    """Zammad 4348: one notification a day and type, later ones on the same day were lost."""
    policy(calendar=hours(), next_response=100)
    operations.take(ticket, by=mira, at=at)
    operations.reply(ticket, text="Try this", by=mira, at=at)
    for minutes in (0, 200):
        operations.reply(ticket, text="No luck", by=ines, at=later(minutes=minutes + 1))
        fire(later(minutes=minutes + 77))
        operations.reply(ticket, text="And this?", by=mira, at=later(minutes=minutes + 78))
    assert lists() == [("Mira", "sla.warned 75"), ("Mira", "sla.warned 75")]


def test_where_nobody_of_those_named_exists_the_nearest_is_told(
    desk: None, open_ticket: OpenTicket, later: Later
) -> None:
    open_ticket()
    fire(later(minutes=76))
    assert lists() == [("Lars", "sla.warned 75")]


def test_a_policy_says_who_is_told_and_marks_the_ticket(
    desk: None, urgent: Ticket, later: Later, mira: User
) -> None:
    policy(
        calendar=hours(),
        resolution=100,
        thresholds=(Threshold(50, (MANAGERS,), "at-risk"), Threshold(100, (ASSIGNEE, LEAD), "late")),
    )
    operations.override_priority(urgent, priority=2, reason="Judge it anew", by=mira, at=later(minutes=1))
    fire(later(minutes=51))
    assert lists() == [("Max", "sla.warned 50")]
    assert [row.tag.name for row in urgent.taggings.select_related("tag")] == ["at-risk"]
    fire(later(minutes=101))
    assert lists()[1:] == [("Mira", "sla.breached 100"), ("Lars", "sla.breached 100")]


def test_whoever_may_not_open_the_ticket_is_not_told(
    urgent: Ticket, ada: User, lars: User, mira: User, later: Later
) -> None:
    operations.restrict(urgent, people=[mira], teams=[], by=ada, at=later(minutes=1))
    fire(later(minutes=101))
    assert [name for name, _what in lists()] == []


def test_when_news_are_overdue_assignee_and_contact_are_reminded(
    desk: None, open_ticket: OpenTicket, mira: User, sara: User, later: Later, at: datetime
) -> None:
    policy(calendar=hours(), update=30)
    ticket = operations.take(open_ticket(), by=mira, at=at)
    operations.reply(ticket, text="We look at it", by=mira, at=at)
    operations.set_contact(ticket, to=sara, by=mira, at=at)
    fire(later(minutes=31))
    assert lists() == [
        ("Lars", "sla.breached 100"),
        ("Mira", "sla.breached 100"),
        ("Sara", "sla.breached 100"),
    ]


def test_a_vendors_people_hear_of_deadlines_from_the_desk_alone(
    desk: None, urgent: Ticket, vendors: Team, vera: User, later: Later
) -> None:
    Ticket.objects.filter(pk=urgent.pk).update(team=vendors, tier=4)
    seat(
        vera, Team.objects.create(name="Kestrel leads", tier_id=4, organisation=vera.organisation), Role.LEAD
    )
    vera.memberships.filter(team=vendors).update(role=Role.LEAD)
    fire(later(minutes=101))
    assert "Vera" not in [name for name, _what in lists()]


# --- when ---


def test_what_has_been_settled_meanwhile_warns_nobody(urgent: Ticket, mira: User, later: Later) -> None:
    fire_due(at=later(minutes=76))
    operations.wait_for_requester(urgent, question="Which?", by=mira, at=later(minutes=77))
    carry_out(later(minutes=78))
    assert (lists(), mails()) == ([], [])


def test_a_breach_is_told_though_it_was_settled_but_not_by_mail(
    urgent: Ticket, mira: User, vpn: Any, later: Later
) -> None:
    fire_due(at=later(minutes=101))
    operations.resolve(urgent, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=102))
    carry_out(later(minutes=103))
    assert lists() == [("Lars", "sla.breached 100")]
    assert mails() == []


def test_only_p1_and_p2_are_written_at_once(desk: None, open_ticket: OpenTicket, later: Later) -> None:
    for impact, urgency in ((1, 1), (1, 2), (2, 2), (3, 3)):
        open_ticket(impact=impact, urgency=urgency)
    priorities = sorted(Ticket.objects.values_list("priority", flat=True))
    assert priorities == [1, 2, 3, 4]
    fire(later(minutes=101))
    assert len(lists()) == 4
    assert len(mails()) == 2


def test_outside_of_hours_p1_is_written_at_once_and_p2_when_the_desk_opens(
    mira: User, lars: User, open_ticket: OpenTicket, later: Later
) -> None:
    """Zammad 4432: reminders came at midnight and at the weekend. Clocks here run around the clock, people do not."""
    office = hours()
    policy(accept=600, resolution=100)
    policy(calendar=office, accept=600, resolution={})
    nights = policy(resolution=100)
    _accept_in(nights, office)
    first = open_ticket(impact=1, urgency=1, at=later(hours=11))
    second = open_ticket(impact=1, urgency=2, at=later(hours=11))
    night, morning = later(hours=12, minutes=41), datetime(2026, 11, 24, 8, tzinfo=UTC)
    fire(night)
    assert [
        row.about_ticket
        for row in Mail.objects.filter(about_ticket__in=[first.pk, second.pk], to__startswith="lars")
    ] == [first.pk]
    waiting = Delivery.objects.get(kind=sla_notices.KIND)
    assert waiting.next_at == morning
    carry_out(morning)
    assert mails() == ["lars", "lars"]


def test_what_waited_for_the_morning_and_is_settled_by_then_is_not_sent(
    mira: User, lars: User, vpn: Any, open_ticket: OpenTicket, later: Later
) -> None:
    _accept_in(policy(resolution=100), hours())
    ticket = open_ticket(impact=1, urgency=2, at=later(hours=11))
    fire(later(hours=12, minutes=41))
    operations.take(ticket, by=mira, at=later(hours=13))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=13))
    carry_out(later(days=1))
    assert mails() == []


def _accept_in(policy_: Any, calendar: Any) -> None:
    """Its resolution counts around the clock, while the first line accepts in the hours of this calendar."""
    version = policy_.current
    version.spec["tiers"] = {"1": {"accept": [6000, calendar.pk]}}
    version.save(update_fields=["spec"])


# --- the digest ---


def digests() -> list[Mail]:
    return list(Mail.objects.filter(to="max@desk.example").order_by("pk"))


def send(at: datetime) -> None:
    if ask_for_digest(at=at):
        for row in Delivery.objects.filter(kind="sla.digest").exclude(state="done"):
            digest.send_digests(row.payload, row, at)


def test_a_manager_reads_in_the_morning_what_was_broken_and_what_comes(
    desk: None, open_ticket: OpenTicket, later: Later
) -> None:
    broken = open_ticket("Printer jams")
    fire(later(minutes=101))
    coming = open_ticket("No sound", at=later(hours=8, minutes=30))
    restricted = open_ticket("Salary", at=later(hours=8, minutes=30))
    Ticket.objects.filter(pk=restricted.pk).update(is_restricted=True)
    send(datetime(2026, 11, 24, 6, 59, tzinfo=UTC))
    assert digests() == []
    send(datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    send(datetime(2026, 11, 24, 7, 5, tzinfo=UTC))
    (mail,) = digests()
    assert "1 promise was broken since the last digest" in mail.text
    assert "L1 · Service desk" in mail.text
    assert f"{broken.number}  P4  resolution, 23 Nov 2026, 10:40  Printer jams" in mail.text
    assert f"{coming.number}  P4  resolution, 24 Nov 2026, 09:10  No sound" in mail.text
    assert "Salary" not in mail.text


def test_the_digest_leaves_out_what_was_set_aside_as_no_request(
    desk: None, open_ticket: OpenTicket, mira: User, later: Later
) -> None:
    noise, broken = open_ticket("Win a prize"), open_ticket("Printer jams")
    fire(later(minutes=101))
    operations.not_a_request(noise, reason="spam", by=mira, at=later(minutes=110))
    send(datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    (mail,) = digests()
    assert "1 promise was broken since the last digest" in mail.text
    assert broken.number in mail.text
    assert "Win a prize" not in mail.text


def test_no_digest_on_a_day_off_nor_without_anything_to_tell(
    desk: None, ticket: Ticket, later: Later
) -> None:
    fire(later(minutes=101))
    assert not ask_for_digest(at=datetime(2026, 11, 28, 9, tzinfo=UTC))
    Clock.objects.update(
        breached_at=None,
        due_at=None,
        state="ended",
        outcome="met",
        ended_at=later(hours=1),
        next_at="9000-01-01T00:00Z",
    )
    send(datetime(2026, 11, 24, 7, tzinfo=UTC))
    assert digests() == []


def test_after_the_weekend_the_digest_tells_since_friday(
    desk: None, open_ticket: OpenTicket, later: Later
) -> None:
    open_ticket(at=later(days=4, hours=7))
    fire(later(days=4, hours=8, minutes=41))
    send(datetime(2026, 11, 30, 7, tzinfo=UTC))
    (mail,) = digests()
    assert "1 promise was broken since the last digest" in mail.text


# --- the page ---


@pytest.fixture
def noticed(urgent: Ticket, later: Later) -> Notice:
    """A notice of Mira's."""
    fire(later(minutes=76))
    return Notice.objects.get()


def test_the_page_shows_ones_own_notices_and_reads_them(
    noticed: Notice, urgent: Ticket, signed_in: Callable[[User], Any], mira: User, lars: User
) -> None:
    client = signed_in(mira)
    page = client.get("/desk/notices/").content.decode()
    assert "75 % of the time for “resolution” is used." in page
    assert f'href="/notices/{noticed.pk}/"' in page
    assert 'id="count-notices"' in page
    assert '<span class="count hot" id="count-notices" hx-swap-oob="true">1</span>' in _counts(client)
    assert client.post("/desk/notices/read/", {"notice": noticed.pk}).status_code == 302
    noticed.refresh_from_db()
    assert noticed.is_read
    assert 'id="count-notices" hx-swap-oob="true"></span>' in _counts(client)
    assert "Nothing to tell" in signed_in(lars).get("/desk/notices/").content.decode()


def test_nobody_reads_for_another(noticed: Notice, signed_in: Callable[[User], Any], lars: User) -> None:
    signed_in(lars).post("/desk/notices/read/", {"notice": noticed.pk})
    signed_in(lars).post("/desk/notices/read/")
    noticed.refresh_from_db()
    assert not noticed.is_read


def test_all_are_read_at_once(noticed: Notice, signed_in: Callable[[User], Any], mira: User) -> None:
    notify(
        [mira], kind="sla.breached", ticket_number=noticed.ticket_number, event_id=1, at=noticed.created_at
    )
    signed_in(mira).post("/desk/notices/read/")
    assert not Notice.objects.filter(read_at__isnull=True).exists()


def test_a_notice_of_a_ticket_that_is_closed_to_one_by_now_names_it_only(
    noticed: Notice, urgent: Ticket, signed_in: Callable[[User], Any], mira: User, sara: User
) -> None:
    Ticket.objects.filter(pk=urgent.pk).update(is_restricted=True, assignee=sara, contact=sara)
    page = signed_in(mira).get("/desk/notices/").content.decode()
    assert urgent.number in page
    assert urgent.subject not in page


def test_a_long_list_has_pages(
    ticket: Ticket, signed_in: Callable[[User], Any], mira: User, later: Later
) -> None:
    for number in range(60):
        notify(
            [mira], kind="sla.breached", ticket_number=ticket.pk, event_id=number, at=later(minutes=number)
        )
    first = signed_in(mira).get("/desk/notices/")
    assert first.content.decode().count('<li class="list-row notice-row">') == 50
    older = signed_in(mira).get("/desk/notices/", {"after": first.context["page"].older})
    assert older.content.decode().count('<li class="list-row notice-row">') == 10


def test_old_notices_are_forgotten(noticed: Notice, mira: User, later: Later) -> None:
    assert mark_read(by=mira, at=later(hours=2)) == 1
    assert prune_notices(at=later(days=89)) == 0
    assert prune_notices(at=later(days=91)) == 1


def _counts(client: Any) -> str:
    text: str = client.get("/desk/counts/").content.decode()
    return text
