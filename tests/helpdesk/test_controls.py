"""Controls are written as Django's own templates write them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template.base import Template
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from helpdesk.controls import Controls

CHOICES = [
    ("", "Choose…"),
    ("a", 'A <b> & "c"'),
    (1000, 2000),
    (1.5, Decimal("2.5")),
    ("safe", format_html("<i>{}</i>", "&")),
    (None, _("Save")),
    ("Group <1>", [("x", "X"), (True, date(2026, 11, 23))]),
]
WIDGETS = [
    forms.TextInput(attrs={"class": "wide", "data-x": 'a "b" <c>', "required": True, "disabled": False}),
    forms.TextInput(attrs={"maxlength": 2000, "data-safe": format_html("&amp;{}", "<")}),
    forms.NumberInput(attrs={"step": 0.5, "min": 1000}),
    forms.EmailInput(),
    forms.URLInput(),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.DateInput(attrs={"type": "date"}),
    forms.TimeInput(),
    forms.DateTimeInput(),
    forms.CheckboxInput(),
    forms.Textarea(attrs={"rows": 3, "placeholder": "<&>"}),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.NullBooleanSelect(),
    forms.RadioSelect(choices=CHOICES),
    forms.CheckboxSelectMultiple(choices=CHOICES),
    forms.ClearableFileInput(),
    forms.SplitDateTimeWidget(),
    forms.SelectDateWidget(years=[2025, 2026]),
]
VALUES: list[Any] = [None, "", "a", "<script>\"&'", 1000, 1234.5, True, False, date(2026, 11, 23), _("Save")]


def same(widget: forms.Widget, value: Any) -> str:
    attrs = {"id": "id_x", "aria-describedby": "help"}
    ours = widget.render("name[<0>]", value, attrs, renderer=Controls())
    assert ours == widget.render("name[<0>]", value, attrs, renderer=DjangoTemplates())
    return ours


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_control_is_written_as_by_its_template(widget: forms.Widget, language: str) -> None:
    several = isinstance(widget, (forms.SelectMultiple, forms.CheckboxSelectMultiple))
    with translation.override(language):
        for value in VALUES:
            if isinstance(widget, (forms.SplitDateTimeWidget, forms.ClearableFileInput)) and value:
                continue
            assert "name[&lt;0&gt;]" in same(widget, [value, "x"] if several else value)


def test_errors_are_written_as_by_their_template() -> None:
    class Form(forms.Form):
        name = forms.CharField(label="Name <1>")

    for data in ({}, {"name": "there"}):
        ours, theirs = (Form(data, renderer=renderer) for renderer in (Controls(), DjangoTemplates()))
        assert str(ours["name"].errors) == str(theirs["name"].errors)
        assert str(ours) == str(theirs)


def test_forms_of_the_desk_are_written_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a template, so that no page is slow for its fields."""
    monkeypatch.setattr(Template, "render", None)
    form = forms.Form()
    form.fields["kind"] = forms.ChoiceField(choices=CHOICES)
    assert str(form["kind"]).startswith('<select name="kind"')
