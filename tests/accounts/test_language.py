"""Which language and which zone: the person's own, else the browser's, else the desk's."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.answers import text_of

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def desk_in_use(ada: User) -> None:
    cache.clear()


@pytest.fixture
def newcomer(ines: User) -> User:
    ines.set_password("a long password")
    ines.save(update_fields=["password"])
    return ines


def log_in(client: Client, person: User) -> User:
    client.post(LOGIN, {"login": person.email, "password": "a long password"})
    return User.objects.get(pk=person.pk)


def test_a_stranger_reads_what_the_browser_asks_for(client: Client) -> None:
    for asked, language in (("de-AT,de;q=0.9,en;q=0.5", "de"), ("en-GB", "en"), ("tlh", "en"), ("", "en")):
        page = client.get(LOGIN, headers={"accept-language": asked})
        assert f'<html lang="{language}"' in text_of(page), asked


def test_a_stranger_chooses_another_language_and_stays_on_the_page(client: Client) -> None:
    assert 'lang="de">Deutsch</button>' in text_of(client.get(LOGIN))
    answer = client.post("/accounts/language/", {"language": "de", "next": f"{LOGIN}?next=/requests/"})

    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next=/requests/")
    page = text_of(client.get(LOGIN, headers={"accept-language": "en"}))
    assert '<html lang="de"' in page
    assert 'lang="en">English</button>' in page


def test_nonsense_chooses_nothing_and_leads_nowhere_else(client: Client) -> None:
    answer = client.post("/accounts/language/", {"language": "tlh", "next": "https://elsewhere.example/"})
    assert (answer.status_code, answer["Location"], answer.cookies.get("tierdesk_language")) == (
        302,
        "/",
        None,
    )


def test_somebody_logged_in_chooses_it_for_mail_too(signed_in, ines: User) -> None:
    signed_in(ines).post("/accounts/language/", {"language": "de", "next": "/requests/"})
    assert User.objects.get(pk=ines.pk).language == "de"


def test_the_first_login_learns_language_and_zone_from_the_browser(newcomer: User) -> None:
    client = Client(headers={"accept-language": "de"})
    client.cookies["zone"] = "Europe/Vienna"
    person = log_in(client, newcomer)
    assert (person.language, person.timezone) == ("de", "Europe/Vienna")

    elsewhere = Client(headers={"accept-language": "en"})
    elsewhere.cookies["zone"] = "Asia/Tokyo"
    person = log_in(elsewhere, newcomer)
    assert (person.language, person.timezone) == ("de", "Europe/Vienna")


def test_what_somebody_set_before_the_first_login_stays(newcomer: User) -> None:
    User.objects.filter(pk=newcomer.pk).update(language="de", timezone="Europe/Oslo")
    client = Client(headers={"accept-language": "en"})
    client.cookies["zone"] = "Asia/Tokyo"
    person = log_in(client, newcomer)
    assert (person.language, person.timezone) == ("de", "Europe/Oslo")


def test_a_language_chosen_at_the_login_is_kept_by_it(client: Client, newcomer: User) -> None:
    log_in(client, newcomer)
    again = Client()
    again.post("/accounts/language/", {"language": "de", "next": LOGIN})
    assert log_in(again, newcomer).language == "de"


def test_a_stranger_sees_times_in_the_browsers_zone_unless_it_is_none(client: Client) -> None:
    for named, status in (("Asia/Tokyo", 200), ("Mars/Olympus", 200), ("", 200)):
        client.cookies["zone"] = named
        assert client.get(LOGIN).status_code == status
