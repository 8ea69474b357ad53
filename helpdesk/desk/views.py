"""Saved views: the filter of a list kept under a name; changed and deleted by whoever made it."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.desk.columns import COLUMNS
from helpdesk.desk.filters import joined, tree_of_queue
from helpdesk.desk.forms.filters import LIST
from helpdesk.desk.forms.views import SavedViewForm
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.nav import navigation, view_url
from helpdesk.desk.sending import status_of
from tickets.models import SavedView
from tickets.queries.listing import SORTS
from tickets.vocabulary import Tree, to_json, tree_from_params

FILTER = "_filter"


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def new(request: DeskRequest) -> HttpResponseBase:
    return _edit(request, SavedView(owner=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def edit(request: DeskRequest, key: int) -> HttpResponseBase:
    return _edit(request, get_object_or_404(SavedView, pk=key, owner=request.user))


@require_POST
@technicians_page
def delete(request: DeskRequest, key: int) -> HttpResponseBase:
    view = get_object_or_404(SavedView, pk=key, owner=request.user)
    view.delete()
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect("/desk/")


def _edit(request: DeskRequest, view: SavedView) -> HttpResponseBase:
    address = request.POST.get(FILTER) if request.method == "POST" else request.GET.urlencode()
    form = SavedViewForm(request.POST if request.method == "POST" else None, instance=view, user=request.user)
    if request.method == "POST" and form.is_valid():
        view = _arranged(form.fill(view), QueryDict(address), request)
        view.save()
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
        return _to(request, view_url(view))
    context = {"form": form, "view": view, "address": address, "url": request.path}
    template = "desk/views/_form.html" if request.htmx else "desk/views/form.html"
    status = status_of(request, None) if form.is_bound else 200
    return render(request, template, context, status=status)


def _arranged(view: SavedView, params: QueryDict, request: DeskRequest) -> SavedView:
    """What the list showed when it was kept; without an address a view keeps what it has."""
    if LIST not in params:
        return view
    sort = params.get("sort", "")
    view.filter = to_json(_tree(params, request))
    view.sort = sort if sort in SORTS else view.sort
    view.columns = [name for name in params.getlist("columns") if name in COLUMNS]
    return view


def _tree(params: QueryDict, request: DeskRequest) -> Tree:
    """A list of a named queue stays within it; one of a saved view has its scope in its filter already."""
    path = str(params[LIST])
    rest = params.copy()
    rest.pop(LIST)
    filtered, _errors = tree_from_params(rest, request.user)
    name = path.removeprefix("/desk/queues/").strip("/")
    queue = navigation(request).queue(name) if path.startswith("/desk/queues/") else None
    return joined([tree_of_queue(queue, request.user), filtered]) if queue else filtered


def _to(request: DeskRequest, url: str) -> HttpResponseBase:
    if not request.htmx:
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
