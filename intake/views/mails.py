"""Incoming mail: what waits for a person, what became of the rest, and the original of what a ticket shows."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.paging import Order, page_in
from accounts.views.guards import AuthenticatedRequest, for_everybody, for_leads_and_overseers
from accounts.views.way_back import way_back
from delivery.paging import NEWEST_FIRST
from intake.forms.mails import ChosenForm, MailFilter
from intake.mail.parsed import ParsedMail
from intake.mail.parsing import parse
from intake.models import KnownSender, MailImage, MailMessage, MailWords, State
from intake.operations import senders
from intake.operations.receiving import Outcome, replay
from intake.originals import shown_html
from intake.permissions import mails_visible_to, may_download
from intake.queries.addresses import verdict_on
from intake.queries.mails import waiting
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.permissions import is_desk, reads_message
from tickets.refusals import Refused

LIST = "/desk/mail/"
ORDER = Order("received_at", descending=True, write=NEWEST_FIRST.write, read=NEWEST_FIRST.read)
LONGEST_HEADER = 2000


@require_GET
@for_leads_and_overseers
def mails(request: AuthenticatedRequest) -> HttpResponse:
    form, mine = MailFilter(request.GET), _mine(request)
    rows = form.apply(mine).select_related("mailbox", "ticket").defer("references", "detail")
    page = page_in(ORDER, rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {"form": form, "page": page, "is_filtered": form.is_narrow, "waiting": waiting(mine)}
    return render(request, "intake/mails.html", context)


@require_GET
@for_leads_and_overseers
def mail(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_mine(request).select_related("mailbox", "ticket", "person", "raw"), pk=pk)
    raw = getattr(row, "raw", None)
    parsed = parse(bytes(raw.content)) if raw is not None else None
    context = {
        "mail": row,
        "raw": raw,
        "parsed": parsed,
        "headers": _headers(parsed),
        "verdict": verdict_on(row.from_address) if row.from_address else "",
        "may_replay": raw is not None and not raw.is_cut and row.state != State.FILED,
        "verdicts": KnownSender.Verdict,
    }
    return render(request, "intake/mail.html", context)


@require_POST
@for_leads_and_overseers
def act(request: AuthenticatedRequest) -> HttpResponse:
    """Judge the chosen messages anew, or set them aside."""
    form = ChosenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose at least one mail."))
        return redirect(_way_back(request))
    keys = list(
        _mine(request).filter(pk__in=form.cleaned_data["mail"]).values_list("pk", flat=True).order_by("pk")
    )
    if form.cleaned_data["act"] == "dismiss":
        count = senders.dismiss(keys, by=request.user, at=timezone.now())
        messages.success(
            request, ngettext("%(n)d is set aside.", "%(n)d are set aside.", count) % {"n": count}
        )
    else:
        _tell(request, [replay(key, by=request.user, at=timezone.now()) for key in keys])
    return redirect(_way_back(request))


@require_POST
@for_leads_and_overseers
def judge(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Let the sender in, or refuse them from now on."""
    row = get_object_or_404(_mine(request), pk=pk)
    try:
        if request.POST.get("verdict") == KnownSender.Verdict.APPROVED:
            _tell(request, senders.approve(pk, by=request.user, at=timezone.now()))
        else:
            senders.refuse(pk, by=request.user, at=timezone.now())
            messages.success(
                request, _("Nothing of %(address)s is filed any more.") % {"address": row.from_address}
            )
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("mail-in", pk)


@require_GET
@for_everybody
def raw(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The bytes as they came, to be opened in a mail program; never as a page of ours."""
    row = get_object_or_404(MailMessage.objects.select_related("raw", "ticket"), pk=pk)
    if not may_download(request.user, row) or getattr(row, "raw", None) is None:
        raise Http404
    answer = HttpResponse(bytes(row.raw.content), content_type="message/rfc822")
    answer["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"mail-{pk}.eml") or ""
    )
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_GET
@for_everybody
def original(request: AuthenticatedRequest, number: str, pk: int) -> HttpResponse:
    """The whole of a mail that a ticket shows, for whoever reads the message that it became.

    Pictures from elsewhere are not loaded, for that tells their server that it was read, until somebody asks.
    """
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=_key(number))
    row = get_object_or_404(
        MailMessage.objects.select_related("written__ticket", "mailbox", "person"), pk=pk, ticket=ticket
    )
    if not _may_read(request, row):
        raise Http404
    words = MailWords.objects.filter(mail=row).first()
    images = MailImage.objects.filter(mail=row).select_related("attachment")
    loads = request.GET.get("pictures") == "1"
    html = shown_html(words.html, images, loads=loads) if words else None
    context = {
        "mail": row,
        "ticket": ticket,
        "words": words,
        "html": html,
        "loads": loads,
        "is_desk": is_desk(request.user),
        "base": "base_desk.html" if request.user.uses_desk else "base_portal.html",
        "back": f"/desk/tickets/{ticket.number}/"
        if request.user.uses_desk
        else f"/requests/{ticket.number}/",
        "may_download": may_download(request.user, row) and hasattr(row, "raw"),
    }
    answer = render(request, "intake/original.html", context)
    if loads and html and html.has_remote:
        answer._csp_update = {"img-src": ["https:"]}  # type: ignore[attr-defined]  # noqa: SLF001
    return answer


@dataclass(frozen=True)
class Header:
    name: str
    value: str


def _headers(parsed: ParsedMail | None) -> list[Header]:
    if parsed is None:
        return []
    return [
        Header(name, value[:LONGEST_HEADER]) for name, values in parsed.headers.items() for value in values
    ]


def _mine(request: AuthenticatedRequest) -> Any:
    return MailMessage.objects.filter(mails_visible_to(request.user))


def _may_read(request: AuthenticatedRequest, row: MailMessage) -> bool:
    """Whoever reads what it became. What somebody of the desk has written stays with the desk: below their answer,
    or above what they forwarded, stands what was meant for nobody else."""
    if is_desk(request.user):
        return row.written is None or _reads(request, row)
    is_of_desk = row.person is not None and row.person != request.user and is_desk(row.person)
    return row.written is not None and not is_of_desk and _reads(request, row)


def _reads(request: AuthenticatedRequest, row: MailMessage) -> bool:
    return (
        row.written is not None
        and row.written.redacted_at is None
        and reads_message(request.user, row.written)
    )


def _key(number: str) -> int:
    digits = number.upper().removeprefix(NUMBER_PREFIX)
    if not digits.isdecimal() or len(digits) > 18:
        raise Http404
    return int(digits)


def _tell(request: HttpRequest, outcomes: list[Outcome]) -> None:
    filed = [
        outcome.ticket for outcome in outcomes if outcome.result in ("ticket", "message") and outcome.ticket
    ]
    rest = len(outcomes) - len(filed)
    if filed:
        numbers = ", ".join(dict.fromkeys(filed))
        messages.success(request, _("Filed: %(numbers)s.") % {"numbers": numbers})
    if rest or not outcomes:
        text = ngettext(
            "%(n)d could not be filed; its reason stands on its page.",
            "%(n)d could not be filed; their reasons stand on their pages.",
            rest,
        )
        messages.warning(request, text % {"n": rest})


def _way_back(request: HttpRequest) -> str:
    """The list with its filter, or one mail; only ever inside this site."""
    return way_back(request, otherwise=LIST)
