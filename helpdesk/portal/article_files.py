"""Files of articles on their way out and in: out to whoever may read the article now, in from its editors."""

import uuid

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from helpdesk.portal.files import send
from helpdesk.portal.uploads import StopAtLimit
from knowledgebase.models import Article, ArticleFile
from knowledgebase.operations.files import attach_file
from tickets.refusals import Refused


@require_safe
def article_file(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """To readers what they may read now, to editors what they may edit."""
    readable = Article.objects.visible_to(request.user).values("pk")
    editable = Article.objects.editable_by(request.user).values("pk")
    row = ArticleFile.objects.filter(Q(article__in=readable) | Q(article__in=editable), pk=key).first()
    if row is None:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        raise Http404
    return send(request, row)


# Handlers must be set before the body is read, and looking for the CSRF token reads it.
@csrf_exempt
@require_POST
def upload(request: HttpRequest, key: int) -> HttpResponseBase:
    """Answers {id, name, size, url}, or {error} with a sentence. `url` is how the article's text names the file."""
    limit = StopAtLimit(request)
    request.upload_handlers.insert(0, limit)
    return _upload(request, key, limit)


@csrf_protect
def _upload(request: HttpRequest, key: int, limit: StopAtLimit) -> HttpResponseBase:
    person = request.user
    if not isinstance(person, User):
        return redirect_to_login(f"/desk/articles/{key}/edit/")
    article = Article.objects.editable_by(person).filter(pk=key).first()
    if article is None:
        raise Http404
    file = request.FILES.get("file")
    if limit.has_stopped:
        largest = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        return _error(_("This file is too large: at most %(largest)s.") % {"largest": largest}, 413)
    if file is None:
        return _error(_("No file arrived. Choose it again, please."), 400)
    try:
        row = attach_file(article, file=file, by=person, at=timezone.now())
    except Refused as refused:
        return _error(str(refused), refused.http_status)
    answer = {"id": str(row.pk), "name": row.name, "size": row.size, "url": row.reference}
    return JsonResponse(answer, status=201)


def _error(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)
