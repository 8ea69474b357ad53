"""The audit of clocks: acts that came suspiciously in time, by person and reason."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.spreadsheet import lines
from accounts.views.guards import AuthenticatedRequest, for_leads_and_overseers
from sla.cycles import MICROSECOND
from sla.durations import spell
from sla.forms.whatif import AuditForm
from sla.queries.audit import Act, Audited, acts, every_act, groups

DAYS, MINUTES = 30, 15
MOST_EXPORTED = 10_000
MINUTE = timedelta(minutes=1)


@require_GET
@for_leads_and_overseers
def audit(request: AuthenticatedRequest) -> HttpResponse:
    form = _form(request)
    audited = _audited(form)
    after = request.GET.get("after", "")
    found, older = acts(request.user, audited, after=after) if audited else ([], "")
    context = {
        "form": form,
        "groups": groups(request.user, audited) if audited and not after else (),
        "lines": [{"act": act, "left": spell(act.left // MINUTE)} for act in found],
        "older": older,
        "is_first": not after,
        "export_url": f"{reverse('settings-audit-export')}?{request.GET.urlencode()}",
    }
    return render(request, "sla/audit.html", context, status=200 if audited else 422)


@require_GET
@for_leads_and_overseers
def export(request: AuthenticatedRequest) -> HttpResponse | StreamingHttpResponse:
    audited = _audited(_form(request))
    if audited is None:
        return audit(request)  # type: ignore[return-value]
    head = [
        _("When"),
        _("Ticket"),
        _("Subject"),
        _("Who"),
        _("What"),
        _("Pause"),
        _("Clock"),
        _("Used, percent"),
    ]
    head += [_("Left, minutes"), _("Target, minutes")]
    rows = (_cells(act) for act in every_act(request.user, audited, most=MOST_EXPORTED))
    response = StreamingHttpResponse(lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate().isoformat()}.csv"'
    return response


def _cells(act: Act) -> list[Any]:
    target = act.row.target * MICROSECOND
    return [
        act.at,
        act.ticket.number,
        act.ticket.subject,
        act.person,
        act.what,
        act.why,
        act.clock,
        act.share,
        act.left // MINUTE,
        target // MINUTE,
    ]


def _form(request: AuthenticatedRequest) -> AuditForm:
    """What was asked, over the defaults: the last thirty days."""
    today = timezone.localdate()
    asked = {name: value for name, value in request.GET.items() if value}
    since = (today - timedelta(days=DAYS)).isoformat()
    return AuditForm({"since": since, "until": today.isoformat(), "minutes": str(MINUTES)} | asked)


def _audited(form: AuditForm) -> Audited | None:
    if not form.is_valid():
        return None
    said = form.cleaned_data
    return Audited(
        since=_midnight(said["since"]),
        until=_midnight(said["until"] + timedelta(days=1)),
        shortly=timedelta(minutes=said["minutes"] or MINUTES),
        finding=said["finding"],
        person=said["person"].pk if said["person"] else None,
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0)))
