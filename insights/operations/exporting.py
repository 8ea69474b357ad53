"""Long lists, written into files behind the page: piece by piece, with progress, for a day.

A delivery carries an export on for some seconds at a time. Each piece is a file of its own in the store, so that a
worker that dies loses one piece, and any worker can go on. A workbook is packed from the pieces at the end.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations import enqueue
from insights.exporting import (
    MOST_IN_SHEET,
    Cell,
    Listing,
    csv_head,
    csv_lines,
    open_listing,
    packed,
    unpacked,
    write_workbook,
)
from insights.models import Export
from insights.models.exports import LONGEST_QUERY
from insights.permissions import scope_of
from tickets.models import Ticket
from tickets.queries.visible import access_of
from tickets.refusals import Invalid, Refused

KIND = "insights.export"
KEPT = timedelta(days=1)
PIECE = 2_000
"""Rows of a piece."""
MOST_TRIES = 5
MOST_AT_ONCE = 3
"""Exports of one person that are not finished."""
GoesOn = Callable[[], bool]
StillMine = Callable[[], bool]
Format, State = Export.Format, Export.State


class TooLong(Invalid):
    """A sheet does not hold so many rows."""

    code = "too_long"

    def __init__(self, n: int) -> None:
        super().__init__(
            _("%(n)s rows are more than a sheet of XLSX holds (%(most)s). Take CSV, or several files.")
            % {"n": f"{n:,}", "most": f"{MOST_IN_SHEET:,}"},
            field="format",
        )


class TooMany(Refused):
    code = "too_many_exports"

    def __init__(self) -> None:
        super().__init__(_("You have %(n)s exports under way. Wait until one is done.") % {"n": MOST_AT_ONCE})


class Ended(Refused):
    """The file is not there any more, or not for this person as they are now."""

    code = "export_ended"
    http_status = 410


@transaction.atomic
def ask(
    *,
    source: str,
    asked: str,
    listing: Listing,
    form: str,
    by: User,
    at: datetime,
) -> Export:
    """Have a list written into a file.

    Args:
        source, asked: what `insights.exporting.open_listing` opened it by.
        form: one of `Export.Format`.

    Raises:
        TooLong: more rows than a sheet holds, as XLSX.
        TooMany: others of this person are not finished.
        Invalid: no such format, or about `query`: `asked` is too long.
    """
    if form not in Format.values:
        raise Invalid(_("Choose CSV or XLSX."), field="format")
    # Cut short it would ask for another list.
    if len(asked) > LONGEST_QUERY:
        raise Invalid(_("This list is narrowed by too many words. Narrow it by fewer."), field="query")
    total = listing.count()
    if form == Format.XLSX and total > MOST_IN_SHEET:
        raise TooLong(total)
    under_way = Export.objects.filter(by=by, at__gt=at - KEPT).exclude(state__in=[State.DONE, State.FAILED])
    if under_way.count() >= MOST_AT_ONCE:
        raise TooMany
    row = Export.objects.create(
        source=source,
        asked=asked,
        title=listing.title[:200],
        name=listing.name[:80],
        format=form,
        total=total,
        access=access(by),
        by=by,
        at=at,
    )
    carry_on_later(row.pk, at=at)
    return row


def carry_on_later(key: int, *, at: datetime) -> None:
    enqueue(KIND, {"export": key}, at=at, max_attempts=MOST_TRIES)


@transaction.atomic
def step(key: int, *, at: datetime, goes_on: GoesOn = lambda: True) -> bool:
    """Write the next piece of an export; say whether there is more to do, be it packing.

    No where it is finished, or in the hands of another worker at this moment.
    """
    row = (
        Export.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("by")
        .filter(pk=key)
        .first()
    )
    if row is None or row.is_finished:
        return False
    if row.state == State.PACKING:
        return True
    with _as(row.by):
        listing = _open(row, at)
        if listing is None:
            return False
        is_last = _write_piece(row, listing, goes_on)
    row.touched_at = at
    if is_last:
        row.total = row.seen
        row.state = State.DONE if row.format == Format.CSV else State.PACKING
        row.done_at = at if row.format == Format.CSV else None
    else:
        row.state, row.total = State.RUNNING, max(row.total, row.seen)
    row.save()
    return row.state != State.DONE


def is_packing(key: int) -> bool:
    return Export.objects.filter(pk=key, state=State.PACKING).exists()


def pack(key: int, *, at: datetime, still_mine: StillMine = lambda: True) -> None:
    """Make the workbook, or the several, of an export whose rows are all written. Takes minutes a million rows.

    Args:
        still_mine: asked now and then, so that whoever packs can say that they still do; once it says no, somebody
            else does, and this one stops.
    """
    row = Export.objects.select_related("by").get(pk=key)
    with TemporaryDirectory(prefix="export-") as folder, _as(row.by):
        head = _head(row)
        rows = _asking(_rows(row), still_mine)
        path = Path(folder) / "packed"
        if row.format == Format.XLSX:
            write_workbook(path, title=row.title, head=head, rows=rows)
        else:
            _write_parts(path, Path(folder), row, head, rows)
        name = f"{_folder(row)}/packed"
        if not still_mine():
            return
        _put(name, path)
    with transaction.atomic():
        row = Export.objects.select_for_update().get(pk=key)
        if row.state == State.PACKING:
            row.state, row.packed, row.done_at, row.touched_at = State.DONE, name, at, at
            row.save(update_fields=["state", "packed", "done_at", "touched_at"])
            _delete_pieces(row)


def fail(key: int, *, error: str, at: datetime) -> None:
    """Say why there is no file."""
    Export.objects.filter(pk=key).exclude(state=State.DONE).update(
        state=State.FAILED, error=error[:300], done_at=at
    )


def run(row: Export, *, at: datetime) -> Export:
    """Write it to its end, here and now."""
    while step(row.pk, at=at) and not is_packing(row.pk):
        pass
    if is_packing(row.pk):
        pack(row.pk, at=at)
    row.refresh_from_db()
    return row


def fetched(row: Export, *, by: User, at: datetime) -> Iterator[bytes]:
    """The bytes of a finished export, for who asked for it.

    Raises:
        Ended: older than a day; what they may see is not what it was; or something in it may have been restricted
            since.
    """
    if row.state != State.DONE or at - row.at > KEPT:
        raise Ended(_("This file has ended: exports are kept for a day. Export the list anew."))
    if row.access != access(by) or _still_theirs(row, by, at) is None:
        raise Ended(_("What you may see has changed since this was written. Export the list anew."))
    restricted = Ticket.objects.filter(is_restricted=True, changed_at__gte=row.at)
    if restricted.exclude(pk__in=Ticket.objects.visible_to(by).order_by().values("pk")).exists():
        raise Ended(_("A ticket was restricted since this was written. Export the list anew."))
    return _bytes(row)


@transaction.atomic
def forget_old(*, at: datetime, limit: int = 100) -> int:
    """Delete exports that are older than a day, with their files; answers how many."""
    rows = list(Export.objects.select_for_update(skip_locked=True).filter(at__lt=at - KEPT)[:limit])
    for row in rows:
        _delete_pieces(row)
        if row.packed:
            default_storage.delete(row.packed)
        row.delete()
    return len(rows)


def access(person: User) -> str:
    """A mark of all that decides what this person may see."""
    return hashlib.sha256(repr((access_of(person), scope_of(person))).encode()).hexdigest()


# --- Pieces ---


def _open(row: Export, at: datetime) -> Listing | None:
    """The list as it may be seen now; where it may not any more, the export has failed."""
    listing = _still_theirs(row, row.by, at) if row.access == access(row.by) else None
    if listing is None:
        row.state, row.done_at = State.FAILED, at
        row.error = _("What you may see has changed. Export the list anew.")
        row.save(update_fields=["state", "done_at", "error"])
    return listing


def _still_theirs(row: Export, person: User, at: datetime) -> Listing | None:
    """None also where it is about something that is not there any more, such as a team."""
    try:
        return open_listing(row.source, person, row.asked, at=at)
    except Invalid:
        return None


def _write_piece(row: Export, listing: Listing, goes_on: GoesOn) -> bool:
    """Pages of some PIECE rows together; whether they were the last."""
    rows: list[Sequence[Cell]] = []
    is_last = True
    for page in listing.pages(row.cursor):
        rows += page.rows
        if page.cursor is None:
            break
        row.cursor = page.cursor
        if len(rows) >= PIECE or not goes_on():
            is_last = False
            break
    if rows or not row.pieces:
        _put_text(_piece(row, row.pieces), _written(row, listing, rows))
        row.pieces, row.seen = row.pieces + 1, row.seen + len(rows)
    return is_last


def _written(row: Export, listing: Listing, rows: Sequence[Sequence[Cell]]) -> str:
    """The first piece begins with the head."""
    is_first = row.pieces == 0
    if row.format == Format.CSV:
        return (csv_head(listing.head) if is_first else "") + csv_lines(rows)
    return packed([listing.head, *rows] if is_first else rows)


def _folder(row: Export) -> str:
    return f"exports/{row.pk}"


def _piece(row: Export, number: int) -> str:
    return f"{_folder(row)}/{number:06}"


def _put_text(name: str, text: str) -> None:
    if default_storage.exists(name):  # of a worker that died after it
        default_storage.delete(name)
    default_storage.save(name, ContentFile(text.encode()))


def _put(name: str, path: Path) -> None:
    if default_storage.exists(name):
        default_storage.delete(name)
    with path.open("rb") as file:
        default_storage.save(name, File(file))


def _delete_pieces(row: Export) -> None:
    for number in range(row.pieces):
        default_storage.delete(_piece(row, number))


def _bytes(row: Export) -> Iterator[bytes]:
    names = [row.packed] if row.packed else [_piece(row, number) for number in range(row.pieces)]
    for name in names:
        with default_storage.open(name) as file:
            yield from file.chunks()


# --- Workbooks ---


def _lines(row: Export) -> Iterator[str]:
    for number in range(row.pieces):
        with default_storage.open(_piece(row, number)) as file:
            yield from filter(None, file.read().decode().split("\n"))


def _head(row: Export) -> list[str]:
    return [str(cell) for cell in next(unpacked(_lines(row)))]


def _rows(row: Export) -> Iterator[list[Cell]]:
    return islice(unpacked(_lines(row)), 1, None)


def _asking(rows: Iterator[list[Cell]], still_mine: StillMine) -> Iterator[list[Cell]]:
    for number, row in enumerate(rows):
        if number % PIECE == 0 and not still_mine():
            return
        yield row


def _write_parts(
    path: Path, folder: Path, row: Export, head: Sequence[str], rows: Iterator[list[Cell]]
) -> None:
    """As many workbooks as it takes, in one archive."""
    left = row.total
    number = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        while left > 0 or number == 0:
            number += 1
            part = folder / f"{number}.xlsx"
            written = write_workbook(part, title=row.title, head=head, rows=rows)
            archive.write(part, f"{row.name}-{number}.xlsx")
            part.unlink()
            left -= max(written, 1)


@contextmanager
def _as(person: User) -> Iterator[None]:
    """Moments as the clocks of whoever asked show them, words in their language."""
    with timezone.override(person.zone), translation.override(person.language):
        yield
