"""Search over articles: what is found, in which order, and that nobody learns of what they may not read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from knowledgebase.indexing import forget_unused_words, index_article, together
from knowledgebase.models import Article, ArticleText, ArticleVersion, Occurrence, Section, Synonym, Word
from knowledgebase.operations.describing import set_audience
from knowledgebase.operations.reviewing import archive, unarchive
from knowledgebase.queries import searching
from knowledgebase.queries.searching import MOST, search
from knowledgebase.queries.suggesting import for_text
from tests.knowledgebase.conftest import make_section

Write = Callable[..., Article]


@pytest.fixture
def shelve(write_article: Write) -> Write:
    """A published article that search knows."""

    def write(title: str, **fields: Any) -> Article:
        article = write_article(title, **fields)
        index_article(article)
        return article

    return write


def titles(text: str, user: Any, **how: Any) -> list[str]:
    return [hit.article.title for hit in search(text, user, **how).hits]


# --- What is found ---


def test_the_title_counts_more_than_the_summary_and_that_more_than_the_text(
    shelve: Write, ines: User
) -> None:
    shelve("Mail", body="Or print it on the scanner.")
    shelve("Paper", summary="All about the scanner.")
    shelve("The scanner", body="It is in the hall.")
    assert titles("scanner", ines) == ["The scanner", "Paper", "Mail"]


def test_an_article_with_all_words_comes_before_one_with_some(shelve: Write, ines: User) -> None:
    shelve("Second screen stays dark")
    shelve("Dark mode")
    assert titles("dark screen", ines) == ["Second screen stays dark", "Dark mode"]


def test_a_rare_word_counts_more_than_a_common_one(shelve: Write, ines: User) -> None:
    for number in range(5):
        shelve(f"Laptop {number}")
    shelve("Firmware")
    assert titles("laptop firmware", ines)[0] == "Firmware"


@pytest.mark.parametrize(
    "typed", ["printers", "PRINTER", "prínter", "  printer ", "how do i get the printer?", "printer’s"]
)
def test_case_accents_endings_and_words_of_asking_do_not_matter(
    shelve: Write, ines: User, typed: str
) -> None:
    shelve("Add a printer")
    assert titles(typed, ines) == ["Add a printer"]


@pytest.mark.parametrize(
    ("language", "title", "typed"),
    [
        ("de", "Drucker hinzufügen", "druckern"),
        ("de", "Passwörter merken", "passwort"),
        ("fr", "Ajouter une imprimante", "imprimantes"),
        ("pl", "Hasło wygasło", "haslo"),
        ("ja", "パスワードを忘れた", "パスワード"),
    ],
)
def test_each_language_has_its_own_endings(
    shelve: Write, ines: User, language: str, title: str, typed: str
) -> None:
    shelve(title, language=language, slug="it")
    assert titles(typed, ines) == [title]


def test_the_last_word_need_not_be_typed_to_its_end(shelve: Write, ines: User) -> None:
    shelve("Connect to the projector")
    assert titles("connect proj", ines) == ["Connect to the projector"]
    assert titles("proj", ines) == ["Connect to the projector"]


@pytest.mark.parametrize("typed", ["pasword", "passwrod", "password1", "passsword"])
def test_a_typing_error_is_corrected_and_said(shelve: Write, ines: User, typed: str) -> None:
    shelve("Forgotten password")
    page = search(f"Forgotten {typed}", ines)
    assert [hit.article.title for hit in page.hits] == ["Forgotten password"]
    assert page.meant == "Forgotten password"


def test_a_word_that_is_right_is_not_corrected(shelve: Write, ines: User) -> None:
    shelve("Boot the laptop")
    shelve("Book a room")
    page = search("boot", ines)
    assert (page.meant, [hit.article.title for hit in page.hits]) == ("", ["Boot the laptop"])


def test_wi_fi_is_found_however_it_is_written(shelve: Write, ines: User) -> None:
    shelve("Wi-Fi in the office")
    for typed in ("wifi", "wi-fi", "Wi Fi", "WiFi office"):
        assert titles(typed, ines) == ["Wi-Fi in the office"], typed
        assert search(typed, ines).meant == ""


def test_synonyms_find_one_another_words_and_phrases(shelve: Write, ines: User) -> None:
    shelve("Set up the authenticator")
    shelve("Two factor sign-in abroad")
    Synonym.objects.create(words=["authenticator", "mfa", "two factor"])
    assert set(titles("mfa", ines)) == {"Set up the authenticator", "Two factor sign-in abroad"}
    assert titles("two factor", ines) == ["Two factor sign-in abroad", "Set up the authenticator"]


def test_a_phrase_in_quotes_stands_so_and_a_minus_leaves_out(shelve: Write, ines: User) -> None:
    shelve("Out of office reply")
    shelve("Office out of toner")
    assert titles('"out of office"', ines) == ["Out of office reply"]
    assert titles("office -toner", ines) == ["Out of office reply"]
    assert titles('office -"out of toner"', ines) == ["Out of office reply"]


def test_a_phrase_does_not_reach_from_the_title_into_the_text(shelve: Write, ines: User) -> None:
    shelve("About paper", body="Jams are cleared from behind.")
    assert titles('"paper jams"', ines) == []
    assert titles("paper jams", ines) == ["About paper"]


def test_filters_narrow_by_kind_section_and_language(shelve: Write, ines: User, networks: Section) -> None:
    below = make_section("VPN", parent=networks)
    other = make_section("Printing")
    shelve("Tunnel one", section=below, kind="faq")
    shelve("Tunnel two", section=networks)
    shelve("Tunnel drei", section=other, language="de")
    assert set(titles("tunnel", ines, section=networks)) == {"Tunnel one", "Tunnel two"}
    assert titles("tunnel", ines, kind="faq") == ["Tunnel one"]
    assert titles("tunnel", ines, only_language="de") == ["Tunnel drei"]
    page = search("tunnel", ines)
    assert (page.total, page.kinds, page.languages) == (3, {"faq": 1, "how_to": 2}, {"en": 2, "de": 1})
    assert page.sections == {below.pk: 1, networks.pk: 1, other.pk: 1}


def test_of_a_translation_and_its_original_the_one_in_the_readers_language_is_found(
    shelve: Write, ines: User
) -> None:
    original = shelve("Outlook calendar")
    shelve("Outlook Kalender", language="de", original=original)
    shelve("Outlook signature")
    assert titles("outlook", ines, language="de") == ["Outlook Kalender", "Outlook signature"]
    assert set(titles("outlook", ines, language="en")) == {"Outlook calendar", "Outlook signature"}
    assert titles("kalender", ines, language="en") == ["Outlook Kalender"]


def test_steps_of_a_script_and_what_is_known_of_an_error_are_found(shelve: Write, mira: User) -> None:
    choice: dict[str, Any] = {"kind": "choice", "text": "Look at the bezel", "next": "end"}
    choice |= {"options": {"crack": "Cracked", "dark": "Dark"}}
    end = {"kind": "outcome", "act": "resolve", "code": "fixed", "text": "Replaced"}
    script = {"start": "look", "steps": {"look": choice, "end": end}}
    shelve("Broken tablet", kind="sop", script=script, audience="l1")
    shelve("Tablet", kind="known_error", symptom="It hums", workaround="Knock twice", error_status="open")
    assert titles("bezel", mira) == titles("cracked", mira) == ["Broken tablet"]
    assert titles("hums", mira) == titles("knock", mira) == ["Tablet"]
    assert titles("tablet script", mira)[0] == "Broken tablet"


def test_a_chapter_is_found_by_the_title_of_its_manual(shelve: Write, ines: User) -> None:
    manual = shelve("Laptop handbook", kind="manual")
    shelve("On a journey", kind="manual", manual=manual)
    assert titles("laptop journey", ines)[0] == "On a journey"


# --- What cannot be searched for ---


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("printer " * 1250, "at most 1000 characters"),
        ("x" * 10_000, "at most 1000 characters"),
        ("?!… ---", "no letters or digits"),
        ('""', "no letters or digits"),
        ("-printer", "besides what is to be left out"),
        ("the and of", "stand everywhere"),
    ],
)
def test_what_cannot_be_searched_for_says_so(shelve: Write, ines: User, typed: str, told: str) -> None:
    shelve("Add a printer")
    page = search(typed, ines)
    assert (page.hits, page.total) == ([], 0)
    assert told in page.trouble


def test_an_empty_search_is_no_trouble(db: None, ines: User) -> None:
    assert (search("", ines).trouble, search("  \x00 ", ines).trouble) == ("", "")


@pytest.mark.parametrize(
    "typed", ["' OR 1=1 --", "%", "a' & !b:*", "\\", "<->", "printer:*&|!", "print_r", "{}[]()"]
)
def test_nothing_that_is_typed_is_taken_for_a_query(shelve: Write, ines: User, typed: str) -> None:
    shelve("Add a printer")
    search(typed, ines)
    search(f'"{typed}" -{typed} {typed}', ines)


# --- Who finds what ---


@pytest.fixture
def secret(shelve: Write) -> Article:
    """Meant for L3 alone, with words that stand nowhere else."""
    shelve("Restart the router", body="Pull the plug.", audience="everyone")
    return shelve("Zanzibar router", body="The passphrase for quagga routers.", audience="l3")


@pytest.mark.usefixtures("secret")
def test_only_what_may_be_read_is_found_and_counted(ines: User, mira: User, yuki: User) -> None:
    for reader in (AnonymousUser(), ines, mira):
        page = search("router", reader)
        assert [hit.article.title for hit in page.hits] == ["Restart the router"]
        assert (page.total, sum(page.kinds.values()), sum(page.sections.values())) == (1, 1, 1)
    assert search("router", yuki).total == 2


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("typed", ["zanzibr", "quaga", "pasphrase", "zanzi", "zanzibars", "quaggas"])
def test_a_word_of_what_may_not_be_read_is_neither_found_nor_offered(
    ines: User, yuki: User, typed: str
) -> None:
    unheard_of = search("kwijibo", ines)
    page = search(typed, ines)
    assert (page.hits, page.total, page.meant) == ([], 0, "")
    assert page == unheard_of
    assert search(typed, yuki).total == 1


@pytest.mark.usefixtures("secret")
def test_a_typing_error_is_corrected_to_what_may_be_read_though_another_word_is_nearer(
    shelve: Write, ines: User, yuki: User
) -> None:
    shelve("The quaggo form", audience="everyone")
    assert search("quagg0", ines).meant == "quaggo"
    shelve("More on quagg1", audience="l3")
    assert search("quagg0", ines).meant == "quaggo"


def test_a_form_of_a_word_that_only_stands_in_what_may_not_be_read_is_not_shown(
    shelve: Write, ines: User
) -> None:
    shelve("Lock the screen", audience="everyone")
    shelve("Lockers", body="lockings", audience="l3")
    assert search("lokcings", ines).meant == ""


@pytest.mark.usefixtures("secret")
def test_synonyms_lead_to_nothing_that_may_not_be_read(ines: User) -> None:
    Synonym.objects.create(words=["island", "zanzibar"])
    assert search("island", ines).total == 0


@pytest.mark.usefixtures("secret")
def test_suggestions_are_of_what_may_be_read(ines: User, yuki: User) -> None:
    text = "The quagga router has lost its passphrase, zanzibar says"
    assert [hit.article.title for hit in for_text(text, ines)] == ["Restart the router"]
    assert for_text(text, yuki)[0].article.title == "Zanzibar router"


def test_a_narrower_audience_holds_from_the_next_search_on(
    shelve: Write, ines: User, ada: User, at: Any
) -> None:
    article = shelve("Payroll dates", audience="signed_in")
    assert titles("payroll", ines) == ["Payroll dates"]
    set_audience(article, audience="l2", by=ada, at=at)
    assert (titles("payroll", ines), search("payrol", ines).meant) == ([], "")


def test_what_is_archived_is_not_found_until_it_is_back(
    shelve: Write, ines: User, ada: User, at: Any
) -> None:
    article = shelve("Fax machine")
    archive(article, by=ada, at=at)
    assert titles("fax", ines) == []
    assert not Occurrence.objects.exists()
    assert not ArticleText.objects.exists()
    unarchive(article, by=ada, at=at)
    assert titles("fax", ines) == ["Fax machine"]


# --- What is shown ---


def test_the_snippet_shows_the_place_with_the_words_marked_and_nothing_runs(
    shelve: Write, ines: User
) -> None:
    body = (
        "Begin here. " * 40 + "<script>alert(1)</script> The **Größe** of the toner & drum. " + "End. " * 60
    )
    shelve("Paper <b>", body=body)
    hit = search("toner grosse", ines).hits[0]
    assert "<mark>toner</mark> &amp; drum" in hit.snippet_html
    assert "<script" not in hit.snippet_html
    assert "&lt;script&gt;" in hit.snippet_html
    assert len(hit.snippet_html) < 400
    assert search("paper", ines).hits[0].title == "<mark>Paper</mark> &lt;b&gt;"


def test_the_summary_is_shown_where_it_says_as_much(shelve: Write, ines: User) -> None:
    shelve("Printing", summary="Clear the jam in the tray.", body="Open the tray. A jam is seen at once.")
    assert search("tray jam", ines).hits[0].snippet_html == (
        "Clear the <mark>jam</mark> in the <mark>tray</mark>."
    )


# --- However much there is ---


def test_the_same_number_of_queries_whatever_is_found(
    shelve: Write, ines: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        shelve(f"Printer {number}", slug=f"p{number}")
    with django_assert_max_num_queries(6):
        assert search("printer", ines).total == 30
    with django_assert_max_num_queries(10):
        assert search("prinetr -nothing unheardof", ines).total == 30
    with django_assert_max_num_queries(10):
        assert len(for_text("My prinetr is broken", ines)) == 5


def test_where_words_stand_is_asked_of_the_best_and_said_where_those_are_not_all(
    shelve: Write, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        shelve(f"Access to the office {number}", slug=f"o{number}")
    shelve("Keys", body=f"{'Where doors are locked. ' * 40} Office access is given by the front desk.")
    assert titles('"office access"', ines) == ["Keys"]
    monkeypatch.setattr(searching, "STRICT", (2, 4))
    page = search('"office access"', ines)
    assert (page.hits, page.total) == ([], 0)
    assert "the 4 best were looked at" in page.trouble
    monkeypatch.setattr(searching, "STRICT", (2, 10))
    assert titles('"office access"', ines) == ["Keys"]
    assert len(titles("office -keys", ines)) == 5


def test_statistics_of_empty_tables_lead_through_no_table_for_each_row_of_another(
    shelve: Write, ines: User
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE knowledgebase_word, knowledgebase_occurrence, knowledgebase_article")
    shelve("Everything", body=" ".join(f"word{number}" for number in range(3_000)))
    before = _rows_read()
    assert titles("word17", ines) == titles("wrod17 word18", ines) == ["Everything"]
    assert titles('"word3 word4"', ines) == ["Everything"]
    assert _rows_read() - before < 100_000


def _rows_read() -> int:
    """Rows of the tables of words that this transaction has gone through."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('knowledgebase_word', 'knowledgebase_occurrence', 'knowledgebase_article')"
        )
        return int(cursor.fetchone()[0])


def test_pages_follow_one_another_without_gap_or_repetition(shelve: Write, ines: User) -> None:
    for number in range(7):
        shelve(f"Printer {number}", slug=f"p{number}")
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = search("printer", ines, limit=3, after=after)
        seen += [hit.article.title for hit in page.hits]
        after = page.following
    assert len(seen) == 7 < MOST
    assert len(set(seen)) == 7
    assert search("printer", ines, after=10_000).hits == []


# --- Suggestions ---


def test_a_suggestion_answers_to_the_rarest_words_of_a_long_text(shelve: Write, ines: User) -> None:
    for number in range(6):
        shelve(f"Laptop hint {number}", body="The laptop is slow in the morning.", slug=f"l{number}")
    shelve("Docking station firmware")
    text = (
        "Hello, since this morning my laptop is slow and the docking station says firmware. Please help! "
        * 20
    )
    assert for_text(text, ines)[0].article.title == "Docking station firmware"
    assert len(for_text(text, ines)) == 5
    assert for_text("", ines) == for_text("the of and", ines) == for_text("!?", ines) == []


def test_what_the_category_is_about_comes_first_among_likes(
    shelve: Write, ines: User, networks: Section, vpn: Any
) -> None:
    other = make_section("Printing")
    other.ticket_categories.add(vpn)
    shelve("Restart the box", section=networks)
    shelve("Restart that box", section=other)
    assert for_text("restart box", ines)[0].article.title == "Restart the box"
    assert for_text("restart box", ines, category=vpn)[0].article.title == "Restart that box"


# --- The index ---


def test_publishing_again_counts_each_word_once(shelve: Write) -> None:
    article = shelve("Printer", body="printer toner")
    index_article(Article.objects.get(pk=article.pk))
    assert dict(Word.objects.values_list("text", "articles")) == {"printer": 1, "toner": 1}
    assert article.published is not None
    article.published.title = "Scanner"
    article.published.body = "toner"
    index_article(article)
    assert dict(Word.objects.values_list("text", "articles")) == {"printer": 0, "toner": 1, "scanner": 1}
    assert forget_unused_words() == 1
    assert set(Word.objects.values_list("text", flat=True)) == {"toner", "scanner"}


def test_what_is_indexed_together_is_indexed_as_one_by_one(shelve: Write, ines: User, at: Any) -> None:
    manual = shelve("Laptop handbook", kind="manual")
    shelve("On a journey", kind="manual", manual=manual, position=1, slug="journey")
    known = [shelve(f"Printer {number}", body="printer toner", slug=f"p{number}") for number in range(3)]
    alone = _index()
    with together():
        for article in (*known, manual):
            index_article(article)
    assert _index() == alone
    next_one = ArticleVersion.objects.create(article=manual, number=2, title="Notebook handbook", at=at)
    Article.objects.filter(pk=manual.pk).update(published=next_one, title=next_one.title)
    with together():
        index_article(manual)
    assert set(titles("notebook journey", ines)) == {"Notebook handbook", "On a journey"}
    Article.objects.filter(pk=known[0].pk).update(status="archived")
    with together():
        index_article(known[0])
    assert set(titles("printer", ines)) == {"Printer 1", "Printer 2"}


def _index() -> tuple[Any, ...]:
    """All that search keeps."""
    words = {word.pk: word.text for word in Word.objects.all()}
    return (
        set(Word.objects.values_list("language", "text", "stem", "articles")),
        {
            (words[word], article, worth)
            for word, article, worth in Occurrence.objects.values_list("word_id", "article_id", "worth")
        },
        set(ArticleText.objects.values_list("article_id", "text")),
        set(Article.objects.values_list("pk", "words")),
    )


def test_the_index_is_built_anew_by_a_command(shelve: Write, ines: User, capsys: Any) -> None:
    shelve("Printer")
    Occurrence.objects.all().delete()
    Word.objects.all().delete()
    assert titles("printer", ines) == []
    call_command("index_articles")
    assert titles("printer", ines) == ["Printer"]
    assert "1 article" in capsys.readouterr().out


def test_a_long_article_is_indexed_as_far_as_it_is_told_apart(shelve: Write, ines: User) -> None:
    words = " ".join(f"word{number}" for number in range(9_000))
    shelve("Everything", body=f"{words} {'word3 ' * 3_000}")
    assert titles("word17", ines) == titles("word3", ines) == ["Everything"]
    assert titles('"word3 word4"', ines) == ["Everything"]
