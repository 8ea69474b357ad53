"""What administrators set up without code: the tree, fields that hang on answers, forms, statuses, versions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts import operations as accounts
from accounts.models import Desk, SettingVersion, Team, Tier, User
from accounts.refusals import Invalid, NotAllowed
from helpdesk.icons import ICONS as DRAWN
from tests.answers import text_of
from tickets import operations
from tickets.models import Category, CustomField, PriorityRule, Ticket, rebuild_category_tree
from tickets.settings.fields import change_field, create_field, order_fields, set_questions
from tickets.settings.icons import ICONS as OFFERED
from tickets.settings.operations import create_category
from tickets.settings.placing import merge_category, place_category
from tickets.settings.queries import tree
from tickets.settings.statuses import change_statuses


@pytest.fixture
def desk(signed_in: Callable[[User], Client], ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def a_tree(ada: User, at: datetime) -> dict[str, Category]:
    """A, with A1 below it; B."""
    found = {"A": create_category(name="A", by=ada, at=at)}
    found["A1"] = create_category(name="A1", parent=found["A"], by=ada, at=at)
    found["B"] = create_category(name="B", by=ada, at=at)
    return {name: Category.objects.get(pk=row.pk) for name, row in found.items()}


def drawn() -> list[str]:
    return [f"{'  ' * (len(row.ancestry) - 1)}{row.name}" for row in tree()]


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "label": "Asset",
        "type": "text",
        "required": "never",
        "min_tier": "0",
        "for_requesters": "on",
        "is_active": "on",
    } | changes


class TestTheTree:
    @pytest.mark.parametrize(
        ("moves", "becomes"),
        [
            ([("B", "up")], ["B", "A", "  A1"]),
            ([("A", "down")], ["B", "A", "  A1"]),
            ([("B", "in")], ["A", "  A1", "  B"]),
            ([("B", "in"), ("B", "up")], ["A", "  B", "  A1"]),
            ([("A1", "out")], ["A", "A1", "B"]),
            ([("A1", "up"), ("A", "up"), ("A", "in"), ("B", "out")], ["A", "  A1", "B"]),
            ([("A", "sideways")], ["A", "  A1", "B"]),
        ],
    )
    def test_arrows_move_without_javascript(self, desk, a_tree, moves, becomes) -> None:
        for name, to in moves:
            assert desk.post(f"/settings/categories/{a_tree[name].pk}/move/", {"to": to}).status_code == 302
        assert drawn() == becomes

    def test_a_drop_answers_the_tree_and_says_where_it_is(self, desk, a_tree) -> None:
        place = {"parent": a_tree["A"].pk, "after": a_tree["A1"].pk}
        page = desk.post(
            f"/settings/categories/{a_tree['B'].pk}/place/", place, headers={"HX-Request": "true"}
        )
        assert "B is at place 2 of 2 below A." in text_of(page)
        assert drawn() == ["A", "  A1", "  B"]

    def test_what_cannot_stand_there_is_refused_and_nothing_moves(self, desk, a_tree, ada, at) -> None:
        create_category(name="b", parent=a_tree["A"], by=ada, at=at)
        for place, says in (
            ({"parent": a_tree["A1"].pk}, "cannot stand below itself"),
            ({"parent": a_tree["A"].pk}, "of this name in the same place"),
        ):
            name = "A" if "itself" in says else "B"
            page = desk.post(
                f"/settings/categories/{a_tree[name].pk}/place/", place, headers={"HX-Request": "true"}
            )
            assert says in text_of(page)
        assert drawn() == ["A", "  A1", "  b", "B"]

    def test_merged_its_open_tickets_and_what_is_below_go_along(
        self, desk, a_tree, open_ticket, mira, at
    ) -> None:
        ticket, done = open_ticket(category=a_tree["A"]), open_ticket(category=a_tree["A"])
        operations.cancel(done, reason_text="No.", by=mira, at=at)
        page = text_of(desk.get(f"/settings/categories/{a_tree['A'].pk}/retire/"))
        assert "1 open ticket has this category." in page
        assert ticket.number in page

        desk.post(f"/settings/categories/{a_tree['A'].pk}/retire/", {"into": a_tree["B"].pk})
        ticket.refresh_from_db()
        done.refresh_from_db()
        a_tree["A"].refresh_from_db()
        assert (ticket.category, done.category) == (a_tree["B"], a_tree["A"])
        assert (a_tree["A"].is_active, a_tree["A"].merged_into) == (False, a_tree["B"])
        assert drawn() == ["A", "B", "  A1"]

    def test_retired_its_tickets_keep_it(self, desk, a_tree, open_ticket) -> None:
        ticket = open_ticket(category=a_tree["B"])
        desk.post(f"/settings/categories/{a_tree['B'].pk}/retire/", {"into": ""})
        ticket.refresh_from_db()
        assert (ticket.category.name, ticket.category.is_active) == ("B", False)

    def test_it_is_not_merged_into_itself_or_below_or_into_what_is_gone(self, a_tree, ada, at) -> None:
        for into in (a_tree["A"], a_tree["A1"]):
            with pytest.raises(Invalid):
                merge_category(a_tree["A"], into=into, by=ada, at=at)
        Category.objects.filter(pk=a_tree["B"].pk).update(is_active=False)
        with pytest.raises(Invalid, match="no longer in use"):
            merge_category(a_tree["A"], into=Category.objects.get(pk=a_tree["B"].pk), by=ada, at=at)


class TestFields:
    @pytest.fixture
    def device(self, ada: User, at: datetime) -> CustomField:
        return create_field(
            key="device", label="Device", type="choice", choices=["Laptop", "Phone"], by=ada, at=at
        )

    def test_it_is_shown_for_the_answers_that_are_chosen(self, desk, device) -> None:
        desk.post("/settings/fields/new/", answers(shown_when=["device=Laptop", "device=Phone"]))
        field = CustomField.objects.get(key="asset")
        assert field.shown_when == {"device": ["Laptop", "Phone"]}
        assert 'value="device=Laptop" selected' in text_of(desk.get(f"/settings/fields/{field.pk}/"))
        page = text_of(desk.get(f"/settings/fields/{device.pk}/"))
        assert "Shown by its answers:" in page

    def test_a_circle_is_refused_along_its_way(self, desk, device, ada, at) -> None:
        create_field(key="asset", label="Asset", shown_when={"device": ["Laptop"]}, by=ada, at=at)
        sent = answers(label="Device", type="choice", choices="Laptop\nPhone", shown_when=["asset=*"])
        page = text_of(desk.post(f"/settings/fields/{device.pk}/", sent), status=422)
        assert "It would wait for itself: device → Asset → device." in page
        page = text_of(desk.post("/settings/fields/new/", answers(label="X", shown_when=["nonsense=1"])), 422)
        assert "Select a valid choice" in page

    def test_what_10000_tickets_lack_is_said_before_it_is_kept(self, desk, open_ticket, mira, at) -> None:
        for _n in range(3):
            ticket = open_ticket()
        desk.post("/settings/fields/new/", answers())
        field = CustomField.objects.get()
        url, sent = f"/settings/fields/{field.pk}/", answers(required="resolving")

        looked = desk.post(url, sent | {"look": "1"}, headers={"HX-Request": "true"})
        said = "3 open tickets lack it: it is asked when one is resolved. Nothing else is held up."
        assert said in text_of(looked)
        page = text_of(desk.post(url, sent))
        assert said in page
        assert "Nothing is saved yet" in page
        field.refresh_from_db()
        assert field.required == "never"

        assert desk.post(url, sent | {"effects": "lacking:resolving"}).status_code == 302
        field.refresh_from_db()
        assert field.required == "resolving"
        assert operations.take(ticket, by=mira, at=at).assignee == mira

    def test_a_choice_that_tickets_have_is_retired_not_lost(self, desk, device, open_ticket) -> None:
        open_ticket(fields={"device": "Phone"})
        sent = answers(label="Device", type="choice", choices=["Laptop", ""])
        page = text_of(desk.post(f"/settings/fields/{device.pk}/", sent))
        assert "“Phone” is no longer offered. 1 ticket has it and keeps it" in page
        desk.post(f"/settings/fields/{device.pk}/", sent | {"effects": "choice:Phone"})
        device.refresh_from_db()
        assert (device.choices, device.retired_choices) == (["Laptop"], ["Phone"])
        desk.post(f"/settings/fields/{device.pk}/", sent | {"choices": ["Phone", "Laptop"]})
        device.refresh_from_db()
        assert (device.choices, device.retired_choices) == (["Phone", "Laptop"], [])

    def test_choices_and_fields_are_ordered_with_and_without_javascript(self, desk, device, ada, at) -> None:
        other = create_field(key="other", label="Other", by=ada, at=at)
        sent = answers(label="Device", type="choice", choices=["Laptop", "Phone"], move="1:up")
        page = text_of(desk.post(f"/settings/fields/{device.pk}/", sent))
        assert page.index('value="Phone"') < page.index('value="Laptop"')
        device.refresh_from_db()
        assert device.choices == ["Laptop", "Phone"]

        desk.post("/settings/fields/order/", {"order": [device.pk, other.pk], "move": "1:up"})
        assert list(CustomField.objects.all()) == [other, device]
        dragged = {"order": [device.pk, other.pk, "nonsense", 10**30]}
        desk.post("/settings/fields/order/", dragged, headers={"HX-Request": "true"})
        assert list(CustomField.objects.all()) == [device, other]

    def test_the_desk_asks_what_the_answers_show(self, signed_in, device, ticket, mira, ada, at) -> None:
        create_field(key="asset", label="Asset", shown_when={"device": ["Laptop"]}, by=ada, at=at)
        page = signed_in(mira)
        url = f"/desk/tickets/{ticket.number}/change/"
        assert "fields.asset" not in text_of(page.get(url))
        sent = {"kind": "incident", "category": "", "fields.device": "Laptop"}
        assert "fields.asset" in text_of(page.post(f"{url}fields/", sent))
        assert page.post(f"/desk/tickets/{ticket.number}/take/fields/", sent).status_code == 404

    def test_the_portal_asks_at_once_and_without_javascript_at_the_end(
        self, signed_in, device, ines, ada, at
    ) -> None:
        create_field(
            key="asset", label="Asset", required="filing", shown_when={"device": ["Laptop"]}, by=ada, at=at
        )
        portal = signed_in(ines)
        sent = {"kind": "incident", "subject": "x", "fields.device": "Laptop", "impact": "3", "urgency": "2"}
        assert "fields.asset" in text_of(portal.post("/requests/new/fields/", sent))
        page = text_of(portal.post("/requests/new/", sent | {"key": "k1"}), status=422)
        assert 'name="fields.asset"' in page
        assert "This field is required." in page
        phone = sent | {"fields.device": "Phone", "fields.asset": "left over", "key": "k2"}
        assert portal.post("/requests/new/", phone).status_code == 302
        assert list(Ticket.objects.get().field_values.values_list("value", flat=True)) == ["Phone"]


class TestForms:
    @pytest.fixture
    def asset(self, ada: User, at: datetime) -> CustomField:
        return create_field(key="asset", label="Asset", help="On the label.", by=ada, at=at)

    def test_each_category_asks_in_its_own_words_and_order(self, desk, signed_in, asset, vpn, ines) -> None:
        assert vpn.parent is not None
        sent = {
            "order": ["location", "field:asset", "impact", "urgency", "device"],
            "asked.location": "on",
            "asked.field:asset": "on",
            "label.field:asset": "Which laptop?",
            "required.field:asset": "yes",
            "help.location": "Room and desk.",
        }
        desk.post(f"/settings/categories/{vpn.parent.pk}/questions/", sent)
        portal = signed_in(ines)
        page = text_of(portal.post("/requests/new/fields/", {"category": vpn.pk}))
        assert page.index("Room and desk.") < page.index("Which laptop?")
        assert "On the label." in page
        assert 'name="impact"' not in page
        assert 'name="device' not in page
        # Elsewhere it is asked as it is.
        page = text_of(portal.post("/requests/new/fields/", {"category": ""}))
        assert "Which laptop?" not in page
        assert 'name="impact"' in page
        filed = {"kind": "incident", "subject": "x", "category": vpn.pk, "key": "k"}
        assert "This field is required." in text_of(portal.post("/requests/new/", filed), status=422)
        assert portal.post("/requests/new/", filed | {"fields.asset": "NW-1"}).status_code == 302
        assert (Ticket.objects.get().impact, Ticket.objects.get().urgency) == (3, 2)

    def test_it_is_looked_at_before_it_is_kept(self, desk, asset, vpn) -> None:
        sent = {
            "order": ["field:asset"],
            "asked.field:asset": "on",
            "label.field:asset": "Which?",
            "preview": "1",
        }
        page = text_of(desk.post(f"/settings/categories/{vpn.pk}/questions/", sent))
        assert page.count("Which?") == 2
        moved = {"order": ["field:asset", "location"], "move": "0:down"}
        page = text_of(desk.post(f"/settings/categories/{vpn.pk}/questions/", moved))
        assert page.index('value="location"') < page.index('value="field:asset"')
        vpn.refresh_from_db()
        assert vpn.questions == []

    def test_back_to_what_is_above_it(self, desk, asset, vpn, ada, at) -> None:
        set_questions(vpn.parent, questions=[{"ask": "field:asset", "is_asked": False}], by=ada, at=at)
        set_questions(vpn, questions=[{"ask": "field:asset", "is_asked": True}], by=ada, at=at)
        desk.post(f"/settings/categories/{vpn.pk}/questions/", {"inherit": "1"})
        vpn.refresh_from_db()
        assert (vpn.questions, vpn.questions_in_force) == ([], [{"ask": "field:asset", "is_asked": False}])


class TestStatuses:
    def test_names_and_colours_show_everywhere_and_codes_stay(
        self, desk, signed_in, open_ticket, mira, ines, at
    ) -> None:
        ticket = operations.wait_for_requester(
            operations.take(open_ticket(), by=mira, at=at), question="Which?", by=mira, at=at
        )
        sent = {
            "names_pending_requester_en": "Waiting for the customer",
            "portal_pending_requester_en": "We need something from you",
            "colour_pending_requester": "violet",
        }
        assert desk.post("/settings/statuses/", sent).status_code == 302
        page = text_of(signed_in(mira).get("/desk/queues/all/?columns=number&columns=status"))
        assert 'tone-violet">Waiting for the customer' in page
        assert ticket.get_status_display() == "Waiting for the customer"
        page = text_of(signed_in(ines).get(f"/requests/{ticket.number}/"))
        assert "We need something from you" in page
        assert "Waiting for the customer" not in page
        assert text_of(signed_in(mira).get("/desk/queues/all/?status=pending_requester"))
        assert (
            signed_in(mira).get(f"/api/v1/tickets/{ticket.number}/").json()["status"] == "pending_requester"
        )

    def test_two_statuses_of_one_name_are_refused(self, desk) -> None:
        sent = {"names_open_en": "Closed"}
        assert "Another status is called so" in text_of(desk.post("/settings/statuses/", sent), status=422)
        sent = {"names_open_en": "x" * 41}
        assert "at most 40 characters" in text_of(desk.post("/settings/statuses/", sent), status=422)
        assert Desk.load().statuses == {}


class TestVersions:
    def numbers(self, subject: str, key: int = 0) -> list[int]:
        rows = SettingVersion.objects.filter(subject=subject, key=key).order_by("number")
        return list(rows.values_list("number", flat=True))

    def test_a_version_is_put_back_as_a_new_one(self, desk, ada, at, service_desk) -> None:
        desk.post("/settings/categories/new/", {"name": "Network", "is_active": "on", "for_requesters": "on"})
        row = Category.objects.get()
        changed = {"name": "Net", "is_active": "on", "team": service_desk.pk}
        desk.post(f"/settings/categories/{row.pk}/", changed)
        page = text_of(desk.get(f"/settings/versions/category/{row.pk}/"))
        assert "Version 2" in page
        assert ">Service desk<" in page.replace("</td>", "<")

        desk.post(f"/settings/versions/category/{row.pk}/1/put-back/")
        row.refresh_from_db()
        assert (row.name, row.team, row.for_requesters) == ("Network", None, True)
        assert self.numbers("category", row.pk) == [1, 2, 3]

    def test_one_change_is_undone_and_later_ones_stay(self, desk, ada, at) -> None:
        field = create_field(key="asset", label="Asset", by=ada, at=at)
        change_field(field, label="Label", by=ada, at=at)
        change_field(field, help="Below.", by=ada, at=at)
        desk.post(f"/settings/versions/field/{field.pk}/2/undo/")
        field.refresh_from_db()
        assert (field.label, field.help) == ("Asset", "Below.")
        change_field(field, help="Above.", by=ada, at=at)
        page = desk.post(f"/settings/versions/field/{field.pk}/3/undo/", follow=True)
        assert "This was changed again since then: Help." in text_of(page)

    def test_what_it_names_is_gone_so_it_is_refused(self, desk, network, ada, at) -> None:
        desk.post("/settings/categories/new/", {"name": "A", "is_active": "on", "team": network.pk})
        row = Category.objects.get()
        desk.post(f"/settings/categories/{row.pk}/", {"name": "A", "is_active": "on", "team": ""})
        accounts.retire_team(network, by=ada, at=at)
        page = text_of(desk.post(f"/settings/versions/category/{row.pk}/1/put-back/", follow=True))
        assert "It cannot be put back. Team that gets it first: Select a valid choice." in page
        row.refresh_from_db()
        assert row.team is None

    def test_conditions_come_back_unless_they_would_be_a_circle(self, desk, ada, at) -> None:
        one = create_field(key="one", label="One", by=ada, at=at)
        two = create_field(key="two", label="Two", shown_when={"one": ["*"]}, by=ada, at=at)
        change_field(two, shown_when={}, by=ada, at=at)
        change_field(one, shown_when={"two": ["*"]}, by=ada, at=at)
        page = text_of(desk.post(f"/settings/versions/field/{two.pk}/1/put-back/", follow=True))
        assert "It would wait for itself" in page
        change_field(one, shown_when={}, by=ada, at=at)
        desk.post(f"/settings/versions/field/{two.pk}/1/put-back/")
        two.refresh_from_db()
        assert two.shown_when == {"one": ["*"]}

    def test_matrix_statuses_forms_teams_and_tiers_come_back(self, desk, ada, at, network, vpn) -> None:
        cells = {f"cell_{rule.impact}_{rule.urgency}": rule.priority for rule in PriorityRule.objects.all()}
        desk.post("/settings/matrix/", cells | {"cell_3_3": "1"})
        change_statuses({"open": {"colour": "rose"}}, by=ada, at=at)
        set_questions(vpn, questions=[{"ask": "location", "is_asked": False}], by=ada, at=at)
        accounts.change_team(network, takes="VPN", by=ada, at=at)
        tier = Tier.objects.get(level=2)
        accounts.change_tier(tier, name="Second", by=ada, at=at)
        for subject, key in (
            ("matrix", 0),
            ("statuses", 0),
            ("questions", vpn.pk),
            ("team", network.pk),
            ("tier", 2),
        ):
            assert text_of(desk.get(f"/settings/versions/{subject}/{key}/"))
            desk.post(f"/settings/versions/{subject}/{key}/1/put-back/")
            assert self.numbers(subject, key) == [1, 2, 3]
        assert PriorityRule.objects.get(impact=3, urgency=3).priority == cells["cell_3_3"]
        assert Desk.load().statuses == {}
        assert Category.objects.get(pk=vpn.pk).questions == []
        assert Team.objects.get(pk=network.pk).takes == ""
        assert Tier.objects.get(level=2).name == tier.name

    def test_there_is_no_version_of_nothing(self, desk) -> None:
        for path in ("nonsense/1", "category/999", "matrix/1"):
            assert desk.get(f"/settings/versions/{path}/").status_code == 404
        assert desk.post("/settings/versions/matrix/0/7/put-back/").status_code == 404
        assert desk.post("/settings/versions/matrix/0/7/undo/").status_code == 404


def test_only_administrators_set_these_up(a_tree: Any, mira: User, at: datetime) -> None:
    one = a_tree["A"]
    for act in (
        lambda: place_category(one, parent=None, after=None, by=mira, at=at),
        lambda: merge_category(one, into=a_tree["B"], by=mira, at=at),
        lambda: create_field(key="x", label="X", by=mira, at=at),
        lambda: order_fields([], by=mira, at=at),
        lambda: set_questions(one, questions=[], by=mira, at=at),
        lambda: change_statuses({}, by=mira, at=at),
    ):
        with pytest.raises(NotAllowed):
            act()
    rebuild_category_tree()


def test_every_icon_that_is_offered_is_drawn() -> None:
    assert {name for name, _label in OFFERED} <= set(DRAWN)
