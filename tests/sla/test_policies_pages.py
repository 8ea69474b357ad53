"""Pages of policies: administrators change them without code, managers read them."""

from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organisation, User
from sla import exchange
from sla.models import Calendar, Policy
from sla.operations.policies import create_policy, publish
from sla.spec import PolicySpec, Target, from_json
from tickets.models import Category, CustomField, Ticket


@pytest.fixture
def hours(db: None) -> Calendar:
    return Calendar.objects.get(name="Business hours")


@pytest.fixture
def standard(db: None) -> Policy:
    return Policy.objects.get(is_default=True)


@pytest.fixture
def gold(hours: Calendar, ada: User, at: datetime) -> Policy:
    spec = PolicySpec(
        when={"all": [{"field": "plan", "op": "is", "value": ["strategic"]}]},
        targets={2: {"first_response": Target(60, hours.pk), "resolution": Target(240, hours.pk)}},
        tiers={1: {"accept": Target(30, hours.pk)}},
    )
    return create_policy(name="Gold", spec=spec, by=ada, at=at)


@pytest.fixture
def admin(ada: User, signed_in: Callable[[User], Any]) -> Any:
    return signed_in(ada)


def spec_of(name: str) -> PolicySpec:
    version = Policy.objects.get(name=name).current
    assert version is not None
    return from_json(version.spec)


def words(answer: Any) -> str:
    return unescape(" ".join(answer.content.decode().split()))


def filled(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """What the browser would send back of the form on this page, with these changes (`-` reads as `_`)."""
    form = client.get(url).context["form"]
    data: dict[str, Any] = {}
    for part in (form, *form.conditions):
        for bound in part:
            value = bound.value()
            if value is not None and value is not False and value not in ("", []):
                data[bound.html_name] = value
    data |= {name: value for name, value in changes.items() if "__" not in name}
    data |= {name.replace("__", "-"): value for name, value in changes.items() if "__" in name}
    return data


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: list(found) for name, found in answer.context["form"].errors.items()}


# --- the list ---


def test_the_list_says_at_a_glance_what_each_promises(gold: Policy, admin: Client) -> None:
    page = words(admin.get("/settings/policies/"))
    assert "Support plan is strategic" in page
    assert "1h / 4h" in page
    assert "15m / 4h" in page
    assert page.index(">Gold<") < page.index(">Standard<")


def test_the_list_names_what_nobody_reaches_and_what_cannot_be_read(
    gold: Policy, hours: Calendar, admin: Client, ada: User, at: datetime
) -> None:
    CustomField.objects.create(key="line", label="Line")
    promise = {1: {"resolution": Target(60, hours.pk)}}
    when = {"all": [*gold_condition(), {"field": "kind", "op": "is", "value": ["incident"]}]}
    create_policy(name="Gold incidents", spec=PolicySpec(when=when, targets=promise), by=ada, at=at)
    when = {"field": "field.line", "op": "contains", "value": ["fast"]}  # type: ignore[dict-item]
    create_policy(name="Fast line", spec=PolicySpec(when=when, targets=promise), by=ada, at=at)
    CustomField.objects.update(is_active=False)
    page = words(admin.get("/settings/policies/"))
    assert "Nobody reaches it: “Gold” comes first and takes all of its tickets." in page
    assert "Its condition cannot be read, so it matches nothing. There is no field “field.line”" in page


def gold_condition() -> list[Any]:
    return [{"field": "plan", "op": "is", "value": ["strategic"]}]


def test_the_order_is_changed_by_up_and_down(
    gold: Policy, admin: Client, hours: Calendar, ada: User, at: datetime
) -> None:
    create_policy(name="Silver", spec=PolicySpec(), by=ada, at=at)
    silver = Policy.objects.get(name="Silver")
    admin.post(f"/settings/policies/{silver.pk}/move/", {"to": "up"})
    assert list(Policy.objects.values_list("name", flat=True)) == ["Silver", "Gold", "Standard"]
    admin.post(f"/settings/policies/{silver.pk}/move/", {"to": "down"})
    assert list(Policy.objects.values_list("name", flat=True)) == ["Gold", "Silver", "Standard"]


def test_a_policy_goes_out_of_use_and_back(gold: Policy, admin: Client) -> None:
    page = admin.post(f"/settings/policies/{gold.pk}/use/", {"use": "no"}, follow=True)
    assert "Gold is out of use." in words(page)
    assert not Policy.objects.get(pk=gold.pk).is_enabled
    admin.post(f"/settings/policies/{gold.pk}/use/", {"use": "yes"})
    assert Policy.objects.get(pk=gold.pk).is_enabled


def test_the_default_cannot_be_taken_out_of_use(standard: Policy, admin: Client) -> None:
    page = admin.post(f"/settings/policies/{standard.pk}/use/", {"use": "no"}, follow=True)
    assert "The default policy stays in use" in words(page)
    assert Policy.objects.get(pk=standard.pk).is_enabled


# --- the editor ---


def test_saving_what_stands_there_changes_nothing(standard: Policy, gold: Policy, admin: Client) -> None:
    for policy in (standard, gold):
        url = f"/settings/policies/{policy.pk}/"
        answer = admin.post(url, filled(admin, url), follow=True)
        assert "Saved. It promises what it did." in words(answer)
        assert policy.versions.count() == 1


def test_a_target_is_typed_as_a_span_with_its_calendar(gold: Policy, admin: Client) -> None:
    always = Calendar.objects.get(name="Around the clock")
    url = f"/settings/policies/{gold.pk}/"
    data = filled(admin, url, p2__resolution="2d", p1__update="30m", note="As agreed")
    data |= {"p1-update-calendar": always.pk, "p2-percent": "99.5", "p2-penalty": "a crate"}
    page = admin.post(url, data, follow=True)
    assert "Saved. Version 2 holds; open tickets are judged anew in the background." in words(page)
    spec = spec_of("Gold")
    assert spec.targets[2]["resolution"].minutes == 2 * 600
    assert spec.targets[1] == {"update": Target(30, always.pk)}
    assert (spec.goals[2].percent, spec.goals[2].penalty) == (99.5, "a crate")
    version = Policy.objects.get(pk=gold.pk).current
    assert version is not None
    assert version.note == "As agreed"


def test_an_empty_target_is_not_promised(gold: Policy, admin: Client) -> None:
    url = f"/settings/policies/{gold.pk}/"
    admin.post(url, filled(admin, url, p2__first_response="", l1__accept=""))
    assert (list(spec_of("Gold").targets[2]), dict(spec_of("Gold").tiers)) == (["resolution"], {})


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"p2__resolution": "soon"}, "p2-resolution", "“soon” is no span. Write minutes, hours or days"),
        ({"p2__resolution": "0m"}, "p2-resolution", "A target is more than zero"),
        ({"l1__accept": "9999d"}, "l1-accept", "A target is more than zero and at most five years"),
        ({"v0__vendor_response": "2h"}, "v0-vendor", "Choose the vendor who promises this."),
        ({"v0__vendor": "0", "v0__vendor_resolve": "0h"}, "v0-vendor_resolve", "A target is more than zero"),
        ({"p1__percent": "101"}, "p1-percent", "A goal is more than 0 and at most 100 percent."),
        ({"p1__penalty": "a crate"}, "p1-percent", "A penalty needs a goal in percent."),
        ({"t2__share": "95"}, "t3-share", "Thresholds are rising shares"),
        ({"name": "standard"}, "name", "There is a policy “standard” already."),
        ({"seen": "7"}, "__all__", "Version 1 was published since you opened this page."),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field_and_what_was_typed_stays(
    changes: dict[str, Any], field: str, said: str, gold: Policy, admin: Client
) -> None:
    url = f"/settings/policies/{gold.pk}/"
    answer = admin.post(url, filled(admin, url, note="My reasons", **changes))
    found = errors(answer)
    assert list(found) == [field]
    assert said in found[field][0]
    assert "My reasons" in words(answer)
    assert gold.versions.count() == 1


def test_a_look_says_what_a_save_would_change_and_saves_nothing(
    gold: Policy, northwind: Organisation, open_ticket: Callable[..., Ticket], admin: Client
) -> None:
    Organisation.objects.filter(pk=northwind.pk).update(support_plan="strategic")
    open_ticket(impact=2, urgency=1)
    url = f"/settings/policies/{gold.pk}/"
    page = words(admin.post(url, filled(admin, url, p2__resolution="30m", look="1")))
    assert "P2 resolution: 4h in Business hours → 30m in Business hours" in page
    assert "P2: the resolution (30m) is shorter than the first response (1h)." in page
    assert "1 open ticket is judged by this policy." in page
    assert gold.versions.count() == 1


def test_warnings_do_not_keep_anybody_from_saving(gold: Policy, admin: Client) -> None:
    url = f"/settings/policies/{gold.pk}/"
    page = words(admin.post(url, filled(admin, url, p2__resolution="30m"), follow=True))
    assert "P2: the resolution (30m) is shorter than the first response (1h)." in page
    assert gold.versions.count() == 2


def test_one_row_more_keeps_what_was_typed_and_judges_nothing(gold: Policy, admin: Client) -> None:
    url = f"/settings/policies/{gold.pk}/"
    answer = admin.post(url, filled(admin, url, p2__resolution="nonsense", more="vendors"))
    assert answer.status_code == 200
    form = answer.context["form"]
    assert (form["p2-resolution"].value(), len(form.vendor_rows)) == ("nonsense", 2)
    assert form.conditions[0]["value"].value() == ["strategic"]


def test_a_vendor_is_promised_by_name(gold: Policy, kestrel: Organisation, admin: Client) -> None:
    url = f"/settings/policies/{gold.pk}/"
    data = filled(admin, url, v0__vendor=str(kestrel.pk), v0__vendor_response="2h")
    admin.post(url, data)
    assert {key: list(row) for key, row in spec_of("Gold").vendors.items()} == {
        kestrel.pk: ["vendor_response"]
    }


def test_pauses_thresholds_and_the_rest_are_ticked(gold: Policy, admin: Client) -> None:
    url = f"/settings/policies/{gold.pk}/"
    data = filled(admin, url, pauses=["pending_vendor", "on_hold:part"], reopening="restart")
    data |= {
        "t0-notify": ["contact", "managers"],
        "t0-tag": "hurry",
        "t1-share": "",
        "pauses_responses": "on",
    }
    data.pop("phone_is_response")
    admin.post(url, data)
    spec = spec_of("Gold")
    assert (spec.pauses, spec.reopening) == (("pending_vendor", "on_hold:part"), "restart")
    assert (spec.phone_is_response, spec.pauses_responses) == (False, True)
    assert [(each.share, each.notify, each.tag) for each in spec.thresholds] == [
        (75, ("contact", "managers"), "hurry"),
        (100, ("lead",), ""),
    ]


# --- the condition ---


def test_a_new_policy_is_made_without_code(
    admin: Client, northwind: Organisation, vpn: Category, ines: User
) -> None:
    url = "/settings/policies/new/"
    data = filled(admin, url, name="Northwind’s network", n__conditions="5", match="any")
    data |= {
        "c0-field": "organisation", "c0-op": "is", "c0-value": [str(northwind.pk), "none"],
        "c1-field": "category", "c1-op": "under", "c1-value": [str(vpn.pk)],
        "c2-field": "requester", "c2-op": "not", "c2-value": ines.email,
        "c3-field": "location", "c3-op": "contains", "c3-value": "Leeds, floor 2; York",
        "c4-field": "vip", "c4-op": "is", "c4-value": "true",
        "p1-resolution": "2h",
    }  # fmt: skip
    answer = admin.post(url, data, follow=True)
    assert "is in use, before the default policy." in words(answer)
    assert spec_of("Northwind’s network").when == {
        "any": [
            {"field": "organisation", "op": "is", "value": [str(northwind.pk), "none"]},
            {"field": "category", "op": "under", "value": [str(vpn.pk)]},
            {"not": {"field": "requester", "op": "is", "value": [str(ines.pk)]}},
            {"field": "location", "op": "contains", "value": ["Leeds, floor 2", "York"]},
            {"field": "vip", "op": "is", "value": ["true"]},
        ]
    }
    policy = Policy.objects.get(name="Northwind’s network")
    again = filled(admin, f"/settings/policies/{policy.pk}/")
    assert (again["match"], again["c2-op"], again["c2-value"]) == ("any", "not", ines.email)
    assert again["c3-value"] == "Leeds, floor 2; York"


def test_only_steady_fields_are_offered(admin: Client) -> None:
    form = admin.get("/settings/policies/new/").context["form"]
    offered = [name for name, _label in form.conditions[0].fields["field"].choices]
    assert {"organisation", "plan", "tag"} < set(offered)
    assert not {"tier", "status", "assignee", "breached", "due"} & set(offered)


def test_a_row_is_drawn_anew_with_the_control_that_fits(admin: Client, northwind: Organisation) -> None:
    plan = words(admin.get("/settings/policies/condition/?row=c3&c3-field=plan"))
    assert 'name="c3-value"' in plan
    assert "multiple" in plan
    assert 'value="strategic"' in plan
    tag = words(admin.get("/settings/policies/condition/?row=c0&c0-field=tag&c0-value=late"))
    assert 'type="text" name="c0-value" value="late"' in tag
    empty = words(admin.get("/settings/policies/condition/?row=c0&c0-field=tag&c0-op=empty"))
    assert '<option value="true">yes</option>' in empty
    assert admin.get("/settings/policies/condition/?row=%00&c0-field=nothing").status_code == 200


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"c0-field": "requester", "c0-op": "is", "c0-value": "nobody@nowhere"}, "There is no “nobody@nowhere” here."),
        ({"c0-field": "requester", "c0-op": "is", "c0-value": "me"}, "“me” means nobody"),
        ({"c0-field": "plan", "c0-op": "is", "c0-value": []}, "Support plan: give 1 to 100 values."),
        ({"c0-field": "plan", "c0-op": "is", "c0-value": ["golden"]}, "Select a valid choice."),
        ({"c0-field": "tier", "c0-op": "is", "c0-value": "2"}, "Select a valid choice."),
        ({"match": "any", "c0-field": ""}, "Any of nothing is no ticket at all."),
        ({"match": "tree", "tree": "any: [{field: tier, op: is, value: 2}]"}, "Line 1, any[1]: A policy cannot be"),
        ({"match": "tree", "tree": "any: ["}, "this is no YAML"),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_be_used_is_refused_with_the_remedy(
    row: dict[str, Any], said: str, gold: Policy, admin: Client
) -> None:
    url = f"/settings/policies/{gold.pk}/"
    found = errors(admin.post(url, filled(admin, url) | row))
    assert any(said in error for each in found.values() for error in each)


def test_parts_in_parts_are_written_as_a_tree_with_names(
    gold: Policy, northwind: Organisation, admin: Client
) -> None:
    url = f"/settings/policies/{gold.pk}/"
    tree = """
any:
  - all: [{field: organisation, op: is, value: Northwind Care}, {field: kind, op: is, value: incident}]
  - not: {field: plan, op: is, value: [reactive, proactive]}
"""
    admin.post(url, filled(admin, url, match="tree", tree=tree))
    assert spec_of("Gold").when == {
        "any": [
            {
                "all": [
                    {"field": "organisation", "op": "is", "value": [str(northwind.pk)]},
                    {"field": "kind", "op": "is", "value": ["incident"]},
                ]
            },
            {"not": {"field": "plan", "op": "is", "value": ["reactive", "proactive"]}},
        ]
    }
    again = filled(admin, url)
    assert again["match"] == "tree"
    assert "Northwind Care" in again["tree"]


def test_the_default_policy_has_no_condition_to_edit(standard: Policy, admin: Client) -> None:
    form = admin.get(f"/settings/policies/{standard.pk}/").context["form"]
    assert (form.conditions, "match" in form.fields) == ([], False)


# --- versions, copies, YAML ---


def test_versions_are_told_with_their_differences_and_restored(
    gold: Policy, hours: Calendar, admin: Client, ada: User, at: datetime
) -> None:
    url = f"/settings/policies/{gold.pk}/"
    admin.post(url, filled(admin, url, p2__resolution="3h", note="Faster"))
    page = words(admin.get(f"{url}versions/"))
    assert "P2 resolution: 4h in Business hours → 3h in Business hours" in page
    assert "Faster" in page
    assert "Ada Root" in page
    page = words(admin.post(f"{url}restore/", {"version": "1"}, follow=True))
    assert "Saved. Version 3 holds" in page
    assert spec_of("Gold").targets[2]["resolution"].minutes == 240
    assert admin.post(f"{url}restore/", {"version": "9"}).status_code == 404


def test_a_policy_is_copied(gold: Policy, admin: Client) -> None:
    page = words(admin.post(f"/settings/policies/{gold.pk}/copy/", follow=True))
    assert "Gold (copy) is made. It is not in use until you say so." in page


def test_a_policy_that_judged_nothing_is_deleted_one_in_use_is_not(
    gold: Policy, standard: Policy, ticket: Ticket, northwind: Organisation, open_ticket: Any, admin: Client
) -> None:
    Organisation.objects.filter(pk=northwind.pk).update(support_plan="strategic")
    judged = open_ticket(impact=2, urgency=1)
    page = words(admin.post(f"/settings/policies/{gold.pk}/delete/", follow=True))
    assert "so it cannot be deleted. Take it out of use instead." in page, judged
    copy = admin.post(f"/settings/policies/{gold.pk}/copy/").headers["Location"]
    assert "Gold (copy) is deleted." in words(admin.post(f"{copy}delete/", follow=True))


def test_an_export_is_imported_as_the_same_and_changed_as_another_version(
    gold: Policy, admin: Client
) -> None:
    answer = admin.get(f"/settings/policies/{gold.pk}/export.yml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="gold.yml"'
    text = answer.content.decode()
    assert exchange.read(text).spec == spec_of("Gold")
    text = text.replace("time: 4h", "time: 3h")
    look = words(admin.post("/settings/policies/import/", {"text": text, "look": "1"}))
    assert "P2 resolution: 4h in Business hours → 3h in Business hours" in look
    assert gold.versions.count() == 1
    admin.post("/settings/policies/import/", {"text": text, "note": "From the file"})
    assert spec_of("Gold").targets[2]["resolution"].minutes == 180


def test_an_import_with_a_new_name_makes_a_new_policy(gold: Policy, admin: Client) -> None:
    text = exchange.write("Platinum", spec_of("Gold"))
    file = SimpleUploadedFile("platinum.yml", text.encode(), "application/yaml")
    page = words(admin.post("/settings/policies/import/", {"file": file}, follow=True))
    assert "Platinum is imported." in page
    assert [*Policy.objects.values_list("name", flat=True)] == ["Gold", "Platinum", "Standard"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": ""}, "Paste the text of a policy, or choose a file."),
        ({"text": "name: X\npauses: [never]"}, "Line 2, pauses: “never” pauses nothing."),
        ({"text": "name: Standard\nwhen: {field: plan, op: is, value: strategic}"}, "The default policy has no"),
        ({"file": SimpleUploadedFile("x.yml", b"\xff\xfe\x00")}, "The file is no text in UTF-8."),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_says_why(
    sent: dict[str, Any], said: str, standard: Policy, admin: Client
) -> None:
    answer = admin.post("/settings/policies/import/", sent)
    assert answer.status_code == 422
    assert said in words(answer)


# --- the test on a ticket ---


def test_a_ticket_is_tested_against_every_policy_up_to_the_match(
    gold: Policy, ticket: Ticket, northwind: Organisation, admin: Client
) -> None:
    url = f"/settings/policies/test/?ticket={ticket.number}"
    answer = admin.get(url)
    assert [(each.rule.name, each.matches) for each in answer.context["tried"]] == [
        ("Gold", False),
        ("Standard", True),
    ]
    [line] = answer.context["tried"][0].lines
    assert (line.asks, line.found, line.holds) == ("Support plan is strategic", "proactive", False)
    assert "It is judged by Standard." in words(answer)
    Organisation.objects.filter(pk=northwind.pk).update(support_plan="strategic")
    answer = admin.get(url.replace(ticket.number, str(ticket.pk)))
    assert [each.rule.name for each in answer.context["tried"]] == ["Gold"]
    [judged] = answer.context["judged"]
    assert (judged.version.policy.name, judged.is_match) == ("Standard", False)
    assert "not judged anew yet" in words(answer)


def test_the_values_found_are_told_in_words(
    gold: Policy,
    ticket: Ticket,
    northwind: Organisation,
    vpn: Category,
    ines: User,
    admin: Client,
    ada: User,
    at: datetime,
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(category=vpn)
    when: dict[str, Any] = {
        "all": [
            {"any": [condition("category", vpn.parent_id, op="under"), {"not": condition("tag", "late")}]},
            condition("organisation", northwind.pk),
            condition("requester", ines.pk),
            condition("priority", "1"),
            condition("vip", "false"),
            condition("device", "true", op="empty"),
        ]
    }
    publish(gold, spec=PolicySpec(when=when), by=ada, at=at)
    answer = admin.get(f"/settings/policies/test/?ticket={ticket.pk}")
    lines = [(line.depth, line.asks, line.found, line.holds) for line in answer.context["tried"][0].lines]
    assert lines == [
        (0, "any of these", "", True),
        (1, "Category is or lies under Network", "Network › VPN", True),
        (1, "Tag is not late", "nothing", True),
        (0, "Organisation is Northwind Care", "Northwind Care", True),
        (0, "Requester is Ines Okafor", "Ines Okafor", True),
        (0, "Priority is P1", "P4", False),
        (0, "Requester is a VIP is no", "no", True),
        (0, "Device is empty", "nothing", True),
    ]


def condition(field: str, value: Any, op: str = "is") -> dict[str, Any]:
    return {"field": field, "op": op, "value": [str(value)]}


def test_a_value_marked_for_a_higher_tier_is_not_told(
    gold: Policy, ticket: Ticket, signed_in: Any, max_: User, ada: User, at: datetime
) -> None:
    CustomField.objects.create(key="line", label="Line", min_tier=4)
    spec = PolicySpec(when=condition("field.line", "fast", op="contains"))
    publish(gold, spec=spec, by=ada, at=at)
    found = {}
    for reader in (max_, ada):
        answer = signed_in(reader).get(f"/settings/policies/test/?ticket={ticket.pk}")
        found[reader] = answer.context["tried"][0].lines[0].found
    assert found[ada] == "nothing"
    assert found[max_] == ("hidden from you" if max_.clearance < 4 else "nothing")


@pytest.mark.parametrize("number", ["TD-999999", "nonsense", "TD-", "٣"])
def test_a_ticket_that_is_not_there_is_said_so(number: str, admin: Client) -> None:
    answer = admin.get("/settings/policies/test/", {"ticket": number})
    assert "There is no such ticket, or it is not yours to see." in errors(answer)["ticket"][0]


# --- who may ---


def test_a_manager_reads_and_does_not_change(
    gold: Policy, ticket: Ticket, signed_in: Callable[[User], Any], max_: User
) -> None:
    client = signed_in(max_)
    page = words(client.get("/settings/policies/"))
    assert "Gold" in page
    assert "New policy" not in page
    page = words(client.get(f"/settings/policies/{gold.pk}/", follow=True))
    assert "Resolution: 4h in Business hours" in page
    assert "Restore" not in page
    assert client.get(f"/settings/policies/{gold.pk}/export.yml").status_code == 200
    for act in ("move", "use", "copy", "delete", "restore"):
        assert client.post(f"/settings/policies/{gold.pk}/{act}/").status_code == 404
    assert client.post(f"/settings/policies/{gold.pk}/", {"name": "Mine"}).status_code == 302
    assert Policy.objects.get(pk=gold.pk).name == "Gold"
    assert client.post("/settings/policies/new/", {}).status_code == 404
