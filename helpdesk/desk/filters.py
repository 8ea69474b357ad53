"""Filters of lists: read from the address, shown as pills, widened by a dialog made from the vocabulary."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import User
from helpdesk.desk.forms.filters import LIST, QUERY, FilterForm
from helpdesk.desk.guard import DeskRequest, is_guest, technicians_page
from tickets.models import SavedView, Status
from tickets.queries.queues import Queue
from tickets.vocabulary import (
    EVERYTHING,
    AllOf,
    Tree,
    Unreadable,
    as_q,
    describe,
    params_from_tree,
    parse,
    tree_from_params,
)

ARRANGEMENT = ("sort", "columns", "view")
"""Parameters of a list that are no filter and stay when one is taken off."""


@dataclass(frozen=True)
class ShownPill:
    label: str
    value: str
    url: str


class Filters:
    """The filter in an address: as a tree, as SQL, as pills. What cannot be used is told and left out.

    A vendor's guest has none: by asking for words and people they would learn what their pages do not show.
    """

    def __init__(self, params: QueryDict, user: User) -> None:
        self.params, self.user = params, user
        self.tree, self.errors = (EVERYTHING, []) if is_guest(user) else tree_from_params(params, user)

    def as_q(self, *, at: datetime) -> Q:
        return as_q(self.tree, at=at, user=self.user)

    @property
    def problem(self) -> str:
        return " ".join(map(str, self.errors))

    @property
    def pills(self) -> list[ShownPill]:
        kept = urlencode(arrangement(self.params))
        if self.tree == EVERYTHING:
            return []
        return [
            ShownPill(
                " ".join(filter(None, [pill.label, pill.operator])),
                pill.value,
                f"?{'&'.join(filter(None, [pill.without, kept]))}",
            )
            for pill in describe(self.tree)
        ]


def arrangement(params: QueryDict) -> list[tuple[str, str]]:
    return [(name, value) for name in ARRANGEMENT for value in params.getlist(name)]


def tree_of_view(view: SavedView, user: User) -> Tree:
    """A saved view's filter; one that the vocabulary no longer knows finds nothing rather than everything."""
    try:
        return parse(view.filter, user) if view.filter else EVERYTHING
    except Unreadable:
        return parse({"any": []}, user)


def params_of_view(view: SavedView, user: User) -> QueryDict:
    """The address that shows a saved view: its filter, order and columns."""
    params = QueryDict(mutable=True)
    for name, value in params_from_tree(tree_of_view(view, user)):
        params.appendlist(name, value)
    params["sort"] = view.sort
    params.setlist("columns", view.columns)
    params["view"] = str(view.pk)
    return params


def tree_of_queue(queue: Queue, user: User) -> Tree:
    """A named queue in the words of the vocabulary, so that a view saved from it keeps its scope."""
    parts: list[dict[str, Any]] = [{"field": "open", "op": "is", "value": True}] if queue.is_open else []
    parts += _SCOPES.get(queue.name, [])
    if queue.tier is not None:
        parts.append({"field": "tier", "op": "is", "value": str(queue.tier.level)})
    if queue.team_id is not None:
        parts.append({"field": "team", "op": "is", "value": str(queue.team_id)})
    return parse({"all": parts}, user)


_OUR_TEAMS = {"field": "team", "op": "is", "value": "mine"}
_SCOPES: dict[str, list[dict[str, Any]]] = {
    "mine": [{"field": "assignee", "op": "is", "value": "me"}],
    "tracking": [{"field": "contact", "op": "is", "value": "me"}],
    "watching": [{"field": "watcher", "op": "is", "value": "me"}],
    "my-teams": [_OUR_TEAMS],
    "unassigned": [_OUR_TEAMS, {"field": "assignee", "op": "is", "value": "none"}],
    "replies": [_OUR_TEAMS, {"field": "reply_waits", "op": "is", "value": True}],
    "handed": [_OUR_TEAMS, {"field": "unaccepted", "op": "is", "value": True}],
    "on-hold": [_OUR_TEAMS, {"field": "status", "op": "is", "value": Status.ON_HOLD.value}],
    "vendors": [
        {
            "any": [
                {"field": "tier", "op": "is", "value": "4"},
                {"field": "status", "op": "is", "value": Status.PENDING_VENDOR.value},
            ]
        }
    ],
}


def joined(trees: Iterable[Tree]) -> Tree:
    """All of them, as flat as they are."""
    parts: list[Tree] = []
    for tree in trees:
        parts += tree.parts if isinstance(tree, AllOf) else (tree,)
    return AllOf(tuple(parts))


@require_safe
@technicians_page
def add_filter(request: DeskRequest) -> HttpResponseBase:
    """The dialog: a field, how to compare it, with what. Asked to apply, on to the list with one filter more."""
    applies = "_apply" in request.GET
    form = FilterForm(request.GET, user=request.user, applies=applies)
    if applies and form.is_valid():
        return _to_list(request, form.address())
    template = "desk/queue/_add_filter.html" if request.htmx else "desk/queue/add_filter.html"
    context = {"form": form, "carried": [(LIST, form.list_path), (QUERY, form.list_query)]}
    return render(request, template, context, status=422 if applies else 200)


def _to_list(request: DeskRequest, url: str) -> HttpResponseBase:
    if not request.htmx:
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
