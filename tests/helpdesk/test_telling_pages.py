"""The pages of what people are told: choices, notices, words of mails, mails in trouble."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.operations import mark_bounced
from delivery.models import Delivery, Mail, MailTemplate, Notice, NoticePreferences, Piece
from delivery.operations import notify, send_mail_row
from delivery.operations.heading import stop_url
from delivery.operations.telling import KIND, send_waiting
from helpdesk import notices
from helpdesk.telling import numbers
from tests.conftest import MONDAY
from tickets import operations
from tickets.models import Event, Ticket

SignIn = Callable[[User], Client]
CHOICES, LETTER = "/profile/notices/", "/settings/letters/opened/"


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def filled(client: Client, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, with changes; a box that is not ticked is not sent."""
    form = client.get(CHOICES).context["form"]
    found = {bound.name: bound.value() for bound in form if bound.value() not in (False, None)}
    return {name: value for name, value in (found | changes).items() if value is not None}


# --- choices ---


def test_a_requester_chooses_and_is_told_so(
    signed_in: SignIn, ines: User, mira: User, ticket: Ticket, at: datetime
) -> None:
    client = signed_in(ines)
    html = page(client, CHOICES)
    assert "I get an answer or a question" in html
    assert "A ticket is assigned to me" not in html
    assert "cannot be switched off" in html

    sent = client.post(CHOICES, filled(client, mail_answers="off"), follow=True)
    assert "you are told as you have chosen" in sent.content.decode()
    operations.reply(ticket, text="Restart it.", by=mira, at=at)
    notices.tell_of_reply(Event.objects.filter(ticket=ticket).latest("pk"), at)

    assert NoticePreferences.objects.get().choices == {"answers": {"mail": "off"}}
    assert [notice.kind for notice in Notice.objects.filter(person=ines)] == ["ticket.replied"]
    assert not Mail.objects.filter(person=ines).exists()


def test_a_technician_has_the_kinds_of_the_desk_and_a_guest_those_of_the_vendor(
    signed_in: SignIn, mira: User, vera: User
) -> None:
    assert "A ticket is assigned to me" in page(signed_in(mira), CHOICES)
    guest = page(signed_in(vera), CHOICES)
    assert "The desk writes to my company" in guest
    assert "A ticket is assigned to me" not in guest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quiet_from": "22:00"}, "give both, or neither"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "would never end"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time"),
        ({"digest_hour": "24"}, "not one of the available choices"),
        ({"mail_answers": "sometimes"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_sense_is_told_and_what_was_typed_stays(
    signed_in: SignIn, ines: User, changes: dict[str, str], words: str
) -> None:
    client = signed_in(ines)
    response = client.post(CHOICES, filled(client, **changes))

    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert not NoticePreferences.objects.exists()


def test_one_click_in_a_mail_stops_its_kind_without_a_login(client: Client, mira: User) -> None:
    url = stop_url(mira, "assigned").removeprefix("http://127.0.0.1:8000")
    anybody = Client(enforce_csrf_checks=True)
    assert "No more of these mails?" in page(anybody, url)
    assert not NoticePreferences.objects.exists()

    stopped = anybody.post(url, {"List-Unsubscribe": "One-Click"})
    assert (stopped.status_code, "Stopped" in stopped.content.decode()) == (200, True)
    assert NoticePreferences.objects.get(person=mira).choices == {"assigned": {"mail": "off"}}
    anybody.post(url, {"resume": "1"})
    assert NoticePreferences.objects.get(person=mira).choices == {}


def test_one_click_in_a_digest_stops_all_that_it_tells_of(client: Client, mira: User) -> None:
    url = stop_url(mira, "assigned", "handed_over").removeprefix("http://127.0.0.1:8000")
    html = page(client, url)
    assert "A ticket is assigned to me" in html
    assert "A ticket is handed over to my team" in html

    client.post(url, {"List-Unsubscribe": "One-Click"})
    off = {"mail": "off"}
    assert NoticePreferences.objects.get(person=mira).choices == {"assigned": off, "handed_over": off}
    client.post(url, {"resume": "1"})
    assert NoticePreferences.objects.get(person=mira).choices == {}


def test_what_cannot_be_stopped_says_why(client: Client, mira: User) -> None:
    url = stop_url(mira, "receipt").removeprefix("http://127.0.0.1:8000")
    assert "These cannot be stopped" in client.post(url).content.decode()


def test_a_forged_link_stops_nothing(client: Client, mira: User) -> None:
    url = stop_url(mira, "assigned").removeprefix("http://127.0.0.1:8000")
    assert client.post(url.replace(":", "x", 1)).status_code == 404
    assert not NoticePreferences.objects.exists()


# --- notices ---


@pytest.fixture
def answered(ticket: Ticket, mira: User, at: datetime) -> Notice:
    operations.reply(ticket, text="Restart it.", by=mira, at=at)
    notices.tell_of_reply(Event.objects.filter(ticket=ticket).latest("pk"), at)
    return Notice.objects.get()


def test_a_requester_finds_their_notices_and_what_they_tell_of(
    signed_in: SignIn, answered: Notice, ines: User, ticket: Ticket
) -> None:
    client = signed_in(ines)
    html = page(client, "/notices/")
    assert f'href="/notices/{answered.pk}/"' in html
    assert '<span class="count" data-live-unread>1<span class="vh"> unread</span></span>' in html

    gone = client.get(f"/notices/{answered.pk}/")
    assert gone.headers["Location"] == f"/requests/{ticket.number}/"
    answered.refresh_from_db()
    assert answered.is_read
    assert '<span class="count" data-live-unread></span>' in page(client, "/notices/")


def test_nobody_follows_or_reads_for_another(signed_in: SignIn, answered: Notice, tomasz: User) -> None:
    client = signed_in(tomasz)
    assert client.get(f"/notices/{answered.pk}/").status_code == 404
    client.post("/notices/read/", {"notice": answered.pk})
    client.post("/notices/read/")
    answered.refresh_from_db()
    assert not answered.is_read


def test_an_owner_is_led_to_their_articles(signed_in: SignIn, mira: User, at: datetime) -> None:
    notify(
        [mira], kind="knowledge.look_again", ticket_number=0, event_id=numbers.of_reviews(at.date()), at=at
    )
    client = signed_in(mira)
    assert "Articles of yours should be looked at again." in page(client, "/desk/notices/")
    gone = client.get(f"/notices/{Notice.objects.get().pk}/")
    assert gone.headers["Location"] == "/desk/articles/?state=look_again&mine=1"


def test_who_watches_is_told_as_a_watcher_and_nobody_twice(
    ticket: Ticket, mira: User, tomasz: User, ines: User, at: datetime
) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    operations.watch(ticket, user=ines, by=ines, at=at)
    operations.reply(ticket, text="Restart it.", by=mira, at=at)
    notices.tell_of_reply(Event.objects.filter(ticket=ticket, kind="ticket.replied").latest("pk"), at)

    assert sorted(Mail.objects.values_list("person__name", "kind")) == [
        ("Ines Okafor", "answers"),
        ("Tomasz Wilk", "watched"),
    ]


def test_who_loses_sight_of_a_ticket_is_not_told_what_waited(
    ticket: Ticket, mira: User, tomasz: User, ines: User, at: datetime, later: Callable[..., datetime]
) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    NoticePreferences.objects.create(person=tomasz, choices={"watched": {"mail": "hourly"}}, changed_at=at)
    operations.reply(ticket, text="The password is blue.", by=mira, at=at)
    notices.tell_of_reply(Event.objects.filter(ticket=ticket, kind="ticket.replied").latest("pk"), at)
    assert Piece.objects.get().person == tomasz
    operations.unwatch(ticket, user=tomasz, by=ines, at=at)

    row = Delivery.objects.get(kind=KIND)
    send_waiting(row.payload, row, later(hours=1))
    assert not Mail.objects.filter(person=tomasz).exists()
    assert Piece.objects.get().letter == {}


def test_a_subject_that_was_removed_is_borne_by_no_mail_any_more(
    ticket: Ticket, ada: User, at: datetime
) -> None:
    notices.confirm_receipt(Event.objects.get(ticket=ticket), at)
    operations.redact_subject(ticket, subject="VPN", reason="A name", by=ada, at=at)

    mail = Mail.objects.get()
    assert (mail.subject, mail.text, mail.html) == (f"[{ticket.number}] VPN", "", "")


# --- the words of mails ---


def test_an_administrator_writes_looks_tries_and_puts_back(
    signed_in: SignIn, ada: User, ticket: Ticket
) -> None:
    client = signed_in(ada)
    assert "Receipt of a request" in page(client, "/settings/letters/")
    assert "we have your request “{subject}”" in page(client, LETTER)
    words = {"subject": "[{ticket}] Welcome", "body": "Dear **{name}**: {subject}\n\n{link}"}

    seen = client.post(f"{LETTER}preview/", {**words, "ticket": ticket.number}).content.decode()
    assert f"<b>[{ticket.number}] Welcome</b>" in seen
    assert f"<strong>Ada</strong>: {ticket.subject}" in seen
    assert not MailTemplate.objects.exists()

    tried = client.post(f"{LETTER}test/", {**words, "ticket": ""})
    assert "A test is on its way to ada@desk.example." in tried.content.decode()
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("ada@desk.example", f"[{ticket.number}] Welcome")

    assert client.post(LETTER, words).headers["Location"] == LETTER
    assert "These are your words." in page(client, LETTER)
    client.post(f"{LETTER}reset/")
    assert "we have your request" in page(client, LETTER)
    assert [row.is_builtin for row in MailTemplate.objects.order_by("pk")] == [False, True]


def test_for_one_organisation_in_one_language(
    signed_in: SignIn, ada: User, ines: User, settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    client = signed_in(ada)
    place = {"organisation": ines.organisation_id, "language": "de"}
    client.post(LETTER, {**place, "subject": "x", "body": "Hallo"})

    row = MailTemplate.objects.get()
    assert (row.organisation, row.language) == (ines.organisation, "de")
    assert "Hallo" in page(client, f"{LETTER}?organisation={ines.organisation_id}&language=de")
    assert "we have your request" in page(client, LETTER)


@pytest.mark.parametrize("address", [LETTER, f"{LETTER}preview/", f"{LETTER}test/"])
def test_an_unknown_place_is_named_and_what_was_typed_stays(
    signed_in: SignIn, ada: User, address: str
) -> None:
    response = signed_in(ada).post(address, {"subject": "x", "body": "Dear {customer}"})

    html = response.content.decode()
    assert response.status_code == 422
    assert "does not know {customer}" in html
    assert "Dear {customer}" in html
    assert not MailTemplate.objects.exists()
    assert not Mail.objects.exists()


def test_a_ticket_that_one_does_not_see_shows_nothing(signed_in: SignIn, ada: User, ticket: Ticket) -> None:
    response = signed_in(ada).post(f"{LETTER}preview/", {"subject": "x", "body": "x", "ticket": "TD-999999"})

    assert (response.status_code, "You see no such ticket." in response.content.decode()) == (422, True)


@pytest.mark.parametrize("place", ["?organisation=x", "?organisation=99999999999999999999", "?language=xx"])
def test_nonsense_in_the_address_is_everybody_in_any_language(
    signed_in: SignIn, ada: User, place: str
) -> None:
    assert "we have your request" in page(signed_in(ada), f"{LETTER}{place}")


# --- mails in trouble ---


@pytest.fixture
def failed(ines: User) -> Mail:
    mail = send_mail_row(to=ines.email, subject="TD-1 x", text="x", person=ines, kind="answers", at=MONDAY)
    Mail.objects.update(state="failed", error="550 no such user <b>here</b>")
    Delivery.objects.filter(kind="mail").update(state="dead")
    return mail


def test_what_failed_is_listed_with_its_reason_and_tried_again(
    signed_in: SignIn, ada: User, failed: Mail
) -> None:
    send_mail_row(to="fine@x.example", subject="Fine", text="x", at=MONDAY)
    client = signed_in(ada)
    html = page(client, "/settings/outbox/failed/")
    assert "550 no such user &lt;b&gt;here&lt;/b&gt;" in html
    assert "Fine" not in html

    done = client.post("/settings/outbox/retry/", {"mail": failed.pk}, follow=True)
    assert "1 mail is tried again." in done.content.decode()
    failed.refresh_from_db()
    assert (failed.state, Delivery.objects.get(dedupe_key=failed.delivery_key).state) == (
        "waiting",
        "waiting",
    )


def test_all_are_tried_again_at_once(signed_in: SignIn, ada: User, failed: Mail) -> None:
    done = signed_in(ada).post("/settings/outbox/retry/", {"all": "1"}, follow=True)
    assert "1 mail is tried again." in done.content.decode()


def test_nothing_chosen_is_told(signed_in: SignIn, ada: User, failed: Mail) -> None:
    done = signed_in(ada).post("/settings/outbox/retry/", follow=True)
    assert "Nothing to try again." in done.content.decode()


def test_an_address_is_corrected_on_the_mails_page(signed_in: SignIn, ada: User, failed: Mail) -> None:
    client = signed_in(ada)
    url = f"/settings/outbox/{failed.pk}/"
    assert "Send to this address" in page(client, url)
    refused = client.post(f"{url}correct/", {"to": "nobody"}, follow=True)
    assert "This is no mail address." in refused.content.decode()

    client.post(f"{url}correct/", {"to": "new@northwind.example"})
    failed.refresh_from_db()
    assert (failed.to, failed.state) == ("new@northwind.example", "waiting")


def test_an_address_at_which_mail_comes_back_is_shown_and_trusted_by_a_click(
    signed_in: SignIn, ada: User, mira: User, ines: User, ticket: Ticket
) -> None:
    mark_bounced(ines, reason="5.1.1 no such user", at=MONDAY - timedelta(hours=1))
    at_the_desk = signed_in(mira)
    html = page(at_the_desk, f"/desk/tickets/{ticket.number}/")
    assert f"Mail to {ines.email} comes back" in html
    assert "comes back, so none is sent" in page(signed_in(ines), CHOICES)
    assert f"Mail to {ines.email} comes back" in page(signed_in(ada), f"/settings/people/{ines.pk}/")

    back = signed_in(mira).post(f"/people/{ines.pk}/mail-works/", {"next": f"/desk/tickets/{ticket.number}/"})
    assert back.headers["Location"] == f"/desk/tickets/{ticket.number}/"
    ines.refresh_from_db()
    assert ines.mail_bounced_at is None


def test_an_earlier_version_of_a_mail_holds_again(client: Client, ada: User) -> None:
    client.force_login(ada, backend="accounts.backend.AuthenticationBackend")
    for body in ("We have {ticket}.", "It is {ticket}."):
        client.post("/settings/letters/opened/", {"subject": "Yours", "body": body})
    first = MailTemplate.objects.get(body="We have {ticket}.")
    client.post(f"/settings/letters/opened/versions/{first.pk}/put-back/")
    current = MailTemplate.objects.get(is_current=True)
    assert (current.body, current.pk != first.pk) == ("We have {ticket}.", True)
    assert MailTemplate.objects.count() == 3
    assert client.post(f"/settings/letters/replied/versions/{first.pk}/put-back/").status_code == 404


def test_a_place_that_a_mail_does_not_know_is_named_with_the_nearest(client: Client, ada: User) -> None:
    client.force_login(ada, backend="accounts.backend.AuthenticationBackend")
    page = client.post("/settings/letters/opened/", {"subject": "x", "body": "{tiket}"})
    said = "This mail does not know {tiket}. Did you mean {ticket}?"
    assert (page.status_code, said in page.content.decode()) == (422, True)
