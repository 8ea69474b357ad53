"""Programs of the cast: each has a token, and speaks JSON."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Team, User
from accounts.models.tokens import SCOPES
from accounts.operations import create_skill, create_token
from accounts.operations.contracts import add_contact, add_contract
from delivery.models import WebhookCall
from delivery.operations import create_webhook, send_to_webhook
from escalation import operations as escalation
from escalation.operations.macros import create_macro
from escalation.operations.rules import create_rule
from escalation.operations.trying import try_rules
from escalation.rules.exchange import read
from knowledgebase.operations.reviewing import publish
from knowledgebase.operations.running import start
from knowledgebase.operations.sections import create_section
from knowledgebase.operations.writing import create_article, write
from sla.calendar_spec import CalendarSpec
from sla.operations.calendars import create_calendar
from sla.operations.policies import create_policy
from sla.operations.simulating import ask_what_if
from sla.spec import PolicySpec
from tests.knowledgebase.sops import WIFI, sop
from tests.test_routes import ROLES
from tickets import operations
from tickets.models import SavedView, Ticket

RULE = "rules: [{name: To managers, events: [created], then: [{notify: {who: managers}}]}]"


class Program:
    """A client of the API with one token, or with none."""

    def __init__(self, token: str | None) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, params: Any = None, **headers: str) -> Any:
        return self.client.get(path, params, headers=self._all(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("patch", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("put", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("delete", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A text or bytes as they are, anything else as JSON; None sends no body."""
        data = b"" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        kind = "application/json" if body is not None else ""
        return self.client.generic(method.upper(), path, data, kind, headers=self._all(headers))

    def _all(self, headers: dict[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def program(at: datetime) -> Callable[..., Program]:
    """`program(mira)`: her token has every scope; `program(mira, "tickets:read")` only that; `program()` has none."""

    def of(person: User | None = None, *scopes: str, **facts: Any) -> Program:
        if person is None:
            return Program(None)
        _token, text = create_token(person, name="test", scopes=scopes or SCOPES, by=None, at=at, **facts)
        return Program(text)

    return of


@pytest.fixture
def ines_api(program: Callable[..., Program], ines: User) -> Program:
    return program(ines)


@pytest.fixture
def mira_api(program: Callable[..., Program], mira: User) -> Program:
    return program(mira)


@pytest.fixture
def house(
    ines: User,
    mira: User,
    dario: User,
    yuki: User,
    vera: User,
    lars: User,
    max_: User,
    ada: User,
    ticket: Ticket,
    open_ticket: Callable[..., Ticket],
    service_desk: Team,
    vendors: Team,
    at: Any,
) -> dict[str, Any]:
    """One of everything, by the names of the placeholders and of what bodies mention."""
    file = operations.store_upload(file=SimpleUploadedFile("a.txt", b"a", "text/plain"), by=ines, at=at)
    ticket = operations.reply(ticket, text="See the file", by=ines, at=at, attachments=[file.pk])
    upload = operations.store_upload(file=SimpleUploadedFile("b.txt", b"b", "text/plain"), by=ines, at=at)
    other = open_ticket("Also the printer")
    with_vendor = open_ticket("Circuit 7")
    escalation.hand_to_vendor(with_vendor, team=vendors, summary="Look, please", by=lars, at=at)
    operations.tag(ticket, names=["vpn"], by=mira, at=at)
    operations.link(ticket, other=other, type="related", by=mira, at=at)
    problem = open_ticket("Cause", kind="problem")
    section = create_section(name="Networks", by=None, at=at)
    article = create_article(section=section, title="VPN", body="Renew the lease.", by=lars, at=at)
    publish(article, by=lars, at=at)
    write(article, body="Renew the lease twice.", by=lars, at=at)
    wifi = sop(WIFI, by=lars, at=at)
    webhook, _secret = create_webhook(name="Chat", url="https://chat.example.com/in", by=ada, at=at)
    sent = send_to_webhook(webhook, {"n": 1}, at=at)
    calendar = create_calendar(
        name="Night", spec=CalendarSpec(zone="UTC", is_always_open=True), by=ada, at=at
    )
    kestrel = vendors.organisation
    assert kestrel is not None
    contract = add_contract(
        kestrel, number="C-17", covers="Circuits", starts_on=at.date(), ends_on=None, by=ada, at=at
    )
    trial = try_rules(text=RULE, since=at.date(), until=at.date(), by=ada, at=at)
    (draft,) = read(RULE)
    rule = create_rule(name=draft.name, spec=draft.spec, by=ada, at=at)
    what_if = ask_what_if(text="name: Nothing\n", since=at.date(), until=at.date(), by=ada, at=at)
    return {
        "articles": article.pk,
        "section": section.pk,
        "wifi": wifi.pk,
        "runs": start(ticket, article=wifi, by=mira, at=at).pk,
        "people": mira.pk,
        "teams": service_desk.pk,
        "members": mira.pk,
        "organisations": ines.organisation_id,
        "skills": create_skill(name="Firewalls", by=ada, at=at).pk,
        "vendors": vendors.organisation_id,
        "contracts": contract.pk,
        "contacts": add_contact(kestrel, name="Fault desk", by=ada, at=at).pk,
        "rules": rule.pk,
        "trials": trial.pk,
        "policies": create_policy(name="Special", spec=PolicySpec(), by=ada, at=at).pk,
        "calendars": calendar.pk,
        "what-if": what_if.pk,
        "webhooks": webhook.pk,
        "calls": WebhookCall.objects.create(
            webhook=webhook, delivery_id=sent.pk, created_at=at, url=webhook.url, body="{}", milliseconds=1
        ).pk,
        "deliveries": sent.pk,
        "number": ticket.number,
        "with_vendor": with_vendor.number,
        "other": other.number,
        "problem": problem.number,
        "file": str(file.pk),
        "upload": str(upload.pk),
        "macro": create_macro(name="Watch", acts=[("watch", {})], by=None, at=at).pk,
        "view": SavedView.objects.create(name="All", owner=ada, for_everyone=True).pk,
        "message": ticket.messages.earliest("pk").pk,
        "link": ticket.links.get().pk,
        "mira": mira.pk,
        "ines": ines.pk,
        "team": dario.team_ids[0],
        "own_team": service_desk.pk,
        "vendor_team": vendors.pk,
        "vendor": vendors.organisation_id,
        "code": "invalid",
    }


def cast_of(*people: User) -> dict[str, User | None]:
    return dict(zip(ROLES, (None, *people), strict=True))


@pytest.fixture
def cast(
    ines: User,
    tomasz: User,
    otto: User,
    mira: User,
    dario: User,
    yuki: User,
    vera: User,
    lars: User,
    max_: User,
    ada: User,
) -> dict[str, User | None]:
    return cast_of(ines, tomasz, otto, mira, dario, yuki, vera, lars, max_, ada)
