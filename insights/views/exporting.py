"""Exporting a list: how many rows, in what form; a file at once where it is short, else a job and its progress."""

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from insights.exporting import (
    DIRECT,
    MOST_IN_SHEET,
    Listing,
    csv_head,
    csv_lines,
    open_listing,
    write_workbook,
)
from insights.models import Export
from insights.operations import exporting
from insights.permissions import scope_of
from insights.views.guard import InsightsRequest, private, shown_tabs
from tickets.refusals import Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {
    Export.Format.CSV: ("csv", "text/csv; charset=utf-8"),
    Export.Format.XLSX: ("xlsx", XLSX),
    Export.Format.PARTS: ("zip", "application/zip"),
}
UNPROCESSABLE = 422
OF, FORMAT = "list", "format"
LINES = 500
"""Rows that a streamed file is sent by."""
Extra = ParamSpec("Extra")
View = Callable[Concatenate[InsightsRequest, Extra], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, Extra], HttpResponseBase]


def signed_in(view: View[Extra]) -> Guarded[Extra]:
    """For everybody who is logged in: whether a list is theirs, the list itself says."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponseBase:
        asked = cast(InsightsRequest, request)
        scope = scope_of(asked.user)
        asked.insights_base = "base_desk.html" if asked.user.uses_desk else "base_portal.html"
        asked.insights_tabs = []
        if scope is not None:
            asked.scope = scope
            asked.insights_tabs = shown_tabs(asked)
        return private(view(asked, *args, **kwargs))

    return guarded  # type: ignore[return-value]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def export(request: InsightsRequest) -> HttpResponse:
    """What is exported, how long it is, and the forms that it can have: a limit is said before, not after."""
    listing = _listing_or_404(request)
    total, problem, status = listing.count(), "", 200
    if request.method == "POST":
        try:
            row = exporting.ask(
                source=request.GET[OF],
                asked=_query(request),
                listing=listing,
                form=request.POST.get(FORMAT, ""),
                by=request.user,
                at=timezone.now(),
            )
            return redirect("insights-export-job", row.pk)
        except Refused as refusal:
            problem, status = str(refusal), UNPROCESSABLE
    context = {
        "listing": listing,
        "total": total,
        "problem": problem,
        "is_short": total <= DIRECT,
        "fits": total <= MOST_IN_SHEET,
        "most": MOST_IN_SHEET,
        "parts": -(-total // MOST_IN_SHEET),
        "query": request.GET.urlencode(),
        "before": Export.objects.filter(by=request.user, at__gt=timezone.now() - exporting.KEPT)[:10],
    }
    return render(request, "insights/export.html", context, status=status)


@require_safe
@signed_in
def file(request: InsightsRequest) -> HttpResponseBase:
    """A short list as a file, at once; a longer one goes to its page, which says what else there is."""
    listing = _listing_or_404(request)
    format_ = request.GET.get(FORMAT, "")
    if format_ not in (Export.Format.CSV, Export.Format.XLSX) or listing.count() > DIRECT:
        return redirect(f"../?{_page_query(request)}")
    if format_ == Export.Format.XLSX:
        return named(HttpResponse(_workbook(listing)), listing.name, Export.Format.XLSX)
    zone = timezone.get_current_timezone()
    return named(StreamingHttpResponse(_csv(listing, zone)), listing.name, Export.Format.CSV)


@require_safe
@signed_in
def job(request: InsightsRequest, pk: int) -> HttpResponse:
    """How far an export is, and the file once it is there."""
    row = get_object_or_404(Export, pk=pk, by=request.user)
    is_over = timezone.now() - row.at > exporting.KEPT
    context = {"row": row, "is_over": is_over, "until": row.at + exporting.KEPT}
    return render(request, "insights/export_job.html", context)


@require_safe
@signed_in
def job_file(request: InsightsRequest, pk: int) -> HttpResponseBase:
    """The finished file; what its reader may see is asked again."""
    row = get_object_or_404(Export, pk=pk, by=request.user)
    found = exporting.fetched(row, by=request.user, at=timezone.now())
    return named(StreamingHttpResponse(found), row.name, Export.Format(row.format))


# --- below ---


def _listing_or_404(request: InsightsRequest) -> Listing:
    listing = open_listing(request.GET.get(OF, ""), request.user, _query(request), at=timezone.now())
    if listing is None:
        raise Http404
    return listing


def _query(request: InsightsRequest) -> str:
    """What the list is asked by: the address without what is the export's own."""
    query = request.GET.copy()
    for name in (OF, FORMAT):
        query.pop(name, None)
    return query.urlencode()


def _page_query(request: InsightsRequest) -> str:
    query = request.GET.copy()
    query.pop(FORMAT, None)
    return query.urlencode()


def _csv(listing: Listing, zone: object) -> Iterator[str]:
    """Written while it is sent, so the reader's zone is set anew: the request is over by then."""
    yield csv_head(listing.head)
    rows = listing.rows()
    n = 0
    while n < DIRECT:
        with timezone.override(zone):  # type: ignore[arg-type]
            part = list(islice(rows, LINES))
            n += len(part)
            text = csv_lines(part)
        if not part:
            break
        yield text
    if not n:
        yield csv_lines([[_("Nothing is in this list.")]])


def _workbook(listing: Listing) -> bytes:
    with TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "list.xlsx"
        write_workbook(path, title=listing.title, head=listing.head, rows=listing.rows(), most=DIRECT)
        return path.read_bytes()


def named(response: HttpResponseBase, name: str, format_: Export.Format) -> HttpResponseBase:
    ending, kind = TYPES[format_]
    response["Content-Type"] = kind
    filename = f"{name}-{timezone.localdate().isoformat()}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response
