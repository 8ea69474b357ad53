"""What somebody has typed and not sent, kept on the server: for another machine, and after a lost session."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.views.way_back import way_back
from helpdesk import unsent
from helpdesk.desk.guard import private
from helpdesk.portal.guard import PortalRequest, member_page
from helpdesk.portal.uploads import uploads_of
from tickets.models import Draft, Submission

PLACE = re.compile(r"[a-z0-9-]{1,60}")
LONGEST = 1_500_000
"""Bytes of a draft as it is sent: 200,000 characters of any script, and the rest of the form."""
MOST_FIELDS = 100
MOST_DRAFTS = 50
FILES = "files of this draft"
SUBMISSION = "submission of this draft"
"""The key of the form that it stands in: not kept, for the next form has its own."""
OF_NOBODY = ("form_id",)
"""What is counted under it must not be told to be somebody's."""
SENT = "tierdesk_sent"
"""The cookie that names whose drafts were sent since the last page, and which."""

Fields = dict[str, list[Any]]


@dataclass(frozen=True)
class Kept:
    """A draft as a form needs it.

    `was_refused`: it was sent, but the session had ended. `older`: another draft, which is not in the form.
    """

    fields: Fields = field(default_factory=dict)
    at: datetime | None = None
    was_refused: bool = False
    older: Fields = field(default_factory=dict)

    @property
    def milliseconds(self) -> int:
        """When it was typed, as a browser counts: the newer of its own draft and this one wins."""
        return int(self.at.timestamp() * 1000) if self.at else 0

    @property
    def uploads(self) -> list[Any]:
        listed = [row.get("id") for row in self.fields.get(FILES, []) if isinstance(row, dict)]
        return [*listed, *self.fields.get("attachments", [])]

    def initial(self) -> dict[str, Any]:
        return {name: values[0] if values else "" for name, values in self.fields.items() if name != FILES}


def keep(owner: User, place: str, fields: Fields, *, at: datetime) -> None:
    """Keep what is typed at a place, instead of what was kept there; the oldest of too many goes."""
    said = {name: values for name, values in fields.items() if name not in OF_NOBODY}
    defaults = {"fields": storable(said), "at": at}
    Draft.objects.update_or_create(owner=owner, place=place, defaults=defaults)
    surplus = Draft.objects.filter(owner=owner).order_by("-at").values_list("pk", flat=True)[MOST_DRAFTS:]
    if surplus:
        Draft.objects.filter(pk__in=list(surplus)).delete()


def kept_at(request: HttpRequest, owner: User, place: str) -> Kept:
    """The draft for the form on this page: what a lost session left behind, else the row, else nothing."""
    left = unsent.take(request)
    if left is not None:
        keep(owner, place, left, at=timezone.now())
    row = Draft.objects.filter(owner=owner, place=place).first()
    return Kept(row.fields, row.at, was_refused=left is not None) if row else Kept()


def forget(request: HttpRequest, owner: User, place: str) -> None:
    """It was sent: drop the row, and have the next page drop the browser's copy."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets_draft WHERE owner_id = %s AND place = %s", [owner.pk, place])
    request.drafts_sent = [*_sent(request), place][-MOST_DRAFTS:]  # type: ignore[attr-defined]


def sent_since(request: HttpRequest) -> str:
    """For <meta name="draft-clear">: the drafts that this browser may forget now."""
    if SENT not in request.COOKIES:
        return ""
    request.drafts_sent = []  # type: ignore[attr-defined]
    return " ".join(_sent(request))


def _sent(request: HttpRequest) -> list[str]:
    """What the cookie says, if it was set for the person who is logged in now."""
    owner, _colon, places = request.COOKIES.get(SENT, "").partition(":")
    if owner != str(request.user.pk):
        return []
    return [place for place in places.split(".")[:MOST_DRAFTS] if PLACE.fullmatch(place)]


class SentDrafts:
    """Tells the next page which drafts were sent. In a cookie: a session would be written for it, twice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        sent: list[str] | None = getattr(request, "drafts_sent", None)
        if sent:
            response.set_cookie(
                SENT,
                f"{request.user.pk}:{'.'.join(sent)}",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        elif sent is not None:
            response.delete_cookie(SENT, samesite="Lax")
        return response


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponseBase:
    """From the page's script every few seconds: {place, fields, at}. Without fields the draft is dropped.

    GET ?place= answers what is kept there, {fields, at}: a form asks for it that was not sent with it.
    """
    if not isinstance(request.user, User):
        return JsonResponse({"error": "login"}, status=401)
    if request.method != "POST":
        return _kept(request.user, request.GET.get("place", ""))
    if len(request.body) > LONGEST:
        return JsonResponse({"error": _("This draft is too long to be kept.")}, status=413)
    try:
        place, fields, at = _read(request)
    except (ValueError, TypeError, KeyError, RecursionError):
        return JsonResponse({"error": "place, fields"}, status=400)
    if not fields:
        Draft.objects.filter(owner=request.user, place=place).delete()
    elif not _was_sent(request.user, fields):
        keep(request.user, place, fields, at=at)
    return JsonResponse({"at": int(at.timestamp() * 1000)})


@require_POST
@member_page
def discard(request: PortalRequest) -> HttpResponseBase:
    place = request.POST.get("place", "")
    if PLACE.fullmatch(place):
        forget(request, request.user, place)
    return redirect(way_back(request, otherwise="/"))


def _kept(owner: User, place: str) -> HttpResponseBase:
    row = Draft.objects.filter(owner=owner, place=place).first() if PLACE.fullmatch(place) else None
    if row is None:
        return private(JsonResponse({"fields": None, "at": 0}))
    keys = [file.get("id") for file in row.fields.get(FILES, []) if isinstance(file, dict)]
    there = {str(file.pk) for file in uploads_of(owner, keys) if file.ticket_id is None}
    files = [file for file in row.fields.get(FILES, []) if isinstance(file, dict) and file.get("id") in there]
    fields = row.fields | ({FILES: files} if FILES in row.fields else {})
    return private(JsonResponse({"fields": fields, "at": int(row.at.timestamp() * 1000)}))


def _read(request: HttpRequest) -> tuple[str, Fields, datetime]:
    body = json.loads(request.body)
    place, fields = body["place"], body["fields"]
    if not PLACE.fullmatch(place) or not isinstance(fields, dict) or len(fields) > MOST_FIELDS:
        raise ValueError("place")
    if not all(isinstance(values, list) for values in fields.values()):
        raise ValueError("fields")
    return place, fields, _typed_at(body.get("at"))


def _typed_at(milliseconds: Any) -> datetime:
    """The browser's time, unless its clock is in the future."""
    now = timezone.now()
    if not isinstance(milliseconds, int) or not 0 < milliseconds < now.timestamp() * 1000:
        return now
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def storable(value: Any) -> Any:
    """PostgreSQL keeps no NUL, no half of a surrogate pair and no infinity in JSON."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return str(value) if isinstance(value, float) else value


def _was_sent(owner: User, fields: Fields) -> bool:
    """A draft that arrives after its own form was carried out is none."""
    named = [*fields.get("key", []), *fields.pop(SUBMISSION, [])]
    keys = [storable(str(key))[:80] for key in named if key]
    return bool(keys) and Submission.objects.filter(person=owner, key__in=keys).exists()
