"""Acts of one button on rows that stand in an order: policies, and the rules of escalation."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.views.guards import AuthenticatedRequest
from tickets.refusals import Refused


class Row(Protocol):
    pk: Any
    name: str


Act = Callable[[datetime], object]


def tried(request: HttpRequest, act: Act) -> bool:
    """Whether it was done, now; a refusal is shown on the next page."""
    try:
        act(timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    return True


def moved(request: AuthenticatedRequest, row: Row, move: Callable[..., object], *, back: str) -> HttpResponse:
    """One place up or down."""
    up = request.POST.get("to") == "up"
    tried(request, lambda at: move(row, up=up, by=request.user, at=at))
    return redirect(back)


def put_to_use(
    request: AuthenticatedRequest,
    row: Row,
    enable: Callable[..., object],
    disable: Callable[..., object],
    *,
    back: str,
) -> HttpResponse:
    """Into use or out of it."""
    is_wanted = request.POST.get("use") == "yes"
    act = enable if is_wanted else disable
    if tried(request, lambda at: act(row, by=request.user, at=at)):
        words = _("%(name)s is in use.") if is_wanted else _("%(name)s is out of use.")
        messages.success(request, words % {"name": row.name})
    return redirect(back)


def copied(request: AuthenticatedRequest, row: Row, copy: Callable[..., Row], *, to: str) -> HttpResponse:
    made = copy(row, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is made. It is not in use until you say so.") % {"name": made.name})
    return redirect(to, made.pk)


def deleted(
    request: AuthenticatedRequest, row: Row, delete: Callable[..., object], *, back: str, page: str
) -> HttpResponse:
    """Back to the list, or to the row's page with what speaks against it."""
    pk, name = row.pk, row.name
    if not tried(request, lambda at: delete(row, by=request.user, at=at)):
        return redirect(page, pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": name})
    return redirect(back)


def grows(request: HttpRequest, groups: Collection[str]) -> str:
    """The group of rows of an editor that is asked to have one more."""
    grow = request.POST.get("more", "") if request.method == "POST" else ""
    return grow if grow in groups else ""
