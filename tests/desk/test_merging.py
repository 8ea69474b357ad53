"""Two people at one ticket: what does not clash is put together, the rest is chosen field by field."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from tickets import operations
from tickets.models import Category, CustomField, Impact, Ticket, Urgency

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]


@pytest.fixture
def hers(ticket: Ticket, mira: User, vpn: Category, later: Later) -> Ticket:
    operations.take(ticket, by=mira, at=later(minutes=1))
    return operations.change(ticket, category=vpn, by=mira, at=later(minutes=2))


def form_of(client: Any, ticket: Ticket) -> dict[str, str]:
    """What the dialog holds as it is opened, untouched."""
    response = client.get(f"/desk/tickets/{ticket.number}/change/")
    form = response.context["form"]
    found = {}
    for bound in form.visible_fields():
        value = bound.value()
        if bound.name != "handle_with_care" and value is not None:
            found[bound.html_name] = str(value)
    return {**found, "version": str(ticket.version)}


def change(client: Any, ticket: Ticket, data: dict[str, str]) -> Any:
    return client.post(f"/desk/tickets/{ticket.number}/change/", data)


def sent_by(html: str) -> dict[str, str]:
    """What the page's form would send by one press."""
    form = html[html.index('<form class="card pad form"') :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if 'type="radio"' in tag and " checked" not in tag:
            continue
        if "name" in attributes:
            found[attributes["name"]] = attributes.get("value", "")
    return found


def test_two_who_correct_different_fields_lose_nothing(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket, later: Later
) -> None:
    client = signed_in(mira)
    mine = form_of(client, hers) | {"device": "NW-1180", "impact": str(Impact.COMPANY)}
    operations.change(hers, subject="VPN drops at home", by=sara, at=later(minutes=5))
    response = change(client, hers, mine)
    html = response.content.decode()
    assert response.status_code == 409
    states = {row.name: row.state for row in response.context["merged"].rows}
    assert states == {"subject": "theirs", "device": "mine", "impact": "mine"}
    assert "Nothing clashes" in html
    assert change(client, hers, sent_by(html)).status_code == 302
    hers.refresh_from_db()
    assert (hers.subject, hers.device, hers.impact) == ("VPN drops at home", "NW-1180", Impact.COMPANY)
    last = hers.events.filter(kind="ticket.changed").latest("id")
    before, after = last.changes["words"]
    assert before["subject"] == after["subject"]


def test_one_field_changed_by_both_is_chosen(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket, later: Later
) -> None:
    client = signed_in(mira)
    mine = form_of(client, hers) | {"subject": "VPN drops on the train", "urgency": str(Urgency.STOPPED)}
    operations.change(hers, subject="VPN drops at home", by=sara, at=later(minutes=5))
    response = change(client, hers, mine)
    html = response.content.decode()
    (row,) = [row for row in response.context["merged"].rows if row.state == "clash"]
    assert (row.base, row.theirs, row.mine) == (
        "VPN drops every 20 minutes",
        "VPN drops at home",
        "VPN drops on the train",
    )
    assert "1 field was changed by both" in html
    sent = sent_by(html)
    assert sent["subject"] == "VPN drops on the train"
    change(client, hers, sent | {"subject": row.theirs_values[0]})
    hers.refresh_from_db()
    assert (hers.subject, hers.urgency) == ("VPN drops at home", Urgency.STOPPED)


def test_custom_fields_are_put_together_too(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket, later: Later
) -> None:
    CustomField.objects.create(key="asset", label="Asset")
    CustomField.objects.create(key="room", label="Room")
    client = signed_in(mira)
    mine = form_of(client, hers) | {"fields.asset": "NW-9", "fields.room": ""}
    operations.change(hers, fields={"room": "2.14"}, by=sara, at=later(minutes=5))
    response = change(client, hers, mine)
    states = {row.name: row.state for row in response.context["merged"].rows}
    assert states == {"fields.asset": "mine", "fields.room": "theirs"}
    change(client, hers, sent_by(response.content.decode()))
    values = {row.field.key: row.value for row in hers.field_values.select_related("field")}
    assert values == {"asset": "NW-9", "room": "2.14"}


def test_a_reply_does_not_stop_for_a_tag_and_stops_for_a_note(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket, later: Later
) -> None:
    client = signed_in(mira)
    seen = str(hers.version)
    operations.tag(hers, names=["vpn"], by=sara, at=later(minutes=5))
    sent = {"kind": "reply", "body": "Try again, please.", "version": seen}
    assert client.post(f"/desk/tickets/{hers.number}/write/", sent).status_code == 302
    hers.refresh_from_db()
    seen = str(hers.version)
    operations.note(hers, text="She is away until noon.", by=sara, at=later(minutes=6))
    sent = {"kind": "reply", "body": "And now?", "version": seen}
    assert client.post(f"/desk/tickets/{hers.number}/write/", sent).status_code == 409
