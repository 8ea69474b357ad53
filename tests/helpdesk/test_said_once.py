"""Constant texts of templates are translated once for each language, and still in the language of the reader."""

import pytest
from django.template import Context, Template
from django.utils import translation

from helpdesk.said_once import SaidOnce


def said(text: str, language: str, **names: object) -> str:
    with translation.override(language):
        return Template("{% load i18n %}" + text).render(Context(names))


def test_each_language_has_its_own() -> None:
    template = Template('{% load i18n %}{% translate "January" %}')
    spoken = []
    for language in ("en", "de", "en", "de"):
        with translation.override(language):
            spoken.append(template.render(Context()))
    assert spoken == ["January", "Januar", "January", "Januar"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{% translate "January" as month %}-{{ month }}', "-Januar"),
        ('{% translate "January" noop %}', "January"),
        ("{% translate word %}", "Januar"),
        ('{% translate "May" context "abbrev. month" %}', "Mai"),
        ('{% translate "January"|upper %}', "JANUAR"),
        ('{% translate "<b> & 100%" %}', "<b> & 100%"),
    ],
)
def test_what_is_not_constant_is_as_in_django(text: str, expected: str) -> None:
    assert said(text, "de", word="January") == expected


def test_a_variable_is_asked_each_time() -> None:
    template = Template("{% load i18n %}{% translate word %}")
    with translation.override("de"):
        assert [template.render(Context({"word": word})) for word in ("March", "May")] == ["März", "Mai"]


def test_it_is_the_tag_of_all_templates() -> None:
    (node,) = Template('{% load i18n %}{% translate "January" %}').nodelist[1:]
    assert isinstance(node, SaidOnce)
