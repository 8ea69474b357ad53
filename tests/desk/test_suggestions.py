"""The panel of articles beside a ticket, and the pages of what articles prevent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from knowledgebase.indexing import index_article
from knowledgebase.models import Article, ArticleAudience, LinkRole, SuggestionSettings
from knowledgebase.operations import linking
from tests.knowledgebase.conftest import networks, write_article
from tickets import operations
from tickets.models import Ticket

__all__ = ["networks", "write_article"]


@pytest.fixture
def article(write_article: Callable[..., Article]) -> Article:
    found = write_article("VPN drops every 20 minutes", summary="Renew it.", body="Open the client.")
    index_article(found)
    return found


def panel(client: Client, ticket: Ticket) -> Any:
    return client.get(f"/desk/tickets/{ticket.number}/articles/", headers={"HX-Request": "true"})


def test_the_panel_offers_an_article_with_its_address_for_the_reply(
    signed_in: Any, article: Article, ticket: Ticket, mira: User
) -> None:
    response = panel(signed_in(mira), ticket)

    (offer,) = response.context["offers"]
    assert offer.article == article
    address = f"{settings.BASE_URL}/help/vpn-drops-every-20-minutes/"
    assert offer.link == f"[VPN drops every 20 minutes]({address})"
    assert b'data-key="."' in response.content
    assert b"0 resolved" in response.content


def test_what_the_requester_may_not_read_is_offered_for_reading_only(
    signed_in: Any, article: Article, ticket: Ticket, mira: User
) -> None:
    Article.objects.update(audience=ArticleAudience.L1)
    client = signed_in(mira)
    response = panel(client, ticket)

    assert [offer.link for offer in response.context["offers"]] == [""]
    assert b"Not for Ines" in response.content
    assert client.get(f"/desk/tickets/{ticket.number}/articles/{article.pk}/text/").status_code == 404


def test_the_words_of_an_article_come_as_they_are_at_this_moment(
    signed_in: Any, article: Article, ticket: Ticket, mira: User
) -> None:
    client = signed_in(mira)
    address = f"/desk/tickets/{ticket.number}/articles/{article.pk}/text/"
    assert client.get(address).content.startswith(b"Open the client.")
    Article.objects.update(audience=ArticleAudience.L3)

    assert client.get(address).status_code == 404


def test_l1_sees_which_articles_were_read_and_shown_before_filing(
    signed_in: Any,
    article: Article,
    write_article: Callable[..., Article],
    ticket: Ticket,
    mira: User,
    at: Any,
) -> None:
    other = write_article("The VPN from abroad")
    linking.link_article(ticket, article=article, role=LinkRole.READ, by=None, at=at)
    linking.link_article(ticket, article=other, role=LinkRole.SUGGESTED, by=None, at=at)
    response = panel(signed_in(mira), ticket)

    assert (response.context["linked"].read, response.context["linked"].shown) == ([article], [other])
    assert "Ines has read “VPN drops every 20 minutes” before filing this." in response.content.decode()
    assert [offer.was_read for offer in response.context["offers"]] == [True]


def test_the_ticket_page_itself_asks_nothing_more(
    signed_in: Any, article: Article, ticket: Ticket, mira: User, at: Any
) -> None:
    client = signed_in(mira)
    address = f"/desk/tickets/{ticket.number}/"
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)

    assert f'hx-get="{address}articles/"' in response.content.decode()
    assert not [query for query in asked if "ticketarticle" in query["sql"] or "occurrence" in query["sql"]]


def test_a_sent_article_is_marked(
    signed_in: Any, article: Article, ticket: Ticket, mira: User, at: Any
) -> None:
    operations.reply(ticket, text="See /help/vpn-drops-every-20-minutes/", by=mira, at=at)

    assert [offer.was_sent for offer in panel(signed_in(mira), ticket).context["offers"]] == [True]


# --- what articles prevent ---


def test_the_page_says_that_nothing_is_measured_before_a_share_is_set(
    signed_in: Any, article: Article, ines: User, max_: User, ada: User, at: Any
) -> None:
    client = signed_in(ines)
    said = {"form_id": "00000000-0000-4000-8000-000000000063", "subject": "my vpn drops"}
    client.post("/requests/new/suggestions/", said)
    page = signed_in(max_).get("/desk/articles/prevented/")

    assert [row.article for row in page.context["numbers"].articles] == [article]
    assert b"Not measured: no form goes without suggestions." in page.content


def test_an_administrator_sets_the_share_of_forms_without_suggestions(
    signed_in: Any, ada: User, max_: User
) -> None:
    client = signed_in(ada)
    refused = client.post("/settings/suggestions/", {"percent": "60"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["percent"])
    assert client.post("/settings/suggestions/", {"percent": "10"}).status_code == 302
    assert SuggestionSettings.load().control_percent == 10
    history = client.get("/settings/history/").content.decode()
    assert "changed what requesters are suggested before they file" in history
    assert "Forms without suggestions, percent: 0 → 10".lower() in history.lower()

    assert signed_in(max_).post("/settings/suggestions/", {"percent": "0"}).status_code == 404


@pytest.mark.parametrize("query", ["days=30&by=solved", "days=x&by=x", "by=filed_anyway"])
def test_the_page_bears_any_address(signed_in: Any, mira: User, query: str) -> None:
    assert signed_in(mira).get(f"/desk/articles/prevented/?{query}").status_code == 200
