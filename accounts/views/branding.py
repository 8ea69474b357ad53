"""How the portal looks to the people of an organisation: settings with a preview, and what browsers fetch of it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import colours, operations, versions
from accounts.context_processors import CAME_BY
from accounts.current import current_brandings, current_desk
from accounts.forms import BrandingForm
from accounts.looks import look_of, style_sheet
from accounts.models import Branding, Organisation, SettingVersion
from accounts.operations.branding import SUBJECT, HardToRead
from accounts.refusals import Refused
from accounts.views.guards import AuthenticatedRequest, for_administrators

YEAR = 365 * 24 * 3600
USUAL = "#0b5fc6"


@dataclass(frozen=True)
class Former:
    """One line of the history."""

    version: SettingVersion
    colour: str
    name: str
    has_logo: bool
    is_current: bool


@require_http_methods(["GET", "POST"])
@for_administrators
def own(request: AuthenticatedRequest) -> HttpResponse:
    return _settings(request, None)


@require_http_methods(["GET", "POST"])
@for_administrators
def of_organisation(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _settings(request, get_object_or_404(Organisation, pk=pk))


def _settings(request: AuthenticatedRequest, organisation: Organisation | None) -> HttpResponse:
    row = Branding.objects.filter(organisation=organisation).first()
    if request.method != "POST":
        return _page(request, organisation, row, BrandingForm.of(row))
    data = request.POST.copy()
    if data.get("colour_instead"):
        data["colour"] = str(data["colour_instead"])
    form = BrandingForm.of(row, data, request.FILES)
    nearest = ""
    if form.is_valid() and "preview" not in data:
        try:
            operations.change_branding(organisation, by=request.user, at=timezone.now(), **form.arguments())
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
            nearest = refused.nearest if isinstance(refused, HardToRead) else ""
        else:
            messages.success(request, _("Saved."))
            return redirect(request.path)
    return _page(request, organisation, row, form, nearest=nearest)


def _page(
    request: HttpRequest,
    organisation: Organisation | None,
    row: Branding | None,
    form: BrandingForm,
    *,
    nearest: str = "",
) -> HttpResponse:
    typed = str(form["colour"].value() or "").strip().lower()
    is_colour = colours.HEX.fullmatch(typed) is not None
    shown = typed if is_colour else USUAL
    context: dict[str, Any] = {
        "form": form,
        "organisation": organisation,
        "row": row,
        "look": look_of(row) if row else None,
        "shown_name": form["name"].value() or (organisation.name if organisation else current_desk().name),
        "preview": f"/brand/preview.css?colour=%23{shown[1:]}",
        "nearest": nearest or ("" if not is_colour or colours.passes(typed) else colours.nearest(typed)),
        "weakest": f"{colours.weakest(shown):.1f}",
        "history": _history(row) if row else [],
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "settings/branding.html", context, status=status)


def _history(row: Branding) -> list[Former]:
    found = list(versions.versions_of(SUBJECT, row.pk)[:20])
    return [
        Former(
            version=version,
            colour=version.content["colour"],
            name=version.content["name"],
            has_logo=bool(version.content["logo"]),
            is_current=at == 0,
        )
        for at, version in enumerate(found)
    ]


@require_POST
@for_administrators
def put_back(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(SettingVersion, pk=pk, subject=SUBJECT)
    row = get_object_or_404(Branding, pk=version.key)
    try:
        operations.put_branding_back(version, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, _("It cannot be put back. %(why)s") % {"why": refused})
    else:
        messages.success(request, _("It looks as it did before."))
    return redirect(
        f"/settings/organisations/{row.organisation_id}/branding/"
        if row.organisation_id
        else "/settings/branding/"
    )


@require_safe
@for_administrators
def preview(request: AuthenticatedRequest) -> HttpResponseBase:
    """The style sheet of a colour that is not saved, for the preview alone."""
    colour = request.GET.get("colour", "").lower()
    if not colours.HEX.fullmatch(colour):
        raise Http404
    return HttpResponse(style_sheet(colour, scope=".brand-preview"), content_type="text/css; charset=utf-8")


# --- What everybody's browser fetches ---


@require_safe
def style(request: HttpRequest, pk: int, stamp: str) -> HttpResponseBase:
    row = _found(pk)
    if not row.colour:
        raise Http404
    response = HttpResponse(style_sheet(row.colour), content_type="text/css; charset=utf-8")
    return _kept(response, is_current=row.stamp == stamp)


@require_safe
def logo(request: HttpRequest, pk: int, stamp: str) -> HttpResponseBase:
    """Redrawn by us when it was saved, so it is a picture and nothing else."""
    row = _found(pk)
    if not row.logo:
        raise Http404
    try:
        with row.logo.open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    response = HttpResponse(content, content_type="image/png")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return _kept(response, is_current=row.stamp == stamp)


@require_safe
def enter(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The way in of an organisation: from here on this browser shows its look, also before the login."""
    if not any(row.slug == slug for row in current_brandings()):
        raise Http404
    response = redirect("/")
    response.set_cookie(
        CAME_BY, slug, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return response


def _found(pk: int) -> Branding:
    row = next((row for row in current_brandings() if row.pk == pk), None)
    if row is None:
        raise Http404
    return row


def _kept(response: HttpResponse, *, is_current: bool) -> HttpResponse:
    """The address changes with the look, so this one may be kept for ever; an old address shows the look of today."""
    if is_current:
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    else:
        patch_cache_control(response, no_store=True)
    return response
