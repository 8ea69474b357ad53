"""Articles before a ticket is filed: who is shown what, what is counted, and that nobody is kept."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountEvent, Organisation, User
from knowledgebase.indexing import index_article
from knowledgebase.models import (
    Article,
    ArticleAudience,
    DailyCount,
    FilingForm,
    FormCount,
    FormOutcome,
    LinkRole,
    RepeatKey,
    SearchTerm,
    Section,
    Suggestion,
    SuggestionSettings,
    TicketArticle,
)
from knowledgebase.operations import deflecting, forgetting, repeating, tuning
from knowledgebase.queries.deflection import Effect, numbers
from knowledgebase.queries.intervals import Difference, Share
from knowledgebase.refusals import NotPublished
from tickets.models import Category, Event, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentence

Write = Callable[..., Article]
Later = Callable[..., datetime]
Open = Callable[..., Ticket]
FORM = uuid.UUID(int=77)
"""Of a form that is in no control group of 77 percent or less."""


@pytest.fixture
def vpn_article(write_article: Write) -> Article:
    return indexed(write_article("VPN drops every 20 minutes", summary="Renew the profile of the client."))


def indexed(article: Article) -> Article:
    index_article(article)
    return article


def typing(by: User, at: datetime, form: uuid.UUID = FORM, **said: Any) -> list[str]:
    """What is shown to this person while they type."""
    said = {"subject": "my vpn dorps all the time", "description": "", "category": None, **said}
    return [hit.article.title for hit in deflecting.suggest(form, language="en", by=by, at=at, **said)]


def counted(article: Article) -> dict[str, Any]:
    row = DailyCount.objects.filter(article=article).values("shown", "read", "solved", "filed_anyway").first()
    return {name: number for name, number in (row or {}).items() if number}


def sums() -> dict[str, int]:
    row = FormCount.objects.values(*COUNTS).get()
    return {name: number for name, number in row.items() if number}


COUNTS = ("nothing", "forms", "shown", "read", "solved", "repeated", "filed", "filed_anyway")


# --- who is shown what ---


def test_a_requester_is_shown_what_answers_them_typos_and_all(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    assert typing(ines, at) == ["VPN drops every 20 minutes"]


def test_one_word_is_too_little_to_suggest_anything_and_begins_no_form(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    assert typing(ines, at, subject="vpn") == []
    assert not FilingForm.objects.exists()


def test_nobody_is_shown_what_they_may_not_read(
    write_article: Write, ines: User, otto: User, mira: User, northwind: Organisation, at: datetime
) -> None:
    indexed(write_article("VPN drops: for L2", audience=ArticleAudience.L2))
    indexed(write_article("VPN drops: a draft", published=False))
    named = write_article(
        "VPN drops at Northwind", audience=ArticleAudience.ORGANISATIONS, organisations=[northwind]
    )
    indexed(named)

    assert typing(ines, at) == ["VPN drops at Northwind"]
    assert typing(otto, at, form=uuid.UUID(int=78)) == []
    assert typing(mira, at, form=uuid.UUID(int=79)) == ["VPN drops at Northwind"]


def test_what_is_shown_is_found_and_noted_in_a_few_queries(
    vpn_article: Article, ines: User, at: datetime, django_assert_max_num_queries: Any
) -> None:
    typing(ines, at, form=uuid.UUID(int=78), subject="vpn drops")
    ines = User.objects.get(pk=ines.pk)
    # With the person's seats, how many articles there are, and the transaction's beginning and end.
    with django_assert_max_num_queries(11):
        typing(ines, at, subject="vpn drops")


# --- what is counted ---


def test_an_article_is_counted_once_a_form_however_often_it_comes(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    typing(ines, at)
    typing(ines, at, description="Since Friday.")
    deflecting.note_reading(FORM, article=vpn_article, at=at)
    deflecting.note_reading(FORM, article=vpn_article, at=at)

    assert counted(vpn_article) == {"shown": 1, "read": 1}
    assert DailyCount.objects.get().views == 2


def test_an_article_that_was_not_shown_is_read_as_any_other(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    deflecting.note_reading(FORM, article=vpn_article, at=at)

    assert (counted(vpn_article), DailyCount.objects.get().views) == ({}, 1)


def test_this_solved_it_ends_the_form_and_is_counted(
    vpn_article: Article, ines: User, vpn: Category, at: datetime
) -> None:
    typing(ines, at, category=vpn)
    deflecting.note_reading(FORM, article=vpn_article, at=at)
    for _twice in range(2):
        deflecting.solve(FORM, article=vpn_article, by=ines, at=at)

    assert counted(vpn_article) == {"shown": 1, "read": 1, "solved": 1}
    assert sums() == {"forms": 1, "shown": 1, "read": 1, "solved": 1}
    assert (FormCount.objects.get().category, FormCount.objects.get().day) == (vpn, at.date())
    assert typing(ines, at) == [], "what has ended is not begun again"


def test_what_was_not_shown_cannot_have_solved_it(
    vpn_article: Article, write_article: Write, ines: User, at: datetime
) -> None:
    printer = indexed(write_article("The printer is out of paper"))
    typing(ines, at)

    with pytest.raises(Invalid) as refused:
        deflecting.solve(FORM, article=printer, by=ines, at=at)
    assert refused.value.field == "article"
    with pytest.raises(Invalid):
        deflecting.solve(uuid.UUID(int=5), article=vpn_article, by=ines, at=at)


def test_what_was_restricted_meanwhile_cannot_have_solved_it(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    typing(ines, at)
    Article.objects.update(audience=ArticleAudience.L2)

    with pytest.raises(NotPublished):
        deflecting.solve(FORM, article=vpn_article, by=ines, at=at)


def test_filing_anyway_keeps_with_the_ticket_what_was_shown_and_read(
    vpn_article: Article, write_article: Write, ines: User, mira: User, open_ticket: Open, at: datetime
) -> None:
    other = indexed(write_article("VPN from abroad", summary="How to connect when the VPN drops abroad."))
    typing(ines, at)
    deflecting.note_reading(FORM, article=other, at=at)
    ticket = open_ticket()
    for _twice in range(2):
        deflecting.file_anyway(FORM, ticket=ticket, by=ines, at=at)

    links = TicketArticle.objects.filter(ticket=ticket).order_by("article")
    assert [(link.article, link.role, link.by) for link in links] == [
        (vpn_article, LinkRole.SUGGESTED, ines),
        (other, LinkRole.READ, ines),
    ]
    assert counted(other) == {"shown": 1, "read": 1, "filed_anyway": 1}
    assert counted(vpn_article) == {"shown": 1}
    assert sums() == {"forms": 1, "shown": 1, "read": 1, "filed": 1, "filed_anyway": 1}
    told = Event.objects.get(ticket=ticket, kind="knowledge.filed_anyway")
    assert (told.is_quiet, told.changes) == (True, {})
    assert sentence(told, mira) == "Ines Okafor had read “VPN from abroad” and filed it anyway"


def test_who_reads_no_title_in_the_history_of_what_they_may_not_read(
    vpn_article: Article, ines: User, mira: User, yuki: User, open_ticket: Open, at: datetime
) -> None:
    typing(ines, at)
    ticket = open_ticket()
    deflecting.file_anyway(FORM, ticket=ticket, by=ines, at=at)
    Article.objects.update(audience=ArticleAudience.L3)

    told = Event.objects.get(ticket=ticket, kind="knowledge.filed_anyway")
    assert sentence(told, mira) == "Ines Okafor filed it and opened none of: an article"
    assert sentence(told, yuki) == "Ines Okafor filed it and opened none of: “VPN drops every 20 minutes”"


def test_a_form_without_an_article_is_counted_apart(ines: User, open_ticket: Open, at: datetime) -> None:
    assert typing(ines, at) == []
    deflecting.file_anyway(FORM, ticket=open_ticket(), by=ines, at=at)

    assert sums() == {"nothing": 1}
    assert not Event.objects.filter(kind="knowledge.filed_anyway").exists()


def test_a_form_that_nobody_sends_was_left_and_counts_as_filed_if_it_comes_after_all(
    vpn_article: Article, ines: User, open_ticket: Open, at: datetime, later: Later
) -> None:
    typing(ines, at)
    forgetting.tidy_forms(at=later(days=1))
    assert not FormCount.objects.exists()
    forgetting.tidy_forms(at=later(days=2))
    assert sums() == {"forms": 1, "shown": 1}

    deflecting.file_anyway(FORM, ticket=open_ticket(at=later(days=3)), by=ines, at=later(days=3))
    assert sums() == {"forms": 1, "shown": 1, "filed": 1}


def test_a_form_that_was_left_is_open_again_when_somebody_types_on(
    vpn_article: Article, ines: User, at: datetime, later: Later
) -> None:
    typing(ines, at)
    forgetting.tidy_forms(at=later(days=2))

    assert typing(ines, later(days=2)) == ["VPN drops every 20 minutes"]
    assert (FilingForm.objects.get().outcome, sums()) == ("", {})
    assert counted(vpn_article) == {"shown": 1}


def test_the_line_that_was_typed_is_a_search_that_ended_in_a_ticket(
    vpn_article: Article, ines: User, open_ticket: Open, at: datetime
) -> None:
    typing(ines, at, subject="vpn dorps")
    typing(ines, at, subject="vpn dorps again")
    assert SearchTerm.objects.get().form == FORM
    deflecting.file_anyway(FORM, ticket=open_ticket(), by=ines, at=at)

    term = SearchTerm.objects.get()
    assert (term.text, term.is_filed, term.form) == ("vpn dorps again", True, None)


def test_a_search_that_an_article_answered_ended_in_no_ticket(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    typing(ines, at)
    deflecting.solve(FORM, article=vpn_article, by=ines, at=at)

    assert SearchTerm.objects.values_list("is_filed", "form").get() == (False, None)


# --- whether they came back ---


@pytest.fixture
def solved(vpn_article: Article, ines: User, vpn: Category, at: datetime) -> FilingForm:
    """Ines says that the article about the VPN solved it."""
    typing(ines, at, category=vpn)
    return deflecting.solve(FORM, article=vpn_article, by=ines, at=at)


@pytest.mark.parametrize(
    ("days", "where", "is_taken_back"),
    [(1, "VPN", True), (1, "Network", True), (6.9, "VPN", True), (7.1, "VPN", False), (1, "Printers", False)],
)
def test_a_ticket_of_the_category_within_a_week_takes_it_back(
    solved: FilingForm,
    vpn_article: Article,
    open_ticket: Open,
    later: Later,
    days: float,
    where: str,
    is_taken_back: bool,
) -> None:
    printers = Category.objects.create(name="Printers", ancestry=[])
    category = printers if where == "Printers" else Category.objects.get(name=where)
    open_ticket(category=category, at=later(days=days))
    forgetting.tidy_forms(at=later(days=days, hours=1))
    forgetting.tidy_forms(at=later(days=8))

    assert counted(vpn_article) == {"shown": 1, **({} if is_taken_back else {"solved": 1})}
    assert sums() == {"forms": 1, "shown": 1, ("repeated" if is_taken_back else "solved"): 1}


def test_a_ticket_of_somebody_else_takes_nothing_back(
    solved: FilingForm, tomasz: User, vpn: Category, open_ticket: Open, later: Later
) -> None:
    open_ticket(requester=tomasz, category=vpn, at=later(hours=2))
    forgetting.tidy_forms(at=later(hours=3))

    assert sums()["solved"] == 1


def test_a_ticket_from_before_takes_nothing_back(
    vpn_article: Article, ines: User, vpn: Category, open_ticket: Open, at: datetime, later: Later
) -> None:
    open_ticket(category=vpn, at=at)
    typing(ines, later(hours=1), category=vpn)
    deflecting.solve(FORM, article=vpn_article, by=ines, at=later(hours=1))
    forgetting.tidy_forms(at=later(hours=2))

    assert sums()["solved"] == 1


def test_a_form_without_a_category_is_taken_back_by_any_ticket(
    vpn_article: Article, ines: User, open_ticket: Open, vpn: Category, at: datetime, later: Later
) -> None:
    typing(ines, at)
    deflecting.solve(FORM, article=vpn_article, by=ines, at=at)
    open_ticket(category=vpn, at=later(days=2))

    assert forgetting.check_repeats(at=later(days=2, hours=1)) == 1
    assert sums() == {"forms": 1, "shown": 1, "repeated": 1}


def test_the_same_form_sent_after_all_counts_as_filed_and_not_as_solved(
    solved: FilingForm, vpn_article: Article, ines: User, vpn: Category, open_ticket: Open, later: Later
) -> None:
    ticket = open_ticket(category=vpn, at=later(minutes=5))
    deflecting.file_anyway(FORM, ticket=ticket, by=ines, at=later(minutes=5))

    assert sums() == {"forms": 1, "shown": 1, "filed": 1}
    assert counted(vpn_article) == {"shown": 1}


# --- that nobody is kept ---


def test_a_form_names_nobody_and_only_one_that_was_solved_has_a_mark(
    vpn_article: Article, ines: User, open_ticket: Open, at: datetime
) -> None:
    typing(ines, at)
    deflecting.file_anyway(FORM, ticket=open_ticket(), by=ines, at=at)

    named = {field.related_model.__name__ for field in FilingForm._meta.fields if field.related_model}
    assert named == {"Category", "Article", "RepeatKey"}
    form = FilingForm.objects.get()
    assert (form.mark, form.key, form.solved_at) == ("", None, None)
    assert not RepeatKey.objects.exists()


def test_a_mark_is_an_hmac_that_nobody_makes_without_the_key(
    solved: FilingForm, ines: User, otto: User
) -> None:
    assert solved.key is not None
    other = RepeatKey(secret=b"another key of thirty-two bytes!", made_at=solved.key.made_at)

    assert solved.mark == repeating.mark_of(ines.pk, solved.key)
    assert solved.mark != repeating.mark_of(otto.pk, solved.key)
    assert solved.mark != repeating.mark_of(ines.pk, other)
    assert len(bytes(solved.key.secret)) == 32


def test_the_mark_goes_when_the_week_is_over(solved: FilingForm, later: Later) -> None:
    forgetting.tidy_forms(at=later(days=6, hours=23))
    assert FilingForm.objects.get().mark == solved.mark
    forgetting.tidy_forms(at=later(days=7, hours=1))

    form = FilingForm.objects.get()
    assert (form.mark, form.key, form.solved_at, form.outcome) == ("", None, None, FormOutcome.SOLVED)


def test_a_key_makes_marks_for_a_week_and_is_thrown_away_after_two(
    solved: FilingForm, at: datetime, later: Later
) -> None:
    first = solved.key
    assert repeating.current_key(at=later(days=6, hours=23)) == first
    second = repeating.current_key(at=later(days=7))
    assert first is not None
    assert bytes(second.secret) != bytes(first.secret)

    assert repeating.throw_keys_away(at=later(days=13, hours=23)) == 0
    assert repeating.throw_keys_away(at=later(days=14)) == 1
    assert list(RepeatKey.objects.all()) == [second]
    assert FilingForm.objects.get().mark == ""


def test_forms_are_forgotten_after_two_weeks_and_sums_stay(solved: FilingForm, later: Later) -> None:
    forgetting.tidy_forms(at=later(days=15))

    assert not FilingForm.objects.exists()
    assert not Suggestion.objects.exists()
    assert sums()["solved"] == 1


# --- the control group ---


def test_nothing_is_held_back_before_an_administrator_says_so(
    vpn_article: Article, ines: User, at: datetime
) -> None:
    shown = [typing(ines, at, form=uuid.UUID(int=number)) for number in (0, 1, 99)]

    assert shown == [["VPN drops every 20 minutes"]] * 3


def test_a_share_of_forms_shows_nothing_and_is_counted_apart(
    vpn_article: Article, ines: User, ada: User, open_ticket: Open, at: datetime
) -> None:
    tuning.set_control(percent=10, by=ada, at=at)
    forms = [uuid.UUID(int=number) for number in range(100)]
    shown = [form for form in forms if typing(ines, at, form=form)]
    assert shown == forms[10:]

    deflecting.file_anyway(forms[0], ticket=open_ticket(), by=ines, at=at)
    row = FormCount.objects.get()
    assert (row.is_control, row.forms, row.shown, row.filed) == (True, 1, 0, 1)
    assert not Suggestion.objects.filter(form__in=forms[:10]).exists()


def test_a_form_stays_in_its_group_when_the_share_changes(
    vpn_article: Article, ines: User, ada: User, at: datetime
) -> None:
    form = uuid.UUID(int=20)
    assert typing(ines, at, form=form)
    tuning.set_control(percent=50, by=ada, at=at)

    assert typing(ines, at, form=form)


def test_only_an_administrator_sets_the_share_at_most_half_and_it_stands_in_the_history(
    ada: User, max_: User, at: datetime
) -> None:
    with pytest.raises(NotAllowed):
        tuning.set_control(percent=10, by=max_, at=at)
    for percent in (-1, 51):
        with pytest.raises(Invalid) as refused:
            tuning.set_control(percent=percent, by=ada, at=at)
        assert refused.value.field == "percent"
    for _twice in range(2):
        tuning.set_control(percent=10, by=ada, at=at)

    told = AccountEvent.objects.get(kind="suggestions.changed")
    assert (told.by, told.data) == (ada, {"control_percent": [0, 10], "about": 1})
    assert SuggestionSettings.load().control_percent == 10


# --- the effect and its interval ---


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (56, 70, 0.6918, 0.8765)],
)
def test_a_share_has_wilsons_interval(part: int, whole: int, low: float, high: float) -> None:
    assert Share(part, whole).interval == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((0, 10), (0, 10), -0.2775, 0.2775),
    ],
)
def test_a_difference_has_newcombes_interval(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    assert Difference(Share(*one), Share(*other)).interval == pytest.approx((low, high), abs=5e-4)


def test_an_effect_is_told_only_when_its_interval_excludes_zero() -> None:
    few = Effect(without=Share(9, 10), suggested=Share(60, 100))
    many = Effect(without=Share(90, 100), suggested=Share(600, 1000))
    none = Effect(without=Share(0, 0), suggested=Share(60, 100))

    assert few.difference.value == pytest.approx(many.difference.value)
    assert [effect.difference.is_told for effect in (few, many, none)] == [False, True, False]
    assert [effect.is_measured for effect in (few, many, none)] == [True, True, False]


def test_the_numbers_tell_articles_categories_and_the_effect(
    vpn_article: Article, ines: User, max_: User, ada: User, vpn: Category, open_ticket: Open, at: datetime
) -> None:
    tuning.set_control(percent=10, by=ada, at=at)
    for number in (0, 1, 50, 51, 52, 53):
        typing(ines, at, form=uuid.UUID(int=number), category=vpn)
    for number in (0, 1, 50):
        deflecting.file_anyway(uuid.UUID(int=number), ticket=open_ticket(category=vpn), by=ines, at=at)
    for number in (51, 52, 53):
        deflecting.solve(uuid.UUID(int=number), article=vpn_article, by=ines, at=at)

    found = numbers(max_, since=at.date() - timedelta(days=30))
    assert [(row.name, row.forms, row.shown, row.solved, row.filed) for row in found.categories] == [
        ("Network › VPN", 4, 4, 3, 1)
    ]
    assert [(row.name, row.shown, row.solved) for row in found.articles] == [(vpn_article.title, 4, 3)]
    assert (found.effect.without, found.effect.suggested) == (Share(2, 2), Share(1, 4))
    assert (found.total.forms, found.watched) == (4, 3)
    assert numbers(max_, since=date(2027, 1, 1)).articles == []


def test_groups_are_compared_on_the_days_on_which_there_were_both(max_: User, at: datetime) -> None:
    for days, is_control, forms, filed in (
        (40, False, 900, 900),  # before a share was set
        (20, True, 2, 2),
        (15, False, 30, 10),
        (10, True, 3, 1),
        (5, False, 900, 0),  # after it was taken back
    ):
        day = at.date() - timedelta(days=days)
        FormCount.objects.create(day=day, is_control=is_control, forms=forms, filed=filed)
    effect = numbers(max_, since=at.date() - timedelta(days=90)).effect
    assert (effect.without, effect.suggested) == (Share(3, 5), Share(10, 30))


def test_nobody_is_told_numbers_of_an_article_that_they_may_not_read(
    vpn_article: Article, networks: Section, ines: User, mira: User, yuki: User, at: datetime
) -> None:
    typing(ines, at)
    Article.objects.update(audience=ArticleAudience.L3)

    assert numbers(mira, since=at.date()).articles == []
    assert [row.article for row in numbers(yuki, since=at.date()).articles] == [vpn_article]


def test_what_is_shown_costs_the_same_however_many_articles_there_are(
    write_article: Write, ines: User, at: datetime
) -> None:
    costs = []
    for number in (1, 2, 6):  # the first one finds out what is kept for seconds
        for part in range(number):
            indexed(write_article(f"VPN drops, part {number} {part}"))
        with CaptureQueriesContext(connection) as asked:
            shown = typing(ines, at, form=uuid.UUID(int=number))
        costs.append(len(asked))

    assert len(shown) == 5
    assert costs[1] == costs[2]
