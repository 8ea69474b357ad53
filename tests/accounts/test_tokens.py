"""Tokens of the API: made by their owner, shown once, listed, revoked; and the accounts of programs."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AccountEvent, Token, User
from accounts.operations import create_service, create_token, forget_tokens, revoke_token, use_token
from accounts.refusals import Invalid, NotAllowed

GOOD = {"name": "Zabbix", "scopes": ["tickets:read", "tickets:write"], "days": "90"}


def text_on(page: Any) -> str:
    found = re.search(r'value="(td_\d+_[\w-]+)"', page.content.decode())
    assert found
    return found[1]


def test_a_token_is_made_on_its_page_and_shown_once(
    signed_in: Callable[[User], Any], mira: User, at: datetime
) -> None:
    door = signed_in(mira)
    shown = door.post("/profile/tokens/", GOOD)
    text = text_on(shown)
    assert shown["Cache-Control"] == "no-store"
    token = use_token(text, at=at)
    assert token
    assert (token.person, token.name, token.scopes) == (mira, "Zabbix", ["tickets:read", "tickets:write"])
    assert token.expires_at
    assert timedelta(days=89) < token.expires_at - at <= timedelta(days=91)
    listed = door.get("/profile/tokens/").content.decode()
    assert "Zabbix" in listed
    assert text not in listed


def test_a_form_that_lacks_something_says_what(signed_in: Callable[[User], Any], mira: User) -> None:
    page = signed_in(mira).post("/profile/tokens/", {"name": "Zabbix"})
    assert page.status_code == 422
    assert not Token.objects.exists()


def test_it_is_revoked_by_its_owner_alone(
    signed_in: Callable[[User], Any], mira: User, lars: User, at: datetime
) -> None:
    token, text = create_token(mira, name="x", scopes=["tickets:read"], by=mira, at=at)
    assert signed_in(lars).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert use_token(text, at=at)
    signed_in(mira).post(f"/profile/tokens/{token.pk}/revoke/")
    assert use_token(text, at=at) is None
    assert list(AccountEvent.objects.order_by("id").values_list("kind", flat=True)[:2]) == [
        "token.created",
        "token.revoked",
    ]


def test_nobody_makes_a_token_in_a_colleague_s_name(mira: User, ada: User, at: datetime) -> None:
    with pytest.raises(NotAllowed):
        create_token(mira, name="x", scopes=["tickets:read"], by=ada, at=at)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tickets:all"]}, "scopes"),
        ({"max_tier": 5}, "max_tier"),
        ({"expires_at": datetime.fromisoformat("2020-01-01T00:00:00Z")}, "expires_at"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(
    mira: User, at: datetime, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create_token(mira, **({"name": "x", "scopes": ["tickets:read"]} | wrong), by=mira, at=at)
    assert refused.value.field == field


def test_an_administrator_gives_a_program_an_account_and_a_token(
    signed_in: Callable[[User], Any], ada: User, at: datetime
) -> None:
    door = signed_in(ada)
    made = door.post("/settings/services/", {"name": "Zabbix"})
    service = User.objects.get(is_service=True)
    assert made["Location"] == f"/settings/services/{service.pk}/"
    token = use_token(text_on(door.post(made["Location"], GOOD)), at=at)
    assert token
    assert token.person == service
    assert "Zabbix" in door.get("/settings/services/").content.decode()
    door.post(f"/settings/services/{service.pk}/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at


def test_nobody_logs_in_with_the_account_of_a_program(client: Any, ada: User, at: datetime) -> None:
    service = create_service(name="Zabbix", by=ada, at=at)
    service.set_password("correct-horse-battery")
    service.save()
    client.post("/accounts/login/", {"login": service.email, "password": "correct-horse-battery"})
    assert "_auth_user_id" not in client.session


def test_tokens_that_ended_long_ago_are_dropped(mira: User, at: datetime) -> None:
    for name, expires in (("old", at + timedelta(days=1)), ("new", at + timedelta(days=300)), ("ever", None)):
        create_token(mira, name=name, scopes=["tickets:read"], expires_at=expires, by=mira, at=at)
    gone, _text = create_token(mira, name="gone", scopes=["tickets:read"], by=mira, at=at)
    revoke_token(gone, by=mira, at=at)
    assert forget_tokens(at=at + timedelta(days=100)) == 2
    assert {token.name for token in Token.objects.all()} == {"new", "ever"}


def test_the_command_says_what_is_wrong(mira: User) -> None:
    with pytest.raises(CommandError, match="Nobody has the address"):
        call_command("create_token", "nobody@example.com", scopes="tickets:read")
    with pytest.raises(CommandError, match="no scope"):
        call_command("create_token", mira.email, scopes="tickets:all")
