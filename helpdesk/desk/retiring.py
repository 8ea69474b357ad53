"""Turning off a tier, retiring a team: what lies open there is handed to another team first."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts import operations as accounts
from accounts.models import Team, Tier
from accounts.models.teams import TeamQuerySet
from accounts.refusals import Refused as AccountRefused
from accounts.views.answers import UNPROCESSABLE
from accounts.views.guards import AuthenticatedRequest, for_administrators
from escalation.models import Reason
from escalation.operations import hand_over
from tickets.models import Ticket, TicketQuerySet
from tickets.refusals import Refused

AT_ONCE = 200
"""So many hand-overs fit into one request; where more lie, the page comes back with the rest."""
SHOWN = 100


class WhereToForm(forms.Form):
    """The team that receives what lies open."""

    team = forms.ModelChoiceField(
        label=gettext_lazy("They go to"),
        queryset=Team.objects.none(),
        empty_label=gettext_lazy("choose a team"),
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=Reason.for_people(), initial=Reason.NO_CAPACITY
    )
    summary = forms.CharField(
        label=gettext_lazy("Summary for whoever receives them"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class Retirement:
    """What goes out of use, what lies there, and who may receive it."""

    title: str
    summary: str
    done: str
    lying: TicketQuerySet
    receivers: TeamQuerySet
    act: Callable[[], object]
    back: str
    back_label: str


@require_http_methods(["GET", "POST"])
@for_administrators
def turn_off_tier(request: AuthenticatedRequest, level: int) -> HttpResponse:
    tier = get_object_or_404(Tier.objects.enabled(), pk=level)
    retirement = Retirement(
        title=_("Turn off %(tier)s") % {"tier": tier},
        summary=_("%(tier)s is no longer in use.") % {"tier": tier},
        done=_("%(tier)s is turned off. From now on it is skipped.") % {"tier": tier},
        lying=Ticket.objects.open().filter(tier=tier),
        receivers=Team.objects.in_use().exclude(tier=tier),
        act=lambda: accounts.disable_tier(tier, by=request.user, at=timezone.now()),
        back="settings-tiers",
        back_label=_("Tiers"),
    )
    return _page(request, retirement)


@require_http_methods(["GET", "POST"])
@for_administrators
def retire_team(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    team = get_object_or_404(Team.objects.active(), pk=pk)
    retirement = Retirement(
        title=_("Retire %(team)s") % {"team": team},
        summary=_("The team %(team)s is no longer in use.") % {"team": team},
        done=_("%(team)s is retired.") % {"team": team},
        lying=Ticket.objects.open().filter(team=team),
        receivers=Team.objects.in_use().exclude(pk=pk),
        act=lambda: accounts.retire_team(team, by=request.user, at=timezone.now()),
        back="settings-teams",
        back_label=_("Teams"),
    )
    return _page(request, retirement)


def _page(request: AuthenticatedRequest, retirement: Retirement) -> HttpResponse:
    """Where nothing lies open it asks once; else it asks where that goes, until all of it went."""
    count = retirement.lying.count()
    answers = request.POST if request.method == "POST" else None
    form = WhereToForm(answers, initial={"summary": retirement.summary}) if count else None
    if form is not None:
        form.fields["team"].queryset = retirement.receivers.select_related("tier")  # type: ignore[attr-defined]
    if request.method == "POST" and (form is None or form.is_valid()):
        if form is not None:
            _hand_over_batch(request, retirement, **form.cleaned_data)
        if not retirement.lying.exists():
            return _finish(request, retirement)
        return redirect(request.path)
    shown = retirement.lying.visible_to(request.user).with_people().order_by("id")[:SHOWN]
    context = {"retirement": retirement, "form": form, "count": count, "tickets": shown}
    status = UNPROCESSABLE if form is not None and form.is_bound else 200
    return render(request, "settings/retire.html", context, status=status)


def _hand_over_batch(
    request: AuthenticatedRequest, retirement: Retirement, *, team: Team, reason: str, summary: str
) -> None:
    now, moved = timezone.now(), 0
    for ticket in retirement.lying.order_by("id")[:AT_ONCE]:
        try:
            hand_over(
                ticket, team=team, reason=reason, summary=summary, as_asked=True, by=request.user, at=now
            )
            moved += 1
        except Refused as refusal:
            messages.error(request, f"{ticket.number}: {refusal}")
    words = ngettext("%(n)d ticket went to %(team)s.", "%(n)d tickets went to %(team)s.", moved)
    messages.success(request, words % {"n": moved, "team": team})
    left = retirement.lying.count()
    if left:
        words = ngettext("%(n)d ticket is left. Go on.", "%(n)d tickets are left. Go on.", left)
        messages.warning(request, words % {"n": left})


def _finish(request: AuthenticatedRequest, retirement: Retirement) -> HttpResponse:
    try:
        retirement.act()
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, retirement.done)
    return redirect(retirement.back)
