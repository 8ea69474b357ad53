"""How the pages of promises answer a refusal: what was typed stays, and the field says what is wrong."""

from collections.abc import Callable
from typing import TypeVar

from django import forms

from tickets.refusals import Refused

Result = TypeVar("Result")


def attempt(form: forms.BaseForm, act: Callable[[], Result]) -> Result | None:
    """The operation's result, or None after its refusal has become an error of the form."""
    try:
        return act()
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
