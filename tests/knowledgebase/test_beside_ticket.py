"""Articles for a ticket: by its words, and by what resolved tickets like it; and what of them was seen and sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from knowledgebase.indexing import index_article
from knowledgebase.models import (
    Article,
    ArticleAudience,
    ArticleKind,
    ErrorStatus,
    Lexeme,
    LinkRole,
    Section,
    SuggestionSettings,
    TicketArticle,
)
from knowledgebase.operations import linking, tuning
from knowledgebase.queries.beside_ticket import Suggestions, counts_of, for_ticket, rarest_of
from knowledgebase.queries.quoting import named_in, words_for
from knowledgebase.queries.with_ticket import linked_with
from tickets import operations
from tickets.models import Category, Event, Ticket

Write = Callable[..., Article]
Open = Callable[..., Ticket]


@pytest.fixture
def write(write_article: Write) -> Write:
    """An article that search knows."""

    def written(title: str, **fields: Any) -> Article:
        article = write_article(title, **fields)
        index_article(article)
        return article

    return written


@pytest.fixture
def solve(open_ticket: Open, mira: User, vpn: Category, at: datetime) -> Callable[..., Ticket]:
    """A ticket that Mira has resolved, with an article or without."""

    def solved(subject: str, article: Article | None = None, **fields: Any) -> Ticket:
        ticket = operations.take(open_ticket(subject, description="", **fields), by=mira, at=at)
        ticket = operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at, category=vpn)
        if article is not None:
            linking.link_solution(ticket, article=article, by=None, at=at)
        return ticket

    return solved


def titles(found: Suggestions) -> list[str]:
    return [each.article.title for each in found.articles]


# --- what is suggested ---


def test_the_words_of_a_ticket_find_articles_typos_and_all(
    write: Write, open_ticket: Open, mira: User, service_desk: Any
) -> None:
    write("VPN drops every 20 minutes")
    write("The printer is out of paper")

    assert titles(for_ticket(open_ticket("My vpn dorps"), mira)) == ["VPN drops every 20 minutes"]


def test_what_resolved_tickets_like_it_is_suggested_though_it_has_none_of_its_words(
    write: Write, solve: Callable[..., Ticket], open_ticket: Open, mira: User, at: datetime
) -> None:
    article = write("Renew the client's profile")
    other = write("Order a keyboard")
    like = [solve(f"Zscaler tunnel flaps, desk {number}", article) for number in range(2)]
    solve("A keyboard for the kitchen", other)
    tuning.count_lexemes(at=at)
    found = for_ticket(open_ticket("Zscaler flaps again", description=""), mira)

    assert [(each.article, each.solved_like) for each in found.articles] == [(article, 2)]
    assert found.like == like[::-1]


def test_only_resolved_tickets_count(
    write: Write, open_ticket: Open, mira: User, at: datetime, service_desk: Any
) -> None:
    article = write("Renew the client's profile")
    for number in range(2):
        still_open = open_ticket(f"Zscaler tunnel flaps, desk {number}", description="")
        linking.link_article(still_open, article=article, role=LinkRole.SOLUTION, by=None, at=at)
    tuning.count_lexemes(at=at)

    assert for_ticket(open_ticket("Zscaler flaps again"), mira) == Suggestions()


def test_tickets_that_somebody_may_not_open_neither_show_nor_count(
    write: Write,
    solve: Callable[..., Ticket],
    open_ticket: Open,
    mira: User,
    sara: User,
    ada: User,
    at: datetime,
) -> None:
    article = write("Renew the client's profile")
    for number in range(2):
        operations.restrict(
            solve(f"Zscaler tunnel flaps, desk {number}", article), people=[mira], teams=[], by=ada, at=at
        )
    tuning.count_lexemes(at=at)
    ticket = open_ticket("Zscaler flaps again")

    assert titles(for_ticket(ticket, mira)) == ["Renew the client's profile"]
    assert for_ticket(ticket, sara) == Suggestions()


def test_nobody_is_suggested_what_they_may_not_read(
    write: Write, solve: Callable[..., Ticket], open_ticket: Open, mira: User, yuki: User, at: datetime
) -> None:
    secret = write("Zscaler: the switch in the cellar", audience=ArticleAudience.L3)
    for number in range(2):
        solve(f"Zscaler tunnel flaps, desk {number}", secret)
    tuning.count_lexemes(at=at)
    ticket = open_ticket("Zscaler flaps again")

    assert titles(for_ticket(ticket, mira)) == []
    assert titles(for_ticket(ticket, yuki)) == ["Zscaler: the switch in the cellar"]


def test_what_many_tickets_have_is_no_typing_error(
    write: Write, open_ticket: Open, mira: User, service_desk: Any
) -> None:
    write("Boots and helmets")
    known = Lexeme.objects.create(text="boost", tickets=19)
    ticket = open_ticket("boost", description="")

    assert titles(for_ticket(ticket, mira)) == ["Boots and helmets"]
    known.tickets = 20
    known.save()
    assert titles(for_ticket(ticket, mira)) == []


def test_an_article_of_a_section_for_the_category_comes_first_among_likes(
    write: Write, networks: Section, open_ticket: Open, mira: User, vpn: Category
) -> None:
    from_elsewhere = Section.objects.create(name="Elsewhere", slug="elsewhere")
    write("Tunnel flaps", section=from_elsewhere)
    write("Tunnel flaps too", section=networks)
    networks.ticket_categories.add(vpn)

    ticket = open_ticket("The tunnel flaps", category=vpn)
    assert titles(for_ticket(ticket, mira))[0] == "Tunnel flaps too"


def test_a_ticket_without_words_suggests_nothing(open_ticket: Open, mira: User, service_desk: Any) -> None:
    assert for_ticket(open_ticket("…", description="!!!"), mira) == Suggestions()


# --- rare words ---


def test_words_are_counted_once_a_day_and_one_that_a_single_ticket_has_is_left_out(
    open_ticket: Open, at: datetime, later: Callable[..., datetime]
) -> None:
    open_ticket("Zscaler flaps", description="")
    open_ticket("Zscaler hangs", description="")
    tuning.count_lexemes(at=at)
    open_ticket("Zscaler flaps", description="")
    tuning.count_lexemes(at=later(hours=19))

    assert dict(Lexeme.objects.values_list("text", "tickets")) == {"zscaler": 2}
    assert SuggestionSettings.load().lexeme_texts == 2
    tuning.count_lexemes(at=later(hours=20))
    assert dict(Lexeme.objects.values_list("text", "tickets")) == {"zscaler": 3, "flaps": 2}


def test_six_words_are_asked_for_the_rarest_ones(db: None) -> None:
    Lexeme.objects.bulk_create(Lexeme(text=f"word{n}", tickets=n) for n in range(2, 12))
    SuggestionSettings.objects.create(pk=1, lexeme_texts=100)
    rarest = rarest_of(counts_of([f"word{n}" for n in range(12)]))

    assert [(word.text, word.tickets) for word in rarest] == [(f"word{n}", n) for n in range(2, 8)]
    assert rarest[0].worth > rarest[-1].worth


def test_words_that_too_many_tickets_have_are_not_asked_for(db: None) -> None:
    Lexeme.objects.create(text="gateway", tickets=60_000)
    SuggestionSettings.objects.create(pk=1, lexeme_texts=200_000)

    assert rarest_of(counts_of(["gateway"])) == []


# --- what is sent ---


def test_an_article_whose_address_is_sent_is_noted_with_the_ticket(
    write: Write, ticket: Ticket, mira: User, at: datetime
) -> None:
    article = write("VPN drops every 20 minutes")
    body = "Have a look: https://desk.example/help/vpn-drops-every-20-minutes/ and /help/none-such/"
    operations.reply(ticket, text=body, by=mira, at=at)

    link = TicketArticle.objects.get()
    assert (link.article, link.role, link.by) == (article, LinkRole.INSERTED, mira)
    assert Event.objects.get(kind="knowledge.article_linked").is_quiet


def test_what_stands_in_a_note_or_comes_from_the_requester_was_not_sent(
    write: Write, ticket: Ticket, mira: User, ines: User, at: datetime
) -> None:
    write("VPN drops every 20 minutes")
    body = "See /help/vpn-drops-every-20-minutes/"
    operations.note(ticket, text=body, by=mira, at=at)
    operations.reply(ticket, text=body, by=ines, at=at)

    assert not TicketArticle.objects.exists()


def test_what_the_writer_may_not_read_is_not_noted(
    write: Write, ticket: Ticket, mira: User, at: datetime
) -> None:
    write("Core switches", audience=ArticleAudience.L3)
    operations.reply(ticket, text="See /help/core-switches/", by=mira, at=at)

    assert not TicketArticle.objects.exists()


def test_an_article_that_was_restricted_meanwhile_is_not_named_to_who_may_not_read_it(
    write: Write, ticket: Ticket, mira: User, yuki: User, at: datetime
) -> None:
    article = write("VPN drops every 20 minutes")
    linking.link_article(ticket, article=article, role=LinkRole.READ, by=None, at=at)
    Article.objects.update(audience=ArticleAudience.L3)

    assert (linked_with(ticket, mira).read, linked_with(ticket, mira).hidden) == ([], 1)
    assert (linked_with(ticket, yuki).read, linked_with(ticket, yuki).hidden) == ([article], 0)


def test_the_words_of_an_article_read_well_in_a_message(write: Write, ines: User) -> None:
    write("Core switches", audience=ArticleAudience.L3)
    write("Reset the client")
    body = (
        "> [!NOTE]\n> Save first.\n\n![The window](file:window.png)\n\n"
        "See [this](article:reset-the-client#how), [that](article:core-switches) and [the form](file:form.pdf)."
    )
    article = write("VPN drops", body=body)

    assert words_for(article, ines, "https://desk.example") == (
        "> Save first.\n\nThe window\n\n"
        "See [this](https://desk.example/help/reset-the-client/), that and the form.\n\n"
        "[VPN drops](https://desk.example/help/vpn-drops/)"
    )


def test_of_a_known_error_goes_out_what_helps(write: Write, ines: User) -> None:
    error = write(
        "Tunnel flaps",
        kind=ArticleKind.KNOWN_ERROR,
        symptom="It flaps.",
        cause="Us.",
        workaround="Wait a minute.",
        fix="Firmware 9, in spring.",
        error_status=ErrorStatus.WORKAROUND,
    )

    assert words_for(error, ines, "").startswith("Wait a minute.")
    assert "Us." not in words_for(error, ines, "")
    Article.objects.update(error_status=ErrorStatus.FIXED)
    assert words_for(Article.objects.get(), ines, "").startswith("Firmware 9")


def test_addresses_of_articles_are_found_in_a_text_each_once() -> None:
    text = "https://a.example/help/one/ [two](/help/two/) /help/one/#how /helping/three/"

    assert named_in(text) == ["one", "two"]
