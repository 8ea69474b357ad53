"""Every address, tried as every role, against the table in routes.yml: a new route without a row fails.

A row gives the status of a GET for each role, in the order of `ROLES`. 302 is the way to the login (or, for
those who are in, the way on), 404 "cannot see", 403 "may not", 405 "takes POST only".
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Contract, Desk, Organisation, Skill, Team, User, VendorContact
from accounts.operations import create_service
from delivery.models import WebhookCall
from delivery.operations import create_webhook, enqueue, send_mail_row
from escalation.models import Firing
from escalation.operations import Wanted, create_checklist
from escalation.operations.macros import create_macro
from escalation.operations.rules import create_rule
from escalation.operations.trying import try_rules
from escalation.rules.exchange import of_rule, write
from escalation.rules.spec import from_json
from helpdesk.demo.texts import read
from insights.models import Survey
from intake.models import Mailbox, MailMessage
from intake.operations.receiving import process, store
from knowledgebase.models import Announcement, Article, Synonym
from knowledgebase.operations.announcing import publish_and_announce
from knowledgebase.operations.files import attach_file
from knowledgebase.operations.learning import look_through, publish_from_ticket
from knowledgebase.operations.reviewing import publish
from knowledgebase.operations.running import start
from knowledgebase.operations.sections import create_section
from knowledgebase.operations.suggesting_steps import suggest_change
from knowledgebase.operations.writing import create_article
from sla.models import Calendar, Policy
from sla.operations.recomputing import ask
from sla.operations.simulating import ask_what_if, run
from tests.knowledgebase.sops import WIFI
from tests.knowledgebase.sops import sop as write_sop
from tickets import operations
from tickets.models import CannedReply, CustomField, ReadyTicket, SavedView, Ticket

RULE = {
    "events": ["changed:priority"],
    "time": None,
    "when": {"all": [{"field": "priority", "op": "is", "value": ["1"]}]},
    "actions": [["note", {"text": "Look at it."}]],
    "stops": False,
}
PROPOSAL = "calendars: {Night: {zone: UTC, hours: always}}"
TABLE = Path(__file__).with_name("routes.yml")
ROLES = (
    "anonymous",
    "requester",
    "colleague",
    "stranger",
    "l1",
    "l2",
    "l3",
    "vendor",
    "lead",
    "manager",
    "admin",
)
# Pages of Django and allauth are tried below, those of programs in tests/api/test_matrix.py.
NOT_OURS = ("admin/", "accounts/", "api/")


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def ours() -> list[str]:
    return sorted(route for route in set(patterns(get_resolver())) if not route.startswith(NOT_OURS))


def table() -> dict[str, list[int]]:
    rows = read(TABLE)
    return {route: [int(status) for status in str(statuses).split()] for route, statuses in rows.items()}


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert ours() == sorted(table())


@pytest.fixture
def house(
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
    ticket: Ticket,
    vpn: Any,
    service_desk: Team,
    kestrel: Organisation,
    at: Any,
) -> dict[str, str]:
    """One of everything, so that every address leads somewhere; the values that stand for its placeholders."""
    Desk.objects.update(is_set_up=True)
    _answer(ticket, at=at)
    file = operations.store_upload(file=SimpleUploadedFile("a.txt", b"a", "text/plain"), by=ines, at=at)
    operations.reply(ticket, text="See the file", by=ines, at=at, attachments=[file.pk])
    view = SavedView.objects.create(name="All", owner=ada, for_everyone=True)
    canned = CannedReply.objects.create(name="Hello", body="Hello")
    field = CustomField.objects.create(key="asset", label="Asset")
    skill = Skill.objects.create(name="Networks")
    delivery = enqueue("mail", {"mail": 0}, at=at)
    mail = send_mail_row(to="x@example.org", subject="x", text="x", at=at)
    article = _article(northwind=ines.organisation, at=at)
    fix = _fix(ticket, by=lars, at=at)
    tried = create_rule(name="P1 goes up", spec=from_json(RULE), by=ada, at=at)
    assert tried.current
    fired = Firing.objects.create(version=tried.current, ticket=ticket, at=at, state=Firing.State.DONE)
    text = write([of_rule(tried)]).replace("enabled: false", "enabled: true")
    sop = write_sop(WIFI, by=lars, at=at)
    run_of_sop = start(ticket, article=sop, by=mira, at=at)
    assert sop.published
    suggestion = suggest_change(sop, version=sop.published, step="switch", text="x", by=mira, at=at)
    trial = try_rules(text=text, since=at.date(), until=at.date(), by=ada, at=at)
    webhook, _secret = create_webhook(name="Chat", url="https://chat.example.com/", by=ada, at=at)
    service = create_service(name="Zabbix", by=ada, at=at)
    keys = {
        "service": service.pk,
        "person": ines.pk,
        "article": article.pk,
        "draft": fix.article_id,
        "match": fix.article_id,
        "announcement": fix.pk,
        "slug": article.slug,
        "section": article.section_id,
        "path": article.section.path,
        "article_file": article.files.get().pk,
        "user": ines.pk,
        "away": lars.pk,
        "organisation": ines.organisation_id,
        "team": service_desk.pk,
        "category": vpn.pk,
        "field": field.pk,
        "skill": skill.pk,
        "canned": canned.pk,
        "reply": canned.pk,
        "macro": create_macro(name="Take", acts=[("take", {})], by=None, at=at).pk,
        "ready-ticket": ReadyTicket.objects.create(name="Password", subject="Password").pk,
        "delivery": delivery.pk,
        "mail": mail.pk,
        "calendar": Calendar.objects.earliest("pk").pk,
        "policy": Policy.objects.get(is_default=True).pk,
        "recompute": ask(reason="Business hours", by=ada, at=at).pk,
        "what-if": run(ask_what_if(text=PROPOSAL, since=at.date(), until=at.date(), by=ada, at=at), at=at).pk,
        "view": view.pk,
        "synonym": Synonym.objects.create(words=["vpn", "tunnel"]).pk,
        "rule": tried.pk,
        "try": run(trial, at=at).pk,
        "why": fired.pk,
        "sop": sop.pk,
        "script": run_of_sop.pk,
        "suggestion": suggestion.pk,
        "vendor": kestrel.pk,
        "contract": Contract.objects.create(vendor=kestrel, number="K-1", covers="Lines", starts_on=at).pk,
        "contact": VendorContact.objects.create(vendor=kestrel, name="Nils", email="nils@kestrel.example").pk,
        "webhook": webhook.pk,
        "mailbox": Mailbox.objects.create(name="desk", address="desk@desk.example", created_at=at).pk,
        "call": WebhookCall.objects.create(
            webhook=webhook,
            delivery_id=delivery.pk,
            created_at=at,
            url=webhook.url,
            body="{}",
            milliseconds=9,
        ).pk,
        "checklist": create_checklist(
            tier=service_desk.tier, items=[Wanted("Asset number")], by=None, at=at
        ).pk,
    }
    return {
        "number": ticket.number,
        "incoming": str(_mail_in(ticket, of=ines, at=at).pk),
        "file": str(file.pk),
        "view": str(view.pk),
        **{k: str(v) for k, v in keys.items()},
    }


def _answer(ticket: Ticket, *, at: Any) -> None:
    """What she gave for it when it was resolved before."""
    Survey.objects.create(
        ticket=ticket,
        resolution=0,
        person=ticket.requester,
        resolved_at=at,
        resolved_on=at.date(),
        kind=ticket.kind,
        level=ticket.tier_id,
        team=ticket.team,
        asked_at=at,
        answered_at=at,
        score=2,
        is_low=True,
    )


def _mail_in(ticket: Ticket, *, of: User, at: Any) -> MailMessage:
    """An answer of hers by mail, filed on the ticket."""
    raw = f"From: {of.email}\nTo: desk@desk.example\nSubject: [{ticket.number}] VPN\n\nStill.".encode()
    row = store(raw, mailbox=Mailbox.objects.get(name="desk"), at=at, source="test")
    assert process(row.pk, at=at).ticket == ticket.number
    return row


def _article(*, northwind: Organisation | None, at: Any) -> Article:
    """For the desk and the people of Northwind, with a file."""
    assert northwind
    section = create_section(name="Networks", by=None, at=at)
    article = create_article(
        section=section,
        title="VPN drops",
        body="Restart it.",
        audience="organisations",
        organisations=[northwind],
        by=None,
        at=at,
    )
    attach_file(article, file=SimpleUploadedFile("a.txt", b"a", "text/plain"), by=None, at=at)
    return publish(article, by=None, at=at)


def _fix(ticket: Ticket, *, by: User, at: Any) -> Announcement:
    """A known error that was made from the ticket, for technicians; and the ticket is a cause of another."""
    incident = operations.open_ticket(
        subject="Me too", requester=ticket.requester, by=by, at=at, description="x"
    )
    operations.link(incident, other=ticket, type="caused_by", by=by, at=at)
    draft = publish_from_ticket(ticket, kind="known_error", by=by, at=at)
    draft = look_through(draft, is_clean=True, by=by, at=at)
    return publish_and_announce(draft, tiers=[1], by=by, at=at)


def address(route: str, house: dict[str, str]) -> str:
    """The route with its placeholders filled: by what stands before them."""

    def fill(match: re.Match[str]) -> str:
        before = route[: match.start()].rstrip("/").rpartition("/")[2]
        kind, name = match[1], match[2]
        if kind in ("uuid", "path"):
            file = "article_file" if route.startswith("help/") else "file"
            return house["path" if kind == "path" else file]
        if name == "number":
            return house["number"] if kind != "int" else house["number"].removeprefix("TD-")
        if name in ("token", "level"):
            return {"token": "nonsense", "level": "1"}[name]
        singular = {
            "people": "person",
            "categories": "category",
            "policies": "policy",
            "replies": "reply",
            "deliveries": "delivery",
            "outbox": "mail",
            "matches": "match",
            "mailboxes": "mailbox",
            "mail": "incoming",
            "mails": "incoming",
        }
        stem = singular.get(before, before.removesuffix("s"))
        if kind == "slug":
            return {
                "queues": "tier-1",
                "help": house["slug"],
                "suggestions": house["slug"],
                "letters": "opened",
                "versions": "category",
            }.get(before, "take")
        if route.startswith("settings/versions/") and name == "key":
            return house["category"]
        return house.get(stem, house.get(name, "1"))

    return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", fill, route)


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
    people = (None, ines, tomasz, otto, mira, dario, yuki, vera, lars, max_, ada)
    return dict(zip(ROLES, people, strict=True))


def door(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend="accounts.backend.AuthenticationBackend")
    return client


def status(client: Client, url: str, method: str = "get") -> int:
    response: Any = getattr(client, method)(url)
    if response.streaming:
        # Not response.close(): that would also end the connection, and with it the test's transaction.
        b"".join(response.streaming_content)
        for close in response._resource_closers:
            close()
    return int(response.status_code)


def one_of_each(statuses: Sequence[int | str], turn: int) -> tuple[str, ...]:
    """For each answer that this route has, one of the roles that get it; the next turn takes the next of them."""
    roles: dict[int | str, list[str]] = {}
    for role, wanted in zip(ROLES, statuses, strict=True):
        roles.setdefault(wanted, []).append(role)
    return tuple(those[turn % len(those)] for those in roles.values())


@pytest.mark.parametrize(
    "is_whole", [pytest.param(False, id="in turn"), pytest.param(True, id="all", marks=pytest.mark.long)]
)
def test_each_role_gets_what_the_table_says(
    house: dict[str, str], cast: dict[str, User | None], is_whole: bool
) -> None:
    """All in one test: the house is built once, and a GET changes nothing.

    In `make test` each route is tried by one of those who get in and by one of those who do not, as of each other
    answer that it gives; in `make test-long` by all.
    """
    doors = {role: door(user) for role, user in cast.items()}
    wrong = {}
    for turn, (route, statuses) in enumerate(table().items()):
        url = address(route, house)
        wanted = dict(zip(ROLES, statuses, strict=True))
        found = {
            role: status(doors[role], url) for role in (ROLES if is_whole else one_of_each(statuses, turn))
        }
        if differs := {role: (got, wanted[role]) for role, got in found.items() if got != wanted[role]}:
            wrong[url] = differs
    assert wrong == {}


def test_in_turn_each_role_is_tried_often_and_each_answer_of_a_route_once() -> None:
    tried = [(one_of_each(statuses, turn), statuses) for turn, statuses in enumerate(table().values())]
    for roles, statuses in tried:
        assert sorted(statuses[ROLES.index(role)] for role in roles) == sorted(set(statuses))
    assert min(sum(role in roles for roles, _statuses in tried) for role in ROLES) > 20


FOR_PROGRAMS = ("mail/webhooks/",)
"""Whoever has the secret in the address; tests/intake/test_doors.py."""
OPEN_TO_EVERYBODY_INSIDE = (
    "/drafts/",
    "/drafts/discard/",
    "/files/parts/",
    "/files/upload/",
    "/notices/read/",
    "/profile/sessions/end-others/",
    "/requests/new/fields/",
    "/requests/new/suggestions/",
    "/text/preview/",
)


def test_what_takes_only_posts_is_shut_to_outsiders(
    house: dict[str, str], cast: dict[str, User | None]
) -> None:
    """A stranger gets a 404 and who is not logged in the login, before anything is read."""
    anonymous, stranger, guest = (door(cast[role]) for role in ("anonymous", "stranger", "vendor"))
    wrong = {}
    for route, statuses in table().items():
        url = address(route, house)
        if set(statuses) != {405} or url in OPEN_TO_EVERYBODY_INSIDE or route.startswith(FOR_PROGRAMS):
            continue
        found = (status(anonymous, url, "post"), status(stranger, url, "post"), status(guest, url, "post"))
        if found != (302, 404, 404):
            wrong[url] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/tickets/ticket/", "/accounts/email/", "/accounts/password/change/"]
)
def test_pages_of_others_are_closed_to_strangers(page: str, db: None) -> None:
    assert status(door(None), page) in (302, 404)


def test_raw_admin_pages_are_for_administrators(ada: User, mira: User) -> None:
    assert status(door(ada), "/admin/tickets/ticket/") == 200
    assert status(door(mira), "/admin/tickets/ticket/") in (302, 403)
