"""The ticket page: the conversation, what can be done, and all that stands beside it."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Membership
from helpdesk.desk.acts import ACTS
from helpdesk.desk.forms.conversation import NOTE, REPLY, ComposerForm
from helpdesk.desk.forms.ending import USUAL_CODE
from helpdesk.desk.forms.fields import kept_files
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest, ticket_or_404
from helpdesk.desk.guest import guest_page
from helpdesk.desk.ladder import ladder
from helpdesk.desk.nav import navigation
from helpdesk.desk.next import why_offered
from helpdesk.desk.offers import offers_to
from helpdesk.desk.panels import panels_of
from helpdesk.desk.rows import paused_by
from helpdesk.desk.sending import url_of
from helpdesk.desk.talk import conversation
from tickets.models import (
    ExternalReference,
    FieldValue,
    Kind,
    Link,
    Message,
    Named,
    ResolutionCode,
    Tag,
    Tagging,
    Ticket,
    TicketQuerySet,
    Watch,
    WorkLog,
)
from tickets.queries.queues import TIERS

OPEN_NEXT = "desk_open_next"
"""In the session: whether the next ticket opens after sending."""


@require_safe
@desk_page
def ticket(request: DeskRequest, number: str) -> HttpResponseBase:
    if is_guest(request.user):
        return guest_page(request, number)
    found = ticket_or_404(request.user, number, whole_tickets())
    return show_ticket(request, found, composer_form(request, found))


def whole_tickets() -> TicketQuerySet:
    """With everything that the page tells of a ticket besides its conversation, in one query."""
    here = {"ticket": OuterRef("pk")}
    both = Q(ticket=OuterRef("pk")) | Q(other=OuterRef("pk"))
    watches = Watch.objects.filter(**here).order_by("user__name")
    named = Named.objects.filter(**here).order_by("pk")
    values = FieldValue.objects.filter(**here).order_by("field__position", "field__label")
    worked = WorkLog.objects.filter(**here).order_by().values("ticket").annotate(n=Sum("minutes"))
    rows: TicketQuerySet = Ticket.objects.select_related(
        "tier",
        "team__tier",
        "assignee",
        "contact",
        "requester__organisation",
        "requester__manager",
        "organisation",
        "category",
        "vendor",
        "opened_by",
    )
    return rows.annotate(
        tags=ArraySubquery(
            Tagging.objects.filter(**here)
            .order_by("tag__name")
            .values(row=JSONObject(id="tag_id", name="tag__name"))
        ),
        watchers=ArraySubquery(watches.values(row=JSONObject(id="user_id", name="user__name"))),
        named_ones=ArraySubquery(named.values(name=Coalesce("user__name", "team__name"))),
        values_of_fields=ArraySubquery(
            values.values(
                row=JSONObject(
                    label="field__label", type="field__type", min_tier="field__min_tier", value="value"
                )
            )
        ),
        links_of=ArraySubquery(
            Link.objects.filter(both)
            .order_by("pk")
            .values(
                row=JSONObject(id="pk", ticket="ticket_id", other="other_id", type="type", blocks="blocks")
            )
        ),
        references=ArraySubquery(
            ExternalReference.objects.filter(**here)
            .order_by("pk")
            .values(row=JSONObject(system="system", key="key", url="url"))
        ),
        seats_of_authors=ArraySubquery(
            Membership.objects.filter(
                user__in=Message.objects.filter(ticket=OuterRef(OuterRef("pk"))).values("author_id"),
                team__is_active=True,
            )
            .order_by("-team__tier_id")
            .values(row=JSONObject(user="user_id", tier="team__tier_id"))
        ),
        minutes_worked=Coalesce(Subquery(worked.values("n")), 0),
    )


def composer_form(request: DeskRequest, ticket: Ticket, data: QueryDict | None = None) -> ComposerForm:
    return ComposerForm(data, ticket=ticket, user=request.user)


def draft_key(ticket: Ticket) -> str:
    return f"ticket-{ticket.pk}-composer"


def show_composer(request: DeskRequest, ticket: Ticket, form: ComposerForm, *, status: int) -> HttpResponse:
    """The composer came back with an error: for htmx alone, else on its page."""
    whole = ticket_or_404(request.user, ticket.number, whole_tickets())
    if not request.htmx:
        return show_ticket(request, whole, form, status=status)
    context = _about(request, whole, form)
    return render(request, "desk/ticket/_composer.html", context, status=status)


def show_ticket(
    request: DeskRequest, ticket: Ticket, form: ComposerForm, *, status: int = 200
) -> HttpResponse:
    at = timezone.now()
    seats: list[dict[str, int]] = ticket.seats_of_authors  # type: ignore[attr-defined]
    # The lowest tier that somebody sits on is the one that people know them by.
    tiers_of = {row["user"]: row["tier"] for row in seats}
    talk = conversation(ticket, request.user, tiers=tiers_of, known=_known(ticket))
    tiers = [queue.tier for queue in navigation(request).queues if queue.group == TIERS and queue.tier]
    context = {
        **_about(request, ticket, form, talk=talk),
        "items": talk.items,
        "files": talk.files,
        "last_move": talk.last_move,
        "rungs": ladder(ticket, talk.events, tiers, at=at),
        "panels": panels_of(ticket, request.user),
        "paused": paused_by(ticket),
        "why_this_one": why_offered(request, ticket),
    }
    return render(request, "desk/ticket/page.html", context, status=status)


def _known(ticket: Ticket) -> list[Any]:
    """What was read with the ticket: the history mentions hardly more."""
    people = [ticket.requester, ticket.assignee, ticket.contact, ticket.opened_by]
    places = [ticket.team, ticket.organisation, ticket.vendor, ticket.category]
    tags = [Tag(pk=row["id"], name=row["name"]) for row in ticket.tags]  # type: ignore[attr-defined]
    return [row for row in (*people, *places, *tags) if row is not None]


def _about(request: DeskRequest, ticket: Ticket, form: ComposerForm, *, talk: Any = None) -> dict[str, Any]:
    """What the composer and the page around it both need."""
    watchers = {row["id"] for row in ticket.watchers}  # type: ignore[attr-defined]
    offers = offers_to(
        request.user,
        ticket,
        is_watching=request.user.pk in watchers,
        just_reopened=bool(talk and talk.just_reopened),
    )
    can_resolve = any(name == "resolve" for name, _act in offers.usual)
    kind = form["kind"].value() or (REPLY if offers.may_reply and not ticket.is_final else NOTE)
    return {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "offers": offers,
        "acts": ACTS,
        "form": form,
        "kind": kind,
        "draft": draft_key(ticket),
        "kept": kept_files(form, request.user),
        "usual_code": ResolutionCode(USUAL_CODE[Kind(ticket.kind)]),
        "codes": ResolutionCode if can_resolve else None,
        "opens_next": request.session.get(OPEN_NEXT, False),
        "is_own": ticket.requester_id == request.user.pk,
    }
