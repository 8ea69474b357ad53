from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import Desk, User
from tickets import operations
from tickets.models import Category, Ticket


def test_home_greets_and_shows_the_desks_phone_and_hours(as_ines: Client) -> None:
    Desk.objects.update(phone="+44 113 496 0100", hours_text="Monday to Friday, 8 to 18")

    html = as_ines.get("/").content.decode()
    assert "How can we help, Ines?" in html
    assert "+44 113 496 0100" in html
    assert "Monday to Friday, 8 to 18" in html


def test_strangers_log_in_first(client: Client, ines: User) -> None:
    for page in ("/", "/requests/", "/requests/new/", "/requests/TD-1001/"):
        response = client.get(page)
        assert (response.status_code, response.headers["Location"]) == (302, f"/accounts/login/?next={page}")


def test_what_waits_for_me_stands_apart_from_what_moves(
    as_ines: Client, open_ticket: Callable[..., Ticket], mira: User, vpn: Category, at: Any
) -> None:
    moving, asked, solved, done = (open_ticket(subject) for subject in ("moving", "asked", "solved", "done"))
    operations.wait_for_requester(
        operations.take(asked, by=mira, at=at), question="Which client?", by=mira, at=at
    )
    for ticket in (solved, done):
        operations.resolve(
            operations.take(ticket, by=mira, at=at), code="fixed", summary="Ok", by=mira, at=at, category=vpn
        )
    operations.confirm(done, by=done.requester, at=at)

    page = as_ines.get("/")
    assert dict(page.context["waiting"]) == {asked: mira, solved: None}
    assert [ticket for ticket, _steps, _promised in page.context["moving"]] == [moving]
    assert "Answer Mira’s question" in page.content.decode()


def test_search_finds_my_requests_and_offers_to_write(
    as_ines: Client, open_ticket: Callable[..., Ticket], tomasz: User
) -> None:
    mine = open_ticket("VPN drops every 20 minutes")
    open_ticket("VPN slow", requester=tomasz)

    page = as_ines.get("/", {"q": "vpn drop"})
    assert page.context["found"] == [mine]
    assert (
        f'href="/requests/new/?subject=vpn+drop&amp;form_id={page.context["form_id"]}"'
        in page.content.decode()
    )

    fragment = as_ines.get("/", {"q": mine.number}, headers={"HX-Request": "true"})
    assert fragment.context["found"] == [mine]
    assert "<html" not in fragment.content.decode()


def test_search_takes_any_words(as_ines: Client, ticket: Ticket) -> None:
    for words in ("<script>alert(1)</script>", "\x00", "' | & !", "🙂", "x" * 5000, "-", '"'):
        html = as_ines.get("/", {"q": words}).content.decode()
        assert "<script>alert" not in html


def test_common_requests_lead_to_the_form(as_ines: Client, vpn: Category) -> None:
    assert f'href="/requests/new/?category={vpn.pk}"' in as_ines.get("/").content.decode()


def test_home_costs_the_same_for_one_request_and_for_many(
    as_ines: Client,
    open_ticket: Callable[..., Ticket],
    mira: User,
    at: Any,
    django_assert_max_num_queries: Any,
    kept_names: None,
) -> None:
    def ask(n: int) -> None:
        ticket = operations.take(open_ticket(f"Trouble {n}"), by=mira, at=at)
        open_ticket(f"More {n}")
        operations.wait_for_requester(ticket, question="Which?", by=mira, at=at)

    for n in range(8):
        ask(n)
    as_ines.get("/")  # how long requests usually take is read once in a while
    with django_assert_max_num_queries(12):
        page = as_ines.get("/")
    assert (len(page.context["waiting"]), len(page.context["moving"]), page.context["more"]) == (6, 6, 4)
