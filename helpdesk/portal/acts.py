"""What a requester does with a request: answer, say whether it works, rate, withdraw, ask, let colleagues follow."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.keys import key_of
from accounts.models import User, UserQuerySet
from helpdesk.portal import drafts
from helpdesk.portal.forms import RatingForm, ReplyForm, StillBrokenForm, WorksForm, colleagues
from helpdesk.portal.guard import PortalRequest, Visit, visit_page
from helpdesk.portal.requests import place_of, show
from helpdesk.portal.uploads import with_uploads
from helpdesk.refusals import problem, wants_problem
from tickets import operations
from tickets.models import NUMBER_PREFIX, Ticket, Watch
from tickets.operations import KeyReused
from tickets.refusals import Refused

Act = Callable[[datetime], Ticket]


@require_POST
@visit_page
def reply(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    data, refusals = with_uploads(request, visit.person)
    form = ReplyForm(data, person=visit.person)
    for sentence in refusals:
        form.add_error("attachments", sentence)
    if not form.is_valid():
        return show(request, visit, status=form.http_status, reply=form)
    said = {"text": form.cleaned_data["text"], "attachments": form.cleaned_data["attachments"]}
    try:
        key = once(request, visit, lambda at: operations.reply(visit.ticket, by=visit.person, at=at, **said))
    except KeyReused:
        form.add_error(
            None, _("You have sent a message from here before. To send this one too, send it again.")
        )
        form.renew_key()
        return show(request, visit, status=409, reply=form)
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        form.show(refused)
        return show(request, visit, status=form.http_status, reply=form)
    drafts.forget(request, visit.person, place_of(visit))
    return _after_reply(request, visit, key)


def _after_reply(request: PortalRequest, visit: Visit, key: int) -> HttpResponseBase:
    if key == visit.ticket.pk:
        messages.success(request, _("Sent."))
        return redirect(visit.url)
    number = f"{NUMBER_PREFIX}{key}"
    told = _(
        "%(old)s is closed, so your message has opened a new request: %(new)s. It is linked to the old one."
    )
    messages.success(request, told % {"old": visit.ticket.number, "new": number})
    # A link opens one request only: who came by it stays with that one.
    return redirect(visit.url if visit.by_link else f"/requests/{number}/")


@require_POST
@visit_page
def works(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    form = WorksForm(request.POST, auto_id="works_%s")
    if not form.is_valid():
        return show(request, visit, status=422, works=form)
    once(
        request,
        visit,
        lambda at: operations.confirm(visit.ticket, by=visit.person, at=at, **form.cleaned_data),
    )
    messages.success(request, _("Good to hear. %(number)s is closed.") % {"number": visit.ticket.number})
    return redirect(visit.url)


@require_POST
@visit_page
def still_broken(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    form = StillBrokenForm(request.POST, auto_id="broken_%s")
    if not form.is_valid():
        return show(request, visit, status=422, still_broken=form)
    text = form.cleaned_data["text"]
    once(request, visit, lambda at: operations.reopen(visit.ticket, text=text, by=visit.person, at=at))
    messages.success(request, _("We take it up again."))
    return redirect(visit.url)


@require_POST
@visit_page
def rate(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    form = RatingForm(request.POST, auto_id="rating_%s")
    if not form.is_valid():
        return show(request, visit, status=422, rating=form)
    once(
        request, visit, lambda at: operations.rate(visit.ticket, by=visit.person, at=at, **form.cleaned_data)
    )
    messages.success(request, _("Thank you."))
    return redirect(visit.url)


@require_POST
@visit_page
def withdraw(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    _refuse_links(visit)
    once(request, visit, lambda at: operations.withdraw(visit.ticket, by=visit.person, at=at))
    messages.success(request, _("%(number)s is withdrawn.") % {"number": visit.ticket.number})
    return redirect(visit.url)


@require_POST
@visit_page
def ask_news(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    _refuse_links(visit)
    once(request, visit, lambda at: operations.ask_news(visit.ticket, by=visit.person, at=at))
    messages.success(request, _("We have told the people who work on it that you are waiting."))
    return redirect(visit.url)


@require_POST
@visit_page
def watch(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    """Let a colleague follow."""
    _refuse_links(visit)
    user = _person_or_404(request, colleagues(visit.person))
    operations.watch(visit.ticket, user=user, by=visit.person, at=timezone.now())
    messages.success(request, _("%(name)s follows this now.") % {"name": user})
    return redirect(visit.url)


@require_POST
@visit_page
def unwatch(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    _refuse_links(visit)
    following = Watch.objects.filter(ticket=visit.ticket).values("user")
    user = _person_or_404(request, User.objects.filter(Q(pk__in=following)))
    operations.unwatch(visit.ticket, user=user, by=visit.person, at=timezone.now())
    messages.success(request, _("%(name)s no longer follows this.") % {"name": user})
    # Who has stopped to follow may have lost sight of it.
    return redirect(visit.url if user != visit.person or visit.is_requester_side else "/requests/")


def once(request: PortalRequest, visit: Visit, act: Act) -> int:
    """Carry out an act once, however often its form is sent; the key of the ticket that came of it."""
    at = timezone.now()
    unsaid = ("csrfmiddlewaretoken", "attachments", "key")
    body = {name: request.POST.getlist(name) for name in request.POST if name not in unsaid}
    sent = request.POST.get("key", "")[:60]
    # One page has several forms and one key.
    key = f"{request.path.rstrip('/').rsplit('/', 1)[-1]}:{sent}" if sent else ""
    with operations.once(key=key, by=visit.person, body=[request.path, body], at=at) as submission:
        if not submission.outcome:
            submission.outcome = {"ticket": act(at).pk}
    return int(submission.outcome["ticket"])


def _refuse_links(visit: Visit) -> None:
    """A link from a mail reads, answers and confirms; the rest belongs to the account."""
    if visit.by_link:
        raise Http404


def _person_or_404(request: PortalRequest, people: UserQuerySet) -> User:
    found = people.filter(pk=key_of(request.POST.get("user", ""))).first()
    if found is None:
        raise Http404
    return found
