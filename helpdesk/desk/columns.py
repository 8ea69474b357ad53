"""The columns that a list can show; which ones stands in its address."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Column:
    """`sort` names the order that its heading switches to. `cells` draws what stands in it."""

    name: str
    label: str | Promise
    sort: str = ""
    in_phone: bool = True


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("due", _("Due next"), "due"),
        Column("metric", _("Promise"), in_phone=False),
        Column("breached", _("Breached since")),
        Column("priority", _("Priority"), "priority"),
        Column("requester", _("Requester")),
        Column("assignee", _("Assignee")),
        Column("path", _("Path")),
        Column("status", _("Status")),
        Column("team", _("Team")),
        Column("kind", _("Kind"), in_phone=False),
        Column("channel", _("Channel"), in_phone=False),
        Column("created", _("Opened"), "newest", in_phone=False),
        Column("updated", _("Updated"), "changed", in_phone=False),
    )
}
USUAL = ("due", "priority", "requester", "assignee", "path", "updated")


def columns_of(names: Iterable[str]) -> list[Column]:
    """The named columns in their fixed order; unknown names are passed over, none at all are the usual."""
    wanted = {name for name in names if name in COLUMNS} or set(USUAL)
    return [column for column in COLUMNS.values() if column.name in wanted]
