"""Who has what: a column for each member who is here, with their load, for the leads of a team and for managers.

A ticket is given to somebody else by dragging it, or by the list on its card, which works without JavaScript.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.keys import key_of
from accounts.models import Membership, Team, User
from escalation.models import Availability, TeamWork
from escalation.permissions import may_keep_work
from escalation.queries.load import NOTHING, USUAL_CAPACITY, Load, loads
from escalation.queries.presence import HERE, Presence, presences
from helpdesk.desk.guard import DeskRequest, leads_page, ticket_or_404
from helpdesk.desk.rows import next_clocks, paused_by
from helpdesk.desk.sending import once, toast, version_of
from sla.queries.clocks import Standing
from tickets import operations
from tickets.models import Ticket
from tickets.queries.beside import with_names
from tickets.refusals import Refused

MOST_IN_QUEUE = 30
MOST = 400
REFRESHED = "part"


@dataclass(frozen=True)
class Card:
    ticket: Ticket
    clock: Standing | None
    paused: str


@dataclass
class Column:
    """One member, or the queue (person None). `step` is how full they are, in steps of five percent."""

    person: User | None
    cards: list[Card] = field(default_factory=list)
    load: Load = NOTHING
    capacity: int = 0
    presence: Presence = HERE

    @property
    def key(self) -> int:
        return self.person.pk if self.person else 0

    @property
    def name(self) -> str:
        return self.person.name if self.person else _("Queue")

    @property
    def is_full(self) -> bool:
        return self.person is not None and self.load.open >= self.capacity

    @property
    def step(self) -> int:
        if not self.capacity:
            return 100
        return min(100, 5 * round(20 * self.load.open / self.capacity))

    @property
    def words(self) -> str:
        """How much they have, of what they can have; and what it weighs, with what they have elsewhere."""
        if self.person is None:
            return ngettext("%(n)s waits", "%(n)s wait", len(self.cards)) % {"n": len(self.cards)}
        return _("%(n)s of %(most)s open · weight %(weight)s") % {
            "n": self.load.open,
            "most": self.capacity,
            "weight": f"{self.load.weight:g}",
        }


@require_http_methods(["GET", "HEAD", "POST"])
@leads_page
def load_board(request: DeskRequest) -> HttpResponseBase:
    teams = _teams(request.user)
    chosen = key_of(request.GET.get("team", ""))
    team = next((team for team in teams if team.pk == chosen), None)
    if team is None and chosen:
        raise Http404
    team = team or (teams[0] if teams else None)
    if team is None:
        return render(request, "desk/loadboard/page.html", {"teams": [], "team": None})
    url = f"{request.path}?team={team.pk}"
    if request.method == "POST":
        return _give(request, team, url)
    return _board(request, teams, team, url)


def _teams(user: User) -> list[Team]:
    """The teams that they lead; managers and administrators see all of the desk's own."""
    teams = Team.objects.active().filter(tier__is_enabled=True, tier__level__lt=4).select_related("tier")
    if not (user.is_manager or user.is_administrator):
        teams = teams.filter(pk__in=user.led_team_ids)
    return list(teams)


def _board(request: DeskRequest, teams: list[Team], team: Team, url: str) -> HttpResponse:
    at = timezone.now()
    columns = _columns(request.user, team, at)
    people = [column.person for column in columns if column.person]
    context: dict[str, Any] = {
        "teams": teams,
        "team": team,
        "columns": columns,
        "people": people,
        "at": at,
        "url": url,
        "part_url": f"{url}&{REFRESHED}=1",
        "may_keep_work": may_keep_work(request.user, team.pk),
    }
    is_part = REFRESHED in request.GET and request.htmx
    return render(request, f"desk/loadboard/{'_board' if is_part else 'page'}.html", context)


def _columns(user: User, team: Team, at: datetime) -> list[Column]:
    """The queue, then each member who is here or has something of the team."""
    rows = Ticket.objects.visible_to(user).open().filter(team=team).order_by("next_due_at", "id")
    queue = list(rows.filter(assignee=None)[:MOST_IN_QUEUE])
    given = list(rows.filter(assignee__isnull=False)[:MOST])
    with_names([*queue, *given], people=("requester",), places=("tier", "team"))
    clocks = next_clocks([*queue, *given], at=at)
    cards = defaultdict(list)
    for ticket in [*queue, *given]:
        cards[ticket.assignee_id].append(Card(ticket, clocks.get(ticket.pk), paused_by(ticket)))
    members = _members(team, at)
    shown = [one for one in members if one.presence.is_present or one.key in cards]
    for column in shown:
        column.cards = cards[column.key]
    return [Column(None, cards[None]), *shown]


def _members(team: Team, at: datetime) -> list[Column]:
    seats = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    people = [seat.user for seat in seats.order_by("user__name", "user_id")]
    keys = [person.pk for person in people]
    here, has = presences(keys, at=at), loads(keys)
    own = dict(Availability.objects.filter(user__in=keys).values_list("user", "capacity"))
    usual = TeamWork.objects.filter(team=team).values_list("capacity", flat=True).first() or USUAL_CAPACITY
    found = []
    for person in people:
        capacity = own.get(person.pk)
        found.append(
            Column(
                person,
                load=has[person.pk],
                capacity=usual if capacity is None else capacity,
                presence=here[person.pk],
            )
        )
    return found


def _give(request: DeskRequest, team: Team, url: str) -> HttpResponseBase:
    """Give one ticket to somebody of the team, or back to its queue, if it is still as the board showed it."""
    ticket = ticket_or_404(request.user, request.POST.get("ticket", ""))
    to = key_of(request.POST.get("to", ""))
    person = User.objects.filter(pk=to, is_active=True).first() if to else None
    if to and person is None:
        raise Http404
    try:
        outcome = once(
            request,
            lambda at: _outcome(
                operations.assign(ticket, to=person, by=request.user, at=at, seen=version_of(request))
            ),
        )
    except Refused as refused:
        if request.htmx:
            return toast(refused)
        messages.error(request, str(refused))
        return redirect(url)
    if not request.htmx:
        messages.success(request, outcome["told"])
        return redirect(url)
    return _board_after(request, team, url)


def _board_after(request: DeskRequest, team: Team, url: str) -> HttpResponse:
    """The board anew in the open page."""
    context = {
        "team": team,
        "columns": (columns := _columns(request.user, team, at := timezone.now())),
        "people": [column.person for column in columns if column.person],
        "at": at,
        "url": url,
        "part_url": f"{url}&{REFRESHED}=1",
    }
    response = render(request, "desk/loadboard/_board.html", context)
    response["HX-Trigger"] = "ticketsChanged"
    return response


def _outcome(ticket: Ticket) -> dict[str, Any]:
    words = _("%(number)s is with %(name)s.") if ticket.assignee else _("%(number)s is back in the queue.")
    return {"ticket": ticket.pk, "told": words % {"number": ticket.number, "name": ticket.assignee}}
