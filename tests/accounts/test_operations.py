from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import DatabaseError, transaction
from django.test import Client

from accounts import operations
from accounts.models import AccountEvent, Desk, Membership, Organisation, Skill, Team, Tier, User, UserSkill
from accounts.operations.people import PersonDetails
from accounts.refusals import (
    AddressTaken,
    DomainTaken,
    LastAdministrator,
    LastTeam,
    LastTier,
    ManagersInACircle,
    NotAllowed,
    NotOneself,
)


def last_event() -> tuple[str, int | None, dict[str, Any]]:
    event = AccountEvent.objects.latest("id")
    return event.kind, event.by_id, event.data


def test_a_person_is_added_and_cannot_log_in_before_setting_a_password(ada: User, at) -> None:
    kim = operations.create_person(email="Kim@Desk.example", name="Kim Lund", is_manager=True, by=ada, at=at)

    assert (kim.email, kim.is_manager, kim.has_usable_password()) == ("kim@desk.example", True, False)
    assert last_event() == ("person.created", ada.pk, {"rights": ["is_manager"]})


def test_an_address_belongs_to_one_person_whatever_its_case(ada: User, ines: User, at) -> None:
    with pytest.raises(AddressTaken, match="belongs to somebody else"):
        operations.create_person(email="INES@northwind.example", name="Other", by=ada, at=at)
    with pytest.raises(AddressTaken):
        operations.change_person(ada, email="Ines@Northwind.example", by=ada, at=at)


def test_history_names_changed_words_and_shows_changed_codes(ada: User, ines: User, at) -> None:
    operations.change_person(ines, name="Ines O’Kafor", is_manager=True, phone="+44 1", by=ada, at=at)

    assert last_event() == (
        "person.changed",
        ada.pk,
        {"is_manager": [False, True], "words": ["name", "phone"]},
    )


def test_nothing_changed_records_nothing(ada: User, ines: User, at) -> None:
    operations.change_person(ines, name=ines.name, by=ada, at=at)

    assert not AccountEvent.objects.exists()


def test_rights_are_given_by_administrators_only(max_: User, ines: User, at) -> None:
    rights: list[PersonDetails] = [
        {"is_administrator": True},
        {"is_manager": True},
        {"is_staff": True},
        {"sees_organisation": True},
    ]
    for right in rights:
        with pytest.raises(NotAllowed):
            operations.change_person(ines, by=ines, at=at, **right)
        with pytest.raises(NotAllowed):
            operations.create_person(email="x@x.example", name="X", by=max_, at=at, **right)
    with pytest.raises(NotAllowed):
        operations.deactivate(ines, by=max_, at=at)


def test_the_old_address_logs_in_no_more(ada: User, ines: User, at) -> None:
    EmailAddress.objects.create(user=ines, email=ines.email, verified=True, primary=True)

    operations.change_person(ines, email="ines.new@northwind.example", by=ada, at=at)

    addresses = EmailAddress.objects.filter(user=ines).values_list("email", "verified", "primary")
    assert list(addresses) == [("ines.new@northwind.example", True, True)]


def test_nobody_is_their_own_manager_by_way_of_others(ada: User, ines: User, greta: User, at) -> None:
    operations.change_person(ines, manager=greta, by=ada, at=at)
    with pytest.raises(ManagersInACircle):
        operations.change_person(greta, manager=ines, by=ada, at=at)
    with pytest.raises(ManagersInACircle):
        operations.change_person(greta, manager=greta, by=ada, at=at)


def test_a_leaver_is_logged_out_at_once_everywhere(ada: User, ines: User, client: Client, at) -> None:
    ines.set_password("correct-horse-battery")
    ines.save()
    client.post("/accounts/login/", {"login": ines.email, "password": "correct-horse-battery"})
    assert UserSession.objects.filter(user=ines).count() == 1
    assert client.get("/profile/").status_code == 200

    operations.deactivate(ines, by=ada, at=at)

    assert last_event() == ("person.deactivated", ada.pk, {"sessions": 1})
    assert client.get("/profile/").status_code == 302
    operations.reactivate(ines, by=ada, at=at)
    assert client.get("/profile/").status_code == 302, "an old session does not come back"


def test_the_last_administrator_stays(ada: User, at) -> None:
    with pytest.raises(LastAdministrator):
        operations.change_person(ada, is_administrator=False, by=ada, at=at)
    with pytest.raises(LastAdministrator):
        operations.deactivate(ada, by=None, at=at)
    with pytest.raises(NotOneself):
        operations.deactivate(ada, by=ada, at=at)


def test_roles_in_teams_are_recorded(ada: User, mira: User, network: Team, at) -> None:
    operations.join_team(mira, team=network, by=ada, at=at)
    operations.join_team(mira, team=network, role="lead", by=ada, at=at)
    operations.join_team(mira, team=network, role="lead", by=ada, at=at)
    operations.leave_team(mira, team=network, by=ada, at=at)

    rows = AccountEvent.objects.order_by("id").values_list("kind", "data")
    assert list(rows) == [
        ("team.joined", {"role": "technician"}),
        ("team.role_changed", {"role": ["technician", "lead"]}),
        ("team.left", {}),
    ]
    assert not Membership.objects.filter(user=mira, team=network).exists()


def test_a_lead_changes_what_the_team_takes_and_nothing_else(
    lars: User, service_desk: Team, network: Team, at
) -> None:
    changed = operations.change_team(service_desk, takes="everything", by=lars, at=at)

    assert changed.takes == "everything"
    with pytest.raises(NotAllowed):
        operations.change_team(service_desk, name="Mine", by=lars, at=at)
    with pytest.raises(NotAllowed):
        operations.change_team(network, takes="everything", by=lars, at=at)
    with pytest.raises(NotAllowed):
        operations.join_team(lars, team=network, by=lars, at=at)


def test_a_lead_notes_skills_of_members_only(lars: User, mira: User, dario: User, at) -> None:
    vpn = Skill.objects.create(name="VPN")

    operations.set_skill(mira, skill=vpn, level=3, by=lars, at=at)

    assert UserSkill.objects.get().level == 3
    assert last_event() == ("person.skill_set", lars.pk, {"about": vpn.pk, "level": 3})
    with pytest.raises(NotAllowed):
        operations.set_skill(dario, skill=vpn, level=3, by=lars, at=at)


def test_a_tier_has_one_first_choice(ada: User, tiers: dict[int, Tier], network: Team, at) -> None:
    other = operations.create_team(name="Wi-Fi", tier=tiers[2], is_default=True, by=ada, at=at)

    network.refresh_from_db()
    assert (other.is_default, network.is_default) == (True, False)


def test_a_desk_keeps_a_tier_and_a_team(ada: User, tiers: dict[int, Tier], service_desk: Team, at) -> None:
    with pytest.raises(LastTier):
        operations.disable_tier(tiers[1], by=ada, at=at)
    with pytest.raises(LastTeam):
        operations.retire_team(service_desk, by=ada, at=at)


def test_a_mail_domain_belongs_to_one_organisation(ada: User, northwind: Organisation, at) -> None:
    operations.change_organisation(northwind, domains=["northwind.example"], by=ada, at=at)
    with pytest.raises(DomainTaken, match="belongs to Northwind Care"):
        operations.create_organisation(name="Other", domains=["NORTHWIND.example"], by=ada, at=at)


def test_history_is_append_only(ada: User, ines: User, at) -> None:
    operations.change_person(ines, is_vip=True, by=ada, at=at)
    event = AccountEvent.objects.get()

    for change in (event.delete, lambda: AccountEvent.objects.update(kind="x")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_the_desk_is_changed_by_administrators(ada: User, max_: User, at) -> None:
    with pytest.raises(NotAllowed):
        operations.change_desk(name="Mine", by=max_, at=at)
    operations.change_desk(name="Northwind help", signup="open", by=ada, at=at)

    assert Desk.load().name == "Northwind help"
    assert last_event() == ("desk.changed", ada.pk, {"signup": ["off", "open"], "words": ["name"]})
