from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import operations
from accounts.models import User
from accounts.reading import CHOSEN
from accounts.views.way_back import way_back


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of pages and mail: kept in the profile, or in a cookie until somebody logs in."""
    language = request.POST.get("language", "")
    response = redirect(way_back(request, otherwise="/"))
    if language not in dict(settings.LANGUAGES):
        return response
    if isinstance(request.user, User):
        operations.change_person(request.user, by=request.user, at=timezone.now(), language=language)
    else:
        request.session[CHOSEN] = True
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
