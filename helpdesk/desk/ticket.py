"""The ticket page: the conversation, what can be done, and all that stands beside it."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.keys import key_of
from helpdesk.desk.acts import ACTS
from helpdesk.desk.forms.conversation import NOTE, REPLY, ComposerForm
from helpdesk.desk.forms.ending import USUAL_CODE
from helpdesk.desk.forms.fields import kept_files
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest
from helpdesk.desk.guest import guest_page
from helpdesk.desk.handoffs import handoff_panel, known_items
from helpdesk.desk.helping import helping_panel
from helpdesk.desk.ladder import ladder
from helpdesk.desk.nav import navigation
from helpdesk.desk.next import why_offered
from helpdesk.desk.offers import offers_to
from helpdesk.desk.outgoing import files_of, on_its_way, put_back, typed
from helpdesk.desk.panels import panels_of
from helpdesk.desk.promises import panel_of
from helpdesk.desk.rows import paused_by
from helpdesk.desk.sending import url_of
from helpdesk.desk.talk import conversation
from helpdesk.desk.whole import whole_ticket
from tickets.models import Kind, Message, ResolutionCode, Tag, Ticket
from tickets.permissions import may_hand_over
from tickets.queries.queues import TIERS

OPEN_NEXT = "desk_open_next"
"""In the session: whether the next ticket opens after sending."""


@require_safe
@desk_page
def ticket(request: DeskRequest, number: str) -> HttpResponseBase:
    if is_guest(request.user):
        return guest_page(request, number)
    found = whole_ticket(request.user, number)
    return show_ticket(request, found, composer_form(request, found))


def composer_form(request: DeskRequest, ticket: Ticket, data: QueryDict | None = None) -> ComposerForm:
    """As it was sent; or with what the person has taken back, where the address names it."""
    back = put_back(request, ticket) if data is None else None
    initial = typed(back) if back else None
    form = ComposerForm(data, ticket=ticket, user=request.user, initial=initial)
    form.taken_back = back
    return form


def draft_key(ticket: Ticket, back: int | None = None) -> str:
    """What was taken back is written apart from what stands in the composer meanwhile."""
    return f"ticket-{ticket.pk}-composer{f'-{back}' if back else ''}"


def show_composer(request: DeskRequest, ticket: Ticket, form: ComposerForm, *, status: int) -> HttpResponse:
    """The composer came back with an error: for htmx alone, else on its page."""
    whole = whole_ticket(request.user, ticket.number)
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
    talk = conversation(
        ticket,
        request.user,
        tiers=tiers_of,
        known=_known(ticket),
        has_files=ticket.has_files,  # type: ignore[attr-defined]
    )
    handing = handoff_panel(ticket, request.user)
    tiers = [queue.tier for queue in navigation(request).queues if queue.group == TIERS and queue.tier]
    context = {
        **_about(request, ticket, form, talk=talk),
        "items": talk.items,
        "outgoing": on_its_way(ticket.outgoing_of, request.user, at=at),  # type: ignore[attr-defined]
        "files": talk.files,
        "last_move": talk.last_move,
        "rungs": ladder(ticket, talk.events, tiers, at=at),
        "panels": panels_of(ticket, request.user),
        "promise": panel_of(ticket, at=at, events=talk.events),
        "paused": paused_by(ticket),
        "why_this_one": why_offered(request, ticket),
        "handing": handing,
        "helping": helping_panel(
            ticket, request.user, at=at, may_hand_over=may_hand_over(request.user, ticket)
        ),
        "instructions": next(
            (shown for shown in talk.items if _is(shown.message, handing.instructions)), None
        ),
    }
    return render(request, "desk/ticket/page.html", context, status=status)


def _known(ticket: Ticket) -> list[Any]:
    """What was read with the ticket: the history mentions hardly more."""
    tags = [Tag(pk=row["id"], name=row["name"]) for row in ticket.tags]  # type: ignore[attr-defined]
    places = filter(None, [ticket.team, ticket.organisation, ticket.vendor, ticket.category])
    return [*ticket.people_known, *places, *tags, *known_items(ticket)]  # type: ignore[attr-defined]


def _is(message: Message | None, key: int | None) -> bool:
    return message is not None and message.pk == key


def _about(request: DeskRequest, ticket: Ticket, form: ComposerForm, *, talk: Any = None) -> dict[str, Any]:
    """What the composer and the page around it both need."""
    watchers = {row["id"] for row in ticket.watchers}  # type: ignore[attr-defined]
    offers = offers_to(
        request.user,
        ticket,
        is_watching=request.user.pk in watchers,
        just_reopened=bool(talk and talk.just_reopened),
    )
    can_resolve = any(name in ("resolve", "propose-resolution") for name, _act in offers.usual)
    writes = offers.may_reply and not offers.proposes_to and not ticket.is_final
    kind = form["kind"].value() or (REPLY if writes else NOTE)
    return {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "offers": offers,
        "acts": ACTS,
        "form": form,
        "kind": kind,
        "draft": draft_key(ticket, key_of(form["back"].value())),
        "kept": files_of(form.taken_back) if form.taken_back else kept_files(form, request.user),
        "usual_code": ResolutionCode(USUAL_CODE[Kind(ticket.kind)]),
        "codes": ResolutionCode if can_resolve else None,
        "opens_next": request.session.get(OPEN_NEXT, False),
        "is_own": ticket.requester_id == request.user.pk,
    }
