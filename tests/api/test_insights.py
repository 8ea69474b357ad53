"""Broken promises, published months, saved reports and exports for programs: by the operations of their pages."""

from datetime import timedelta

import pytest

from accounts.models import Role
from escalation import operations as escalation
from insights.models import BreachException, Export, SavedReport
from insights.operations import exporting
from insights.operations.publishing import publish_month
from tests.conftest import MONDAY, person, seat
from tests.insights.world import follow
from tests.sla.conftest import promise
from tickets import operations

BREACHES, MONTHS, REPORTS, EXPORTS = (
    f"/api/v1/{name}/" for name in ("breaches", "months", "reports", "exports")
)
READ, WRITE = "insights:read", "insights:write"


@pytest.fixture
def late(open_ticket, mira, dario, network, later):
    """Promised within two hours, resolved by L2 after five."""
    promise(resolution=120)
    ticket = operations.take(open_ticket(), by=mira, at=later(minutes=0))
    escalation.hand_over(ticket, team=network, reason="needs_access", summary="x", by=mira, at=later(hours=1))
    ticket = escalation.accept(ticket, by=dario, at=later(hours=2))
    ticket = operations.resolve(ticket, code="fixed", summary="x", by=None, at=later(hours=5))
    follow(later(hours=5))
    return ticket


@pytest.fixture
def nadia(network):
    """Leads L2, where it was resolved."""
    return seat(person("Nadia Berg"), network, Role.LEAD)


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# --- Broken promises ---


def test_a_broken_promise_is_listed_with_who_used_the_time(program, max_, late):
    (row,) = program(max_, READ).get(f"{BREACHES}?period=7&metric=resolution&cause=untold").json()["results"]
    assert (row["id"], row["ticket"]) == (f"{late.pk}-resolution-0", late.number)
    assert (row["target_seconds"], row["used_seconds"], row["over_seconds"]) == (7200, 18_000, 10_800)
    assert ("tier-2", 10_800) in [(one["key"], one["seconds"]) for one in row["hands"]]
    assert (row["cause"], row["exception"], row["goes_on"]) == ("", None, False)


def test_the_lead_of_the_team_that_resolved_it_says_why_and_others_cannot_tell_it_from_none(
    program, nadia, lars, greta, late
):
    address = f"{BREACHES}{late.pk}-resolution-0/"
    asks = program(nadia, READ, WRITE)
    asks.post(f"{address}name-cause/", {"cause": "information", "words": "No circuit number."})
    told = asks.post(f"{address}name-cause/", {"cause": "vendor"}).json()
    assert (told["cause"], [one["cause"] for one in told["said"]]) == ("vendor", ["vendor", "information"])
    assert asks.get(f"{BREACHES}?period=7&cause=vendor").json()["results"][0]["id"] == told["id"]
    assert program(lars, READ).get(f"{BREACHES}?period=7").json()["results"] == []
    assert program(greta, READ).get(address).status_code == 403


def test_an_exception_has_its_approver_and_its_withdrawal_stays_to_be_read(program, max_, nadia, late):
    address = f"{BREACHES}{late.pk}-resolution-0/"
    refused = program(nadia, READ, WRITE).post(f"{address}agree-exception/", {"reason": "It was announced."})
    assert (refused.status_code, refused.json()["detail"]) == (403, "Only managers agree to exceptions.")
    asks = program(max_, READ, WRITE)
    assert asks.post(f"{address}agree-exception/", {"reason": ""}).json()["errors"][0]["pointer"] == "/reason"
    told = asks.post(f"{address}agree-exception/", {"reason": "It was announced."}).json()
    assert (told["exception"]["reason"], told["exception"]["approved_by"]) == ("It was announced.", max_.pk)
    told = asks.post(f"{address}withdraw-exception/").json()
    assert told["exception"] is None
    assert [(one["reason"], one["withdrawn_by"]) for one in told["exceptions"]] == [
        ("It was announced.", max_.pk)
    ]
    assert asks.post(f"{address}withdraw-exception/").status_code == 409


def test_many_are_said_at_once_and_what_is_not_broken_is_told(program, max_, late):
    asks = program(max_, READ, WRITE)
    tokens = [f"{late.pk}-resolution-0", f"{late.pk}-first_response-0", "9999-resolution-0", "nonsense"]
    told = asks.post(f"{BREACHES}name-causes/", {"breaches": tokens, "cause": "hard"}).json()
    assert (told["done"], [one["ticket"] for one in told["refused"]]) == (1, [late.number])
    told = asks.post(f"{BREACHES}agree-exceptions/", {"breaches": tokens, "reason": "Agreed."}).json()
    assert told["done"] == BreachException.objects.count() == 1


def test_a_wrong_cause_and_a_wrong_period_are_named(program, max_, late):
    asks = program(max_, READ, WRITE)
    refused = asks.post(f"{BREACHES}{late.pk}-resolution-0/name-cause/", {"cause": "moon"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/cause")
    for query, field in (("period=never", "period"), ("cause=moon", "cause"), ("team=77", "team")):
        refused = asks.get(f"{BREACHES}?{query}")
        assert (refused.status_code, refused.json()["field"]) == (400, field)


# --- Published months ---


def test_a_month_is_published_once_and_corrections_stand_beside_it(
    program, max_, nadia, late, ines, at, later
):
    asks = program(max_, READ, WRITE)
    refused = asks.post(MONTHS, {"month": "2026-11"})
    assert (refused.status_code, refused.json()["field"]) == (400, "month")
    month = publish_month(month=MONDAY.date(), by=max_, at=later(days=14))
    operations.reopen(late, text="It is back.", by=ines, at=later(hours=8))
    follow(later(hours=8))
    (row,) = asks.get(MONTHS).json()["results"]
    assert (row["month"], row["organisation"], row["published_by"]) == ("2026-11", None, max_.pk)
    told = asks.get(f"{MONTHS}{month.pk}/").json()
    assert told["figures"]["incident.resolved"] == {"value": 1, "n": 1, "of": 1}
    (correction,) = [one for one in told["corrections"] if one["figure"] == "incident.resolved"]
    assert (correction["now"]["value"], correction["tickets"]) == (0, [late.number])
    page = asks.get(f"{MONTHS}{month.pk}/tickets/?figure=incident.resolved").json()
    assert (page["results"], page["total"], page["hidden"]) == ([{"ticket": late.number}], 1, 0)
    refused = asks.get(f"{MONTHS}{month.pk}/tickets/?figure=moon")
    assert (refused.status_code, refused.json()["field"]) == (400, "figure")
    assert program(nadia, READ).get(MONTHS).status_code == 403


def test_a_program_publishes_a_month_that_is_over(program, max_, late, northwind):
    asks = program(max_, READ, WRITE)
    told = asks.post(MONTHS, {"month": "2026-10", "organisation": northwind.pk})
    assert told.status_code == 201, told.json()
    assert (told.json()["month"], told.json()["organisation"]) == ("2026-10", northwind.pk)
    again = asks.post(MONTHS, {"month": "2026-10", "organisation": northwind.pk})
    assert (again.status_code, again.json()["field"]) == (409, "month")
    refused = asks.post(MONTHS, {"month": "October"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/month")


def test_an_organisation_s_manager_reads_the_own_months_alone(program, max_, greta, late, later):
    publish_month(month=MONDAY.date(), by=max_, at=later(days=14))
    asks = program(greta, READ, WRITE)
    assert asks.get(MONTHS).json()["results"] == []
    own = publish_month(month=MONDAY.date(), organisation=greta.organisation, by=max_, at=later(days=14))
    (row,) = asks.get(MONTHS).json()["results"]
    assert (row["id"], row["published_by"]) == (own.pk, None)
    assert "incident.first_tier" not in asks.get(f"{MONTHS}{own.pk}/").json()["figures"]
    assert asks.post(MONTHS, {"month": "2026-10"}).status_code == 403


# --- Saved reports ---


def test_a_report_is_kept_changed_counted_and_deleted(program, max_, network, late):
    asks = program(max_, READ, WRITE)
    body = {
        "name": "L2",
        "period": "7",
        "cut": {"team": str(network.pk)},
        "grouping": "priority",
        "figures": ["resolved", "kept_resolution"],
        "charts": ["came"],
    }
    kept = asks.post(REPORTS, body)
    assert kept.status_code == 201, kept.json()
    key = kept.json()["id"]
    assert kept["Location"] == f"{REPORTS}{key}/"
    assert (kept.json()["audience"], kept.json()["cut"]) == ("own", {"team": str(network.pk)})
    data = asks.get(f"{REPORTS}{key}/data/").json()
    (group,) = data["groups"]
    assert (data["by"], group["figures"]["resolved"]["n"]) == ("priority", 1)
    assert set(group["figures"]) == {"resolved", "kept_resolution"}
    assert (data["charts"][0]["key"], len(data["charts"][0]["rows"])) == ("came", 7)
    changed = asks.patch(f"{REPORTS}{key}/", {"audience": "everyone", "figures": ["opened"]}).json()
    assert (changed["audience"], changed["figures"], changed["period"]) == (
        *("everyone", ["opened"]),
        {"period": "7"},
    )
    own_days = asks.patch(f"{REPORTS}{key}/", {"from": "2026-11-01", "to": "2026-11-20"}).json()
    assert own_days["period"] == {"period": "own", "from": "2026-11-01", "to": "2026-11-20"}
    assert asks.delete(f"{REPORTS}{key}/").status_code == 204
    assert not SavedReport.objects.exists()


def test_who_reads_a_report_counts_their_own_and_changes_none_of_others(program, max_, lars, late):
    asks = program(max_, READ, WRITE)
    body = {"name": "All", "period": "7", "figures": ["resolved"], "audience": "everyone"}
    key = asks.post(REPORTS, body).json()["id"]
    led = program(lars, READ, WRITE)
    groups = led.get(f"{REPORTS}{key}/data/").json()["groups"]
    assert sum(group["figures"]["resolved"]["n"] for group in groups) == 0
    assert led.patch(f"{REPORTS}{key}/", {"name": "Mine"}).status_code == 403
    assert led.delete(f"{REPORTS}{key}/").status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"figures": []}, "/figures"),
        ({"figures": ["moon"]}, "/figures/0"),
        ({"cut": {"colour": "red"}}, "/cut"),
        ({"cut": {"team": "999"}}, "/team"),
        ({"from": "2026-11-20", "to": "2026-11-01"}, "/to"),
        ({"from": "2006-11-20", "to": "2026-11-01"}, "/to"),
        ({"from": "2027-01-01", "to": "2027-01-31"}, "/from"),
        ({"grouping": "moon"}, "/grouping"),
    ],
)
def test_what_a_report_cannot_ask_is_named(program, max_, body, pointer):
    refused = program(max_, WRITE).post(REPORTS, {"name": "R", "figures": ["opened"], **body})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_an_organisation_s_manager_keeps_reports_of_what_they_may_be_told(program, greta):
    asks = program(greta, READ, WRITE)
    assert asks.post(REPORTS, {"name": "Ours", "figures": ["opened"]}).status_code == 201
    refused = asks.post(REPORTS, {"name": "Inner", "figures": ["opened"], "cut": {"team": "1"}})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/cut")
    refused = asks.post(REPORTS, {"name": "Inner", "figures": ["first_tier"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/figures")


# --- Exports ---


def test_an_export_is_begun_followed_and_fetched(program, max_, late, at, media):
    asks = program(max_, READ, "tickets:read")
    begun = asks.post(
        EXPORTS, {"list": "tickets", "query": {"period": "7", "of": "resolved"}, "format": "csv"}
    )
    assert begun.status_code == 202, begun.json()
    row = begun.json()
    assert (row["state"], row["total"], row["file"]) == ("waiting", 1, None)
    early = asks.get(f"{EXPORTS}{row['id']}/file/")
    assert early.status_code == 410
    exporting.run(Export.objects.get(), at=Export.objects.get().at + timedelta(seconds=5))
    told = asks.get(f"{EXPORTS}{row['id']}/").json()
    assert (told["state"], told["written"]) == ("done", 1)
    file = asks.get(told["file"])
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert late.number.encode() in b"".join(file.streaming_content)
    assert [one["id"] for one in asks.get(EXPORTS).json()["results"]] == [row["id"]]


def test_an_export_is_its_owner_s_alone_and_asks_for_what_its_list_holds(program, max_, lars, late):
    begun = program(max_, READ, "tickets:read").post(EXPORTS, {"list": "breaches", "format": "csv"}).json()
    assert program(lars, READ).get(f"{EXPORTS}{begun['id']}/").status_code == 404
    for name in ("breaches", "answers"):
        refused = program(max_, READ).post(EXPORTS, {"list": name, "format": "csv"})
        assert (refused.status_code, refused.json()["scope"]) == (403, "tickets:read")


def test_what_is_asked_by_too_many_words_is_refused_and_never_cut_short(program, max_, late):
    query = {f"word{n}": "x" * 500 for n in range(8)} | {"team": str(late.team_id)}
    refused = program(max_, READ, "tickets:read").post(
        EXPORTS, {"list": "tickets", "query": query, "format": "csv"}
    )
    assert (refused.status_code, refused.json()["field"]) == (400, "query")
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"list": "moon"}, "/list"),
        ({"format": "pdf"}, "/format"),
        ({"query": {"period": "never"}}, None),
        ({"query": {"period": "own", "from": "2026-11-23", "to": "2026-11-22"}}, None),
        ({"query": {"of": "moon"}}, None),
    ],
)
def test_what_an_export_cannot_ask_is_named(program, max_, body, pointer):
    refused = program(max_, READ, "tickets:read").post(EXPORTS, {"list": "tickets", "format": "csv", **body})
    assert refused.status_code == 400
    if pointer is None:
        assert refused.json()["field"] in ("period", "to", "of")
    else:
        assert refused.json()["errors"][0]["pointer"] == pointer
