from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from helpdesk.templatetags import ui
from tickets.models import FAR


def drawn(template: str, path: str = "/", **context: Any) -> str:
    request = RequestFactory().get(path)
    return Template("{% load ui %}" + template).render(Context({"request": request, **context}))


@pytest.mark.parametrize("given", [2, "L2", "2", "l2"])
def test_a_tier_may_be_named_by_level_or_letter(given: Any) -> None:
    assert ui.tier(given) == '<span class="tier t2">L2</span>'


def test_a_tier_wears_the_colour_it_was_given() -> None:
    tier = SimpleNamespace(level=3, name="Expert", colour="rose")
    assert ui.tier(tier) == '<span class="tier tone-rose" title="Expert">L3</span>'


def test_a_colour_that_is_none_of_ours_is_not_written_into_the_page() -> None:
    tier = SimpleNamespace(level=3, name="", colour='red" onclick="x')
    assert ui.tier(tier) == '<span class="tier t3">L3</span>'


def test_no_tier_draws_nothing() -> None:
    assert ui.tier(None) == ""


def test_a_path_tells_its_bounces() -> None:
    path = ui.tier_path([1, 2, 1], bounces=1)
    assert [f">L{level}<" in path for level in (1, 2)] == [True, True]
    assert "1 bounce<" in path


def test_a_name_cannot_bring_markup() -> None:
    person = SimpleNamespace(name="<b>Eve</b>", initials="<E")
    assert "<b>" not in ui.person(person)
    assert "&lt;b&gt;Eve" in ui.person(person)


def test_nobody_is_called_so() -> None:
    assert "nobody" in ui.person(None)


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        (timedelta(hours=4, minutes=10, seconds=5), "ok", "4 h 10 min left"),
        (timedelta(minutes=18, seconds=5), "warn", "18 min left"),
        (timedelta(minutes=-34, seconds=-5), "bad", "34 min over"),
        (timedelta(days=3, seconds=5), "ok", "3 d left"),
    ],
)
def test_a_promise_says_how_much_is_left(left: timedelta, level: str, words: str) -> None:
    chip = ui.due(timezone.now() + left, word="accept")
    assert f'class="chip {level}"' in chip
    assert f">{words}</span> · accept" in chip


def test_a_promise_shows_its_share_in_steps_of_five() -> None:
    now = timezone.now()
    assert 'data-p="75"' in ui.due(now + timedelta(hours=2), start=now - timedelta(hours=6))


def test_the_far_date_of_a_ticket_is_no_promise() -> None:
    assert "no promise" in ui.due(FAR)
    assert "no promise" in ui.due(None)


def test_what_waits_does_not_run_out() -> None:
    chip = ui.due(timezone.now(), paused="requester")
    assert chip == '<span class="chip rest">paused · requester</span>'


def test_a_time_is_told_relative_and_exact() -> None:
    at = timezone.now() - timedelta(hours=2, minutes=5)
    words = ui.when(at)
    assert ">2 h ago</time>" in words
    assert 'title="' in words
    assert at.isoformat(timespec="seconds") in words


def test_an_old_time_is_told_as_its_date() -> None:
    assert "2020" in ui.when(datetime(2020, 3, 1, tzinfo=UTC)).rpartition('">')[2]


def test_changing_a_filter_keeps_the_others_and_starts_at_the_front() -> None:
    url = drawn('{% query_url status="open" %}', "/desk/?team=4&team=5&status=new&after=abc")
    assert url == "?team=4&amp;team=5&amp;status=open"


def test_paging_keeps_the_filters() -> None:
    assert drawn('{% query_url after="x" %}', "/desk/?team=4&after=abc") == "?team=4&amp;after=x"


def test_taking_off_the_last_filter_leaves_the_bare_address() -> None:
    assert drawn("{% query_url status=None %}", "/desk/?status=new") == "/desk/"


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("", "auto"), ('x" onload="', "auto")])
def test_only_a_known_theme_reaches_the_page(cookie: str, theme: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert Template("{% load ui %}{% theme %}").render(Context({"request": request})) == theme


class Question(forms.Form):
    subject = forms.CharField(label="Subject", help_text="In one line.")
    urgent = forms.BooleanField(label="I cannot work", required=False)


def test_a_field_names_its_help_and_its_error_for_screen_readers() -> None:
    html = drawn("{% field form.subject %}", form=Question({}))
    assert 'aria-describedby="id_subject_helptext id_subject_error"' in html
    assert 'id="id_subject_helptext"' in html
    assert 'id="id_subject_error"' in html
    assert 'aria-invalid="true"' in html


def test_what_is_wrong_links_to_its_field() -> None:
    html = drawn("{% form_errors form %}", form=Question({}))
    assert '<a href="#id_subject">Subject</a>' in html


def test_a_form_without_errors_has_no_summary() -> None:
    assert drawn("{% form_errors form %}", form=Question()).strip() == ""
