"""What left the desk, what did not and why: pages for administrators."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.paging import Page, Row
from accounts.views.guards import AuthenticatedRequest, for_administrators
from accounts.views.way_back import way_back
from delivery import operations, queries
from delivery.filters import DeliveryFilter, MailFilter
from delivery.forms import ReplayForm
from delivery.models import Delivery
from delivery.paging import page_of
from delivery.privacy import readable_by, without_keys
from delivery.views.failed import AddressForm


@require_GET
@for_administrators
def deliveries(request: AuthenticatedRequest) -> HttpResponse:
    form = DeliveryFilter(request.GET)
    page = _page_of(form.apply(Delivery.objects.all()), request)
    context = {
        "form": form,
        "page": page,
        "counts": queries.counts_to_show(),
        "is_filtered": form.is_narrow,
        "may_replay": any(row.can_replay for row in page.rows),
    }
    return render(request, "delivery/deliveries.html", context)


@require_GET
@for_administrators
def delivery(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Delivery.objects.select_related("replayed_by"), pk=pk)
    return render(
        request,
        "delivery/delivery.html",
        {"delivery": row, "mail": queries.mail_of(row, readable_by(request.user))},
    )


@require_POST
@for_administrators
def replay(request: AuthenticatedRequest) -> HttpResponse:
    form = ReplayForm(request.POST)
    if form.is_valid():
        count = operations.replay(form.cleaned_data["delivery"], by=request.user, at=timezone.now())
        _tell(request, count)
    else:
        messages.error(request, _("Choose at least one delivery."))
    return redirect(_way_back(request))


@require_GET
@for_administrators
def outbox(request: AuthenticatedRequest) -> HttpResponse:
    form = MailFilter(request.GET)
    page = _page_of(form.apply(readable_by(request.user).defer("text", "html")), request)
    context = {"form": form, "page": page, "is_filtered": form.is_narrow}
    return render(request, "delivery/outbox.html", context)


@require_GET
@for_administrators
def mail(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(readable_by(request.user).select_related("person"), pk=pk)
    text, html = without_keys(row.text), without_keys(row.html)
    person_now = row.person.email if row.person else row.to
    context = {
        "mail": row,
        "headers": [(name, without_keys(value)) for name, value in row.headers.items()],
        "correcting": AddressForm(initial={"to": person_now}),
        "text": text,
        "html": html,
        "hides_keys": (text, html) != (row.text, row.html),
        "delivery": queries.delivery_of(row),
    }
    return render(request, "delivery/mail.html", context)


def _page_of(rows: QuerySet[Row], request: HttpRequest) -> Page[Row]:
    return page_of(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))


def _tell(request: HttpRequest, count: int) -> None:
    if count:
        text = ngettext("%(count)s delivery is tried again.", "%(count)s deliveries are tried again.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.warning(request, _("Nothing to try again: these are done or being delivered."))


def _way_back(request: HttpRequest) -> str:
    """The list with its filter, or the page of one delivery; only ever inside this site."""
    return way_back(request, otherwise="/settings/deliveries/")
