"""The first run: who may answer it, and that the desk is usable afterwards."""

from collections.abc import Mapping
from io import BytesIO, StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AccountEvent, Desk, Team, Tier, User
from delivery.models import Mail
from helpdesk.desk.setup_token import token
from tests.answers import text_of
from tickets.models import Category, CustomField

PASSWORD = "a-fine-new-secret"
ADMINISTRATOR = {
    "name": "Ada Root",
    "email": "Ada@desk.example",
    "password": PASSWORD,
    "again": PASSWORD,
    "timezone": "Europe/Oslo",
}
STEPS = ["company", "tiers", "teams", "hours", "categories", "people"]


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def stranger(db: None, settings, client: Client) -> Client:
    """On a developer's machine no token is asked."""
    settings.DEBUG = True
    return client


def tier_answers(enabled: tuple[int, ...] = (1, 2)) -> dict[str, str]:
    answers = {"tier-TOTAL_FORMS": "5", "tier-INITIAL_FORMS": "5"}
    for level in range(5):
        answers |= {f"tier-{level}-level": str(level), f"tier-{level}-name": f"Level {level}"}
        if level in enabled:
            answers[f"tier-{level}-is_enabled"] = "on"
    return answers


def team_answers(*rows: tuple[str, str, str]) -> dict[str, str]:
    answers = {"team-TOTAL_FORMS": str(len(rows)), "team-INITIAL_FORMS": "0"}
    for at, (pk, name, tier) in enumerate(rows):
        answers |= {f"team-{at}-pk": pk, f"team-{at}-name": name, f"team-{at}-tier": tier}
    return answers


def answer(client: Client, step: str, answers: Mapping[str, object], then: str) -> None:
    response = client.post(f"/setup/{step}/", answers)
    assert (response.status_code, response.headers.get("Location")) == (302, then), response.content.decode()


def errors(client: Client, step: str, answers: Mapping[str, object]) -> str:
    return text_of(client.post(f"/setup/{step}/", answers), status=422)


def test_six_answers_make_a_desk_that_works(stranger: Client, django_capture_on_commit_callbacks) -> None:
    assert stranger.get("/accounts/login/").headers["Location"] == "/setup/"
    assert stranger.get("/setup/").headers["Location"] == "/setup/company/"
    desk_team = Team.objects.get()
    for step in STEPS:
        assert stranger.get(f"/setup/{step}/").status_code == 200

    answer(stranger, "company", {"name": "Northwind help", "phone": "+44 113"}, "/setup/tiers/")
    answer(stranger, "tiers", tier_answers((1, 2)), "/setup/teams/")
    teams = team_answers(
        (str(desk_team.pk), "Front desk", "1"), ("", "Network", "2"), ("", "", "1"), ("", " ", "2")
    )
    answer(stranger, "teams", teams, "/setup/hours/")
    hours = {"days": ["0", "1", "2", "3", "4"], "opens": "08:00", "closes": "17:30", "note": ""}
    answer(stranger, "hours", hours, "/setup/categories/")
    answer(stranger, "categories", {"template": "service_provider"}, "/setup/people/")
    people = ADMINISTRATOR | {
        "team": str(desk_team.pk),
        "lines": "Mira Kask, mira@desk.example, Front desk\nInes Okafor, ines@northwind.example\n",
        "invite": "on",
    }
    answer(stranger, "people", people, "/settings/")

    desk = Desk.load()
    assert (desk.name, desk.phone, desk.hours_text, desk.is_set_up) == (
        "Northwind help",
        "+44 113",
        "Mon to Fri, 08:00 to 17:30",
        True,
    )
    assert list(Tier.objects.enabled().values_list("level", "name")) == [(1, "Level 1"), (2, "Level 2")]
    assert set(Team.objects.in_use().values_list("name", "tier_id", "is_default")) == {
        ("Front desk", 1, True),
        ("Network", 2, True),
    }
    assert Category.objects.filter(parent=None, for_requesters=True).count() == 7
    assert CustomField.objects.get(key="site").categories.get().full_name == "Network"
    ada = User.objects.get(email="ada@desk.example")
    assert (ada.is_administrator, ada.timezone, ada.led_team_ids) == (True, "Europe/Oslo", [desk_team.pk])
    assert User.objects.get(email="mira@desk.example").is_technician
    assert set(Mail.objects.values_list("to", flat=True)) == {"mira@desk.example", "ines@northwind.example"}
    assert AccountEvent.objects.latest("id").kind == "desk.set_up"
    assert stranger.get("/settings/").status_code == 200, "the administrator is logged in"
    assert stranger.get("/setup/").status_code == 404, "and the set-up is over"


def test_the_first_administrator_can_log_in_later(stranger: Client) -> None:
    answer(stranger, "people", ADMINISTRATOR, "/settings/")
    browser = Client()
    browser.post("/accounts/login/", {"login": "ada@desk.example", "password": PASSWORD})

    assert browser.get("/settings/").status_code == 200


def test_without_the_token_nobody_answers(db: None, client: Client) -> None:
    assert client.get("/setup/").status_code == 200
    for step in STEPS:
        assert client.get(f"/setup/{step}/").headers["Location"] == "/setup/"
        assert client.post(f"/setup/{step}/", ADMINISTRATOR).headers["Location"] == "/setup/"
    assert not User.objects.exists()
    wrong = client.post("/setup/", {"token": "0" * 24})
    assert (wrong.status_code, "not the token" in wrong.content.decode()) == (422, True)
    assert client.post("/setup/", {"token": "é\x00"}).status_code == 422

    out = StringIO()
    call_command("setup_token", stdout=out)
    assert out.getvalue().split()[-1] == token()
    assert client.post("/setup/", {"token": f" {token().upper()} "}).headers["Location"] == "/setup/company/"
    assert client.get("/setup/people/").status_code == 200


def test_guessing_the_token_is_throttled(db: None, client: Client) -> None:
    for _ in range(10):
        client.post("/setup/", {"token": "guess"})

    page = client.post("/setup/", {"token": token()})
    assert (page.status_code, "Too many attempts" in page.content.decode()) == (422, True)


def test_once_somebody_is_here_strangers_find_nothing(
    client: Client, signed_in, ines: User, settings
) -> None:
    settings.DEBUG = True
    for address in ("/setup/", "/setup/company/", "/setup/people/"):
        assert client.get(address).status_code == 404
        assert client.post(address, ADMINISTRATOR).status_code == 404
        assert signed_in(ines).get(address).status_code == 404
        client.logout()
    assert client.get("/accounts/login/").status_code == 200
    with pytest.raises(CommandError):
        call_command("setup_token")


def test_an_administrator_finishes_the_set_up(signed_in, ada: User) -> None:
    client = signed_in(ada)
    assert "Set up the desk" in client.get("/settings/").content.decode()

    answer(client, "people", {"lines": ""}, "/settings/")

    assert Desk.load().is_set_up
    assert User.objects.get() == ada


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password": "short", "again": "short"}, "at least 8 characters"),
        ({"again": "something-else"}, "The two passwords differ."),
        ({"password": "ada@desk.example", "again": "ada@desk.example"}, "too similar"),
        ({"email": "nope"}, "Enter a valid email address."),
        ({"lines": "Mira, not-a-mail"}, "1, email: not-a-mail: Enter a valid email address."),
        ({"lines": "Mira, mira@x.example, Nowhere"}, "There is no team “Nowhere”."),
        ({"lines": 'Mira, "mira@x.example'}, "a quote is opened there"),
    ],
)
def test_what_is_wrong_in_the_last_step_is_told_and_nothing_written(stranger: Client, changes, says) -> None:
    assert says in errors(stranger, "people", ADMINISTRATOR | changes)
    assert not User.objects.exists()
    assert not Desk.load().is_set_up


def test_a_file_of_people_in_the_last_step(stranger: Client) -> None:
    good = BytesIO("name;email\nZoë 🦊;zoe@x.example\n".encode())
    good.name = "people.csv"
    bad = BytesIO("name,email\nJürgen,j@x.example".encode("latin-1"))
    bad.name = "people.csv"

    assert "not UTF-8" in errors(stranger, "people", ADMINISTRATOR | {"file": bad})
    answer(stranger, "people", ADMINISTRATOR | {"file": good}, "/settings/")
    assert User.objects.filter(name="Zoë 🦊").exists()


def test_a_desk_needs_a_tier_and_a_team(stranger: Client) -> None:
    assert "Use at least one tier." in errors(stranger, "tiers", tier_answers(()))
    assert "Name at least one team" in errors(stranger, "teams", team_answers(("", "", "1")))
    twice = team_answers(("", "A", "1"), ("", "a", "1"))
    assert "Two teams have the same name" in errors(stranger, "teams", twice)
    assert errors(stranger, "tiers", {"tier-TOTAL_FORMS": "x"})
    assert errors(stranger, "teams", team_answers(("", "A", "9")))
    answer(stranger, "tiers", tier_answers((2, 3)), "/setup/teams/")
    assert Team.objects.in_use().get().tier_id == 2, "the shipped team's tier is off, so another one is made"


def test_hours_become_a_line_that_people_read(stranger: Client) -> None:
    cases = {
        ("0", "1", "2", "3", "4", "5", "6"): "Mon to Sun, 00:00 to 23:59",
        ("0", "2"): "Mon, Wed, 00:00 to 23:59",
        ("5", "6"): "Sat, Sun, 00:00 to 23:59",
    }
    for days, line in cases.items():
        stranger.post("/setup/hours/", {"days": days, "opens": "00:00", "closes": "23:59"})
        assert Desk.load().hours_text == line
    assert "closes before it opens" in errors(
        stranger, "hours", {"days": ["0"], "opens": "10:00", "closes": "09:00"}
    )
    assert errors(stranger, "hours", {"days": ["9"], "opens": "x", "closes": ""})


def test_a_template_twice_adds_nothing_twice(stranger: Client) -> None:
    for code in ("small_office", "small_office", "software_company", "none"):
        answer(stranger, "categories", {"template": code}, "/setup/people/")

    assert Category.objects.filter(name="Programs").count() == 1
    assert CustomField.objects.filter(key="version").count() == 1
    assert errors(stranger, "categories", {"template": "../../etc/passwd"})


def test_in_german_it_proposes_german_names_and_the_administrator_reads_german(stranger: Client) -> None:
    german = {"accept-language": "de"}
    for step, words in (
        ("tiers", 'value="Technik"'),
        ("teams", 'value="Service Desk"'),
        ("categories", "Kleines Büro"),
    ):
        assert words in text_of(stranger.get(f"/setup/{step}/", headers=german))

    stranger.post("/setup/categories/", {"template": "small_office"}, headers=german)
    assert Category.objects.filter(name="Drucken und Scannen").exists()
    assert CustomField.objects.get(key="first-or-last-day").label == "Erster oder letzter Tag"
    stranger.post("/setup/people/", ADMINISTRATOR, headers=german)
    assert User.objects.get().language == "de"
