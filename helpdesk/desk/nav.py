"""The side navigation: the queues of the person, their saved views. Read once a request, when a page draws it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.prepared import Prepared, any_of
from helpdesk.desk.guard import is_guest, leads_people
from tickets.models import SavedView
from tickets.queries.queues import MORE, OWN, TEAMS, TIERS, Queue, queue_named, queues

ICONS = {
    "mine": "user",
    "tracking": "phone",
    "my-teams": "users",
    "unassigned": "inbox",
    "replies": "reply",
    "proposals": "check",
    "helping": "users",
    "handed": "hand-over",
    "watching": "eye",
    "on-hold": "pause",
    "vendors": "building",
    "all": "search",
}
SHORT = {"vendors": _("With vendors")}
"""Where the name of a queue is too long for the navigation."""
KEYS = {
    "mine": "g m",
    "tracking": "g c",
    "my-teams": "g t",
    "handed": "g h",
    "unassigned": "g u",
    "watching": "g w",
    "replies": "g r",
    "proposals": "g p",
    "helping": "g l",
}


@dataclass(frozen=True)
class Line:
    """One line of the navigation; `count` is the key of its number."""

    url: str
    label: Any
    count: str
    icon: str = ""
    key: str = ""
    tier: Any = None


class Navigation:
    """What one person finds in the side navigation."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def queues(self) -> list[Queue]:
        return queues(self.user)

    @cached_property
    def saved(self) -> list[SavedView]:
        return [] if self.is_guest else _saved_views(person=self.user.pk, teams=self.user.team_ids)

    def queue(self, name: str) -> Queue | None:
        own = next((queue for queue in self.queues if queue.name == name), None)
        return own or queue_named(name, self.user)

    @property
    def main(self) -> list[Line]:
        return [self._line(queue) for queue in self.queues if queue.group in (OWN, TEAMS, MORE)]

    @property
    def tiers(self) -> list[Line]:
        return [self._line(queue) for queue in self.queues if queue.group == TIERS]

    @property
    def views(self) -> list[Line]:
        return [Line(view_url(view), view.name, view_key(view)) for view in self.saved]

    @property
    def is_guest(self) -> bool:
        return is_guest(self.user)

    @property
    def has_board(self) -> bool:
        return leads_people(self.user)

    @staticmethod
    def _line(queue: Queue) -> Line:
        label = queue.tier.name if queue.tier else SHORT.get(queue.name, queue.label)
        icon, key = ICONS.get(queue.name, "users"), KEYS.get(queue.name, "")
        if queue.tier:
            icon, key = "", f"g {queue.tier.level}"
        return Line(f"/desk/queues/{queue.name}/", label, queue.name, icon, key, queue.tier)


def saved_views(user: User) -> Any:
    """One's own, those of one's teams, and everyone's."""
    if is_guest(user):
        return SavedView.objects.none()
    return SavedView.objects.filter(Q(for_everyone=True) | Q(owner=user) | Q(team_id__in=user.team_ids))


_saved_views = Prepared(
    lambda person, teams: SavedView.objects.filter(
        Q(for_everyone=True) | Q(owner_id=person) | Q(any_of("team_id", teams))
    ),
    "person",
    "teams",
)


def view_url(view: SavedView) -> str:
    return f"/desk/views/{view.pk}/"


def view_key(view: SavedView) -> str:
    return f"view-{view.pk}"


def navigation(request: HttpRequest) -> Navigation:
    """The navigation of this request; the page's view and its template share one."""
    known = getattr(request, "desk_nav", None)
    if known is None:
        known = request.desk_nav = Navigation(request.user)  # type: ignore[attr-defined, arg-type]
    return known


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template; nothing is read before a page of the workspace draws it."""
    return {"desk_nav": SimpleLazyObject(lambda: _nav_or_none(request))}


def _nav_or_none(request: HttpRequest) -> Navigation | None:
    user = getattr(request, "user", None)
    return navigation(request) if isinstance(user, User) and user.uses_desk else None
