"""Tokens of the API: one's own, and those of the accounts that programs have."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import operations, queries
from accounts.forms.tokens import ServiceForm, TokenForm
from accounts.models import Token, User
from accounts.views.answers import attempt, form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators, for_everybody


@require_http_methods(["GET", "POST"])
@for_everybody
def tokens(request: AuthenticatedRequest) -> HttpResponse:
    """One's own, and a new one, whose text is shown this once."""
    return _tokens_of(request, request.user, "accounts/tokens.html", back="tokens")


@require_POST
@for_everybody
def revoke(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One of one's own; somebody else's is not found."""
    token = get_object_or_404(Token, pk=pk, person=request.user)
    _revoke(request, token)
    return redirect("tokens")


@require_http_methods(["GET", "POST"])
@for_administrators
def services(request: AuthenticatedRequest) -> HttpResponse:
    form = ServiceForm(request.POST or None)
    if form.is_valid():
        made = attempt(
            form, lambda: operations.create_service(by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("%(name)s has an account. Give it a token.") % {"name": made})
            return redirect("settings-service", made.pk)
    return form_page(request, "settings/services.html", form, services=queries.services())


@require_http_methods(["GET", "POST"])
@for_administrators
def service(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(User, pk=pk, is_service=True)
    return _tokens_of(request, row, "settings/service.html", back="settings-service", back_key=pk)


@require_POST
@for_administrators
def revoke_of_service(request: AuthenticatedRequest, pk: int, key: int) -> HttpResponse:
    _revoke(request, get_object_or_404(Token, pk=key, person_id=pk, person__is_service=True))
    return redirect("settings-service", pk)


def _tokens_of(
    request: AuthenticatedRequest, person: User, template: str, *, back: str, back_key: int | None = None
) -> HttpResponse:
    form = TokenForm(request.POST or None)
    at = timezone.now()
    if form.is_valid():
        made = attempt(
            form, lambda: operations.create_token(person, by=request.user, at=at, **form.arguments(at))
        )
        if made is not None:
            token, text = made
            context = {"token": token, "text": text, "back": back, "back_key": back_key}
            base = "base_portal.html" if back_key is None else "settings/base.html"
            response = render(request, "accounts/token_text.html", {**context, "base": base})
            response["Cache-Control"] = "no-store"
            return response
    rows = [
        (token, token.revoked_at is None and not operations.is_over(token, at=at))
        for token in person.tokens.all()
    ]
    return form_page(request, template, form, rows=rows, person=person)


def _revoke(request: AuthenticatedRequest, token: Token) -> None:
    operations.revoke_token(token, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s lets nobody in any more.") % {"name": token.name})
