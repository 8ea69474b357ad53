"""What one is told, when and how: everybody's own page, and the door that a mail leaves open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.views.answers import carried_out, form_page
from accounts.views.guards import AuthenticatedRequest, for_everybody
from delivery.choosing import Choice, Preferences
from delivery.operations.choosing import choose_notices, resume_mails, stop_mails
from delivery.operations.heading import read_stop
from delivery.vocabulary import ByMail, NoticeKind, is_kind, kind_called, kinds_of

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


@dataclass(frozen=True)
class Row:
    """One kind with its two fields; a field is None where there is nothing to choose."""

    kind: NoticeKind
    mail: forms.BoundField | None
    inside: forms.BoundField | None


class ChoicesForm(forms.Form):
    """A select and a box for each kind, and when. Its other fields are the operation's keywords."""

    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("The daily mail comes at"), choices=HOURS, coerce=int
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Mails wait until the end of your quiet hours, and come as one."),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    quiet_weekends = forms.BooleanField(label=gettext_lazy("Quiet on Saturdays and Sundays"), required=False)
    urgent_anyway = forms.BooleanField(
        label=gettext_lazy("What is urgent comes anyway"),
        required=False,
        help_text=gettext_lazy("Tickets of priority P1, and deadlines that are over."),
    )
    gathers = forms.BooleanField(
        label=gettext_lazy("Wait a minute for what follows"),
        required=False,
        help_text=gettext_lazy(
            "Several changes of one ticket then come as one mail. Otherwise the first comes at once, and what "
            "follows within a minute comes together."
        ),
    )
    WHEN = ("digest_hour", "quiet_from", "quiet_until", "quiet_weekends", "urgent_anyway", "gathers")

    def __init__(self, person: User, data: Any = None) -> None:
        self.kinds = kinds_of(person)
        chosen = Preferences.of_all([person])[person.pk]
        super().__init__(data, initial={name: getattr(chosen, name) for name in self.WHEN})
        for kind in self.kinds:
            choice = chosen.choice(kind)
            if kind.has_mail and not kind.is_fixed:
                field = forms.ChoiceField(label=kind.label, choices=ByMail.choices, initial=choice.mail)
                self.fields[f"mail_{kind.code}"] = field
            if kind.has_inside:
                box = forms.BooleanField(label=kind.label, required=False, initial=choice.inside)
                self.fields[f"inside_{kind.code}"] = box

    @property
    def groups(self) -> Iterator[tuple[Any, list[Row]]]:
        for group in dict.fromkeys(kind.group for kind in self.kinds):
            yield group, [self._row(kind) for kind in self.kinds if kind.group == group]

    @property
    def when_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.WHEN]

    def chosen(self) -> dict[str, Choice]:
        """What was chosen, of the kinds that were asked about."""
        data = self.cleaned_data
        return {
            kind.code: Choice(
                ByMail(data.get(f"mail_{kind.code}", kind.mail)), bool(data.get(f"inside_{kind.code}"))
            )
            for kind in self.kinds
        }

    def _row(self, kind: NoticeKind) -> Row:
        mail, inside = f"mail_{kind.code}", f"inside_{kind.code}"
        return Row(
            kind,
            self[mail] if mail in self.fields else None,
            self[inside] if inside in self.fields else None,
        )


@require_http_methods(["GET", "POST"])
@for_everybody
def choices(request: AuthenticatedRequest) -> HttpResponse:
    me = request.user
    form = ChoicesForm(me, request.POST or None)
    if form.is_valid() and carried_out(form, lambda: _choose(me, form, timezone.now())):
        messages.success(request, _("Saved: you are told as you have chosen."))
        return redirect("notice-choices")
    return form_page(request, "telling/choices.html", form)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Where "unsubscribe" in a mail leads (RFC 8058): without a login, for whoever has the mail.

    Opening it changes nothing, for scanners of mails open links; a POST stops the mails of that kind (of a
    digest those of all its kinds), and another one brings them back.
    """
    meant = read_stop(token)
    person = User.objects.active().filter(pk=meant[0]).first() if meant else None
    kinds = [kind_called(code) for code in meant[1] if is_kind(code)] if meant else []
    if person is None or not kinds:
        raise Http404
    state = "asked"
    if request.method == "POST":
        state = _stop_or_resume(request, person, kinds)
    with translation.override(person.language):
        stays_inside = any(kind.has_inside for kind in kinds)
        context = {"kinds": kinds, "state": state, "address": person.email, "stays_inside": stays_inside}
        return render(request, "telling/stop.html", context)


def _choose(person: User, form: ChoicesForm, at: datetime) -> object:
    when = {name: form.cleaned_data[name] for name in ChoicesForm.WHEN}
    return choose_notices(person, choices=form.chosen(), by=person, at=at, **when)


def _stop_or_resume(request: HttpRequest, person: User, kinds: Sequence[NoticeKind]) -> str:
    at = timezone.now()
    if "resume" in request.POST:
        for kind in kinds:
            resume_mails(person, kind=kind.code, at=at)
        return "resumed"
    stopped = [stop_mails(person, kind=kind.code, at=at) for kind in kinds]
    return "stopped" if any(stopped) else "fixed"
