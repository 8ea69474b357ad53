"""Categories, custom fields, the priority matrix and canned replies, as administrators set them up."""

from collections.abc import Callable, Mapping

import pytest
from django.test import Client

from accounts.models import AccountEvent, Team, User
from accounts.refusals import NotAllowed
from accounts.sentences import lines
from tests.answers import text_of
from tickets.models import CannedReply, Category, CustomField, PriorityRule
from tickets.settings.operations import change_matrix, create_category
from tickets.settings.queries import tree

NASTY = "<script>alert(1)</script> 🦊 שלום"


@pytest.fixture
def desk(signed_in: Callable[[User], Client], ada: User) -> Client:
    return signed_in(ada)


def refused(client: Client, address: str, answers: Mapping[str, object]) -> str:
    return text_of(client.post(address, answers), status=422)


def add(desk: Client, name: str, parent: Category | None = None) -> Category:
    answers = {"name": name, "parent": parent.pk if parent else "", "is_active": "on"}
    assert desk.post("/settings/categories/new/", answers).status_code == 302
    return Category.objects.get(name=name)


def test_the_tree_is_built_and_names_follow(desk: Client, service_desk: Team) -> None:
    network = add(desk, "Network")
    vpn = add(desk, "VPN", network)
    answers = {"name": "Net", "team": service_desk.pk, "is_active": "on", "is_common": "on"}
    desk.post(f"/settings/categories/{network.pk}/", answers)

    vpn.refresh_from_db()
    assert (vpn.full_name, vpn.ancestry) == ("Net › VPN", [network.pk, vpn.pk])


def test_siblings_are_put_in_order(desk: Client) -> None:
    first, second, third = (add(desk, name) for name in ("A", "B", "C"))
    desk.post(f"/settings/categories/{third.pk}/move/", {"to": "up"})
    assert tree() == [first, third, second]
    desk.post(f"/settings/categories/{first.pk}/move/", {"to": "down"})
    assert tree() == [third, first, second]
    desk.post(f"/settings/categories/{third.pk}/move/", {"to": "up"})
    assert tree() == [third, first, second]


def test_a_category_goes_below_neither_itself_nor_too_deep(desk: Client) -> None:
    one = add(desk, "1")
    two = add(desk, "2", one)
    three = add(desk, "3", two)
    four = add(desk, "4", three)
    answers = {"name": "x", "is_active": "on"}
    for parent in (one, two):
        page = refused(desk, f"/settings/categories/{one.pk}/", answers | {"parent": parent.pk})
        assert "Select a valid choice" in page
    assert "at most 4 deep" in refused(desk, "/settings/categories/new/", {"name": "5", "parent": four.pk})
    top = add(desk, "top")
    assert "at most 4 deep" in refused(
        desk, f"/settings/categories/{one.pk}/", {"name": "1", "parent": top.pk}
    )


def test_bad_categories_are_told(desk: Client) -> None:
    add(desk, "Network")
    for answers, says in (
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "network"}, "a category of this name in the same place"),
        ({"name": "A", "parent": "999"}, "Select a valid choice"),
        ({"name": "A", "hint": "x" * 201}, "at most 200 characters"),
    ):
        assert says in refused(desk, "/settings/categories/new/", answers)
    add(desk, NASTY)
    page = desk.get("/settings/categories/").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def field_answers(**changes: str) -> dict[str, str]:
    return {
        "label": "Asset number",
        "type": "text",
        "required": "never",
        "min_tier": "0",
        "for_requesters": "on",
        "is_active": "on",
    } | changes


def test_a_field_gets_its_key_from_its_label(desk: Client) -> None:
    desk.post("/settings/fields/new/", field_answers(type="choice", choices="one\n two  x \none\n"))

    field = CustomField.objects.get()
    assert (field.key, field.choices) == ("asset-number", ["one", "two x"])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"label": ""}, "This field is required."),
        ({"label": "🦊"}, "Start with a letter"),
        ({"key": "Bad Key"}, "letters, numbers, underscores or hyphens"),
        ({"type": "choice"}, "at least one line"),
        ({"type": "choice", "choices": "x" * 81}, "longer than 80 characters"),
        ({"type": "colour"}, "Select a valid choice"),
        ({"kinds": "wish"}, "Select a valid choice"),
        ({"min_tier": "7"}, "Select a valid choice"),
        ({"required": "filing", "min_tier": "2"}, "Requesters cannot answer what they do not see."),
    ],
)
def test_bad_fields_are_told(desk: Client, changes: dict[str, str], says: str) -> None:
    assert says in refused(desk, "/settings/fields/new/", field_answers(**changes))
    assert not CustomField.objects.exists()


def test_key_and_type_of_a_field_last(desk: Client) -> None:
    desk.post("/settings/fields/new/", field_answers())
    field = CustomField.objects.get()
    desk.post(
        f"/settings/fields/{field.pk}/",
        field_answers(label="Label", key="other", type="date", required="filing"),
    )

    field.refresh_from_db()
    assert (field.label, field.key, field.type, field.required) == (
        "Label",
        "asset-number",
        "text",
        "filing",
    )


def test_the_matrix_is_edited_cell_by_cell(desk: Client) -> None:
    answers = {f"cell_{i}_{u}": "2" for i in (1, 2, 3) for u in (1, 2, 3)}
    assert desk.post("/settings/matrix/", answers | {"cell_1_1": "1"}).status_code == 302

    assert PriorityRule.objects.filter(priority=2).count() == 8
    for bad in ("5", "", "x"):
        refused(desk, "/settings/matrix/", answers | {"cell_3_3": bad})
    assert PriorityRule.objects.get(impact=1, urgency=1).priority == 1
    assert PriorityRule.objects.count() == 9


def test_canned_replies_of_the_desk_not_of_people(desk: Client, mira: User, service_desk: Team) -> None:
    own = CannedReply.objects.create(name="Mine", body="x", owner=mira)
    desk.post("/settings/replies/new/", {"name": NASTY, "body": "Hello", "whose": f"team:{service_desk.pk}"})
    shared = CannedReply.objects.exclude(pk=own.pk).get()

    page = desk.get("/settings/replies/").content.decode()
    assert "&lt;script&gt;" in page
    assert desk.get(f"/settings/replies/{own.pk}/").status_code == 404
    assert desk.post(f"/settings/replies/{own.pk}/delete/").status_code == 404
    refused(desk, "/settings/replies/new/", {"name": "a", "body": "x" * 10_001, "whose": "all"})
    assert desk.post(f"/settings/replies/{shared.pk}/delete/").status_code == 302
    assert CannedReply.objects.get() == own


# --- Who changed what ---


def told() -> list[tuple[str, str]]:
    """The history since the beginning: each sentence with its details."""
    return [(line.sentence, line.details) for line in reversed(lines(AccountEvent.objects.all()))]


def test_every_change_of_a_category_is_told(desk: Client, ada: User, service_desk: Team) -> None:
    network = add(desk, "Network")
    add(desk, "Printers")
    desk.post(
        f"/settings/categories/{network.pk}/",
        {"name": "Net", "team": service_desk.pk, "is_common": "on"},
    )
    desk.post(f"/settings/categories/{network.pk}/move/", {"to": "down"})
    desk.post(f"/settings/categories/{network.pk}/move/", {"to": "down"})

    assert told() == [
        ("added the category Net", ""),
        ("added the category Printers", ""),
        (
            "changed the category Net",
            "name; team that gets it first; in use: yes → no; offered first in the portal: no → yes",
        ),
        ("moved the category Net", "to place 2"),
    ]
    assert set(AccountEvent.objects.values_list("by", flat=True)) == {ada.pk}


def test_every_change_of_a_field_is_told(desk: Client, vpn: Category) -> None:
    desk.post("/settings/fields/new/", field_answers(type="choice", choices="one\ntwo"))
    field = CustomField.objects.get()
    changed = field_answers(type="choice", choices="one", required="filing", kinds="incident")
    desk.post(f"/settings/fields/{field.pk}/", changed | {"categories": str(vpn.pk)})

    assert told() == [
        ("added the field Asset number", ""),
        (
            "changed the field Asset number",
            "choices; only for kinds: none → incident; required: never → when it is filed; only for",
        ),
    ]
    assert list(field.categories.all()) == [vpn]


def test_the_matrix_tells_its_changed_cells(desk: Client, ada: User) -> None:
    answers = {f"cell_{rule.impact}_{rule.urgency}": rule.priority for rule in PriorityRule.objects.all()}
    desk.post("/settings/matrix/", answers | {"cell_3_3": 3, "cell_1_1": 2})

    assert told() == [
        (
            "changed the priority matrix",
            "the whole company or a customer-facing service × work has stopped: P1 → P2; "
            "one person × it can wait: P4 → P3",
        )
    ]


def test_canned_replies_are_told(desk: Client, service_desk: Team) -> None:
    desk.post(
        "/settings/replies/new/", {"name": "Hello", "body": "Hello", "whose": f"team:{service_desk.pk}"}
    )
    reply = CannedReply.objects.get()
    desk.post(f"/settings/replies/{reply.pk}/", {"name": "Hello", "body": "Good day", "whose": "all"})
    assert told() == [("added the canned reply Hello", ""), ("changed the canned reply Hello", "text; team")]

    desk.post(f"/settings/replies/{reply.pk}/delete/")
    assert told()[-1] == ("deleted a canned reply", "")


def test_saving_without_a_change_tells_nothing(desk: Client) -> None:
    network = add(desk, "Network")
    desk.post("/settings/fields/new/", field_answers())
    desk.post("/settings/replies/new/", {"name": "Hello", "body": "Hello", "whose": "all"})
    before = AccountEvent.objects.count()

    desk.post(f"/settings/categories/{network.pk}/", {"name": "Network", "is_active": "on"})
    desk.post(f"/settings/fields/{CustomField.objects.get().pk}/", field_answers(key="asset-number"))
    desk.post(
        f"/settings/replies/{CannedReply.objects.get().pk}/",
        {"name": "Hello", "body": "Hello", "whose": "all"},
    )
    answers = {f"cell_{rule.impact}_{rule.urgency}": rule.priority for rule in PriorityRule.objects.all()}
    desk.post("/settings/matrix/", answers)

    assert AccountEvent.objects.count() == before


def test_the_history_page_shows_it_without_words_that_run(desk: Client) -> None:
    add(desk, NASTY)
    text = desk.get("/settings/history/").content.decode()
    assert "added the category &lt;script&gt;" in text
    assert "<script>alert" not in text


def test_only_administrators_change_these_settings(mira: User, at) -> None:
    with pytest.raises(NotAllowed):
        create_category(name="x", by=mira, at=at)
    with pytest.raises(NotAllowed):
        change_matrix({(1, 1): 4}, by=mira, at=at)
    assert not AccountEvent.objects.exists()
