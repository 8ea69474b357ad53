"""A row of a list, drawn in Python: fifty rows of eight small templates took most of the time of a page.

Whatever comes from people goes through `escape`; the rest is ours.
"""

from collections.abc import Callable, Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from helpdesk.desk.columns import Column
from helpdesk.desk.rows import Row
from helpdesk.templatetags.ui import avatar, clock_chip, icon, priority, status, tier_class, tier_path, when
from sla.models import Metric


def table_rows(rows: Iterable[Row], columns: Iterable[Column], *, can_select: bool) -> SafeString:
    """Every `<tr>`: the box to select it, subject and facts, then the columns."""
    drawn = [(_opening(column), CELLS[column.name]) for column in columns]
    select = _("Select %(number)s") if can_select else ""
    parts = []
    for row in rows:
        parts += [_row_opening(row), _select(row, select) if select else "", _main(row), "\n"]
        parts += [f"{opening}{cell(row)}</td>" for opening, cell in drawn]
        parts.append("\n</tr>")
    return mark_safe("".join(parts))  # noqa: S308 (each part is escaped where it is made)


def _opening(column: Column) -> str:
    """Of a cell, the same in every row."""
    phone = "" if column.in_phone else ' data-phone="no"'
    label = "" if column.is_known_at_sight else f' data-label="{escape(str(column.label))}"'
    return f"<td{label}{phone}>"


def _row_opening(row: Row) -> str:
    classes = f"handed {tier_class(row.ticket.tier)}" if row.is_handed else ""
    classes += " unread" if row.is_unread else ""
    seen = f' data-ticket="{row.ticket.pk}" data-version="{row.ticket.version}"'
    return f'<tr data-row data-href="/desk/tickets/{row.ticket.number}/"{seen} class="{classes}">\n'


def _select(row: Row, label: str) -> str:
    label = escape(label % {"number": row.ticket.number})
    return (
        f'<td class="cell-check"><input type="checkbox" name="ticket" value="{row.ticket.pk}"'
        f' aria-label="{label}"></td>\n'
    )


def _main(row: Row) -> str:
    ticket = row.ticket
    number = ticket.number
    lock = f'{icon("lock")}<span class="vh">{escape(_("restricted"))} </span>' if ticket.is_restricted else ""
    facts = [ticket.category.full_name if ticket.category else "", row.hint]
    meta = "".join(f" · {escape(fact)}" for fact in facts if fact)
    return (
        f'<td class="cell-main"><a class="subj" href="/desk/tickets/{number}/">{lock}'
        f"{escape(ticket.subject or number)}</a>"
        f'<span class="meta"><span class="mono">{number}</span>{meta}</span></td>'
    )


def _assignee(row: Row) -> str:
    person = row.ticket.assignee
    if person is None:
        return f'<span class="dim small">{escape(_("nobody"))}</span>'
    return f'{avatar(person)}<span class="vh">{escape(person.name)}</span>'


def _requester(row: Row) -> str:
    person, organisation = row.ticket.requester, row.ticket.organisation
    vip = f'<span class="tag warn">{icon("star")}{escape(_("VIP"))}</span>' if person.is_vip else ""
    small = f"<small>{escape(organisation.name)}</small>" if organisation else ""
    return f'<div class="who"><span class="nowrap">{escape(person.name)}{vip}</span>{small}</div>'


def _due(row: Row) -> str:
    return clock_chip(row.clock, paused=row.paused) if row.ticket.is_open else ""


def _metric(row: Row) -> str:
    return escape(str(Metric(row.clock.cycle.metric).label)) if row.clock else ""


def _breached(row: Row) -> str:
    if row.clock is None or not row.clock.was_breached:
        return ""
    since = row.clock.cycle.breached_at or row.clock.cycle.due_at
    return f'<small class="num">{when(since, style="short")}</small>'


CELLS: dict[str, Callable[[Row], str]] = {
    "due": _due,
    "metric": _metric,
    "breached": _breached,
    "priority": lambda row: priority(row.ticket.priority),
    "requester": _requester,
    "assignee": _assignee,
    "path": lambda row: tier_path(row.ticket.path, bounces=row.ticket.bounce_count),
    "status": lambda row: status(row.ticket.status),
    "team": lambda row: escape(row.ticket.team.name),
    "kind": lambda row: escape(row.ticket.get_kind_display()),
    "channel": lambda row: escape(row.ticket.get_channel_display()),
    "created": lambda row: f'<small class="num">{when(row.ticket.created_at, style="short")}</small>',
    "updated": lambda row: f'<small class="num">{when(row.ticket.changed_at, style="short")}</small>',
}
"""By the name of a column what it draws."""
