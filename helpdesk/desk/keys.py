"""All keys of the workspace on one page, and the switch for those of a single letter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from accounts import operations
from helpdesk.desk.acts import ACTS
from helpdesk.desk.bulk_acts import bulk_acts
from helpdesk.desk.doing import shown_key
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest
from helpdesk.desk.nav import Navigation, navigation


@dataclass(frozen=True)
class Key:
    """`keys`: what is pressed, as data-key says it: "r", "M" with shift, "g m" one after the other."""

    keys: str
    label: Any

    @property
    def shown(self) -> list[str]:
        return [shown_key(key) for key in self.keys.split(" ")]


@dataclass(frozen=True)
class Group:
    title: Any
    keys: list[Key]


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def keys(request: DeskRequest) -> HttpResponseBase:
    if request.method == "POST":
        wanted = request.POST.get("single_keys") == "on"
        operations.change_person(request.user, by=request.user, at=timezone.now(), single_keys=wanted)
        told = _("Keys of a single letter work again.") if wanted else _("Keys of a single letter are off.")
        messages.success(request, told)
        return redirect("/desk/keys/")
    return _page(request)


def _page(request: DeskRequest) -> HttpResponse:
    return render(request, "desk/keys.html", {"groups": groups_of(navigation(request))})


def groups_of(nav: Navigation) -> list[Group]:
    groups = [Group(_("Everywhere"), _everywhere(nav)), Group(_("Go to"), _places(nav)), _lists()]
    if not is_guest(nav.user):
        groups += [
            Group(_("Ticked rows, or the row where one is"), _named(act for _name, act in bulk_acts())),
        ]
    groups.append(Group(_("A ticket"), _on_ticket()))
    return groups if is_guest(nav.user) else [*groups, Group(_("Where one writes"), _in_text())]


def _in_text() -> list[Key]:
    return [
        Key("Ctrl-B", _("Bold")),
        Key("Ctrl-I", _("Italic")),
        Key("Ctrl-E", _("Code")),
        Key("Ctrl-Shift-E", _("Block of code")),
        Key("Ctrl-Shift-K", pgettext("in a text", "Link")),
        Key("Ctrl-Shift-8", _("List")),
        Key("Ctrl-Shift-7", _("Numbered list")),
        Key("Ctrl-Shift-9", _("Quote")),
        Key("Ctrl-Shift-V", _("Paste the plain words")),
        Key("/", _("At the beginning of a line: ready-made texts and macros")),
        Key("@", _("People and teams")),
        Key("#", _("Tickets")),
        Key("[[", _("Articles")),
        Key("q", _("Quote the chosen words of a message")),
    ]


def _everywhere(nav: Navigation) -> list[Key]:
    own = [] if nav.is_guest else [Key("c", _("New ticket"))]
    return [
        Key("Ctrl-K", _("Find or do anything")),
        Key("/", _("Search")),
        *([Key("n", _("Take next"))] if nav.user.is_technician else []),
        *own,
        Key("Ctrl-⏎", _("Send what is written")),
        Key("Esc", _("Leave a field, close a dialog")),
        Key("?", _("These keys")),
    ]


def _places(nav: Navigation) -> list[Key]:
    lines = [Key(line.key, line.label) for line in (*nav.main, *nav.tiers) if line.key]
    overseen = [
        Key("g b", _("SLA board")),
        Key("g i", _("Insights")),
        Key("g a", _("Who has what")),
    ]
    own = [] if nav.is_guest else [Key("g k", _("Articles"))]
    return [*lines, *(overseen if nav.has_board else []), *own]


def _lists() -> Group:
    return Group(
        _("A list"),
        [
            Key("j", _("Next row")),
            Key("k", _("Row before")),
            Key("o", pgettext("act", "Open")),
            Key("Enter", pgettext("act", "Open")),
            Key("x", _("Select")),
            Key("*", _("Select all on this page")),
            Key("F", _("Add a filter")),
        ],
    )


def _on_ticket() -> list[Key]:
    return [
        Key("r", _("Reply")),
        Key("i", _("Note")),
        Key("u", _("Back to the list")),
        Key("J", _("Next ticket")),
        Key("K", _("Ticket before")),
        Key("m", _("More")),
        *_named(ACTS.values()),
        Key(".", _("Put the next article’s address into the text")),
        Key(",", _("Put the next article’s words into the text")),
    ]


def _named(acts: Iterable[Any]) -> list[Key]:
    """Each key once, with all that it may mean: which of them it is follows from the ticket."""
    found: dict[str, list[str]] = {}
    for act in acts:
        if act.key and str(act.label) not in found.setdefault(act.key, []):
            found[act.key].append(str(act.label))
    return [Key(key, " / ".join(labels)) for key, labels in found.items()]
