"""Script, markup, formulas, emoji and right-to-left marks, wherever people write: shown as text, everywhere."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Desk, Skill, Team, User
from delivery.mailing import as_message
from delivery.operations import send_mail_row
from escalation import operations as escalation
from tests.security.test_leaks import read
from tests.test_routes import door
from tickets import operations
from tickets.models import CannedReply, Category, CustomField, SavedView, Ticket, rebuild_category_tree

EVIL = "<script>evil()</script><img src=x onerror=evil()>\"' style=x{{ 7|add:7 }}"
MARKDOWN = f"{EVIL} [a](javascript:evil()) ![b](https://evil.example/c.png) <svg/onload=evil()> 😀 \u202eabc"


class _Traps(HTMLParser):
    """Elements that came from words: scripts without a source, handlers, styles, foreign pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            says = f"<{tag} {name}={value}>"
            if name.startswith("on") or name == "style" or (value or "").lower().startswith("javascript:"):
                self.found.append(says)
            if tag in ("img", "script", "iframe") and name == "src" and not (value or "").startswith("/"):
                self.found.append(says)
        if tag in ("script", "iframe", "object", "svg") and not dict(attrs).get("src") and tag != "svg":
            self.found.append(f"<{tag}>")


def traps(page: str) -> list[str]:
    parser = _Traps()
    parser.feed(page)
    return parser.found


@pytest.fixture
def story(
    ines: User,
    mira: User,
    ada: User,
    service_desk: Team,
    network: Team,
    vpn: Category,
    later: Callable[..., datetime],
) -> Ticket:
    """One ticket with evil words wherever words can be written, by people and teams with evil names."""
    Desk.objects.update(is_set_up=True, name=EVIL[:60], hours_text=EVIL[:100], phone=EVIL[:40])
    User.objects.filter(pk__in=[ines.pk, mira.pk]).update(
        name=EVIL[:110], location=EVIL[:110], device=EVIL[:70]
    )
    Team.objects.filter(pk=service_desk.pk).update(takes=EVIL)
    Team.objects.filter(pk=network.pk).update(name=EVIL[:60])
    Category.objects.filter(pk=vpn.pk).update(name=EVIL[:60], hint=EVIL[:100])
    rebuild_category_tree()
    for person in (ines, mira):
        person.refresh_from_db()
    vpn.refresh_from_db()
    field = CustomField.objects.create(key="asset", label=EVIL[:80], help=EVIL[:100], for_requesters=True)
    CannedReply.objects.create(name=EVIL[:60], body=EVIL)
    Skill.objects.create(name=EVIL[:50])
    SavedView.objects.create(name=EVIL[:60], owner=ada, for_everyone=True)
    file = SimpleUploadedFile(f"../../{EVIL}.svg", b"<svg onload='evil()'/>", "image/svg+xml")
    stored = operations.store_upload(file=file, by=ines, at=later())
    ticket = operations.open_ticket(
        requester=ines, subject=EVIL, description=MARKDOWN, by=ines, at=later(), category=vpn, location=EVIL,
        device=EVIL[:70], fields={"asset": EVIL}, attachments=[stored.pk],
    )  # fmt: skip
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.note(ticket, text=MARKDOWN, by=mira, at=later(minutes=2))
    operations.reply(ticket, text=MARKDOWN, by=mira, at=later(minutes=3))
    operations.tag(ticket, names=[EVIL[:40]], by=mira, at=later(minutes=4))
    operations.refer(
        ticket, system=EVIL[:60], key=EVIL, url="https://x.example/", by=mira, at=later(minutes=5)
    )
    operations.change(ticket, subject=f"{EVIL}!", vendor_reference=EVIL[:70], by=mira, at=later(minutes=6))
    facts: dict[str, Any] = {"reason": "needs_expertise", "summary": MARKDOWN}
    escalation.hand_over(ticket, team=network, by=mira, at=later(minutes=7), **facts)
    ticket.refresh_from_db()
    assert field.pk
    return ticket


def test_words_are_words_on_every_page(story: Ticket, ines: User, mira: User, ada: User) -> None:
    number, portal, desk = story.number, door(ines), door(ada)
    pages = {
        portal: ["/", "/requests/", "/requests/?q=evil", f"/requests/{number}/", "/requests/new/", "/profile/",
                 "/requests/new/similar/?subject=script+evil+img", "/?q=<script>evil()</script>"],
        desk: ["/desk/queues/all/", f"/desk/tickets/{number}/", "/desk/search/?q=<script>evil()</script>",
               "/desk/search/?q=evil", f"/desk/tickets/{number}/change/", f"/desk/tickets/{number}/canned/",
               f"/desk/tickets/{number}/hand-over/", f"/desk/tickets/{number}/assign/", "/desk/filters/",
               "/desk/queues/all/?sort=<script>evil()</script>&team=<script>", f"/desk/new/?requester={ines.pk}",
               f"/desk/bulk/assign/?ticket={story.pk}", "/settings/people/", f"/settings/people/{ines.pk}/",
               "/settings/teams/", "/settings/categories/", "/settings/fields/", "/settings/replies/",
               "/settings/skills/", "/settings/company/", "/settings/history/", "/settings/outbox/",
               f"/settings/people/{mira.pk}/deactivate/", "/settings/tiers/2/turn-off/"],
    }  # fmt: skip
    caught = {}
    for client, urls in pages.items():
        for url in urls:
            page = read(client, url)
            assert page.startswith(("200", "400")), url
            if found := traps(page):
                caught[url] = found
            assert "evil.example/c.png" not in page.replace("evil.example/c.png)", ""), url
    assert caught == {}


def test_what_came_back_with_an_error_is_text_too(story: Ticket, mira: User, ines: User) -> None:
    form = {
        "kind": "incident",
        "subject": EVIL * 5,
        "description": MARKDOWN,
        "impact": EVIL,
        "category": EVIL,
    }
    page = door(ines).post("/requests/new/", form).content.decode()
    assert traps(page) == []
    answer = door(mira).post(
        f"/desk/tickets/{story.number}/write/", {"kind": EVIL, "body": MARKDOWN, "then": EVIL}
    )
    assert traps(answer.content.decode()) == []


def test_a_file_of_evil_name_and_content_is_downloaded_and_runs_nothing(story: Ticket, ines: User) -> None:
    file = story.attachments.get()
    assert "/" not in file.name
    response = door(ines).get(f"/files/{file.pk}/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert "sandbox" in response["Content-Security-Policy"]
    response.close()


def test_an_export_holds_no_formula(open_ticket: Callable[..., Ticket], ines: User, mira: User) -> None:
    Desk.objects.update(is_set_up=True)
    User.objects.filter(pk=ines.pk).update(name="@SUM(A1)")
    for subject in ('=HYPERLINK("https://evil.example")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", " =1+1"):
        open_ticket(subject=subject)
    body = read(door(mira), "/desk/queues/all/export.csv").partition("\ufeff")[2]
    rows = list(csv.reader(io.StringIO(body)))
    cells = [cell for row in rows[1:] for cell in row]
    assert len(rows) == 7
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@", "-"))]


@pytest.mark.parametrize("evil", ["a\r\nBcc: x@evil.example", "a\nSubject: b", "\u202e😀\x00", EVIL])
def test_words_add_no_header_to_a_mail(evil: str, ines: User, at: Any) -> None:
    ticket = operations.open_ticket(requester=ines, subject=evil, description="x", by=ines, at=at)
    mail = send_mail_row(to=ines.email, subject=f"[{ticket.number}] {ticket.subject}", text="x", at=at)
    sent = as_message(mail).message()
    assert sent.get_all("Bcc") is None
    assert len(sent.get_all("Subject") or []) == 1
