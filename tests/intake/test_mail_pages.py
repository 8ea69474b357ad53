"""The pages of incoming mail, of mailboxes, and of the original."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountEvent, Team, User
from intake.models import Mailbox, MailMessage, State
from intake.operations.receiving import Outcome
from tests.intake.mails import mail
from tests.intake.test_mail_loops import answering
from tests.intake.test_mail_states import picture_mail
from tests.intake.test_mail_threads import told
from tickets import operations
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
SignIn = Callable[[User], Any]
MAILBOX = {"name": "help", "address": "help@demo.example", "policy": "domain_hold", "takes_plus": "on"}


@pytest.fixture
def held(post: Post) -> MailMessage:
    post(mail(sender="Zed <zed@elsewhere.example>", subject="May I?"))
    return MailMessage.objects.get()


def test_the_list_says_what_waits_and_why(signed_in: SignIn, lars: User, held: MailMessage) -> None:
    page = signed_in(lars).get("/desk/mail/?state=held").content.decode()
    assert "May I?" in page
    assert "The desk does not know its sender." in page
    assert "1 held for approval" in page


def test_it_is_found_by_sender_and_subject(signed_in: SignIn, lars: User, held: MailMessage) -> None:
    client = signed_in(lars)
    assert "May I?" in client.get("/desk/mail/?q=zed@elsewhere may").content.decode()
    assert "May I?" not in client.get("/desk/mail/?q=somebody").content.decode()


def test_the_list_costs_the_same_with_many(signed_in: SignIn, lars: User, post: Post) -> None:
    client = signed_in(lars)
    counts = []
    for number in range(2):
        for each in range(1 + 12 * number):
            post(mail(sender=f"z{number}{each}@elsewhere.example"))
        with CaptureQueriesContext(connection) as found:
            assert client.get("/desk/mail/").status_code == 200
        counts.append(len(found))
    assert counts[1] <= counts[0] <= 12


def test_one_mail_shows_what_was_understood(signed_in: SignIn, ada: User, held: MailMessage) -> None:
    page = signed_in(ada).get(f"/desk/mail/{held.pk}/").content.decode()
    for words in (
        "What was understood",
        "The printer on floor 2 eats paper.",
        "zed@elsewhere.example",
        "Headers",
    ):
        assert words in page


def test_the_sender_is_approved_there_and_the_mail_filed(
    signed_in: SignIn, lars: User, held: MailMessage
) -> None:
    signed_in(lars).post(f"/desk/mail/{held.pk}/judge/", {"verdict": "approved"})
    held.refresh_from_db()
    assert (held.state, held.ticket) == (State.FILED, Ticket.objects.get())


def test_the_chosen_ones_are_filed_or_set_aside(
    signed_in: SignIn, lars: User, post: Post, ines: User
) -> None:
    for number in range(3):
        post(mail(subject=f"Win {number}", x_spam_flag="YES"))
    keys = list(MailMessage.objects.order_by("pk").values_list("pk", flat=True))
    client = signed_in(lars)
    client.post("/desk/mail/act/", {"mail": keys[:2], "act": "replay"})
    client.post("/desk/mail/act/", {"mail": keys[2:], "act": "dismiss"})
    assert list(MailMessage.objects.order_by("pk").values_list("state", flat=True)) == [
        "filed",
        "filed",
        "ignored",
    ]


def test_a_lead_finds_what_came_for_their_own_teams(
    signed_in: SignIn, lars: User, held: MailMessage, network: Team
) -> None:
    Mailbox.objects.update(team=network)
    client = signed_in(lars)
    assert "May I?" not in client.get("/desk/mail/").content.decode()
    assert client.get(f"/desk/mail/{held.pk}/").status_code == 404
    assert client.post(f"/desk/mail/{held.pk}/judge/", {"verdict": "approved"}).status_code == 404
    client.post("/desk/mail/act/", {"mail": [held.pk], "act": "replay"})
    held.refresh_from_db()
    assert held.state == State.HELD


def test_mail_of_a_restricted_ticket_is_for_those_who_see_it(
    signed_in: SignIn, lars: User, ada: User, post: Post, ines: User
) -> None:
    post(mail(subject="About my colleague"))
    operations.restrict(Ticket.objects.get(), people=[], by=ada, at=MailMessage.objects.get().received_at)
    row = MailMessage.objects.get()
    client = signed_in(lars)
    assert "About my colleague" not in client.get("/desk/mail/").content.decode()
    for address in (f"/desk/mail/{row.pk}/", f"/desk/mail/{row.pk}/raw/", original(row)):
        assert client.get(address).status_code == 404


def original(row: MailMessage) -> str:
    assert row.ticket
    return f"/tickets/{row.ticket.number}/mails/{row.pk}/"


def test_the_ticket_leads_to_the_whole_original(
    signed_in: SignIn, mira: User, post: Post, ines: User
) -> None:
    post(mail("New.\n\nOn Friday Mira wrote:\n> Old words.\n"))
    row, client = MailMessage.objects.get(), signed_in(mira)
    assert row.ticket
    assert original(row) in client.get(f"/desk/tickets/{row.ticket.number}/").content.decode()
    assert "Old words." in client.get(original(row)).content.decode()


def test_the_original_is_for_who_reads_its_message(
    signed_in: SignIn, post: Post, ticket: Ticket, ines: User, mira: User, vera: User, tomasz: User
) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=ticket.created_at)
    post(mail("I agree.", sender=mira.email, subject=f"[{ticket.number}] VPN"))  # a note
    row = MailMessage.objects.get()
    assert [signed_in(person).get(original(row)).status_code for person in (mira, ines, tomasz, vera)] == [
        200, 404, 404, 404,
    ]  # fmt: skip


def test_the_requester_opens_their_own_original(signed_in: SignIn, post: Post, ines: User) -> None:
    post(mail("New.\n\nOn Friday Mira wrote:\n> Old words.\n"))
    row, client = MailMessage.objects.get(), signed_in(ines)
    assert row.ticket
    assert original(row) in client.get(f"/requests/{row.ticket.number}/").content.decode()
    assert "Old words." in client.get(original(row)).content.decode()


def test_what_stands_below_a_technicians_answer_is_for_the_desk_alone(
    signed_in: SignIn, post: Post, ticket: Ticket, ines: User, mira: User
) -> None:
    below = "Try it now.\n\nOn Friday Sara wrote:\n> She calls every day.\n"
    post(mail(below, sender=mira.email, in_reply_to=told(ticket, mira).message_id))
    row = MailMessage.objects.get()
    client = signed_in(ines)
    page = client.get(f"/requests/{ticket.number}/").content.decode()
    assert "Try it now." in page
    assert original(row) not in page
    assert client.get(original(row)).status_code == 404
    assert "She calls" in signed_in(mira).get(original(row)).content.decode()


def test_what_a_technician_wrote_above_a_forward_is_for_the_desk_alone(
    signed_in: SignIn, post: Post, ines: User, mira: User
) -> None:
    text = (
        "She calls every day.\n\n---------- Forwarded message ---------\n"
        "From: Ines Okafor <ines@northwind.example>\nDate: Mon, 23 Nov 2026 at 08:12\nSubject: VPN\n"
        "To: Mira Kask <mira@desk.example>\n\nIt drops.\n"
    )
    post(mail(text, sender=mira.email, subject="Fwd: VPN"))
    row = MailMessage.objects.get()
    assert row.ticket
    client = signed_in(ines)
    page = client.get(f"/requests/{row.ticket.number}/").content.decode()
    assert "It drops." in page
    assert "She calls" not in page
    assert original(row) not in page
    assert client.get(original(row)).status_code == 404


def test_what_a_machine_sent_is_greyed_and_leads_to_its_mail(
    signed_in: SignIn, post: Post, ticket: Ticket, ines: User, mira: User
) -> None:
    post(answering(told(ticket, ines)))
    row = MailMessage.objects.get()
    page = signed_in(mira).get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "An automatic answer of Ines Okafor came by mail" in page
    assert "msg note automatic" in page
    assert original(row) in page
    assert "I am away" not in signed_in(ines).get(f"/requests/{ticket.number}/").content.decode()


def test_pictures_from_elsewhere_wait_until_somebody_asks(
    signed_in: SignIn, post: Post, ines: User, mira: User
) -> None:
    post(picture_mail())
    row, client = MailMessage.objects.get(), signed_in(mira)
    blocked, loaded = client.get(original(row)), client.get(original(row) + "?pictures=1")
    assert "tracker.example" not in blocked.content.decode()
    assert f'src="/files/{Attachment.objects.get().pk}/"' in blocked.content.decode()
    assert 'src="https://tracker.example/x.gif"' in loaded.content.decode()
    assert "https:" not in blocked["Content-Security-Policy"].partition("img-src")[2].partition(";")[0]
    assert "https:" in loaded["Content-Security-Policy"].partition("img-src")[2].partition(";")[0]


def test_html_of_a_mail_runs_nothing(signed_in: SignIn, post: Post, ines: User, mira: User) -> None:
    html = '<p onclick="x()">Hi<script>alert(1)</script><style>p{}</style><form><input name="a"></form></p>'
    post(mail("Hi", html=html))
    page = signed_in(mira).get(original(MailMessage.objects.get())).content.decode()
    body = page.partition("mail-html")[2].partition("</section>")[0]
    assert "Hi" in body
    assert not any(word in body for word in ("script", "style", "onclick", "<form", "<input"))


def test_bytes_are_downloaded_as_they_came(
    signed_in: SignIn, post: Post, ines: User, mira: User, yuki: User
) -> None:
    raw = mail()
    post(raw)
    address = f"/desk/mail/{MailMessage.objects.get().pk}/raw/"
    answer = signed_in(mira).get(address)
    assert (answer.content, answer["Content-Type"]) == (raw, "message/rfc822")
    assert answer["Content-Disposition"].startswith("attachment")
    assert [signed_in(person).get(address).status_code for person in (ines, yuki)] == [404, 404]


# --- Mailboxes ---


def test_a_mailbox_is_made_changed_and_told_of(signed_in: SignIn, ada: User, service_desk: Team) -> None:
    client = signed_in(ada)
    client.post(
        "/settings/mailboxes/new/", MAILBOX | {"aliases": "Desk@demo.example", "domains": "@Corp.example"}
    )
    made = Mailbox.objects.get()
    assert (made.aliases, made.domains, made.is_default) == (["desk@demo.example"], ["corp.example"], True)

    client.post(
        f"/settings/mailboxes/{made.pk}/",
        MAILBOX | {"team": service_desk.pk, "sender_name": "Help", "is_default": "on"},
    )
    client.post(f"/settings/mailboxes/{made.pk}/use/", {"use": "0"})
    made.refresh_from_db()
    assert (made.team, made.sender_name, made.is_enabled) == (service_desk, "Help", False)
    kinds = (
        AccountEvent.objects.filter(kind__startswith="mailbox.").order_by("pk").values_list("kind", flat=True)
    )
    assert list(kinds) == ["mailbox.created", "mailbox.changed", "mailbox.disabled"]
    assert "put the mailbox help out of use" in client.get("/settings/history/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": "No Name"}, "name", "small letters"),
        ({"address": "ines@northwind.example"}, "address", "address of a person"),
        ({"address": "help+x@demo.example"}, "address", "Leave out the +"),
        ({"address": "support@demo.example"}, "address", "belongs to the mailbox “support” already"),
        ({"aliases": "nonsense"}, "aliases", "no mail address"),
        ({"domains": "nonsense"}, "domains", "no mail domain"),
        ({"sender_name": "A <a@b.example>"}, "sender_name", "holds no address"),
        ({"policy": "x"}, "policy", "x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_refused_at_its_field(
    signed_in: SignIn, ada: User, ines: User, support: Mailbox, wrong: dict[str, str], field: str, words: str
) -> None:
    answer = signed_in(ada).post("/settings/mailboxes/new/", MAILBOX | wrong)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert Mailbox.objects.count() == 1


def test_a_mailbox_out_of_use_quarantines(post: Post, support: Mailbox, ines: User) -> None:
    Mailbox.objects.update(is_enabled=False)
    support.refresh_from_db()
    assert post(mail()).reason == "mailbox_off"
