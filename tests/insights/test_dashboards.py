"""Pages over time: their numbers and where these lead, who sees which, and what a wrong question gets."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import Team
from escalation import operations as escalation
from escalation.operations.rules import create_rule
from escalation.rules.spec import from_json
from insights.measures import MEASURES
from insights.saying import share, span
from tests.conftest import MONDAY
from tests.insights.cast import Cast, world
from tests.insights.world import follow
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

PAGES = ("/insights/", "/insights/times/", "/insights/tiers/", "/insights/promises/")
QUERIES = {"/insights/": 30, "/insights/times/": 32, "/insights/tiers/": 40, "/insights/promises/": 22}
"""At most so many, however many tickets, teams and days there are."""
WEEK = timedelta(days=7)
RULE = {
    "events": ["changed:priority"],
    "time": None,
    "when": {"all": [{"field": "priority", "op": "is", "value": ["1"]}]},
    "actions": [["note", {"text": "Look at it."}]],
    "stops": False,
}


@world
def record(cast: Cast) -> None:
    """A week ago: Mira resolved an incident and a request of Ines, Max one of Otto that was handed up to Dario."""
    promise(first_response=60, resolution=240)
    begin, mira, otto = MONDAY - WEEK, cast.mira, cast.otto
    for number, kind in enumerate(("incident", "request")):
        at = begin + timedelta(hours=number)
        ticket = cast.open_ticket(f"Ticket {number}", kind=kind, at=at)
        ticket = operations.take(ticket, by=mira, at=at + timedelta(minutes=10))
        operations.resolve(ticket, code="fixed", summary="x", by=mira, at=at + timedelta(minutes=40 + number))
    ticket = cast.open_ticket("For Otto", requester=otto, at=begin)
    ticket = operations.take(ticket, by=mira, at=begin + timedelta(minutes=5))
    why: dict[str, Any] = {"reason": "needs_access", "summary": "x"}
    escalation.hand_over(ticket, team=cast.network, **why, by=mira, at=begin + timedelta(minutes=20))
    ticket = escalation.accept(
        Ticket.objects.get(pk=ticket.pk), by=cast.dario, at=begin + timedelta(minutes=30)
    )
    operations.resolve(ticket, code="fixed", summary="x", by=cast.max_, at=begin + timedelta(hours=5))
    cast.open_ticket("Still open", at=begin + timedelta(hours=2))
    follow(MONDAY)


def charts(html: str) -> dict[str, dict[str, Any]]:
    """What the charts of a page draw, by their keys."""
    keys = re.findall(r'data-chart aria-labelledby="(\w+)-title"', html)
    found = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    return dict(zip(keys, map(json.loads, found), strict=True))


def series(chart: dict[str, Any]) -> dict[str, list[Any]]:
    return {one["name"]: one["values"] for one in chart["series"]}


def links(html: str, key: str) -> list[str]:
    """The addresses of lists behind this figure."""
    found = re.findall(r'href="(/insights/tickets/\?[^"]*)"', html)
    urls = [url.replace("&amp;", "&") for url in found]
    return [url for url in urls if parse_qs(urlsplit(url).query)["of"] == [key]]


def numbers_listed(html: str) -> set[str]:
    return set(re.findall(r"TD-\d+", html))


# --- Numbers ---


def test_incidents_and_requests_are_told_side_by_side(record, max_, signed_in):
    html = signed_in(max_).get("/insights/").content.decode()
    assert "incident" in html
    assert "service request" in html
    assert [parse_qs(urlsplit(url).query)["kind"] for url in links(html, "opened")[:2]] == [
        ["incident"],
        ["request"],
    ]


def test_a_few_cases_are_told_as_they_are(record, max_, signed_in):
    html = signed_in(max_).get("/insights/?kind=incident").content.decode()
    assert "1 of 2" in html
    assert "50 %" not in html


def test_what_came_and_what_left_is_told_by_day(record, max_, signed_in):
    html = signed_in(max_).get("/insights/?period=7&from=&to=").content.decode()
    assert sum(series(charts(html)["came"])["opened"]) == 0
    html = signed_in(max_).get("/insights/?from=2026-11-16&to=2026-11-16").content.decode()
    came = series(charts(html)["came"])
    assert (came["opened"], came["resolved"]) == ([4], [3])
    assert series(charts(html)["backlog"])["open"] == [1]


def test_arrivals_stand_at_their_hour(record, max_, signed_in):
    html = signed_in(max_).get("/insights/").content.decode()
    heat = charts(html)["arrivals"]
    assert sum(map(sum, heat["values"])) == 4
    assert sum(heat["values"][0]) == 4  # all on a Monday


def test_the_table_says_what_the_chart_draws(record, max_, signed_in):
    html = signed_in(max_).get("/insights/?from=2026-11-16&to=2026-11-16").content.decode()
    table = re.search(r'id="came-table".*?</table>', html, re.DOTALL)[0]
    assert re.findall(r">([^<>]+)</(?:a|td|th)>", table) == [
        "Time", "opened", "resolved", "16 Nov 2026", "4", "3",
    ]  # fmt: skip


def test_tickets_flow_from_tier_to_tier(record, max_, signed_in):
    html = signed_in(max_).get("/insights/tiers/").content.decode()
    flow = charts(html)["flow"]
    names = [node["label"] for node in flow["nodes"]]
    steps = {(names[link["from"]], names[link["to"]]): link["n"] for link in flow["links"]}
    assert steps == {
        ("came in", "L1 Service desk"): 3,
        ("L1 Service desk", "L2 Technical"): 1,
        ("L1 Service desk", "resolved"): 2,
        ("L2 Technical", "resolved"): 1,
    }


def test_a_change_of_a_rule_is_marked_where_it_was_made(record, max_, ada, signed_in):
    create_rule(name="P1 goes up", spec=from_json(RULE), by=ada, at=MONDAY - timedelta(days=5))
    html = signed_in(max_).get("/insights/").content.decode()
    came = charts(html)["came"]
    (mark,) = [mark for mark in came["marks"] if came["names"][mark["x"]] == "18 Nov 2026"]
    assert f"<b>{mark['number']}</b> 18 Nov 2026: Rule “P1 goes up”, version 1" in html
    assert "from=2026-11-18&amp;to=2026-11-23" in html


# --- Every number opens its tickets ---


@pytest.mark.parametrize("page", PAGES)
def test_every_number_opens_as_many_tickets_as_it_tells(record, max_, signed_in, page):
    client = signed_in(max_)
    html = client.get(page).content.decode()
    told = re.findall(r'href="(/insights/tickets/\?[^"]*)">([\d,]+)(?: of \d+| broken| excepted)?</a>', html)
    assert told
    for url, number in told:
        answer = client.get(url.replace("&amp;", "&")).content.decode()
        assert len(numbers_listed(answer)) == int(number.replace(",", "")), url


def test_what_lies_in_a_category_itself_is_told_apart_from_what_lies_below(
    open_ticket, mira, vpn, max_, signed_in
):
    for number, category in enumerate((vpn, vpn.parent, vpn)):
        at = MONDAY - timedelta(days=2, hours=number)
        ticket = operations.take(open_ticket("x", category=category, at=at), by=mira, at=at)
        operations.resolve(ticket, code="fixed", summary="x", by=mira, at=at + timedelta(minutes=9))
    follow(MONDAY)
    client = signed_in(max_)
    html = client.get(f"/insights/times/?by=category&category={vpn.parent_id}").content.decode()
    table = html[html.index('id="by-title"') :]
    told = {
        number: url
        for url, number in re.findall(r'href="(/insights/tickets/\?[^"]*of=resolved)">(\d)</a>', table)
    }
    for number, url in told.items():
        listed = client.get(url.replace("&amp;", "&")).content.decode()
        assert len(numbers_listed(listed)) == int(number)
    assert sorted(told) == ["1", "2"]


def test_a_list_says_what_its_figure_means(record, max_, signed_in):
    html = signed_in(max_).get("/insights/tickets/?of=first_tier").content.decode()
    assert str(MEASURES["first_tier"].definition) in html
    assert len(numbers_listed(html)) == 2


def test_a_restricted_ticket_is_counted_for_a_manager_and_not_shown(
    record, open_ticket, lars, max_, signed_in
):
    ticket = open_ticket("Secret", at=MONDAY - timedelta(days=3))
    operations.restrict(ticket, people=[lars], by=lars, at=MONDAY - timedelta(days=3))
    follow(MONDAY)
    html = signed_in(max_).get("/insights/tickets/?of=opened").content.decode()
    assert "5 tickets" in html
    assert "and of them 1 that you may not open" in html
    assert "Secret" not in html


def test_lists_are_paged_by_key(record, open_ticket, max_, signed_in):
    for number in range(31):
        open_ticket(f"Many {number}", at=MONDAY - timedelta(days=2, minutes=number))
    follow(MONDAY)
    client = signed_in(max_)
    first = client.get("/insights/tickets/?of=opened").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(f"/insights/tickets/{older}").content.decode()
    assert len(numbers_listed(first) | numbers_listed(second)) == 35
    assert not numbers_listed(first) & numbers_listed(second)


# --- Who sees which ---


@pytest.mark.parametrize("page", [*PAGES, "/insights/tickets/"])
def test_who_reads_no_figures_cannot_tell_that_there_are_some(page, mira, ines, vera, signed_in, client):
    assert [signed_in(user).get(page).status_code for user in (mira, ines, vera)] == [404, 404, 404]
    client.logout()
    assert client.get(page).status_code == 302


def test_a_lead_sees_the_own_teams_alone(record, lars, max_, signed_in):
    assert len(numbers_listed(signed_in(max_).get("/insights/tickets/?of=resolved").content.decode())) == 3
    assert len(numbers_listed(signed_in(lars).get("/insights/tickets/?of=resolved").content.decode())) == 2


def test_a_lead_cannot_ask_for_another_team(record, lars, network, signed_in):
    html = signed_in(lars).get(f"/insights/?team={network.pk}").content.decode()
    assert f"{network.pk} is not among those that you can choose." in html
    assert 'class="figures"' not in html


def test_an_organisations_manager_sees_their_own_in_the_portal(record, greta, signed_in):
    client = signed_in(greta)
    html = client.get("/insights/").content.decode()
    assert 'class="topbar"' in html
    assert "sidenav" not in html
    assert numbers_listed(client.get("/insights/tickets/?of=opened").content.decode()) != set()
    shown = client.get("/insights/tickets/?of=resolved").content.decode()
    assert len(numbers_listed(shown)) == 2
    assert "For Otto" not in shown
    assert "/requests/TD-" in shown
    assert "/desk/" not in shown


def test_how_the_desk_is_built_inside_is_not_told_to_organisations(
    record, greta, service_desk, ada, signed_in
):
    create_rule(name="P1 goes up", spec=from_json(RULE), by=ada, at=MONDAY - timedelta(days=5))
    client = signed_in(greta)
    assert client.get("/insights/tiers/").status_code == 404
    for page in ("/insights/", "/insights/times/?by=team", "/insights/promises/?by=policy"):
        html = client.get(page).content.decode()
        assert service_desk.name not in html, page
        assert "P1 goes up" not in html, page
        assert 'name="team"' not in html, page


# --- Wrong questions ---


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    [
        ("from=2026-11-10&to=2026-11-09", "to", "The last day is before the first."),
        ("from=2006-11-10&to=2026-11-09", "to", "That is more than ten years."),
        ("from=2026-12-24&to=2026-12-25", "from", "This day is still to come."),
        ("from=2026-11-20&to=2026-12-25", "to", "This day is still to come."),
        ("from=2026-11-20", "to", "Give this day, or choose another period."),
        ("from=yesterday&to=2026-11-20", "from", "Enter a valid date."),
        ("period=fortnight", "period", "“fortnight” is no period. Choose one of:"),
        ("team=99999", "team", "99999 is not among those that you can choose."),
        ("kind=wish", "kind", "wish is not among those that you can choose."),
    ],
)
def test_a_wrong_question_is_answered_at_its_field(query, field, problem, max_, signed_in):
    html = signed_in(max_).get(f"/insights/?{query}").content.decode()
    assert problem in html
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', html)
    assert 'class="figures"' not in html


def test_what_was_typed_stays(max_, signed_in):
    html = signed_in(max_).get("/insights/?from=2026-11-10&to=2026-11-09&priority=2").content.decode()
    assert 'value="2026-11-10"' in html
    assert 'value="2026-11-09"' in html
    assert '<option value="2" selected>P2</option>' in html


def test_an_unknown_figure_is_told(max_, signed_in):
    html = signed_in(max_).get("/insights/tickets/?of=nonsense").content.decode()
    assert "There is no figure “nonsense”." in html


def test_a_damaged_place_in_a_list_is_told(max_, signed_in):
    html = signed_in(max_).get("/insights/tickets/?of=opened&after=zzz").content.decode()
    assert "The address of this page is damaged." in html


def test_a_team_that_was_retired_keeps_its_figures(record, max_, network, signed_in):
    Team.objects.filter(pk=network.pk).update(is_active=False)
    html = signed_in(max_).get(f"/insights/tickets/?of=resolved&team={network.pk}").content.decode()
    assert "For Otto" in html
    assert "Network (no longer in use)" in html


def test_days_of_which_there_is_nothing_say_what_to_do(max_, signed_in):
    html = signed_in(max_).get("/insights/?from=2020-01-01&to=2020-01-31").content.decode()
    assert "Nothing happened in this time" in html
    assert "data-chart " not in html


def test_a_period_across_a_change_of_clock_has_each_day_once(record, max_, signed_in, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    html = signed_in(max_).get("/insights/?from=2026-10-24&to=2026-11-20").content.decode()
    assert len(charts(html)["came"]["x"]) == 28


# --- Frame ---


def test_the_tabs_lead_on_and_mark_where_one_is(record, max_, signed_in):
    html = signed_in(max_).get("/insights/promises/").content.decode()
    assert '<a href="/insights/promises/" aria-current="page">Promises</a>' in html
    assert '<a href="/insights/">Over time</a>' in html


def test_each_reader_has_the_tabs_that_they_may_open(max_, lars, greta, signed_in):
    tabs = {
        user.first_name: re.findall(
            r'<a href="[^"]+"(?: aria-current="page")?>([^<]+)</a>', _tabs(signed_in(user))
        )
        for user in (max_, lars, greta)
    }
    whole = ["Now", "Over time", "What to change", "Promises", "Satisfaction", "Reports"]
    assert tabs == {
        "Max": whole,
        "Lars": whole,
        "Greta": ["Over time", "Promises", "Satisfaction", "Reports"],
    }


def _tabs(client) -> str:
    html = client.get("/insights/").content.decode()
    return str(re.findall(r'<nav class="tabs".*?</nav>', html, re.DOTALL)[0])


def test_the_question_goes_along_from_page_to_page(record, max_, signed_in):
    html = signed_in(max_).get("/insights/?period=90&priority=2").content.decode()
    assert 'href="/insights/times/?period=90&amp;priority=2"' in html


def test_scripts_and_styles_stand_in_files(record, max_, signed_in):
    for page in PAGES:
        html = signed_in(max_).get(page).content.decode()
        assert " style=" not in html
        assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []


@pytest.mark.parametrize("page", PAGES)
def test_queries_do_not_grow_with_what_is_counted(
    page, record, open_ticket, mira, max_, signed_in, django_assert_max_num_queries, django_assert_num_queries
):
    client = signed_in(max_)
    client.get(page)
    with django_assert_max_num_queries(QUERIES[page]) as few:
        client.get(page)
    for number in range(5):
        at = MONDAY - timedelta(days=number + 1)
        ticket = open_ticket(f"More {number}", at=at)
        operations.take(ticket, by=mira, at=at)
        operations.resolve(ticket, code="fixed", summary="x", by=mira, at=at + timedelta(minutes=9))
    follow(MONDAY)
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(page)


# --- Words ---


@pytest.mark.parametrize(
    ("n", "of", "words"),
    [
        (3, 4, "3 of 4"),
        (19, 19, "19 of 19"),
        (0, 0, "–"),
        (15, 20, "75 %"),
        (999, 1000, "99 %"),
        (1, 1000, "under 1 %"),
        (1000, 1000, "100 %"),
    ],
)
def test_shares_in_words(n, of, words):
    assert share(n, of) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 min"),
        (20, "under a minute"),
        (2400, "40 min"),
        (15_000, "4 h 10 min"),
        (277_000, "3 d 4 h"),
        (1_800_000, "20 d"),
    ],
)
def test_spans_in_words(seconds, words):
    assert span(seconds) == words
