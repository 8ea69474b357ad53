"""Finding what the upper tiers solve again and again: asked for each night or by somebody, done by the worker.

A search is a row that tells how far it is; its answer are rows, too, and the newest that is done counts. The same
tickets give the same repeats every time.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations import enqueue
from insights import alike
from insights.cuts import Period
from insights.models import Repeat, RepeatAside, RepeatRun, RepeatTicket
from insights.queries.coverage import Cover, cover_of
from insights.queries.resolutions import Resolution, resolutions, texts_of
from tickets.operations.guards import line
from tickets.refusals import NotAllowed, Refused

KIND = "insights.find_repeats"
DAYS = 90
NIGHT = time(2)
"""From when on, in the desk's zone, the search of a day is due."""
MOST_KEPT = 10
"""Searches: each may hold thousands of rows."""
MOST_TRIES = 3
SILENT = timedelta(minutes=5)
"""After so long without progress a search is given up, and another one may be asked for."""
UNBEGUN = timedelta(hours=1)
SOON = timedelta(minutes=1)
"""So long after its last progress a search is in the hands of the worker that began it."""
KNOWN_AGAIN = 0.5
"""The share of tickets by which one that was set aside is known again."""

NOTED_EVERY = timedelta(seconds=1)

Clock = Callable[[], datetime]
StillMine = Callable[[], bool]


class SearchUnderWay(Refused):
    """There is one already; it ends by itself."""

    code = "search_under_way"

    def __init__(self) -> None:
        super().__init__(_("A search is under way. Wait until it is done."))


@transaction.atomic
def ask(*, by: User | None, at: datetime, days: int = DAYS) -> RepeatRun:
    """Have the resolutions of the last days looked through for repeats.

    Raises:
        SearchUnderWay: so it is.
    """
    give_up_silent(at=at)
    unfinished = RepeatRun.objects.exclude(state__in=(RepeatRun.State.DONE, RepeatRun.State.FAILED))
    if unfinished.exists():
        raise SearchUnderWay
    last = at.astimezone(_zone()).date()
    try:
        with transaction.atomic():
            run = RepeatRun.objects.create(first=last - timedelta(days=days - 1), last=last, by=by, at=at)
    except IntegrityError:  # somebody else asked at the same moment
        raise SearchUnderWay from None
    enqueue(KIND, {"run": run.pk}, at=at, max_attempts=MOST_TRIES)
    return run


def ask_nightly(*, at: datetime) -> RepeatRun | None:
    """The same for the night, once: asked for each hour, so that a beat that was away makes up for it."""
    today = datetime.combine(at.astimezone(_zone()).date(), NIGHT, _zone())
    due = today if at >= today else today - timedelta(days=1)
    if RepeatRun.objects.filter(at__gte=due).exists():
        return None
    try:
        return ask(by=None, at=at)
    except SearchUnderWay:
        return None


def find(key: int, *, now: Clock, still_mine: StillMine = lambda: True) -> None:
    """Work a search out to its end. Nothing to do where it is finished, or where another worker is at it.

    Args:
        still_mine: asked now and then; where it says no, somebody else has taken the search over, and this one ends.
    """
    run = _begin(key, at=now())
    if run is None:
        return
    rows, run.is_cut = resolutions(Period(run.first, run.last))
    run.total = len(rows)
    run.save(update_fields=["is_cut", "total"])

    def told(seen: int) -> None:
        if not still_mine():
            raise _TakenOver
        run.seen = seen
        _note(run, now())

    texts = texts_of([row.ticket for row in rows])
    try:
        clusters = alike.clusters_of(texts, told=told)
        covers = []
        for cluster in clusters:
            told(run.total)
            covers.append(cover_of(cluster, texts[cluster.middle].partition("\n")[0]))
    except _TakenOver:
        return
    _write_down(run, clusters, covers, rows, at=now())


def fail(key: int, *, error: str, at: datetime) -> None:
    """Say why it has no answer."""
    unfinished = RepeatRun.objects.filter(pk=key).exclude(state=RepeatRun.State.DONE)
    unfinished.update(state=RepeatRun.State.FAILED, error=error[:500], done_at=at)


def give_up_silent(*, at: datetime) -> None:
    """A search whose worker was lost for good, or that no worker has begun, stands in nobody's way."""
    lost = Q(state=RepeatRun.State.RUNNING, touched_at__lt=at - SILENT)
    unbegun = Q(state=RepeatRun.State.WAITING, at__lt=at - UNBEGUN)
    silent = RepeatRun.objects.filter(lost | unbegun)
    silent.update(state=RepeatRun.State.FAILED, error="The worker was lost.", done_at=at)


@transaction.atomic
def set_aside(repeat: Repeat, *, reason: str = "", by: User, at: datetime) -> RepeatAside:
    """Say that it is worth no article, or not now. It stays aside when it is found anew.

    Raises:
        NotAllowed: who reads no figures of the desk.
    """
    _require(by)
    repeat = Repeat.objects.select_for_update(of=("self",)).select_related("aside").get(pk=repeat.pk)
    if repeat.aside is not None:
        return repeat.aside
    keys = list(repeat.rows.order_by("place").values_list("ticket_id", flat=True))
    said = line(reason, "reason", longest=300)
    aside = RepeatAside.objects.create(ticket_ids=keys, words=repeat.words, reason=said, by=by, at=at)
    repeat.aside = aside
    repeat.save(update_fields=["aside"])
    return aside


@transaction.atomic
def bring_back(repeat: Repeat, *, by: User) -> None:
    """It is asked about again.

    Raises:
        NotAllowed: who reads no figures of the desk.
    """
    _require(by)
    RepeatAside.objects.filter(repeats=repeat).delete()


# --- below ---


def _require(by: User) -> None:
    if not (by.is_manager or by.is_administrator or by.is_lead):
        raise NotAllowed(_("Only leads and managers decide what is written next."))


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


class _TakenOver(Exception):
    """Another worker has the search now."""


def _note(run: RepeatRun, at: datetime) -> None:
    """How far it is, for those who wait before the page."""
    if run.touched_at is None or at >= run.touched_at + NOTED_EVERY:
        run.touched_at = at
        run.save(update_fields=["seen", "touched_at"])


@transaction.atomic
def _begin(key: int, *, at: datetime) -> RepeatRun | None:
    run = RepeatRun.objects.select_for_update(of=("self",)).filter(pk=key).first()
    if run is None or run.is_finished:
        return None
    if run.state == RepeatRun.State.RUNNING and run.touched_at and run.touched_at > at - SOON:
        return None
    run.state, run.started_at, run.touched_at, run.seen = RepeatRun.State.RUNNING, at, at, 0
    run.save(update_fields=["state", "started_at", "touched_at", "seen"])
    return run


@transaction.atomic
def _write_down(
    run: RepeatRun,
    clusters: Sequence[alike.Cluster],
    covers: Sequence[Cover],
    rows: Iterable[Resolution],
    *,
    at: datetime,
) -> None:
    """What costs most comes first."""
    known = {row.ticket: row for row in rows}
    costs = [sum(known[key].cost for key in cluster.keys) for cluster in clusters]
    order = sorted(
        range(len(clusters)), key=lambda n: (-costs[n], -len(clusters[n].keys), clusters[n].middle)
    )
    asides = list(RepeatAside.objects.order_by("-pk"))
    Repeat.objects.filter(run=run).delete()
    repeats = Repeat.objects.bulk_create(
        Repeat(
            run=run,
            place=place,
            words=list(clusters[n].words),
            article_id=covers[n].article or None,
            share=covers[n].share,
            solved=covers[n].solved,
            aside=_aside_of(clusters[n].keys, asides),
        )
        for place, n in enumerate(order, start=1)
    )
    RepeatTicket.objects.bulk_create(
        (
            RepeatTicket(
                repeat=repeat,
                ticket_id=key,
                place=place,
                likeness=likeness,
                seconds=known[key].cost,
                is_logged=known[key].is_logged,
                team_id=known[key].team,
                level=known[key].level,
            )
            for repeat, n in zip(repeats, order, strict=True)
            for place, (key, likeness) in enumerate(zip(clusters[n].keys, clusters[n].likeness, strict=True))
        ),
        batch_size=2_000,
    )
    RepeatAside.objects.bulk_update(asides, ["ticket_ids"], batch_size=500)
    run.state, run.seen, run.touched_at, run.done_at = RepeatRun.State.DONE, run.total, at, at
    run.save(update_fields=["state", "seen", "touched_at", "done_at"])
    old = RepeatRun.objects.order_by("-pk").values_list("pk", flat=True)[MOST_KEPT:]
    RepeatRun.objects.filter(pk__in=list(old)).delete()


def _aside_of(keys: Sequence[int], asides: Iterable[RepeatAside]) -> RepeatAside | None:
    """The one that was set aside and is this; from now on it is known by these tickets."""
    for aside in asides:
        common = len(set(keys) & set(aside.ticket_ids))
        if common and common >= KNOWN_AGAIN * min(len(keys), len(aside.ticket_ids)):
            aside.ticket_ids = list(keys)
            return aside
    return None
