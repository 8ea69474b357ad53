from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from tests.portal.conftest import big_file
from tickets.models import Attachment, Category, Channel, CustomField, Ticket, Watch

Form = Callable[..., dict[str, Any]]


def errors(response: Any) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_filing_takes_what_is_wrong_and_how_bad_it_is(
    as_ines: Client, file_form: Form, ines: User, vpn: Category, service_desk: Any
) -> None:
    response = as_ines.post("/requests/new/", file_form(category=vpn.pk, impact="2", urgency="1"))

    ticket = Ticket.objects.get()
    assert response.headers["Location"] == f"/requests/{ticket.number}/"
    assert (ticket.subject, ticket.category, ticket.impact, ticket.urgency) == (
        "VPN drops every 20 minutes",
        vpn,
        2,
        1,
    )
    assert (ticket.requester, ticket.opened_by, ticket.channel) == (ines, ines, Channel.PORTAL)
    assert (ticket.device, ticket.location, ticket.priority_confirmed) == ("NW-1180", "Leeds, floor 2", False)
    assert [message.body for message in ticket.messages.all()] == ["Since **Friday**."]


def test_one_line_is_enough(as_ines: Client, service_desk: Any, ines: User) -> None:
    as_ines.post(
        "/requests/new/", {"kind": "question", "subject": "Where is the VPN?", "impact": "3", "urgency": "3"}
    )

    ticket = Ticket.objects.get()
    assert (ticket.kind, ticket.category, ticket.device, ticket.location) == (
        "question",
        None,
        "",
        "Leeds, floor 2",
    )


def test_two_submits_of_one_form_make_one_ticket(as_ines: Client, file_form: Form, service_desk: Any) -> None:
    pages = [as_ines.post("/requests/new/", file_form()).headers["Location"] for _ in range(2)]

    assert Ticket.objects.count() == 1
    assert pages == [f"/requests/{Ticket.objects.get().number}/"] * 2


def test_the_second_submit_of_a_form_with_a_file_lands_on_the_same_page(
    as_ines: Client, file_form: Form, ines: User, upload: Any, service_desk: Any
) -> None:
    said = file_form(attachments=[str(upload(ines).pk)])
    pages = [as_ines.post("/requests/new/", said).headers["Location"] for _ in range(2)]

    assert pages == [f"/requests/{Ticket.objects.get().number}/"] * 2
    assert Ticket.objects.get().attachments.count() == 1


def test_a_file_that_was_sent_cannot_be_sent_again(
    as_ines: Client, file_form: Form, ines: User, upload: Any, service_desk: Any
) -> None:
    said = file_form(attachments=[str(upload(ines).pk)])
    as_ines.post("/requests/new/", said)
    again = as_ines.post("/requests/new/", said | {"key": "k2"})

    assert errors(again) == {"attachments": ["A file is missing. Attach it again, please."]}
    assert (Ticket.objects.count(), again.context["form"].kept) == (1, [])


def test_the_same_form_with_other_words_asks_first_and_then_files_another(
    as_ines: Client, file_form: Form, service_desk: Any
) -> None:
    as_ines.post("/requests/new/", file_form())
    again = as_ines.post("/requests/new/", file_form(subject="Printer jams"))

    assert (again.status_code, Ticket.objects.count()) == (409, 1)
    assert errors(again)["__all__"] == [
        "You have sent this form before. If you want to file this too, send it again."
    ]

    as_ines.post(
        "/requests/new/", file_form(subject="Printer jams", key=again.context["form"]["key"].value())
    )
    assert [ticket.subject for ticket in Ticket.objects.order_by("pk")] == [
        "VPN drops every 20 minutes",
        "Printer jams",
    ]


def test_an_error_keeps_everything_that_was_typed(
    as_ines: Client, file_form: Form, ines: User, onboarding: Category, upload: Any
) -> None:
    attached = upload(ines)
    said = file_form(subject="", category=onboarding.pk, attachments=[str(attached.pk)])
    said["fields.starts"] = "soon"
    response = as_ines.post("/requests/new/", said)

    html = response.content.decode()
    assert (response.status_code, Ticket.objects.count()) == (422, 0)
    assert sorted(errors(response)) == ["fields.starts", "subject"]
    for kept in ("Since **Friday**.", 'value="soon"', "log.txt", str(attached.pk), 'value="Leeds, floor 2"'):
        assert kept in html, kept
    assert f'value="{onboarding.pk}" checked' in html


def test_files_that_came_with_the_form_itself_are_kept_with_an_error_and_attached_in_the_end(
    as_ines: Client, file_form: Form, service_desk: Any
) -> None:
    with_file = file_form(subject="", files=[SimpleUploadedFile("../../etc/passwd.txt", b"root")])
    response = as_ines.post("/requests/new/", with_file)

    kept = [file.name for file in response.context["form"].kept]
    key = str(Attachment.objects.get().pk)
    as_ines.post("/requests/new/", file_form(attachments=[key]))
    assert kept == ["passwd.txt"]
    assert [file.name for file in Ticket.objects.get().attachments.all()] == ["passwd.txt"]


def test_the_fields_of_a_category_are_asked_and_kept(
    as_ines: Client, file_form: Form, onboarding: Category, service_desk: Any
) -> None:
    fragment = as_ines.post(
        "/requests/new/fields/", {"category": onboarding.pk, "fields.starts": "2026-12-01"}
    )
    assert 'name="fields.starts"' in fragment.content.decode()
    assert 'value="2026-12-01"' in fragment.content.decode()

    missing = as_ines.post("/requests/new/", file_form(category=onboarding.pk))
    assert errors(missing) == {"fields.starts": ["This field is required."]}

    said = file_form(category=onboarding.pk) | {"fields.starts": "2026-12-01"}
    as_ines.post("/requests/new/", said)
    assert [row.value for row in Ticket.objects.get().field_values.all()] == ["2026-12-01"]


def test_a_person_field_names_a_colleague_and_nobody_else(
    as_ines: Client, file_form: Form, vpn: Category, tomasz: User, otto: User, service_desk: Any
) -> None:
    CustomField.objects.create(key="approver", label="Who says yes", type="user")
    stranger = as_ines.post("/requests/new/", file_form() | {"fields.approver": otto.email})
    assert errors(stranger) == {
        "fields.approver": ["Nobody of your organisation has this name or mail address."]
    }

    as_ines.post("/requests/new/", file_form() | {"fields.approver": "tomasz wilk"})
    assert [row.value for row in Ticket.objects.get().field_values.all()] == [tomasz.pk]


def test_marked_fields_are_not_asked_in_the_portal(as_ines: Client, vpn: Category) -> None:
    CustomField.objects.create(key="risk", label="Risk class", min_tier=2)
    CustomField.objects.create(key="cost", label="Cost centre", for_requesters=False)

    html = as_ines.get("/requests/new/").content.decode()
    assert ("Risk class" in html, "Cost centre" in html) == (False, False)


def test_a_field_that_is_not_asked_in_the_portal_does_not_stop_anybody_there(
    as_ines: Client, file_form: Form, service_desk: Any
) -> None:
    CustomField.objects.create(key="cost", label="Cost centre", for_requesters=False, required="filing")
    CustomField.objects.create(key="risk", label="Risk class", min_tier=2, required="filing")

    assert as_ines.post("/requests/new/", file_form()).status_code == 302


def test_filing_for_a_colleague_makes_them_the_requester_and_me_a_follower(
    as_ines: Client, file_form: Form, ines: User, tomasz: User, service_desk: Any
) -> None:
    found = as_ines.get("/requests/new/people/", {"colleague": "tom"}).content.decode()
    assert f'value="{tomasz.pk}"' in found

    as_ines.post("/requests/new/", file_form(requester=tomasz.pk))
    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.opened_by) == (tomasz, ines)
    assert [watch.user for watch in Watch.objects.filter(ticket=ticket)] == [ines]


def test_nobody_files_for_or_finds_a_stranger(
    as_ines: Client, file_form: Form, otto: User, service_desk: Any
) -> None:
    assert "Otto" not in as_ines.get("/requests/new/people/", {"colleague": "otto"}).content.decode()

    response = as_ines.post("/requests/new/", file_form(requester=otto.pk))
    assert errors(response) == {"requester": ["You can file only for colleagues of your organisation."]}
    assert Ticket.objects.count() == 0


def test_one_letter_finds_nobody(as_ines: Client, tomasz: User) -> None:
    assert as_ines.get("/requests/new/people/", {"colleague": "t"}).content.decode().strip() == ""


def test_looking_for_a_colleague_without_javascript_keeps_the_form(
    as_ines: Client, file_form: Form, tomasz: User
) -> None:
    response = as_ines.post("/requests/new/", file_form(colleague="wilk", find="people"))

    html = response.content.decode()
    assert (response.status_code, Ticket.objects.count()) == (200, 0)
    assert "Tomasz Wilk" in html
    assert "VPN drops every 20 minutes" in html


def test_how_to_be_reached_is_remembered(
    as_ines: Client, file_form: Form, ines: User, service_desk: Any
) -> None:
    as_ines.post("/requests/new/", file_form(phone="+44 1", reach_by="phone", reach_when="mornings"))

    ines.refresh_from_db()
    assert (ines.phone, ines.reach_by, ines.reach_when) == ("+44 1", "phone", "mornings")


def test_another_device_has_to_be_named(as_ines: Client, file_form: Form, service_desk: Any) -> None:
    assert list(errors(as_ines.post("/requests/new/", file_form(device_choice="other")))) == ["device"]

    as_ines.post("/requests/new/", file_form(device_choice="other", device="PR-7"))
    assert Ticket.objects.get().device == "PR-7"


def test_ones_own_open_requests_of_the_same_trouble_are_shown(
    as_ines: Client, open_ticket: Any, tomasz: User
) -> None:
    mine = open_ticket("VPN drops every 20 minutes")
    open_ticket("Printer jams")
    open_ticket("VPN drops at home", requester=tomasz)

    shown = as_ines.get("/requests/new/similar/", {"subject": "my vpn drops again"}).context["alike"]
    assert shown == [mine]
    for nothing in ("", "a", "\x00", "!!!", "new keyboard"):
        assert as_ines.get("/requests/new/similar/", {"subject": nothing}).context["alike"] == [], nothing


def test_the_home_page_hands_its_words_over(as_ines: Client, vpn: Category) -> None:
    html = as_ines.get("/requests/new/", {"subject": "vpn <b>", "category": str(vpn.pk)}).content.decode()

    assert 'value="vpn &lt;b&gt;"' in html
    assert f'value="{vpn.pk}" checked' in html


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"subject": "x" * 251}, "subject"),
        ({"subject": "   "}, "subject"),
        ({"subject": "a\x00b"}, "subject"),
        ({"description": "x" * 100_001}, "description"),
        ({"category": "999999"}, "category"),
        ({"category": "9" * 40}, "category"),
        ({"category": "'; DROP TABLE"}, "category"),
        ({"kind": "problem"}, "kind"),
        ({"impact": "0"}, "impact"),
        ({"urgency": "high"}, "urgency"),
        ({"requester": "abc"}, "requester"),
        ({"requester": "-1"}, "requester"),
        ({"location": "x" * 121}, "location"),
        ({"device_choice": "x"}, "device_choice"),
        ({"phone": "1" * 41}, "phone"),
        ({"reach_by": "pigeon"}, "reach_by"),
        ({"attachments": ["x"]}, "attachments"),
        ({"attachments": ["00000000-0000-4000-8000-000000000000"]}, "attachments"),
        ({"key": "k" * 61}, "key"),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field(
    as_ines: Client, file_form: Form, service_desk: Any, said: dict[str, Any], field: str
) -> None:
    response = as_ines.post("/requests/new/", file_form(**said))

    assert (response.status_code, list(errors(response)), Ticket.objects.count()) == (422, [field], 0)


def test_a_category_that_is_not_for_requesters_cannot_be_chosen(
    as_ines: Client, file_form: Form, vpn: Category
) -> None:
    Category.objects.filter(pk=vpn.pk).update(for_requesters=False)

    assert list(errors(as_ines.post("/requests/new/", file_form(category=vpn.pk)))) == ["category"]


def test_somebody_elses_file_cannot_be_attached(
    as_ines: Client, file_form: Form, otto: User, upload: Any, service_desk: Any
) -> None:
    theirs = upload(otto)

    response = as_ines.post("/requests/new/", file_form(attachments=[str(theirs.pk)]))
    assert errors(response) == {"attachments": ["A file is missing. Attach it again, please."]}
    assert response.context["form"].kept == []


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "🙂 emoji", "\u202eright to left مرحبا", "&amp; \"quoted\" 'too'"]
)
def test_words_stay_words(as_ines: Client, file_form: Form, service_desk: Any, words: str) -> None:
    page = as_ines.post("/requests/new/", file_form(subject=words, description=words), follow=True)

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.messages.get().body) == (words, words)
    assert "<script>alert" not in page.content.decode()


def test_a_file_of_30_mb_with_the_form_is_refused_and_the_words_are_kept(
    as_ines: Client, file_form: Form, service_desk: Any
) -> None:
    response = as_ines.post("/requests/new/", file_form(files=[big_file(30)]))

    assert list(errors(response)) == ["attachments"]
    assert "at most 25 mb" in errors(response)["attachments"][0].lower()
    assert "Since **Friday**." in response.content.decode()
    assert (Ticket.objects.count(), Attachment.objects.count()) == (0, 0)


def test_the_page_costs_few_queries_however_many_categories(
    as_ines: Client, vpn: Category, django_assert_max_num_queries: Any, kept_names: None
) -> None:
    Category.objects.bulk_create([Category(name=f"Category {n}", is_common=n < 9) for n in range(60)])
    rebuild = [row for row in Category.objects.all() if not row.full_name]
    for row in rebuild:
        row.full_name = row.name
    Category.objects.bulk_update(rebuild, ["full_name"])

    as_ines.get("/")  # how the portal looks to whom is kept for seconds
    with django_assert_max_num_queries(10):
        page = as_ines.get("/requests/new/")
    assert len(page.context["usual"]) == 5
