"""Webhooks: pages for administrators. Each call is kept with what was sent and what came back."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.keys import key_of
from accounts.refusals import Refused
from accounts.views.answers import attempt, form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from delivery import operations, queries, subscribing
from delivery.forms import SinceForm, WebhookForm
from delivery.models import Delivery, Webhook, WebhookCall
from delivery.paging import page_of
from delivery.webhooks import TEST

SHOWN = 20
"""Messages that wait or were given up, on the page of their webhook; the list of deliveries has all."""


@require_GET
@for_administrators
def webhooks(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "delivery/webhooks.html", {"webhooks": queries.webhooks()})


@require_http_methods(["GET", "POST"])
@for_administrators
def new_webhook(request: AuthenticatedRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None, initial={"owner": request.user.pk})
    if form.is_valid():
        made = attempt(
            form,
            lambda: operations.create_webhook(by=request.user, at=timezone.now(), **form.cleaned_data),
        )
        if made is not None:
            return _show_secret(request, *made)
    return form_page(request, "delivery/webhook_new.html", form)


@require_http_methods(["GET", "POST"])
@for_administrators
def webhook(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Webhook.objects.select_related("created_by", "owner"), pk=pk)
    form = WebhookForm(request.POST or None, initial=_as_it_is(row))
    if form.is_valid():
        asked = form.cleaned_data | {"filter": form.cleaned_data["filter"] or {}}
        saved = attempt(
            form, lambda: operations.change_webhook(row, by=request.user, at=timezone.now(), **asked)
        )
        if saved is not None:
            messages.success(request, _("Saved. The next message goes to this address."))
            return redirect("webhook", pk)
    calls = WebhookCall.objects.filter(webhook=row).defer("body", "answer", "headers")
    context = {
        "webhook": row,
        "filter_in_words": subscribing.described(row.filter, request.user),
        "signs_with_old": len(row.secrets_at(timezone.now())) > 1,
        "since": SinceForm(auto_id="since_%s"),
        "callers": queries.callers_of(row),
        "waiting": queries.waiting_for(row)[:SHOWN],
        "given_up": queries.given_up_for(row)[:SHOWN],
        "page": page_of(calls, after=request.GET.get("after", ""), before=request.GET.get("before", "")),
        "trial": _trial(row, request.GET.get(TEST, "")),
    }
    return form_page(request, "delivery/webhook.html", form, **context)


@require_POST
@for_administrators
def use(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Webhook, pk=pk)
    is_enabled = request.POST.get("use") == "1"
    operations.use_webhook(row, is_enabled=is_enabled, by=request.user, at=timezone.now())
    words = _("%(name)s is in use.") if is_enabled else _("%(name)s is out of use: nothing is sent to it.")
    messages.success(request, words % {"name": row.name})
    return redirect("webhook", pk)


@require_POST
@for_administrators
def renew_secret(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Webhook, pk=pk)
    return _show_secret(request, row, operations.renew_secret(row, by=request.user, at=timezone.now()))


@require_POST
@for_administrators
def end_old_secret(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Webhook, pk=pk)
    operations.end_old_secret(row, by=request.user, at=timezone.now())
    messages.success(request, _("Only the new secret signs from now on."))
    return redirect("webhook", pk)


@require_POST
@for_administrators
def delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Webhook, pk=pk)
    try:
        operations.delete_webhook(row, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("webhook", pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
    return redirect("webhooks")


@require_POST
@for_administrators
def replay_since(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """All that it has missed since a time."""
    row = get_object_or_404(Webhook, pk=pk)
    form = SinceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say since when: a day and a time."))
        return redirect("webhook", pk)
    count = operations.replay_since_for(row, form.cleaned_data["since"], by=request.user, at=timezone.now())
    text = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", count) % {"n": count}
    messages.success(request, text)
    return redirect("webhook", pk)


@require_POST
@for_administrators
def try_(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The worker sends it; the page waits for what comes back."""
    row = get_object_or_404(Webhook, pk=pk)
    delivery = operations.try_webhook(row, by=request.user, at=timezone.now())
    return redirect(f"{request.path.removesuffix('try/')}?{TEST}={delivery.pk}")


@require_GET
@for_administrators
def call(request: AuthenticatedRequest, pk: int, key: int) -> HttpResponse:
    row = get_object_or_404(WebhookCall.objects.select_related("webhook"), pk=key, webhook=pk)
    return render(request, "delivery/webhook_call.html", {"call": row, "webhook": row.webhook})


@require_POST
@for_administrators
def send_again(request: AuthenticatedRequest, pk: int, key: int) -> HttpResponse:
    row = get_object_or_404(WebhookCall.objects.select_related("webhook"), pk=key, webhook=pk)
    try:
        delivery = operations.send_again(row, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("webhook-call", pk, key)
    messages.success(request, _("It is sent once more, as delivery %(id)d.") % {"id": delivery.pk})
    return redirect("webhook", pk)


def _as_it_is(row: Webhook) -> dict[str, object]:
    text = json.dumps(row.filter, ensure_ascii=False) if row.filter else ""
    return {"name": row.name, "url": row.url, "kinds": row.kinds, "filter": text, "owner": row.owner_id}


def _show_secret(request: AuthenticatedRequest, row: Webhook, secret: str) -> HttpResponse:
    """In the answer itself, so that it is kept nowhere on its way; no cache keeps the page either."""
    answer = render(request, "delivery/webhook_secret.html", {"webhook": row, "secret": secret})
    answer["Cache-Control"] = "no-store"
    return answer


def _trial(row: Webhook, typed: str) -> dict[str, object] | None:
    """A test that was sent from this page: whether it is still on its way, and what came back."""
    mine = {"pk": key_of(typed), "payload__webhook": row.pk, "payload__has_key": TEST}
    delivery = Delivery.objects.filter(**mine).first() if mine["pk"] else None
    if delivery is None:
        return None
    return {
        "delivery": delivery,
        "is_under_way": delivery.state in Delivery.UNFINISHED,
        "call": queries.call_of(delivery),
    }
