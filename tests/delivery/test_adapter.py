from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as django_mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import Desk, Membership, Organisation, OrganisationDomain, Signup, Team, User
from accounts.passwords import NotTheDemoPassword
from delivery.models import Delivery, Mail
from delivery.operations import claim, deliver
from tests.answers import Answer

PASSWORD = "a-long-enough-secret"


@pytest.fixture(autouse=True)
def nobody_is_throttled() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def acme(db: None) -> Organisation:
    acme = Organisation.objects.create(name="Acme")
    OrganisationDomain.objects.create(organisation=acme, domain="acme.example")
    return acme


def set_signup(to: str) -> None:
    Desk.objects.update_or_create(pk=1, defaults={"signup": to})


def sign_up(client: Client, email: str) -> Answer:
    form = {"name": "Nina New", "email": email, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/accounts/signup/", form)


def log_in(client: Client, email: str, password: str = PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


@pytest.mark.django_db
def test_a_reset_is_put_in_the_outbox_and_not_sent_in_the_request(client: Client, ines: User) -> None:
    assert client.post("/accounts/password/reset/", {"email": ines.email}).status_code == 302

    (row,) = Mail.objects.all()
    assert (row.to, row.person, row.state, django_mail.outbox) == (ines.email, ines, "waiting", [])
    assert "/accounts/password/reset/key/" in row.text

    delivery = Delivery.objects.get()
    (leased,) = claim(limit=1, worker="w1", at=delivery.next_at)
    assert deliver(leased, at=delivery.next_at) is True
    assert [message.to for message in django_mail.outbox] == [[ines.email]]


@pytest.mark.django_db
def test_a_reset_answers_alike_for_an_address_that_nobody_has(client: Client, ines: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": ines.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@elsewhere.example"})

    assert known.status_code == unknown.status_code == 302
    assert known.headers["Location"] == unknown.headers["Location"]


@pytest.mark.django_db
def test_nobody_signs_up_where_it_is_off(client: Client) -> None:
    set_signup(Signup.OFF)
    sign_up(client, "nina@acme.example")
    assert not User.objects.filter(email="nina@acme.example").exists()


@pytest.mark.django_db
def test_a_known_domain_signs_up_into_its_organisation(client: Client, acme: Organisation) -> None:
    set_signup(Signup.DOMAIN)
    sign_up(client, "Nina@ACME.example")

    nina = User.objects.get(email="nina@acme.example")
    assert (nina.name, nina.organisation) == ("Nina New", acme)


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["nina@elsewhere.example", "nina@sub.acme.example", "nina@notacme.example"])
def test_an_unknown_domain_is_refused_with_a_reason(client: Client, acme: Organisation, email: str) -> None:
    set_signup(Signup.DOMAIN)
    response = sign_up(client, email)

    assert "Nobody can sign up with an address of this mail domain." in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_where_sign_up_is_open_a_stranger_belongs_to_nobody(client: Client, acme: Organisation) -> None:
    set_signup(Signup.OPEN)
    sign_up(client, "nina@elsewhere.example")
    assert User.objects.get(email="nina@elsewhere.example").organisation is None


@pytest.mark.django_db
def test_who_signed_up_proves_the_address_before_getting_in(client: Client, acme: Organisation) -> None:
    set_signup(Signup.DOMAIN)
    sign_up(client, "boss@acme.example")
    assert "_auth_user_id" not in client.session

    log_in(client, "boss@acme.example")
    assert "_auth_user_id" not in client.session

    EmailAddress.objects.update(verified=True)
    log_in(client, "boss@acme.example")
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
def test_whom_an_administrator_added_gets_in_also_after_looking_at_the_addresses(client: Client) -> None:
    User.objects.create_user("rita@demo.example", PASSWORD, name="Rita")
    log_in(client, "rita@demo.example")
    assert "_auth_user_id" in client.session

    client.get("/accounts/email/")
    client.logout()
    log_in(client, "rita@demo.example")
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
def test_the_demo_password_opens_nothing_outside_the_demo(client: Client, settings: Any) -> None:
    User.objects.create_user("rita@demo.example", "tierdesk-demo", name="Rita")
    settings.ALLOW_DEMO_PASSWORDS = False

    response = log_in(client, "rita@demo.example", "tierdesk-demo")
    assert "The password of the demo is public" in response.content.decode()
    assert "_auth_user_id" not in client.session
    with pytest.raises(ValidationError):
        NotTheDemoPassword().validate("tierdesk-demo")

    settings.ALLOW_DEMO_PASSWORDS = True
    NotTheDemoPassword().validate("tierdesk-demo")
    log_in(client, "rita@demo.example", "tierdesk-demo")
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
def test_technicians_land_at_the_desk_and_requesters_in_the_portal(client: Client) -> None:
    for email in ("l1@demo.example", "rita@demo.example"):
        User.objects.create_user(email, PASSWORD, name=email)
    Membership.objects.create(user=User.objects.get(email="l1@demo.example"), team=Team.objects.get())

    assert log_in(client, "l1@demo.example").headers["Location"] == "/desk/"
    client.logout()
    assert log_in(client, "rita@demo.example").headers["Location"] == "/"


@pytest.mark.django_db
def test_the_raw_admin_has_the_same_door(client: Client) -> None:
    response = client.get("/admin/login/")
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.django_db
def test_a_reset_is_written_in_the_language_of_whose_login_it_is(client: Client) -> None:
    User.objects.create_user("rita@demo.example", PASSWORD, name="Rita", language="de")
    client.post(
        "/accounts/password/reset/", {"email": "rita@demo.example"}, headers={"accept-language": "en"}
    )
    assert "Passwort" in Mail.objects.get().text
