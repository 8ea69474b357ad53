"""All that lies with vendors: by vendor, what is due first; who sees to it here, what was said last."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Organisation, User
from accounts.spreadsheet import BYTE_ORDER_MARK, Line, safe
from escalation.models import Handoff
from escalation.queries.vendors import Cover, covers
from helpdesk import spans
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.rows import next_clocks, paused_by
from sla.queries.clocks import OF_VENDOR, Standing
from tickets.models import FAR, Message, Ticket
from tickets.queries.queues import HANDED_TO_VENDORS

MOST = 500
"""Tickets on the page and in the file; the queue “With vendors” has all."""


@dataclass(frozen=True)
class AtVendor:
    """One ticket that lies with a vendor, or waits for its answer."""

    ticket: Ticket
    vendor: Organisation | None
    since: datetime
    clock: Standing | None
    cover: Cover | None
    handoff: Handoff | None
    last: Message | None
    at: datetime

    @property
    def age(self) -> str:
        return spans.short(self.at - self.since)

    @property
    def paused(self) -> str:
        return paused_by(self.ticket)

    @property
    def responsible(self) -> User | None:
        """Who was named when it was handed over; where the team kept it, whoever works it."""
        return self.handoff.responsible if self.handoff else self.ticket.assignee

    @property
    def chases(self) -> int:
        return self.handoff.chase_count if self.handoff else 0

    @property
    def clock_words(self) -> str:
        """For the file: how the vendor's clock stands."""
        if self.clock is None:
            return ""
        if self.clock.was_breached:
            return _("breached")
        return _("paused") if self.clock.is_paused else _("running")

    @property
    def contract_words(self) -> str:
        if self.cover is None or self.cover.contract is None:
            return _("no contract")
        if self.cover.state == "ended":
            return _("%(number)s, ended") % {"number": self.cover.contract.number}
        return self.cover.contract.number

    @property
    def order(self) -> tuple[str, datetime, datetime]:
        due = self.clock.cycle.due_at if self.clock else None
        return str(self.vendor or ""), due or FAR, self.since


@require_safe
@technicians_page
def vendors(request: DeskRequest) -> HttpResponse:
    rows, is_cut = at_vendors(request.user, at=timezone.now())
    groups = [(vendor, list(found)) for vendor, found in groupby(rows, lambda row: row.vendor)]
    context = {"groups": groups, "count": len(rows), "is_cut": is_cut, "most": MOST}
    return render(request, "desk/vendors.html", context)


@require_safe
@technicians_page
def export(request: DeskRequest) -> StreamingHttpResponse:
    rows, _is_cut = at_vendors(request.user, at=timezone.now())
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="vendors-{day}.csv"'
    return response


def at_vendors(user: User, *, at: datetime) -> tuple[list[AtVendor], bool]:
    """What this person may see of it, by vendor and due time; whether there is more than fits. Seven queries."""
    tickets = (
        Ticket.objects.visible_to(user)
        .open()
        .filter(HANDED_TO_VENDORS)
        .select_related("vendor", "team__organisation", "assignee", "tier")
        .order_by("next_due_at", "pk")
    )
    found = list(tickets[: MOST + 1])
    is_cut, found = len(found) > MOST, found[:MOST]
    keys = [ticket.pk for ticket in found]
    handed = _handoffs(keys)
    said = _last_words(keys)
    clocks = next_clocks(found, at=at, metrics=OF_VENDOR)
    vendors = {ticket.pk: _vendor_of(ticket) for ticket in found}
    agreed = covers([vendor.pk for vendor in vendors.values() if vendor], timezone.localdate(at))
    rows = [
        _row(ticket, vendors[ticket.pk], handed.get(ticket.pk), said, clocks, agreed, at) for ticket in found
    ]
    return sorted(rows, key=lambda row: row.order), is_cut


def _row(
    ticket: Ticket,
    vendor: Organisation | None,
    handoff: Handoff | None,
    said: dict[tuple[int, int], Message],
    clocks: dict[int, Standing],
    agreed: dict[int, Cover],
    at: datetime,
) -> AtVendor:
    if handoff is not None and handoff.to_team_id != ticket.team_id:
        handoff = None  # it waits for a vendor's answer, and its last hand-over led elsewhere
    since = handoff.at if handoff else ticket.status_since
    cover = agreed.get(vendor.pk) if vendor else None
    last = said.get((ticket.pk, vendor.pk)) if vendor else None
    return AtVendor(ticket, vendor, since, clocks.get(ticket.pk), cover, handoff, last, at)


def _vendor_of(ticket: Ticket) -> Organisation | None:
    """In whose queue it lies, else for whose answer it waits."""
    there = ticket.team.organisation
    return there if there is not None and there.kind == Organisation.Kind.VENDOR else ticket.vendor


def _handoffs(keys: list[int]) -> dict[int, Handoff]:
    rows = Handoff.objects.filter(ticket__in=keys, to_tier=4).select_related("responsible")
    return {row.ticket_id: row for row in rows.order_by("ticket_id", "-id").distinct("ticket_id")}


def _last_words(keys: list[int]) -> dict[tuple[int, int], Message]:
    """By ticket and vendor, for what was said with one vendor is not the last word with another."""
    rows = Message.objects.filter(ticket__in=keys, vendor__isnull=False).select_related("author")
    newest = rows.order_by("ticket_id", "vendor_id", "-id").distinct("ticket_id", "vendor_id")
    return {(row.ticket_id, row.vendor_id or 0): row for row in newest}


def _lines(rows: list[AtVendor]) -> Iterator[str]:
    write = csv.writer(Line()).writerow
    yield BYTE_ORDER_MARK
    names = (
        _("Vendor"),
        _("Ticket"),
        _("Subject"),
        _("Vendor's number"),
        _("With the vendor since"),
        _("Due"),
        _("Clock"),
        _("Contract"),
        _("Responsible here"),
        _("Last word"),
        _("Chases"),
    )
    yield str(write(names))
    for row in rows:
        yield str(write([safe(value) for value in _cells(row)]))


def _cells(row: AtVendor) -> list[str]:
    due = row.clock.cycle.due_at if row.clock else None
    return [
        str(row.vendor or ""),
        row.ticket.number,
        row.ticket.subject,
        row.ticket.vendor_reference,
        timezone.localtime(row.since).isoformat(timespec="minutes"),
        timezone.localtime(due).isoformat(timespec="minutes") if due else "",
        row.clock_words,
        row.contract_words,
        str(row.responsible or ""),
        timezone.localtime(row.last.at).isoformat(timespec="minutes") if row.last else "",
        str(row.chases),
    ]
