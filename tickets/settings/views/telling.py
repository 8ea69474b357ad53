"""What a change will do is said before it is done: in the open page while one chooses, else when one saves."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.views.answers import UNPROCESSABLE, carried_out
from accounts.views.guards import AuthenticatedRequest
from tickets.settings.effects import Effect

LOOK, SEEN = "look", "effects"


def asks_first(request: AuthenticatedRequest, told: Sequence[Effect]) -> bool:
    """Whether nothing is to be saved yet: somebody only looks, or has not seen what it will do."""
    return LOOK in request.POST or (request.POST.get(SEEN, "") != codes_of(told) and bool(told))


def codes_of(told: Sequence[Effect]) -> str:
    """What was told, without its numbers: tickets come and go while one reads."""
    return " ".join(sorted(effect.code for effect in told))


def page(
    request: AuthenticatedRequest, template: str, form: forms.BaseForm, told: Sequence[Effect], **context: Any
) -> HttpResponse:
    """The form with what it would do, or for htmx that alone."""
    is_wrong = form.is_bound and not form.is_valid()
    context |= {"form": form, "told": told, "codes": codes_of(told)}
    if LOOK in request.POST and request.headers.get("HX-Request"):
        return render(request, "settings/_effects.html", context)
    context["asks"] = bool(told) and not is_wrong
    return render(request, template, context, status=UNPROCESSABLE if is_wrong else 200)


def kept(
    request: AuthenticatedRequest,
    form: forms.BaseForm,
    row: Model | None,
    *,
    create: Callable[..., object],
    change: Callable[..., object],
) -> bool:
    """Whether what was typed is kept: in the row, or in a new one where there is none."""
    if not form.is_valid():
        return False
    facts = {"by": request.user, "at": timezone.now(), **form.cleaned_data}
    act = (lambda: create(**facts)) if row is None else (lambda: change(row, **facts))
    if not carried_out(form, act):
        return False
    messages.success(request, _("Saved."))
    return True
