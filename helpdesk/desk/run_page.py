"""What the page of a run shows: the step that is asked, what it asks, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.models import User
from helpdesk.desk.forms.scripts import GiveUpForm, StepForm, SuggestForm
from helpdesk.desk.guard import DeskRequest
from helpdesk.desk.sending import url_of
from knowledgebase.markup import articles_named
from knowledgebase.markup import render as render_markup
from knowledgebase.models import Article, Permalink, Run, RunAnswer
from knowledgebase.operations import verifying
from knowledgebase.operations.running import MovedOn
from knowledgebase.operations.telling import said
from knowledgebase.queries.runs import Standing, action_at, article_named, standing, startable
from knowledgebase.scripts.picture import draw
from knowledgebase.scripts.spec import HAND_OVER, NEXT_SOP, RESOLVE, WAYS, Kind, Step
from tickets.markdown import render as render_markdown
from tickets.models import Ticket
from tickets.permissions import may_hand_over, may_work, may_write_to_requester
from tickets.refusals import Refused

LARGE = "large"
"""Asked for by the page of a run: with the drawing, and links that stay on that page."""


@dataclass(frozen=True)
class Line:
    """A place that was answered, and whether it can be answered again."""

    place: int
    name: str
    said: SafeString
    row: RunAnswer
    may_change: bool


@dataclass(frozen=True)
class Way:
    """A way to verify the caller; `missing` says why it is not open, `detail` whom or what to call."""

    name: str
    label: str
    detail: str
    missing: str


ASKS = (Kind.YES_NO, Kind.CHOICE, Kind.TEXT, Kind.NUMBER, Kind.FILE, Kind.VERIFY)
"""Kinds of steps that can be answered again."""


def shown(
    request: DeskRequest,
    ticket: Ticket,
    found: Run,
    *,
    refused: Refused | None = None,
    asked: str = "",
    has_moved: bool = False,
) -> dict[str, Any]:
    here = standing(found)
    is_large = LARGE in request.GET or LARGE in request.POST or not request.htmx
    place = _place(request, here, refused)
    step = here.step if place == here.position.place else here.position.path[place].step
    known = here.rows.get(place) if place < here.position.place else None
    context: dict[str, Any] = {
        "run": found,
        "run_url": f"{url_of(ticket.pk)}scripts/{found.pk}/",
        "step": step,
        "place": place,
        "is_again": known is not None,
        "text": _text(step, request.user),
        "lines": [_line(here, row, is_open=found.is_running) for row in here.passed],
        "form": _form(request, step, known, refused, asked, has_moved=has_moved),
        "give_up": GiveUpForm(request.POST if asked == "give-up" else None, auto_id="give_up_%s"),
        "suggest": SuggestForm(request.POST if asked == "suggest" else None, auto_id="suggest_%s"),
        "refused": refused,
        "asked": asked,
        "is_large": is_large,
        "has_moved": has_moved,
        "at": timezone.now(),
        **_of_kind(request, ticket, here, step, place),
    }
    if is_large:
        drawn = draw(here.script, title=_("The flow of “%(name)s”") % {"name": found.article}, here=step.key)
        context["picture"] = mark_safe(drawn)  # noqa: S308  (words are escaped where it is drawn)
    return context


def _place(request: DeskRequest, here: Standing, refused: Refused | None) -> int:
    """The place that is asked for: by a link, or by a form that was refused."""
    given = request.GET.get("at", "")
    if request.method == "POST":
        given = request.POST.get("place", "") if refused and not isinstance(refused, MovedOn) else ""
    if given.isascii() and given.isdecimal() and len(given) < 5 and here.run.is_running:
        place = int(given)
        if place < here.position.place and here.position.path[place].step.kind in ASKS:
            return place
    return here.position.place


def _text(step: Step, user: User) -> SafeString:
    """The words of a step, with links to the articles that this person may read."""
    links: dict[str, str] = {}
    if slugs := articles_named(step.text):
        readable = Article.objects.visible_to(user)
        rows = Permalink.objects.filter(slug__in=slugs, article__in=readable).select_related("article")
        links = {row.slug: row.article.address for row in rows}
    return mark_safe(render_markup(step.text, permalinks=links).html)  # noqa: S308  (cleaned by nh3)


def _line(here: Standing, row: RunAnswer, *, is_open: bool) -> Line:
    step = here.script[row.step]
    words = mark_safe(render_markdown(said(step, row).lstrip(": ").strip()))  # noqa: S308  (cleaned by nh3)
    return Line(row.place, step.name, words, row, is_open and step.kind in ASKS)


def _form(
    request: DeskRequest,
    step: Step,
    known: RunAnswer | None,
    refused: Refused | None,
    asked: str,
    *,
    has_moved: bool,
) -> forms.Form:
    if refused is None or asked != "answer":
        return StepForm(step=step, value=known.value if known else "", autofocus=has_moved)
    form = StepForm(request.POST, step=step)  # what is wrong takes the focus
    form.is_valid()
    form.errors.clear()
    name = refused.field if refused.field in form.fields else None
    form.add_error(name, str(refused))
    return form


def _of_kind(
    request: DeskRequest, ticket: Ticket, here: Standing, step: Step, place: int
) -> Mapping[str, Any]:
    """What only a step of this kind shows."""
    found: dict[str, Any] = {}
    match step.kind:
        case Kind.YES_NO | Kind.CHOICE:
            found["answers"] = [(n, *pair) for n, pair in enumerate(step.answers().items(), start=1)]
        case Kind.VERIFY:
            found["ways"] = [_way(name, ticket, request.user) for name in step.ways]
            found["code_sent"] = _code_sent(here, place)
        case Kind.ACTION:
            found["action"] = action_at(here.run, place)
        case Kind.LINK:
            found["link"] = _link(step, request.user)
        case Kind.TIMER:
            found["seconds_left"] = _seconds_left(here.run)
        case Kind.OUTCOME:
            found = _outcome(request.user, ticket, here, step)
    return found


def _way(name: str, ticket: Ticket, user: User) -> Way:
    requester = ticket.requester
    details = {
        "call_back": requester.phone,
        "code": requester.email,
        "manager": f"{requester.manager.name} · {requester.manager.phone}" if requester.manager else "",
    }
    return Way(name, str(WAYS[name]), details[name].strip(" ·"), verifying.missing(name, requester, user))


def _code_sent(here: Standing, place: int) -> Any:
    code = getattr(here.run, "code", None)
    return code if code is not None and code.place == place else None


def _link(step: Step, user: User) -> dict[str, str] | None:
    """Where the step leads; none where this person may not read it."""
    if step.url:
        return {"url": step.url, "name": step.url}
    found = Permalink.objects.select_related("article").filter(slug=step.article)
    row = found.filter(article__in=Article.objects.visible_to(user)).first()
    return {"url": row.article.address, "name": str(row.article)} if row else None


def _seconds_left(run: Run) -> int:
    if run.due_at is None:
        return 0
    return max(0, int((run.due_at - timezone.now()).total_seconds()) + 1)


def _outcome(user: User, ticket: Ticket, here: Standing, step: Step) -> dict[str, Any]:
    """The act that follows, and why this person cannot do it where they cannot."""
    if step.act == NEXT_SOP:
        article = article_named(step.sop)
        return {
            "follows": article,
            "may_follow": bool(article and startable(user).filter(pk=article.pk).exists()),
        }
    act = ""
    if step.act == RESOLVE and may_work(user, ticket):
        act = "resolve" if may_write_to_requester(user, ticket) else "propose-resolution"
    if step.act == HAND_OVER and may_hand_over(user, ticket):
        act = "hand-over"
    return {"act_name": act, "is_resolving": step.act == RESOLVE}
