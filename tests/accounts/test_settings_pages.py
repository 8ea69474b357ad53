"""The settings pages of people, teams, tiers and the company, as administrators and leads use them."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client

from accounts.models import AccountEvent, Desk, Organisation, Skill, Team, Tier, User, UserSkill
from delivery.models import Mail
from tests.answers import text_of

NASTY = "<script>alert(1)</script> 🦊 שלום"
ADMIN_PAGES = [
    "/settings/",
    "/settings/company/",
    "/settings/people/",
    "/settings/people/new/",
    "/settings/people/upload/",
    "/settings/organisations/",
    "/settings/organisations/new/",
    "/settings/teams/",
    "/settings/teams/new/",
    "/settings/tiers/",
    "/settings/tiers/2/",
    "/settings/tiers/2/turn-off/",
    "/settings/skills/",
    "/settings/history/",
    "/settings/categories/",
    "/settings/categories/new/",
    "/settings/fields/",
    "/settings/fields/new/",
    "/settings/matrix/",
]


@pytest.fixture
def desk(signed_in: Callable[[User], Client], ada: User) -> Client:
    return signed_in(ada)


def person_form(**changes: str) -> dict[str, str]:
    return {
        "name": "Kim Lund",
        "email": "kim@desk.example",
        "reach_by": "mail",
        "timezone": "Europe/Oslo",
        "language": "en",
    } | changes


@pytest.mark.parametrize("address", ADMIN_PAGES)
def test_every_settings_page_opens_for_administrators(desk: Client, network: Team, address: str) -> None:
    text_of(desk.get(address))


@pytest.mark.parametrize("address", ADMIN_PAGES)
def test_nobody_else_can_tell_that_a_page_exists(
    signed_in, ines: User, mira: User, max_: User, vera: User, address: str
) -> None:
    for user in (ines, mira, max_, vera):
        assert signed_in(user).get(address).status_code == 404, user


def test_strangers_are_asked_to_log_in(client: Client, ada: User) -> None:
    assert client.get("/settings/people/").headers["Location"] == "/accounts/login/?next=/settings/people/"


def test_a_lead_finds_the_teams_they_lead_and_no_other(
    signed_in, lars: User, mira: User, dario: User, service_desk: Team, network: Team
) -> None:
    client = signed_in(lars)

    assert client.get("/settings/").headers["Location"] == "/settings/teams/"
    assert list(client.get("/settings/teams/").context["teams"]) == [service_desk]
    assert client.get(f"/settings/teams/{network.pk}/").status_code == 404
    assert client.get(f"/settings/people/{dario.pk}/skills/").status_code == 404
    assert client.get(f"/settings/people/{mira.pk}/").status_code == 404
    for address in ("members/", f"members/{mira.pk}/", "retire/", "revive/"):
        assert client.post(f"/settings/teams/{service_desk.pk}/{address}", {"leave": 1}).status_code == 404

    page = text_of(client.get(f"/settings/teams/{service_desk.pk}/"))
    assert "Add a member" not in page
    client.post(
        f"/settings/teams/{service_desk.pk}/", {"takes": "passwords", "name": "Mine", "is_default": ""}
    )
    service_desk.refresh_from_db()
    assert (service_desk.takes, service_desk.name, service_desk.is_default) == (
        "passwords",
        "Service desk",
        True,
    )


def test_a_lead_notes_a_members_skill(signed_in, lars: User, mira: User) -> None:
    vpn = Skill.objects.create(name="VPN")
    client = signed_in(lars)

    client.post(f"/settings/people/{mira.pk}/skills/", {"skill": vpn.pk, "level": 3})
    assert UserSkill.objects.get().level == 3
    client.post(f"/settings/people/{mira.pk}/skills/{vpn.pk}/")
    assert not UserSkill.objects.exists()


# --- People ---


def test_a_person_is_added_and_invited(desk: Client, ada: User) -> None:
    response = desk.post("/settings/people/new/", person_form(invite="on"))

    kim = User.objects.get(email="kim@desk.example")
    assert response.headers["Location"] == f"/settings/people/{kim.pk}/"
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("kim@desk.example", "Your account at Tierdesk")
    assert "/accounts/password/reset/key/" in mail.text
    kinds = AccountEvent.objects.order_by("id").values_list("kind", "by_id")
    assert list(kinds) == [("person.created", ada.pk), ("person.invited", ada.pk)]


def test_an_invitation_lets_choose_a_password_and_log_in(desk: Client) -> None:
    desk.post("/settings/people/new/", person_form(invite="on"))
    link = next(line for line in Mail.objects.get().text.splitlines() if "/reset/key/" in line)
    browser = Client()

    page = browser.get(link[link.index("/accounts") :], follow=True)
    browser.post(
        page.request["PATH_INFO"], {"password1": "a-fine-new-secret", "password2": "a-fine-new-secret"}
    )
    browser.post("/accounts/login/", {"login": "kim@desk.example", "password": "a-fine-new-secret"})

    assert browser.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "nul\x00"}, "Null characters are not allowed."),
        ({"email": "no-mail"}, "Enter a valid email address."),
        ({"email": "x" * 250 + "@x.example"}, "at most 254 characters"),
        ({"email": "INES@northwind.example"}, "belongs to somebody else already"),
        ({"organisation": "999999999999999999999"}, "Select a valid choice"),
        ({"organisation": "abc"}, "Select a valid choice"),
        ({"manager": "99999999999999999999999"}, "not here any more"),
        ({"timezone": "Mars/Base"}, "Select a valid choice"),
        ({"language": "tlh"}, "Select a valid choice"),
        ({"reach_by": "pigeon"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_stored_is_told_at_its_field(desk: Client, ines: User, changes, says: str) -> None:
    page = text_of(desk.post("/settings/people/new/", person_form(**changes)), 422)

    assert says in page
    assert not User.objects.filter(name="Kim Lund").exists()


def test_words_of_all_scripts_are_kept_and_shown_as_text(desk: Client) -> None:
    desk.post("/settings/people/new/", person_form(name=NASTY, location=NASTY))
    kim = User.objects.get(email="kim@desk.example")

    assert kim.name == NASTY
    for address in ("/settings/people/", f"/settings/people/{kim.pk}/", "/settings/history/"):
        page = text_of(desk.get(address))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; 🦊 שלום" in page
        assert "<script>alert" not in page


def test_the_only_administrator_cannot_step_down_by_the_form(desk: Client, ada: User) -> None:
    page = text_of(
        desk.post(f"/settings/people/{ada.pk}/", person_form(name="Ada Root", email=ada.email)), 422
    )

    assert "This is the only administrator." in page
    ada.refresh_from_db()
    assert ada.is_administrator


def test_people_are_found_and_filtered(
    desk: Client,
    ada: User,
    ines: User,
    lars: User,
    mira: User,
    vera: User,
    max_: User,
    northwind: Organisation,
    service_desk: Team,
) -> None:
    User.objects.filter(pk=mira.pk).update(is_active=False)
    cases = {
        "q=ines": [ines],
        "q=OKAFOR northwind": [ines],
        "role=lead": [lars],
        "role=guest": [vera],
        "role=manager": [max_],
        "role=administrator": [ada],
        "role=requester": [ines],
        "role=technician&active=all": [lars, mira],
        f"organisation={northwind.pk}": [ines],
        f"team={service_desk.pk}": [lars],
        "active=no": [mira],
        "role=nonsense&q=lars&team=x": [lars],
        "q=nobody-like-this": [],
    }
    for query, expected in cases.items():
        assert desk.get(f"/settings/people/?{query}").context["page"].rows == expected, query


def test_lists_page_by_name_there_and_back(desk: Client, ada: User) -> None:
    User.objects.bulk_create(
        [User(name=f"Same {n // 3:03}", email=f"p{n}@x.example") for n in range(120)], batch_size=200
    )
    first = desk.get("/settings/people/").context["page"]
    second = desk.get(f"/settings/people/?after={first.older}").context["page"]
    last = desk.get(f"/settings/people/?after={second.older}").context["page"]
    back = desk.get(f"/settings/people/?before={second.newer}").context["page"]

    everybody = list(User.objects.order_by("name", "id"))
    assert [*first.rows, *second.rows, *last.rows] == everybody
    assert (back.rows, first.newer, last.older) == (first.rows, None, None)
    for nonsense in ("x", "%00", "W10", "bnVsbA", "IltdIg"):
        assert desk.get(f"/settings/people/?after={nonsense}").context["page"].rows == first.rows


def test_lists_cost_few_queries_however_long(
    desk: Client, service_desk: Team, northwind: Organisation, django_assert_max_num_queries
) -> None:
    for n in range(60):
        somebody = User.objects.create(name=f"P {n}", email=f"p{n}@x.example", organisation=northwind)
        somebody.memberships.create(team=service_desk)
        Organisation.objects.create(name=f"O {n}").served_by.add(service_desk)
    addresses = [
        "/settings/people/",
        "/settings/organisations/",
        "/settings/teams/",
        f"/settings/teams/{service_desk.pk}/",
        "/settings/tiers/",
        "/settings/history/",
        "/settings/categories/",
        "/settings/fields/",
        "/settings/replies/",
    ]
    for address in addresses:
        with django_assert_max_num_queries(12):
            text_of(desk.get(address))


def test_somebody_is_logged_out_everywhere(desk: Client, ines: User, ada: User) -> None:
    browser = Client()
    ines.set_password("correct-horse-battery")
    ines.save()
    browser.post("/accounts/login/", {"login": ines.email, "password": "correct-horse-battery"})
    assert browser.get("/profile/").status_code == 200

    desk.post(f"/settings/people/{ines.pk}/log-out/")

    assert browser.get("/profile/").status_code == 302
    assert AccountEvent.objects.get(kind="person.logged_out").by == ada


# --- Upload ---


def upload(desk: Client, content: bytes, **fields: str):
    file = BytesIO(content)
    file.name = "people.csv"
    return desk.post("/settings/people/upload/", {"file": file} | fields)


def test_an_upload_shows_what_it_would_do_and_then_does_it(desk: Client, ada: User, northwind) -> None:
    content = f"name,email,organisation\n{NASTY},x@y.example,Northwind Care\nBad,bad,\n".encode()
    page = upload(desk, content)

    assert page.context["plan"].counts == {"added": 1, "changed": 0, "unchanged": 0, "skipped": 1}
    assert not User.objects.filter(email="x@y.example").exists()
    assert "<script>alert" not in text_of(page)

    form = page.context["form"]
    done = desk.post("/settings/people/upload/confirm/", {"text": form["text"].value(), "invite": "on"})
    assert done.context["plan"].counts["added"] == 1
    assert User.objects.get(email="x@y.example").name == NASTY
    assert Mail.objects.get().to == "x@y.example"
    assert upload(desk, content).context["plan"].counts["unchanged"] == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"a,b\n1,2\n", "Column missing: name, email"),
        ("name,email\nJürgen,j@x.example".encode("cp1252"), "Row 2 holds letters that are not UTF-8"),
        (b"name,email\n" + b"x" * (30 * 1024 * 1024), "more than 2 MB. Split it"),
        (b"name,email\n" + b"a,b@c.de\n" * 5001, "5001 rows, more than 5000"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_its_field(desk: Client, content: bytes, says: str) -> None:
    assert says in text_of(upload(desk, content), 422)


def test_confirming_nonsense_writes_nothing(desk: Client) -> None:
    for data in ({}, {"text": "nonsense"}, {"text": "x\x00"}):
        assert desk.post("/settings/people/upload/confirm/", data).status_code == 302
    assert User.objects.count() == 1


# --- Company, organisations, teams, tiers, skills ---


def test_an_organisation_with_its_domains_and_teams(desk: Client, service_desk: Team) -> None:
    answers = {
        "name": "Harbour",
        "kind": "customer",
        "support_plan": "strategic",
        "domains": "@Harbour.example\nports.harbour.example",
        "served_by": [service_desk.pk],
        "is_active": "on",
    }
    desk.post("/settings/organisations/new/", answers)

    harbour = Organisation.objects.get(name="Harbour")
    assert [row.domain for row in harbour.domains.all()] == ["harbour.example", "ports.harbour.example"]
    assert list(harbour.served_by.all()) == [service_desk]
    for changes, says in (
        ({"name": "HARBOUR"}, "an organisation of this name already"),
        ({"name": "Two", "domains": "harbour.example"}, "harbour.example belongs to Harbour already"),
        ({"name": "Two", "domains": "not a domain"}, "is no mail domain"),
        ({"name": "Two", "domains": "", "note": "x" * 501}, "at most 500 characters"),
        ({"name": "Two", "domains": "", "kind": "friend"}, "Select a valid choice"),
    ):
        assert says in text_of(desk.post("/settings/organisations/new/", answers | changes), 422)


def test_a_team_is_made_and_its_members_changed(desk: Client, mira: User, service_desk: Team) -> None:
    desk.post("/settings/teams/new/", {"name": "Wi-Fi", "tier": 2, "takes": "radio"})
    team = Team.objects.get(name="Wi-Fi")
    assert (team.tier_id, team.is_default) == (2, True), "the first team of a tier is its first choice"

    desk.post(f"/settings/teams/{team.pk}/members/", {"person": mira.pk, "role": "technician"})
    desk.post(f"/settings/teams/{team.pk}/members/{mira.pk}/", {"role": "lead"})
    assert team.memberships.get().role == "lead"
    desk.post(f"/settings/teams/{team.pk}/members/{mira.pk}/", {"role": "king"})
    assert team.memberships.get().role == "lead"
    desk.post(f"/settings/teams/{team.pk}/members/{mira.pk}/", {"leave": "1"})
    assert not team.memberships.exists()
    assert "a team of this name already" in text_of(
        desk.post("/settings/teams/new/", {"name": "wi-fi", "tier": 2}), 422
    )


def test_a_tier_is_renamed_and_its_policy_changed(desk: Client, tiers: dict[int, Tier], ada: User) -> None:
    said = {"name": "Second", "colour": "rose", "sees": "own_teams", "clearance": "3"}
    desk.post("/settings/tiers/2/", {**said, "proposal_minutes": "45"})

    tier = Tier.objects.get(pk=2)
    assert (tier.name, tier.colour, tier.sees, tier.clearance, tier.writes_to_requesters) == (
        "Second",
        "rose",
        "own_teams",
        3,
        False,
    )
    assert tier.proposal_minutes == 45
    assert AccountEvent.objects.get().data["sees"] == ["served", "own_teams"]
    assert text_of(desk.post("/settings/tiers/2/", {"name": "", "sees": "x", "clearance": "9"}), 422)
    assert desk.get("/settings/tiers/7/").status_code == 404


def test_the_company_shows_on_every_page(desk: Client, client: Client) -> None:
    answers = {
        "name": NASTY,
        "phone": "+44 113 496",
        "hours_text": "Mon to Fri",
        "signup": "off",
        "days_until_closed": "5",
    }
    desk.post("/settings/company/", answers)

    page = text_of(Client().get("/accounts/login/"))
    assert "+44 113 496" in page
    assert "Mon to Fri" in page
    assert "<script>alert" not in page
    for changes in ({"signup": "all"}, {"days_until_closed": "-1"}, {"days_until_closed": "x"}, {"name": ""}):
        text_of(desk.post("/settings/company/", answers | changes), 422)
    assert Desk.load().name == NASTY


def test_skills_are_added_renamed_deleted(desk: Client) -> None:
    desk.post("/settings/skills/", {"name": "VPN"})
    skill = Skill.objects.get()
    assert "a skill of this name already" in text_of(desk.post("/settings/skills/", {"name": "vpn"}), 422)
    desk.post(f"/settings/skills/{skill.pk}/", {"name": "VPN and Wi-Fi"})
    skill.refresh_from_db()
    assert skill.name == "VPN and Wi-Fi"
    desk.post(f"/settings/skills/{skill.pk}/delete/")
    assert not Skill.objects.exists()


def test_history_is_told_in_sentences(desk: Client, ada: User, ines: User, service_desk: Team) -> None:
    desk.post(f"/settings/teams/{service_desk.pk}/members/", {"person": ines.pk, "role": "lead"})
    desk.post(
        f"/settings/people/{ines.pk}/",
        person_form(name="Ines O", email=ines.email, timezone="UTC", is_manager="on"),
    )

    page = text_of(desk.get("/settings/history/"))
    assert "<b>Ada Root</b> put Ines O into Service desk as lead" in page
    assert "<b>Ada Root</b> changed Ines O" in page
    assert "manager: no → yes" in page
