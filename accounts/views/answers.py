"""How the settings answer: a form that came back keeps what was typed and says what is wrong."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.refusals import Refused

Result = TypeVar("Result")
UNPROCESSABLE = 422


def attempt(form: forms.BaseForm, act: Callable[[], Result]) -> Result | None:
    """The operation's result, or None after its refusal has become an error of the form."""
    try:
        return act()
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def carried_out(form: forms.BaseForm, act: Callable[[], object]) -> bool:
    """Whether the operation did what was asked; its refusal has become an error of the form."""
    return attempt(form, act) is not None


def form_page(request: HttpRequest, template: str, form: forms.BaseForm, **context: Any) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound and not form.is_valid() else 200
    return render(request, template, {"form": form, **context}, status=status)
