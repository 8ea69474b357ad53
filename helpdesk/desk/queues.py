"""Lists of tickets: named queues and saved views, filtered and sorted by their address."""

import re
from collections.abc import Collection
from functools import cached_property
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from helpdesk.desk.columns import Column, choice_of, columns_of
from helpdesk.desk.counts import at_most, counts_of_queue, known_of_queue
from helpdesk.desk.filters import Filters, arrangement, params_of_view
from helpdesk.desk.forms.filters import LIST
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest, technicians_page
from helpdesk.desk.nav import navigation, saved_views, view_url
from helpdesk.desk.rows import metrics_for, rows_of
from tickets.models import SavedView, TicketQuerySet
from tickets.operations.bulk import MOST_CHOSEN
from tickets.queries import listing as paging
from tickets.queries.queues import Queue
from tickets.refusals import Invalid
from tickets.vocabulary import EVERYTHING, params_from_tree

MOST_EXPORTED = 10_000


@require_safe
@desk_page
def home(request: DeskRequest) -> HttpResponseBase:
    """What one works on; who works nothing (a manager) begins with all, a vendor's guest with their team's."""
    if is_guest(request.user):
        return redirect("/desk/queues/my-teams/")
    return redirect("/desk/queues/mine/" if request.user.works_tickets else "/desk/queues/all/")


@require_safe
@desk_page
def queue(request: DeskRequest, name: str) -> HttpResponse:
    return _show(request, listing_of(request, name))


@require_safe
@desk_page
def summary(request: DeskRequest, name: str) -> HttpResponse:
    """The numbers of a queue, for a page that was drawn before they were known."""
    listing = listing_of(request, name)
    numbers = counts_of_queue(request.user, listing.nav, listing.queue, at=listing.at)
    return render(request, "desk/queue/_summary.html", {"summary": summary_of(*numbers)})


@require_safe
@technicians_page
def view(request: DeskRequest, key: int) -> HttpResponse:
    """A saved view: its own filter and order, until the address says otherwise."""
    return _show(request, listing_of_view(request, key))


class Listing:
    """One list: a queue or a saved view, narrowed and ordered by its address."""

    def __init__(
        self,
        request: DeskRequest,
        queue: Queue,
        view: SavedView | None = None,
        params: QueryDict | None = None,
    ) -> None:
        self.queue, self.view, self.user = queue, view, request.user
        self.params = request.GET if params is None else params
        self.nav = navigation(request)
        self.at = timezone.now()
        self.filters = Filters(self.params, self.user)
        self.is_cut = False
        self.problem = self.filters.problem
        try:
            self.sort = paging.sort_named(self.params.get("sort") or queue.sort)
        except Invalid as refused:
            self.problem = " ".join(filter(None, [self.problem, str(refused)]))
            self.sort = paging.sort_named(queue.sort)

    @cached_property
    def rows(self) -> TicketQuerySet:
        return self.queue.queryset.filter(self.filters.as_q(at=self.at))

    def page(
        self,
        cursor: str | None,
        *,
        size: int = paging.PAGE_SIZE,
        within: Collection[int] | None = None,
        named: bool = True,
    ) -> paging.Page:
        """The page at `cursor`, else the first; `within` narrows the list to these tickets."""
        rows = self.rows if within is None else self.rows.filter(pk__in=within)
        scope = f"{self.queue.name}?{urlencode(params_from_tree(self.filters.tree))}"
        return paging.page(rows, sort=self.sort.name, scope=scope, cursor=cursor, size=size, named=named)

    @property
    def title(self) -> str:
        if self.view:
            return self.view.name
        return str(self.queue.tier.name if self.queue.tier else self.queue.label)

    @property
    def url(self) -> str:
        return view_url(self.view) if self.view else f"/desk/queues/{self.queue.name}/"

    @cached_property
    def columns(self) -> list[Column]:
        return columns_of(self.params.getlist("columns"), for_guest=is_guest(self.user))

    @property
    def all_columns(self) -> list[Column]:
        return choice_of(for_guest=is_guest(self.user))

    @property
    def sorts(self) -> list[paging.Sort]:
        return list(paging.SORTS.values())

    @property
    def address(self) -> list[tuple[str, str]]:
        """Filter, order and columns, without where one stands in the list."""
        return [*params_from_tree(self.filters.tree), *arrangement(self.params)]

    @property
    def query(self) -> str:
        """For the dialogs about this list."""
        return urlencode([*self.address, (LIST, self.url)])

    @property
    def whole(self) -> str:
        """This list without where one stands in it: what an act on all of it is told."""
        return f"{self.url}?{urlencode(self.address)}"

    @property
    def export_url(self) -> str:
        if is_guest(self.user):
            return ""
        return f"/desk/queues/{self.queue.name}/export.csv?{urlencode(self.address)}"

    @property
    def exports_url(self) -> str:
        """Where this list becomes a file of any length and form."""
        return f"/insights/export/?{urlencode([('list', 'queue'), ('name', self.queue.name), *self.address])}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of the columns carries along."""
        return [(name, value) for name, value in self.address if name != "columns"]

    @property
    def is_arranged(self) -> bool:
        return bool(self.address) or self.view is None

    @property
    def may_edit_view(self) -> bool:
        return self.view is not None and self.view.owner_id == self.user.pk

    @cached_property
    def summary(self) -> str:
        """How many are open, over their time and due soon, where that is known; else the page asks for it later."""
        known = known_of_queue(self.user, self.queue) if self.summary_url else None
        return summary_of(*known) if known else ""

    @property
    def summary_url(self) -> str:
        """Where a list that is not narrowed gets its numbers from."""
        has_numbers = self.queue.is_open and self.filters.tree == EVERYTHING
        return f"/desk/queues/{self.queue.name}/summary/" if has_numbers else ""


def summary_of(n: int, over: int, soon: int) -> str:
    parts = [ngettext("%(n)s open", "%(n)s open", n) % {"n": n}]
    if over:
        parts.append(_("%(n)s breached") % {"n": at_most(over)})
    if soon:
        parts.append(_("%(n)s due within 2 h") % {"n": at_most(soon)})
    return " · ".join(parts)


def listing_of(
    request: DeskRequest, name: str, view: SavedView | None = None, params: QueryDict | None = None
) -> Listing:
    """`params` is what the list's address asks for, where that is not this request's own."""
    queue = navigation(request).queue(name)
    if queue is None:
        raise Http404
    return Listing(request, queue, view, params)


def listing_of_view(request: DeskRequest, key: int) -> Listing:
    saved = saved_views(request.user).filter(pk=key).first()
    if saved is None:
        raise Http404
    if "view" not in request.GET:
        request.GET = params_of_view(saved, request.user)  # type: ignore[assignment]
    return listing_of(request, "all", saved)


OF_QUEUE = re.compile(r"/desk/queues/([\w-]+)/")
OF_VIEW = re.compile(r"/desk/views/(\d{1,18})/")


def keys_of_list(request: DeskRequest, path: str, params: QueryDict, *, most: int) -> list[int]:
    """The tickets of the list at this address, in its order; none where this person has no such list."""
    of_view, of_queue = OF_VIEW.fullmatch(path), OF_QUEUE.fullmatch(path)
    saved = saved_views(request.user).filter(pk=int(of_view[1])).first() if of_view else None
    if saved is None and of_queue is None:
        return []
    if saved is not None and "view" not in params:
        params = params_of_view(saved, request.user)
    listing = listing_of(request, of_queue[1] if of_queue else "all", saved, params)
    return paging.keys(listing.rows, sort=listing.sort.name, most=most)


def _show(request: DeskRequest, listing: Listing) -> HttpResponse:
    problem = listing.problem
    try:
        page = listing.page(request.GET.get("after") or request.GET.get("before"))
    except Invalid as refused:
        problem, page = str(refused), listing.page(None)
    context = {
        "listing": listing,
        "page": page,
        "rows": rows_of(
            page.tickets,
            at=listing.at,
            metrics=metrics_for(request.user),
            for_guest=is_guest(request.user),
        ),
        "columns": listing.columns,
        "filters": listing.filters,
        "pills": listing.filters.pills,
        "sort": listing.sort.name,
        "problem": problem,
        "can_select": not is_guest(request.user),
        "most_exported": MOST_EXPORTED,
        "most_chosen": MOST_CHOSEN,
    }
    return render(request, "desk/queue/list.html", context, status=400 if problem else 200)
