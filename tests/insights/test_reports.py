"""Saved reports: whose they are, what they tell and to whom, and what is told of what is gone."""

from datetime import timedelta

import pytest

from accounts.models import Membership, Role, Team
from insights.models import SavedReport
from insights.operations.reports import NameTaken, delete_report, save_report
from tests.conftest import MONDAY, person, seat
from tests.insights.cast import Cast, world
from tests.insights.test_exports import body, read_sheet
from tests.insights.world import follow
from tests.sla.conftest import promise
from tickets import operations
from tickets.refusals import Invalid, NotAllowed

FORM = {
    "name": "Our week",
    "audience": "own",
    "period": "7",
    "grouping": "priority",
    "figures": ["opened", "resolved", "kept_resolution"],
    "charts": ["came", "flow"],
}


@world
def record(cast: Cast):
    """Two resolved last week, one too late, one still open."""
    promise(resolution=120)
    at = MONDAY - timedelta(days=3)
    for hours in (1, 5):
        ticket = operations.take(cast.open_ticket(f"Took {hours}", at=at), by=cast.mira, at=at)
        end = at + timedelta(hours=hours)
        operations.resolve(ticket, code="fixed", summary="x", by=cast.mira, at=end)
    cast.open_ticket("Open", at=at, kind="request")
    follow(MONDAY)


def keep(by, **says):
    plain = {"name": "A report", "period": {"period": "7"}, "cut": {}, "figures": ["opened"]}
    return save_report(**{**plain, **says}, by=by, at=MONDAY)


@pytest.fixture
def nadia(network):
    """Leads L2."""
    return seat(person("Nadia Berg"), network, Role.LEAD)


# --- Keeping ---


def test_a_report_is_built_from_a_page_saved_and_counted(signed_in, record, max_):
    client = signed_in(max_)
    form = client.get("/insights/reports/new/?period=90&priority=4").content.decode()
    assert '<option value="90" selected>' in form
    assert "Please check this" not in form
    answer = client.post("/insights/reports/new/", FORM)
    row = SavedReport.objects.get()
    assert answer["Location"] == f"/insights/reports/{row.pk}/"
    assert (row.period, row.cut, row.grouping) == ({"period": "7"}, {}, "priority")
    page = client.get(f"/insights/reports/{row.pk}/").content.decode()
    assert "Our week" in page
    assert "1 of 2" in page  # kept, told as it is below twenty
    assert "What came and what left" in page
    assert "data-print" in page
    assert "By priority" in page


def test_a_period_is_relative_or_fixed(signed_in, record, max_):
    client = signed_in(max_)
    fixed = {**FORM, "period": "own", "from": "2026-11-20", "to": "2026-11-21"}
    client.post("/insights/reports/new/", fixed)
    row = SavedReport.objects.get()
    assert row.period == {"period": "own", "from": "2026-11-20", "to": "2026-11-21"}
    assert "20 Nov 2026 – 21 Nov 2026" in client.get(f"/insights/reports/{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"figures": []}, "figures"),
        ({"figures": ["nonsense"]}, "figures"),
        ({"audience": "team", "for_team": ""}, "audience"),
        ({"period": "own", "from": "2026-11-20", "to": "2026-11-01"}, "to"),
        ({"period": "own", "from": "2000-11-20", "to": "2026-11-01"}, "to"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(signed_in, max_, wrong, field):
    answer = signed_in(max_).post("/insights/reports/new/", {**FORM, **wrong})
    assert answer.status_code == 422
    assert f"#id_{field}" in answer.content.decode()
    assert not SavedReport.objects.exists()


def test_a_name_is_ones_own_once(max_, ada, db):
    keep(max_)
    keep(ada)
    with pytest.raises(NameTaken) as refusal:
        keep(max_)
    assert refusal.value.field == "name"


def test_who_may_keep_and_share(max_, lars, mira, service_desk, network):
    with pytest.raises(NotAllowed):
        keep(mira)
    keep(lars, audience="team", team=service_desk)
    with pytest.raises(Invalid) as refusal:
        keep(lars, name="x", audience="team", team=network)
    assert refusal.value.field == "team"
    row = keep(max_, audience="everyone")
    with pytest.raises(NotAllowed):
        save_report(row, name="x", period={}, cut={}, figures=["opened"], by=lars, at=MONDAY)
    with pytest.raises(NotAllowed):
        delete_report(row, by=lars)
    with pytest.raises(Invalid):
        keep(max_, name="y", figures=["opened"] * 13)


# --- Reading ---


def test_each_reader_counts_what_is_theirs(signed_in, record, max_, lars, nadia):
    row = keep(max_, audience="everyone", figures=["opened", "resolved"])
    url = f"/insights/reports/{row.pk}/"
    assert ">2<" in signed_in(max_).get(url).content.decode()
    assert ">2<" in signed_in(lars).get(url).content.decode()
    assert ">2<" not in signed_in(nadia).get(url).content.decode()


def test_others_reports_cannot_be_told_from_none(signed_in, max_, lars, nadia, greta, mira, service_desk, db):
    own, shared = keep(max_), keep(lars, name="Ours", audience="team", team=service_desk)
    every = keep(max_, name="All", audience="everyone")
    for user, seen in ((lars, {shared, every}), (nadia, {every}), (greta, set()), (max_, {own, every})):
        client = signed_in(user)
        for row in (own, shared, every):
            wanted = 200 if row in seen else 404
            assert client.get(f"/insights/reports/{row.pk}/").status_code == wanted, (user, row)
            assert client.get(f"/insights/export/?list=report&report={row.pk}").status_code == wanted
    assert signed_in(nadia).get(f"/insights/reports/{every.pk}/edit/").status_code == 404
    assert signed_in(mira).get("/insights/reports/").status_code == 404
    assert signed_in(nadia).post(f"/insights/reports/{every.pk}/delete/").status_code == 403


def test_an_organisations_manager_keeps_reports_of_what_they_may_be_told(signed_in, record, greta):
    client = signed_in(greta)
    form = client.get("/insights/reports/new/").content.decode()
    assert 'value="kept_resolution"' in form
    assert 'value="kept_accept"' not in form
    assert 'value="first_tier"' not in form
    assert 'value="flow"' not in form
    assert (
        client.post("/insights/reports/new/", {**FORM, "figures": ["first_tier"], "charts": []}).status_code
        == 422
    )
    assert client.post("/insights/reports/new/", {**FORM, "charts": ["came"]}).status_code == 302
    page = client.get(f"/insights/reports/{SavedReport.objects.get().pk}/").content.decode()
    assert "1 of 2" in page


def test_a_report_on_a_deleted_team_says_so(signed_in, record, max_):
    team = Team.objects.create(name="Printing", tier_id=1)
    row = keep(max_, cut={"team": str(team.pk)})
    url = f"/insights/reports/{row.pk}/"
    client = signed_in(max_)
    Team.objects.filter(pk=team.pk).update(is_active=False)
    assert "Printing is not in use any more" in client.get(url).content.decode()
    Membership.objects.filter(team=team).delete()
    Team.objects.filter(pk=team.pk).delete()
    page = client.get(url).content.decode()
    assert "The team that this report is about was deleted." in page
    assert "Change the report" in page
    assert 'class="figures"' not in page
    assert client.get(f"/insights/export/?list=report&report={row.pk}").status_code == 404


def test_a_report_about_a_team_that_one_does_not_lead_says_so(signed_in, record, max_, nadia, service_desk):
    row = keep(max_, audience="everyone", cut={"team": str(service_desk.pk)})
    page = signed_in(nadia).get(f"/insights/reports/{row.pk}/").content.decode()
    assert "not yours to count: Team" in page
    assert 'class="figures"' not in page


def test_a_report_as_a_file_has_numbers_with_their_cases(signed_in, record, max_):
    row = keep(max_, name="Our week", grouping="kind", figures=["resolved", "kept_resolution"])
    answer = signed_in(max_).get(f"/insights/export/file/?list=report&report={row.pk}&format=xlsx")
    assert 'filename="our-week-2026-11-23.xlsx"' in answer["Content-Disposition"]
    head, *rows = read_sheet(body(answer))
    assert head == ["kind", "Resolved", "Cases", "Of", "Kept: resolution", "Cases", "Of"]
    assert rows[0][1:] == [2.0, 2.0, 2.0, 0.5, 1.0, 2.0]


def test_a_report_is_changed_and_deleted_by_its_owner(signed_in, max_, db):
    row = keep(max_)
    client = signed_in(max_)
    assert "A report" in client.get(f"/insights/reports/{row.pk}/edit/").content.decode()
    client.post(f"/insights/reports/{row.pk}/edit/", {**FORM, "name": "Another"})
    row.refresh_from_db()
    assert (row.name, row.figures) == ("Another", ["opened", "resolved", "kept_resolution"])
    assert client.post(f"/insights/reports/{row.pk}/delete/").status_code == 302
    assert not SavedReport.objects.exists()
