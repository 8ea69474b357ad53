"""The columns that a list can show; which ones stands in its address."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Column:
    """`sort` names the order that its heading switches to. `cells` draws what stands in it.

    On a phone a cell bears its heading, but where what stands in it is known at sight.
    """

    name: str
    label: str | Promise
    sort: str = ""
    in_phone: bool = True
    is_known_at_sight: bool = False


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("due", _("Due next"), "due", is_known_at_sight=True),
        Column("metric", _("Promise"), in_phone=False),
        Column("breached", _("Breached since")),
        Column("priority", _("Priority"), "priority", is_known_at_sight=True),
        Column("requester", _("Requester"), is_known_at_sight=True),
        Column("assignee", _("Assignee")),
        Column("path", _("Path"), is_known_at_sight=True),
        Column("status", _("Status"), is_known_at_sight=True),
        Column("team", _("Team")),
        Column("kind", _("Kind"), in_phone=False),
        Column("channel", _("Channel"), in_phone=False),
        Column("created", _("Opened"), "newest", in_phone=False),
        Column("updated", _("Updated"), "changed", in_phone=False),
    )
}
OF_GUESTS = ("due", "metric", "breached", "priority", "status", "kind", "created", "updated")
"""What a vendor's guest may know of a ticket in a list: nobody's name, and no way through the tiers."""
USUAL = ("due", "priority", "requester", "assignee", "path", "updated")


def columns_of(names: Iterable[str], *, for_guest: bool = False) -> list[Column]:
    """The named columns in their fixed order; unknown names are passed over, none at all are the usual."""
    shown = choice_of(for_guest=for_guest)
    known = {column.name for column in shown}
    wanted = known.intersection(names) or known.intersection(("status", *USUAL) if for_guest else USUAL)
    return [column for column in shown if column.name in wanted]


def choice_of(*, for_guest: bool = False) -> list[Column]:
    """All that somebody can choose from."""
    return [column for column in COLUMNS.values() if not for_guest or column.name in OF_GUESTS]
