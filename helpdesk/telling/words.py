"""The words of mails: written by administrators for an organisation and a language, looked at on a real ticket,
tried on oneself, and put back.
"""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Organisation
from accounts.refusals import Refused
from accounts.views.answers import UNPROCESSABLE, carried_out
from accounts.views.guards import AuthenticatedRequest, for_administrators
from delivery.models import MailTemplate
from delivery.operations.telling import send_letter
from delivery.operations.templates import check_words, put_back_template, reset_template, write_template
from delivery.templates import Words, history_of, words_of, written
from delivery.vocabulary import LetterKind, is_letter, kind_called, letter_called, letters
from helpdesk.telling.samples import Sample, sample_of

MOST_VERSIONS = 20


@dataclass(frozen=True)
class Place:
    """Where in the chain a template stands: for whom, in which language."""

    organisation: Organisation | None
    language: str

    @classmethod
    def of(cls, request: AuthenticatedRequest) -> "Place":
        asked = request.POST if request.method == "POST" else request.GET
        language = str(asked.get("language", ""))
        if language not in dict(settings.LANGUAGES):
            language = ""
        key = str(asked.get("organisation", ""))
        is_key = key.isascii() and key.isdigit() and len(key) < 19
        return cls(Organisation.objects.filter(pk=int(key)).first() if is_key else None, language)

    @property
    def query(self) -> str:
        named = {"organisation": self.organisation.pk if self.organisation else "", "language": self.language}
        return urlencode({name: value for name, value in named.items() if value})


class PlaceForm(forms.Form):
    """For whom and in which language: chosen above the words."""

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("For"),
        queryset=Organisation.objects.filter(is_active=True),
        required=False,
        empty_label=gettext_lazy("everybody"),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("any language")), *settings.LANGUAGES],
    )


class WordsForm(forms.Form):
    """Subject and text; what may stand in braces is said beside it."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(label=gettext_lazy("Text"), max_length=10_000, widget=forms.Textarea({"rows": 14}))
    ticket = forms.CharField(
        label=gettext_lazy("Ticket to look at it with"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Such as TD-1042; empty: the newest. Nothing happens to it."),
    )

    def __init__(self, letter: LetterKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if letter.part:
            del self.fields["subject"]
            self.fields["body"].widget.attrs["rows"] = 4


@require_safe
@for_administrators
def index(request: AuthenticatedRequest) -> HttpResponse:
    own: dict[str, list[Any]] = {}
    for row in written():
        own.setdefault(row.name, []).append(row)
    rows = [(letter, own.get(letter.name, [])) for letter in letters()]
    return render(request, "telling/letters.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@for_administrators
def letter(request: AuthenticatedRequest, name: str) -> HttpResponse:
    kind, place = _letter(name), Place.of(request)
    form = WordsForm(kind, request.POST or None, initial=_initial(kind, place))
    if form.is_valid() and carried_out(form, lambda: _write(kind, place, form, request)):
        messages.success(request, _("Saved. From now on this mail is written so."))
        return redirect(_url(kind, place))
    return _page(request, kind, place, form)


@require_POST
@for_administrators
def preview(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """The page once more, with the words as they would reach their reader. Nothing is kept."""
    kind, place = _letter(name), Place.of(request)
    form = WordsForm(kind, request.POST)
    sample = _sample(form, kind, place, request)
    return _page(request, kind, place, form, sample=sample)


@require_POST
@for_administrators
def test(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """The words as they stand in the form, mailed to whoever writes them."""
    kind, place = _letter(name), Place.of(request)
    form = WordsForm(kind, request.POST)
    sample = _sample(form, kind, place, request)
    if sample is None:
        return _page(request, kind, place, form)
    at = timezone.now()
    send_letter(
        [replace(sample.letter, subject=sample.letter.subject or str(kind.label))],
        to=request.user.email,
        kind=kind_called(kind.kind or "receipt"),
        key=f"test:{kind.name}:{request.user.pk}:{at.isoformat()}",
        at=at,
        person=request.user,
    )
    messages.success(request, _("A test is on its way to %(email)s.") % {"email": request.user.email})
    return _page(request, kind, place, form, sample=sample)


@require_POST
@for_administrators
def reset(request: AuthenticatedRequest, name: str) -> HttpResponse:
    kind, place = _letter(name), Place.of(request)
    done = reset_template(
        kind.name,
        organisation=place.organisation,
        language=place.language,
        by=request.user,
        at=timezone.now(),
    )
    if done is not None:
        messages.success(request, _("Put back. What you had written stays in the history below."))
    return redirect(_url(kind, place))


@require_POST
@for_administrators
def put_back(request: AuthenticatedRequest, name: str, pk: int) -> HttpResponse:
    """An earlier version holds again."""
    kind = _letter(name)
    version = get_object_or_404(MailTemplate.objects.select_related("organisation"), pk=pk, name=name)
    place = Place(version.organisation, version.language)
    try:
        put_back_template(version, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, _("It cannot be put back. %(why)s") % {"why": refused})
    else:
        messages.success(request, _("Put back. From now on this mail is written so."))
    return redirect(_url(kind, place))


def _letter(name: str) -> LetterKind:
    if not is_letter(name):
        raise Http404
    return letter_called(name)


def _url(kind: LetterKind, place: Place) -> str:
    return f"/settings/letters/{kind.name}/" + (f"?{place.query}" if place.query else "")


def _held(kind: LetterKind, place: Place) -> Words:
    """What is written at this very place, or would hold there without it."""
    organisation = place.organisation.pk if place.organisation else None
    with translation.override(place.language or translation.get_language()):
        return words_of((kind,), organisation=organisation, language=place.language)[kind.name]


def _initial(kind: LetterKind, place: Place) -> dict[str, str]:
    held = _held(kind, place)
    return {"subject": held.subject, "body": held.body}


def _write(kind: LetterKind, place: Place, form: WordsForm, request: AuthenticatedRequest) -> object:
    return write_template(
        kind.name,
        organisation=place.organisation,
        language=place.language,
        subject=form.cleaned_data.get("subject", ""),
        body=form.cleaned_data["body"],
        by=request.user,
        at=timezone.now(),
    )


def _sample(form: WordsForm, kind: LetterKind, place: Place, request: AuthenticatedRequest) -> Sample | None:
    """The letter with these words, for whoever looks at it; None where the form says what is wrong."""
    if not form.is_valid():
        return None
    subject = " ".join(form.cleaned_data.get("subject", "").split())
    words = Words(subject, form.cleaned_data["body"].replace("\r\n", "\n").strip(), is_builtin=False)
    if not carried_out(form, lambda: _checked(kind, words)):
        return None
    language = place.language or request.user.language
    with translation.override(language), timezone.override(request.user.zone):
        sample = sample_of(
            kind,
            words,
            reader=request.user,
            language=language,
            organisation=place.organisation,
            number=form.cleaned_data["ticket"],
            at=timezone.now(),
        )
    if sample is None:
        form.add_error("ticket", _("You see no such ticket."))
    return sample


def _checked(kind: LetterKind, words: Words) -> bool:
    check_words(kind, words.subject, words.body)
    return True


def _page(
    request: AuthenticatedRequest,
    kind: LetterKind,
    place: Place,
    form: WordsForm,
    *,
    sample: Sample | None = None,
) -> HttpResponse:
    organisation = place.organisation.pk if place.organisation else None
    versions = list(history_of(kind.name, organisation=organisation, language=place.language)[:MOST_VERSIONS])
    context = {
        "kind": kind,
        "form": form,
        "place": place,
        "place_form": PlaceForm(initial={"organisation": place.organisation, "language": place.language}),
        "places": sorted(kind.placeholders),
        "versions": versions,
        "is_written": bool(versions) and not versions[0].is_builtin,
        "sample": sample,
    }
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "telling/letter.html", context, status=status)
