from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts import operations
from accounts.models import User
from accounts.reading import CHOSEN


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of pages and mail: kept in the profile, or in a cookie until somebody logs in."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    language = request.POST.get("language", "")
    response = redirect(back)
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
