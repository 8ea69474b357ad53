"""Numbers of this moment: every one of them is as long as the list that it opens, for whoever asks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.http import QueryDict

from accounts.models import Team, User
from accounts.prepared import Prepared
from escalation import operations as escalation
from escalation.models import Availability
from helpdesk.desk.board import Board
from insights.queries.listed import NOT_COUNTED, Listed, written
from insights.queries.morning import Morning, last_evening, next_noon, working_days_before
from insights.queries.now import WITHIN, midnight
from sla.models import Calendar, CalendarVersion, Clock, Metric
from tests.conftest import MONDAY, person, seat
from tests.insights.cast import Cast, world
from tests.sla.conftest import hours, publish
from tickets import operations
from tickets.models import FAR, Category, Ticket
from tickets.operations.caching import set_due
from tickets.queries import counting
from tickets.queries.counting import loads
from tickets.queries.queues import queue_named
from tickets.queries.visible import MOST_SHAPES
from tickets.vocabulary import as_q, tree_from_params

Later = Callable[..., datetime]
OpenTicket = Callable[..., Ticket]
SignIn = Callable[[User], Any]


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    cache.clear()


def listed(url: str, reader: User, *, at: datetime) -> list[str]:
    """The subjects in the list at this address, as the queue's own page finds them."""
    path, _mark, query = url.partition("?")
    queue = queue_named(path.strip("/").rpartition("/")[2], reader)
    assert queue is not None
    params = QueryDict(query, mutable=True)
    params.pop("sort", None)
    tree, errors = tree_from_params(params, reader)
    assert errors == []
    rows = queue.queryset.filter(as_q(tree, at=at, user=reader))
    return sorted(rows.values_list("subject", flat=True))


def due(ticket: Ticket, at: datetime) -> None:
    set_due(Ticket.objects.get(pk=ticket.pk), at)


def after(**delta: float) -> datetime:
    return MONDAY + timedelta(**delta)


@world
def desk_at_work(cast: Cast) -> dict[str, Ticket]:
    """Tickets in every state that the board tells apart, as they stand on Monday at two; some since Friday."""
    cast.make("mira", "dario", "vendors")
    friday = MONDAY - timedelta(days=3)
    names = (
        "over",
        "within 1",
        "within 4",
        "within 8",
        "on time",
        "paused",
        "undue",
        "hidden",
        "with a vendor",
    )
    found = {name: cast.open_ticket(name, at=friday) for name in names}
    found |= {
        name: cast.open_ticket(name) for name in ("handed", "resolved", "withdrawn", "noise", "reopened")
    }
    for name in ("paused", "handed", "resolved", "reopened", "with a vendor"):
        operations.take(found[name], by=cast.mira, at=after(minutes=1))
    operations.wait_for_requester(found["paused"], question="Which?", by=cast.mira, at=after(minutes=3))
    escalation.hand_over(
        found["handed"],
        team=cast.network,
        reason="needs_expertise",
        summary="Log.",
        by=cast.mira,
        at=after(hours=4),
    )
    for name in ("resolved", "reopened"):
        operations.resolve(
            found[name], code="fixed", summary="Done.", category=cast.vpn, by=cast.mira, at=after(minutes=10)
        )
    operations.reply(found["reopened"], text="Again!", by=found["reopened"].requester, at=after(minutes=20))
    operations.withdraw(found["withdrawn"], by=found["withdrawn"].requester, at=after(minutes=30))
    operations.not_a_request(found["noise"], reason="noise", by=cast.mira, at=after(minutes=30))
    operations.restrict(found["hidden"], people=[cast.ada], by=cast.ada, at=after(minutes=30))
    now = after(hours=5)
    times = {
        "over": now - timedelta(hours=1),
        "within 1": now + timedelta(hours=1),
        "within 4": now + timedelta(hours=3),
        "within 8": now + timedelta(hours=7),
        "on time": now + timedelta(days=2),
        "hidden": now + timedelta(minutes=5),
        "undue": FAR,
        "with a vendor": now + timedelta(days=3),
        "reopened": now + timedelta(days=3),
    }
    for name, at in times.items():
        due(found[name], at)
    Clock.objects.filter(ticket=found["undue"]).delete()
    Ticket.objects.filter(pk=found["with a vendor"].pk).update(status="pending_vendor")
    return found


PEOPLE = ("max_", "ada", "lars", "chiara")


@pytest.fixture
def chiara(network: Team) -> User:
    return seat(person("Chiara Bianchi"), network, "lead")


@pytest.mark.parametrize("name", PEOPLE)
def test_every_number_of_the_board_is_as_long_as_its_list(
    request: pytest.FixtureRequest,
    desk_at_work: dict[str, Ticket],
    later: Later,
    name: str,
    lars: User,
    chiara: User,
) -> None:
    reader, at = request.getfixturevalue(name), later(hours=5)
    board = Board(reader, at=at)
    wrong = {}
    numbers = [(card.url, int(card.number)) for card in board.cards]
    for bar in [*board.by_tier, *board.by_team]:
        numbers += [(bar.url, bar.open), *((part.url, part.many) for part in bar.parts)]
    numbers += [(one.url, one.open) for one in board.here]
    for url, n in numbers:
        if len(found := listed(url, reader, at=at)) != n:
            wrong[url] = (n, found)
    assert wrong == {}


def test_the_board_counts_what_is_due_in_one_four_and_eight_hours(
    desk_at_work: dict[str, Ticket], max_: User, later: Later
) -> None:
    at = later(hours=5)
    found = {str(card.label): listed(card.url, max_, at=at) for card in Board(max_, at=at).cards}
    assert found == {
        "Breached, open": ["over"],
        # The hand-off is to be accepted within two hours of business time: at three.
        "Breaching within 1 h": ["handed", "within 1"],
        "Breaching within 4 h": ["handed", "within 1", "within 4"],
        "Breaching within 8 h": ["handed", "within 1", "within 4", "within 8"],
        "Hand-offs not accepted": ["handed"],
        "With vendors": ["with a vendor"],
        "Came in today": ["handed", "reopened", "resolved", "withdrawn"],
        "Resolved or ended today": ["resolved", "withdrawn"],
    }


def test_an_administrator_who_is_named_counts_what_others_do_not_see(
    desk_at_work: dict[str, Ticket], ada: User, max_: User, later: Later
) -> None:
    at = later(hours=5)
    within_one = {user.name: int(Board(user, at=at).cards[1].number) for user in (ada, max_)}
    assert within_one == {"Ada Root": 3, "Max Brandt": 2}


def test_the_numbers_are_the_same_where_no_statement_is_prepared(
    desk_at_work: dict[str, Ticket], max_: User, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More shapes of access than are kept: the query is asked plainly, with the moments themselves."""
    prepared = loads(max_, at=later(hours=5), spans=WITHIN)
    every = dict.fromkeys(range(MOST_SHAPES), Prepared(Ticket.objects.all))
    monkeypatch.setattr(counting._loads[len(WITHIN)], "_known", every)
    assert set(loads(max_, at=later(hours=5), spans=WITHIN)) == set(prepared)


def test_a_lead_is_told_of_their_own_teams_alone(
    desk_at_work: dict[str, Ticket], chiara: User, later: Later
) -> None:
    at = later(hours=5)
    board = Board(chiara, at=at)
    assert {str(card.label): card.number for card in board.cards if card.number != "0"} == {
        "Breaching within 1 h": "1",
        "Breaching within 4 h": "1",
        "Breaching within 8 h": "1",
        "Hand-offs not accepted": "1",
        "Came in today": "1",
    }
    assert [line.team.name for line in board.team_lines] == ["Network"]
    assert [one.name for one in board.here] == ["Chiara Bianchi", "Dario Pek"]


def test_a_second_team_of_the_same_tier_is_not_a_leads(
    desk_at_work: dict[str, Ticket], chiara: User, network: Team, open_ticket: OpenTicket, later: Later
) -> None:
    windows = Team.objects.create(name="Windows", tier_id=2)
    other = open_ticket("Of Windows")
    Ticket.objects.filter(pk=other.pk).update(team=windows, tier=2)
    (bar,) = Board(chiara, at=later(hours=5)).by_tier
    assert (bar.label, bar.open) == ("Technical", 1)


def test_who_is_away_is_not_here(
    desk_at_work: dict[str, Ticket], mira: User, lars: User, max_: User, later: Later
) -> None:
    Availability.objects.create(user=lars, is_away=True)
    Availability.objects.create(user=mira, capacity=1)
    board = Board(max_, at=later(hours=5))
    assert [(one.name, one.open, one.capacity, one.is_full) for one in board.here] == [
        ("Dario Pek", 0, 12, False),
        ("Mira Kask", 3, 1, True),
    ]
    assert board.count_here == (2, 3)


def test_the_board_tells_what_will_not_fit_and_its_page_lists_it(
    signed_in: SignIn, open_ticket: OpenTicket, mira: User, lars: User, service_desk: Team, later: Later
) -> None:
    """Two people have nine hours each until six; each ticket is promised four hours of L1's work."""
    for n in range(6):
        due(open_ticket(f"Number {n}"), later(hours=8, minutes=n))
    client = signed_in(lars)
    (line,) = Board(lars, at=later()).team_lines
    assert (line.missed, line.is_short, line.needed, line.left, line.here) == (
        "2",
        True,
        "24 h",
        "18 h",
        2,
    )
    page = client.get(line.url)
    assert [row.ticket.subject for row in page.context["missed"]] == ["Number 4", "Number 5"]
    assert line.day is not None
    assert line.day.first_breach == later(hours=8, minutes=4)


def test_the_day_is_kept_for_a_minute_and_told_with_its_time(
    open_ticket: OpenTicket, mira: User, max_: User, later: Later
) -> None:
    first = Board(max_, at=later()).days
    assert Board(max_, at=later(seconds=30)).days == first
    cache.clear()
    assert Board(max_, at=later(seconds=90)).days[0] == later(seconds=90)


@pytest.mark.parametrize("many", [3, 30])
def test_the_board_takes_the_same_queries_warm_or_cold(
    signed_in: SignIn,
    max_: User,
    mira: User,
    dario: User,
    open_ticket: OpenTicket,
    kept_names: None,
    later: Later,
    django_assert_num_queries: Callable[..., Any],
    many: int,
) -> None:
    for n in range(many):
        ticket = open_ticket(f"Number {n}", at=later(hours=-3 * (n % 3)))
        operations.take(ticket, by=mira, at=later(minutes=1))
        if n % 3 == 0:
            operations.wait_for_requester(ticket, question="?", by=mira, at=later(minutes=2))
    client = signed_in(max_)
    client.get("/desk/board/")
    with django_assert_num_queries(10):
        client.get("/desk/board/")
    cache.delete(f"desk:days:{max_.pk}")
    with django_assert_num_queries(12):
        client.get("/desk/board/")


# --- the morning page ---


def figures(found: Morning) -> dict[str, list[str]]:
    """By name the subjects in the list behind each number, which is as long as the number says."""
    told = {}
    for name, figure in found.figures.items():
        if figure.url.startswith("/insights/"):
            continue
        told[name] = listed(figure.url, found.reader, at=found.at)
        assert (name, figure.n) == (name, len(told[name]))
    return told


@pytest.fixture
def tuesday(desk_at_work: dict[str, Ticket], mira: User, later: Later) -> datetime:
    """Tuesday at eight: the desk opens, and closed on Monday at six."""
    aimless = desk_at_work["on time"]
    operations.take(aimless, by=mira, at=MONDAY - timedelta(days=4))
    Clock.objects.filter(ticket=aimless).delete()
    due(aimless, FAR)
    return MONDAY.replace(day=24, hour=8)


def test_the_morning_tells_what_nobody_looks_after(
    desk_at_work: dict[str, Ticket], tuesday: datetime, max_: User, open_ticket: OpenTicket, later: Later
) -> None:
    open_ticket("In the evening", at=later(hours=12))
    due(desk_at_work["within 8"], tuesday + timedelta(hours=3))
    found = figures(Morning(max_, at=tuesday))
    assert found["came"] == ["In the evening"]
    assert found["due"] == ["In the evening", "within 8"]
    assert found["undated"] == ["on time", "undue"]
    assert found["aimless"] == ["on time"]
    assert found["unowned"] == [
        "In the evening",
        "handed",
        "over",
        "undue",
        "within 1",
        "within 4",
        "within 8",
    ]


def test_what_was_breached_or_reopened_since_last_evening_has_lists_of_its_own(
    signed_in: SignIn,
    desk_at_work: dict[str, Ticket],
    tuesday: datetime,
    mira: User,
    max_: User,
    lars: User,
    chiara: User,
    later: Later,
    vpn: Category,
) -> None:
    evening = later(hours=11)
    Clock.objects.filter(ticket=desk_at_work["over"], metric=Metric.ACCEPT).update(breached_at=evening)
    Clock.objects.filter(ticket=desk_at_work["within 1"], metric=Metric.ACCEPT).update(
        breached_at=later(hours=-2)
    )
    operations.reply(
        desk_at_work["resolved"], text="Again!", by=desk_at_work["resolved"].requester, at=evening
    )
    found = Morning(max_, at=tuesday).figures
    assert (found["breached"].n, found["reopened"].n) == (1, 1)
    client = signed_in(max_)
    for name, subjects in {"breached": ["over"], "reopened": ["resolved", "reopened"]}.items():
        page = client.get(f"/insights/morning/{name}/?since={written(later(hours=-1))}")
        assert [ticket.subject for ticket in page.context["page"].tickets] == subjects
        assert page.context["total"] == len(subjects)
    assert Morning(chiara, at=tuesday, teams=chiara.led_team_ids).figures["breached"].n == 0
    # Only thanks: it was no reopening.
    operations.only_thanks(desk_at_work["resolved"], by=mira, at=evening + timedelta(minutes=5))
    assert Morning(max_, at=tuesday).figures["reopened"].n == 0


def test_a_ticket_that_waits_or_is_held_has_a_next_step(
    desk_at_work: dict[str, Ticket], tuesday: datetime, max_: User, mira: User
) -> None:
    later_today = tuesday - timedelta(minutes=5)
    operations.wait_for_requester(desk_at_work["on time"], question="?", by=mira, at=later_today)
    assert figures(Morning(max_, at=tuesday))["aimless"] == []


def test_what_the_absent_have_can_be_given_to_others(
    signed_in: SignIn,
    desk_at_work: dict[str, Ticket],
    tuesday: datetime,
    mira: User,
    sara: User,
    lars: User,
    service_desk: Team,
) -> None:
    """Mira is away for the week; Sara begins at nine, and is not absent."""
    Availability.objects.create(user=mira, is_away=True, away_until=tuesday + timedelta(days=3))
    Availability.objects.create(user=sara, hours=hours("From nine", weekly=[[[540, 1080]]] * 7))
    operations.take(desk_at_work["over"], by=sara, at=MONDAY)
    found = Morning(lars, at=tuesday, teams=lars.led_team_ids)
    (row,) = found.absent
    mine = ["on time", "paused", "reopened", "with a vendor"]
    assert (row.seat.name, row.open, row.back_at) == ("Mira Kask", 4, tuesday + timedelta(days=3))
    assert listed(row.url, lars, at=tuesday) == mine
    assert listed(found.of_absent.url, lars, at=tuesday) == mine
    text = signed_in(lars).get("/insights/morning/").content.decode()
    assert f'href="/desk/load/?team={service_desk.pk}"' in text


def test_nobody_absent_has_nothing(max_: User, service_desk: Team, at: datetime) -> None:
    found = Morning(max_, at=at)
    assert (found.absent, found.of_absent.n, found.of_absent.url) == ([], 0, "#absent")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?since=yesterday", "Since: “yesterday” is no moment; give one such as 2026-01-31T17:00:00Z."),
        ("?since=2026-11-22T09:00:00", "is no moment"),
        ("?since=2026-02-30T09:00:00Z", "is no moment"),
        ("?since=2020-01-01T00:00:00Z", "give a moment of the last 60 days"),
        ("?since=2027-01-01T00:00:00Z", "give a moment of the last 60 days"),
        ("?after=nonsense", "The address of this page is damaged"),
    ],
)
def test_a_damaged_address_is_told(signed_in: SignIn, max_: User, query: str, says: str) -> None:
    answer = signed_in(max_).get(f"/insights/morning/breached/{query}")
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_the_morning_takes_the_same_queries_however_much_there_is(
    signed_in: SignIn,
    max_: User,
    mira: User,
    open_ticket: OpenTicket,
    kept_names: None,
    later: Later,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    client = signed_in(max_)
    open_ticket("One")
    client.get("/insights/morning/")
    with django_assert_num_queries(8):
        client.get("/insights/morning/")
    Availability.objects.create(user=mira, is_away=True)
    for n in range(20):
        operations.take(open_ticket(f"Number {n}"), by=mira, at=later())
    with django_assert_num_queries(8):
        client.get("/insights/morning/")


# --- days ---


@pytest.mark.parametrize(
    ("at", "evening"),
    [
        (MONDAY, MONDAY.replace(day=20, hour=18)),
        (MONDAY.replace(day=24), MONDAY.replace(hour=18)),
        (MONDAY.replace(day=22), MONDAY.replace(day=20, hour=18)),
    ],
    ids=["on Monday, Friday's", "on Tuesday, Monday's", "on Sunday, Friday's"],
)
def test_last_evening_is_when_the_desk_closed(db: None, at: datetime, evening: datetime) -> None:
    assert last_evening(at) == evening


def test_a_desk_that_never_closes_has_its_evening_at_six(db: None) -> None:
    CalendarVersion.objects.update(is_always_open=True)
    publish()
    assert Calendar.objects.count() == 2
    assert last_evening(MONDAY) == MONDAY.replace(day=22, hour=18)


@pytest.mark.parametrize(("hour", "day"), [(8, 23), (11, 23), (12, 24), (20, 24)])
def test_noon_is_the_next_one(hour: int, day: int) -> None:
    assert next_noon(MONDAY.replace(hour=hour)) == MONDAY.replace(day=day, hour=12)


@pytest.mark.parametrize(("day", "then"), [(26, 24), (24, 20), (23, 19), (22, 19)])
def test_two_working_days_pass_over_the_weekend(db: None, day: int, then: int) -> None:
    assert working_days_before(MONDAY.replace(day=day), 2) == MONDAY.replace(day=then)


def test_today_begins_at_midnight_where_the_desk_is(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    assert midnight(MONDAY.replace(hour=16)) == MONDAY.replace(hour=15)


def test_what_is_in_no_figure_is_told_in_the_words_of_the_vocabulary(max_: User, at: datetime) -> None:
    found = Listed((("not.cancel_reason", ",".join(NOT_COUNTED)),)).url
    assert found == "/desk/queues/all/?not.cancel_reason=noise,spam,not_for_it,merged"
