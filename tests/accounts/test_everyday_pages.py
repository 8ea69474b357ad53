"""What is not settings: the profile, finding people, the login's own protection, the raw admin pages."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import current
from accounts.models import AccountEvent, Desk, Organisation, OrganisationDomain, Signup, Team, User
from delivery.models import Mail
from tests.answers import text_of
from tickets import operations
from tickets.models import Ticket


def choices(client: Client, address: str) -> list[str]:
    return [each["text"] for each in client.get(address).json()]


# --- Profile ---


def test_everybody_changes_their_own_profile_and_no_rights(signed_in, ines: User) -> None:
    answers = {
        "name": "Ines O",
        "phone": "1",
        "location": "Oslo",
        "device": "D",
        "reach_by": "phone",
        "reach_when": "mornings",
        "timezone": "Europe/Oslo",
        "language": "en",
        "email": "other@x.example",
        "is_administrator": "on",
        "is_vip": "on",
    }
    client = signed_in(ines)
    client.post("/profile/", answers)

    old = ines.email
    ines.refresh_from_db()
    assert (ines.name, ines.location, ines.reach_by, ines.timezone) == (
        "Ines O",
        "Oslo",
        "phone",
        "Europe/Oslo",
    )
    assert (ines.email, ines.is_administrator, ines.is_vip) == (old, False, False)
    assert AccountEvent.objects.get().by == ines
    for bad in ({"timezone": "Nowhere"}, {"name": ""}, {"phone": "1" * 41}, {"language": "xx"}):
        text_of(client.post("/profile/", answers | bad), 422)


def test_times_and_words_are_the_viewers(signed_in, ada: User, ines: User, settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    User.objects.filter(pk=ada.pk).update(timezone="Asia/Tokyo", language="de")
    signed_in(ada).post(f"/settings/people/{ines.pk}/log-out/")

    page = signed_in(User.objects.get(pk=ada.pk)).get("/settings/history/")
    assert '<html lang="de"' in text_of(page)
    assert " JST" in page.content.decode()


# --- Finding people ---


def test_the_desk_finds_people_by_name_mail_phone_and_number(
    signed_in, mira: User, ines: User, tomasz: User
) -> None:
    User.objects.filter(pk=ines.pk).update(phone="+44 113 496 0001", employee_number="NW-77")
    client = signed_in(mira)

    for words in ("okaf", "ines@north", "496 0001", "nw-77", "INES okafor"):
        assert choices(client, f"/people/find?q={words}") == ["Ines Okafor"], words
    row = client.get("/people/find?q=okafor").json()
    assert row == [
        {
            "value": ines.pk,
            "text": "Ines Okafor",
            "sub": "ines@northwind.example · +44 113 496 0001 · NW-77 · Northwind Care",
        }
    ]
    assert choices(client, "/people/find?q=") == choices(client, "/people/find?q=o") == []
    assert choices(client, "/people/find?q=%00%25zz") == []


def test_found_are_at_most_twenty_and_no_leavers(signed_in, mira: User) -> None:
    User.objects.bulk_create([User(name=f"Same {n}", email=f"s{n}@x.example") for n in range(30)])
    User.objects.filter(email="s0@x.example").update(is_active=False)
    found = choices(signed_in(mira), "/people/find?q=same")

    assert len(found) == 20
    assert "Same 0" not in found


def test_pickers_of_assignees_offer_technicians_only(signed_in, mira: User, ines: User, vera: User) -> None:
    client = signed_in(mira)

    assert choices(client, "/people/find?q=example&technicians=1") == ["Mira Kask"]
    assert set(choices(client, "/people/find?q=example")) == {"Ines Okafor", "Mira Kask", "Vera Stone"}


def test_requesters_and_guests_find_nobody(signed_in, client: Client, ines: User, vera: User) -> None:
    for address in ("/people/find?q=ines", "/teams/find?q=desk"):
        assert client.get(address).status_code == 302
    for user in (ines, vera):
        for address in ("/people/find?q=ines", "/teams/find?q=desk"):
            assert signed_in(user).get(address).status_code == 404


def test_teams_are_found_where_they_can_receive(signed_in, mira: User, network: Team, vendors: Team) -> None:
    Team.objects.filter(pk=network.pk).update(takes="switches and VPN")
    client = signed_in(mira)

    assert choices(client, "/teams/find?q=vpn") == ["Network"]
    assert set(choices(client, "/teams/find?q=")) == {"Service desk", "Network", "Kestrel support"}
    network.tier.is_enabled = False
    network.tier.save()
    assert choices(client, "/teams/find?q=vpn") == []


# --- Login ---


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


def attempt(client: Client, email: str, password: str = "wrong-guess"):
    return client.post("/accounts/login/", {"login": email, "password": password})


def without_tokens(page: str, email: str) -> str:
    page = re.sub(r'(name="csrfmiddlewaretoken" value|name="csrf-token" content)="[^"]+"', "", page)
    return page.replace(email, "MAIL")


def test_login_does_not_tell_who_has_an_account(ines: User) -> None:
    known = text_of(attempt(Client(), ines.email))
    unknown = text_of(attempt(Client(), "nobody@northwind.example"))

    assert without_tokens(known, ines.email) == without_tokens(unknown, "nobody@northwind.example")


def test_a_reset_does_not_tell_who_has_an_account(ines: User) -> None:
    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in (ines.email, "nobody@northwind.example")
    ]

    assert [(each.status_code, each.headers["Location"]) for each in answers] == [
        (302, "/accounts/password/reset/done/")
    ] * 2
    assert Mail.objects.filter(to=ines.email).count() == 1


def test_guessing_passwords_is_throttled_even_for_unknown_addresses(ines: User) -> None:
    ines.set_password("correct-horse-battery")
    ines.save()
    for email in (ines.email, "nobody@northwind.example"):
        cache.clear()
        for _ in range(5):
            attempt(Client(), email)
        assert "Too many failed login attempts" in text_of(attempt(Client(), email))
    cache.clear()
    for _ in range(5):
        attempt(Client(), ines.email)
    page = attempt(Client(), ines.email, "correct-horse-battery")
    assert page.status_code == 200, "not even the right password opens it for now"


def test_resets_are_throttled(ines: User) -> None:
    codes = [Client().post("/accounts/password/reset/", {"email": ines.email}).status_code for _ in range(30)]

    assert codes[0] == 302
    assert 429 in codes
    assert Mail.objects.filter(to=ines.email).count() < 30


def test_signing_up_follows_the_desks_policy(northwind: Organisation, ada: User) -> None:
    OrganisationDomain.objects.create(organisation=northwind, domain="northwind.example")
    answers = {"name": "New", "password1": "a-fine-new-secret", "password2": "a-fine-new-secret"}

    def sign_up(email: str):
        return Client().post("/accounts/signup/", answers | {"email": email})

    sign_up("new@northwind.example")
    assert not User.objects.filter(name="New").exists(), "off"
    Desk.objects.update(signup=Signup.DOMAIN)
    sign_up("new@elsewhere.example")
    assert not User.objects.filter(name="New").exists(), "of no known domain"
    sign_up("new@northwind.example")
    assert User.objects.get(name="New").organisation == northwind


# --- The desk on every page ---


def test_the_desk_is_read_once_in_some_seconds(settings, ada: User, django_assert_num_queries) -> None:
    settings.DESK_CACHE_SECONDS = 5
    current.forget()
    with django_assert_num_queries(1):
        for _ in range(3):
            current.current_desk()
    current.forget()


# --- Raw admin pages ---


def test_the_raw_pages_show_tickets_and_change_none(signed_in, ada: User, ines: User, ticket, tomasz) -> None:
    client = signed_in(ada)
    for table in (
        "tickets/ticket",
        "tickets/event",
        "tickets/message",
        "escalation/handoff",
        "accounts/user",
    ):
        text_of(client.get(f"/admin/{table}/"))
        assert client.get(f"/admin/{table}/add/").status_code == 403
    assert client.post(f"/admin/tickets/ticket/{ticket.pk}/change/", {"subject": "x"}).status_code == 403
    assert client.post(f"/admin/tickets/ticket/{ticket.pk}/delete/", {"post": "yes"}).status_code == 403
    for table in ("tickets/category", "tickets/customfield", "tickets/priorityrule", "tickets/cannedreply"):
        text_of(client.get(f"/admin/{table}/"))


def test_the_raw_pages_are_for_staff_who_are_administrators(
    signed_in, mira: User, ada: User, ines: User
) -> None:
    for flags in ({"is_administrator": True}, {}):
        User.objects.filter(pk=mira.pk).update(**{"is_administrator": False, "is_staff": False} | flags)
        assert signed_in(User.objects.get(pk=mira.pk)).get("/admin/tickets/ticket/").status_code == 302
    User.objects.filter(pk=mira.pk).update(is_administrator=False, is_staff=True)
    assert signed_in(User.objects.get(pk=mira.pk)).get("/admin/tickets/ticket/").status_code == 403


def test_the_raw_pages_hide_restricted_tickets(signed_in, ada: User, mira: User, ticket, at) -> None:
    operations.restrict(ticket, people=[mira], teams=[], by=mira, at=at)
    assert not Ticket.objects.visible_to(ada).exists()

    client = signed_in(ada)
    assert ticket.subject not in text_of(client.get("/admin/tickets/ticket/"))
    assert client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").status_code == 302
