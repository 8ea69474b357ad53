import re

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from delivery import handlers
from delivery.mailing import as_message
from delivery.models import Delivery, Mail
from delivery.operations import NewDelivery, claim, deliver, enqueue, enqueue_many, send_mail_row
from delivery.paging import page_of
from helpdesk.portal.links import signed_url
from tests.delivery.conftest import NOON, Recorder, later
from tickets.models import Ticket


@pytest.fixture
def dead(db: None, recorder: Recorder) -> Delivery:
    row = enqueue("errand", {"n": 1}, at=NOON, ticket_number=1042, max_attempts=1)
    recorder.error = ConnectionError("nobody <b>home</b>")
    deliver(claim(limit=1, worker="w1", at=NOON)[0], at=NOON)
    row.refresh_from_db()
    return row


@pytest.fixture
def letter(db: None) -> Mail:
    return send_mail_row(
        to="rita@demo.example",
        subject="TD-1042 <script>alert(1)</script>",
        text="Hello <b>Rita</b>",
        html="<img src=x onerror=alert(2)><p>Hello</p>",
        about_ticket=1042,
        at=NOON,
    )


@pytest.fixture
def at_the_desk(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def test_others_cannot_tell_that_the_pages_exist(
    client: Client, ines: User, dead: Delivery, letter: Mail
) -> None:
    addresses = [
        "/settings/deliveries/",
        f"/settings/deliveries/{dead.pk}/",
        "/settings/outbox/",
        f"/settings/outbox/{letter.pk}/",
    ]
    for address in addresses:
        assert client.get(address).headers["Location"].startswith("/accounts/login/?next=")
    client.force_login(ines)
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    assert client.post("/settings/deliveries/replay/", {"delivery": dead.pk}).status_code == 404

    dead.refresh_from_db()
    assert dead.state == "dead"


def test_the_list_shows_errors_as_text(at_the_desk: Client, dead: Delivery) -> None:
    html = page(at_the_desk, "/settings/deliveries/")

    assert "ConnectionError: nobody &lt;b&gt;home&lt;/b&gt;" in html
    assert "TD-1042" in html
    assert "0 waiting, 0 being delivered, 1 given up" in html


def test_the_list_is_filtered_by_state_and_kind(at_the_desk: Client, dead: Delivery, letter: Mail) -> None:
    sends = Delivery.objects.get(kind="mail")
    cases = {
        "?state=dead": [dead],
        "?state=waiting": [sends],
        "?kind=mail": [sends],
        "?kind=mail&state=dead": [],
        "?state=nonsense&kind=": [sends, dead],
    }
    for query, expected in cases.items():
        response = at_the_desk.get(f"/settings/deliveries/{query}")
        assert response.context["page"].rows == expected, query


def test_a_delivery_that_was_given_up_is_replayed_from_its_page(
    at_the_desk: Client, dead: Delivery, ada: User, rings: list[str]
) -> None:
    assert "ConnectionError" in page(at_the_desk, f"/settings/deliveries/{dead.pk}/")

    response = at_the_desk.post(
        "/settings/deliveries/replay/",
        {"delivery": dead.pk, "next": f"/settings/deliveries/{dead.pk}/"},
        follow=True,
    )

    dead.refresh_from_db()
    assert (dead.state, dead.replayed_by) == ("waiting", ada)
    assert response.redirect_chain == [(f"/settings/deliveries/{dead.pk}/", 302)]
    assert "1 delivery is tried again." in response.content.decode()


@pytest.mark.parametrize("chosen", [[], ["x"], ["99999999999999999999"], ["-1"]])
def test_nothing_chosen_or_nonsense_is_told(at_the_desk: Client, chosen: list[str]) -> None:
    response = at_the_desk.post("/settings/deliveries/replay/", {"delivery": chosen}, follow=True)

    assert "Choose at least one delivery." in response.content.decode()


def test_the_way_back_never_leads_off_the_site(at_the_desk: Client, dead: Delivery) -> None:
    response = at_the_desk.post(
        "/settings/deliveries/replay/", {"delivery": dead.pk, "next": "https://evil.example/"}
    )

    assert response.headers["Location"] == "/settings/deliveries/"


def test_the_outbox_shows_a_mail_as_text_never_as_a_page(at_the_desk: Client, letter: Mail) -> None:
    assert "TD-1042 &lt;script&gt;" in page(at_the_desk, "/settings/outbox/")

    html = page(at_the_desk, f"/settings/outbox/{letter.pk}/")
    assert "Hello &lt;b&gt;Rita&lt;/b&gt;" in html
    assert "&lt;img src=x onerror=alert(2)&gt;" in html
    assert "<img src=x" not in html
    assert letter.message_id.strip("<>") in html


LINKS = (
    "https://help.example.com/accounts/password/reset/key/4-cr8x1z-0f3a9b/",
    "https://help.example.com/accounts/confirm-email/MQ:1abcDE:s3cr3t-key/",
    "http://127.0.0.1:8000/r/WzEwNDIsNCwxXQ:s1gnature/",
)


@pytest.fixture
def keys(db: None) -> Mail:
    """A mail whose links let in whoever has them, beside one that does not."""
    text = "\n".join(["Choose a password: ", *LINKS, "https://help.example.com/desk/tickets/TD-1042/"])
    html = "".join(f'<p><a href="{link}">Open</a> or <b>{link}</b></p>' for link in LINKS)
    return send_mail_row(to="rita@demo.example", subject="Your account", text=text, html=html, at=NOON)


def test_the_outbox_hides_the_keys_of_links_and_says_why(at_the_desk: Client, keys: Mail) -> None:
    html = page(at_the_desk, f"/settings/outbox/{keys.pk}/")

    for secret in ("cr8x1z", "s3cr3t-key", "WzEwNDIs", "s1gnature"):
        assert secret not in html, secret
    assert html.count("https://help.example.com/accounts/password/reset/key/•••") == 3
    assert html.count("http://127.0.0.1:8000/r/•••") == 3
    assert "https://help.example.com/desk/tickets/TD-1042/" in html
    assert "let in as the addressee" in html


def test_what_is_sent_keeps_its_keys(keys: Mail) -> None:
    assert [link in as_message(keys).body for link in LINKS] == [True] * 3


def test_the_demo_shows_whole_links(at_the_desk: Client, keys: Mail, settings) -> None:
    settings.DEBUG = True
    html = page(at_the_desk, f"/settings/outbox/{keys.pk}/")

    assert [html.count(link) for link in LINKS] == [3] * 3
    assert "let in as the addressee" not in html


def test_real_resets_and_links_are_hidden_too(at_the_desk: Client, ines: User, ticket: Ticket) -> None:
    at_the_desk.post(f"/settings/people/{ines.pk}/invite/")
    Client().post("/accounts/password/reset/", {"email": ines.email})
    path = signed_url(ticket, ines, at=NOON)
    send_mail_row(to=ines.email, subject="x", text=f"{settings.BASE_URL}{path}", at=NOON)

    for mail in Mail.objects.filter(to=ines.email):
        keys_of = re.findall(r"/(?:key|r)/([^\s/]+)/", mail.text)
        html = page(at_the_desk, f"/settings/outbox/{mail.pk}/")
        assert len(keys_of) == 1, mail.text
        assert keys_of[0] not in html
        assert "•••" in html


def test_the_outbox_is_filtered(at_the_desk: Client, letter: Mail) -> None:
    other = send_mail_row(to="bob@demo.example", subject="Password", text="Hi", at=later(minutes=1))
    cases = {
        "": [other, letter],
        "?q=RITA": [letter],
        "?q=password": [other],
        "?state=sent": [],
        "?q=%00": [other, letter],
    }
    for query, expected in cases.items():
        assert at_the_desk.get(f"/settings/outbox/{query}").context["page"].rows == expected, query


def test_lists_cost_few_queries_however_long(
    at_the_desk: Client, recorder: Recorder, django_assert_max_num_queries
) -> None:
    enqueue_many([NewDelivery(kind="errand", payload={}) for _ in range(120)], at=NOON)
    for n in range(3):
        send_mail_row(to="rita@demo.example", subject=str(n), text="Hi", at=NOON)

    for address in ("/settings/deliveries/", "/settings/outbox/"):
        with django_assert_max_num_queries(12):
            page(at_the_desk, address)


def test_pages_follow_each_other_by_key_there_and_back(db: None) -> None:
    enqueue_many([NewDelivery(kind="errand", payload={"n": n}) for n in range(5)], at=NOON)
    enqueue_many([NewDelivery(kind="errand", payload={"n": n}) for n in (5, 6)], at=later(minutes=1))
    rows = Delivery.objects.all()

    def numbers(shown) -> list[int]:
        return [row.payload["n"] for row in shown.rows]

    first = page_of(rows, after="", before="", size=3)
    second = page_of(rows, after=first.older or "", before="", size=3)
    last = page_of(rows, after=second.older or "", before="", size=3)
    back = page_of(rows, after="", before=last.newer or "", size=3)

    assert [numbers(shown) for shown in (first, second, last, back)] == [[6, 5, 4], [3, 2, 1], [0], [3, 2, 1]]
    assert (first.newer, last.older) == (None, None)
    assert (second.newer is not None, back.newer is not None, back.older is not None) == (True, True, True)
    for nonsense in (
        "x",
        "2026-01-01_1",
        "2026-13-45T00:00:00+00:00_1",
        "2026-01-01T00:00:00+00:00_99999999999999999999",
    ):
        assert numbers(page_of(rows, after=nonsense, before="", size=3)) == [6, 5, 4]


def test_each_kind_of_delivery_says_what_it_is() -> None:
    keys = [kind for kind in handlers.kinds() if re.search(r"[._]", handlers.words_for(kind))]

    assert keys == []


def test_only_what_can_be_tried_again_can_be_chosen(at_the_desk: Client, dead: Delivery) -> None:
    assert 'name="delivery"' in page(at_the_desk, "/settings/deliveries/?state=dead")

    Delivery.objects.filter(pk=dead.pk).update(state="done", done_at=NOON)

    html = page(at_the_desk, "/settings/deliveries/?state=done")
    assert "TD-1042" in html
    assert 'name="delivery"' not in html
    assert "Try the chosen ones again" not in html
