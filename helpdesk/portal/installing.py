"""The portal on a telephone: its manifest, its service worker, and the page that is shown without a connection.

All three are nobody's: they are the same for everybody of a company, and say nothing of who asks. Switched off by the
administrator (Settings, Company), the worker's address hands out one that removes itself and all that it kept.
"""

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.context_processors import host_of
from accounts.current import current_desk
from accounts.looks import look_for

OFFLINE = "/offline/"
ALSO_KEPT = ("favicon.svg", "icon-192.png", "inter-latin-wght-normal.woff2")
PART = re.compile(r"-[A-Z0-9]{8}\.js$")
GONE = """self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("tierdesk-")) await caches.delete(name);
  await self.registration.unregister();
})()));
"""
"""Takes the place of a worker that was installed before, and goes."""


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> HttpResponseBase:
    """Browsers ask for it without cookies, so the page's link names the way in (`?at=`)."""
    if not current_desk().is_installable:
        raise Http404
    look = look_for(None, host=host_of(request), slug=request.GET.get("at", ""))
    content: dict[str, Any] = {
        "id": "/",
        "name": look.name,
        "short_name": look.name if len(look.name) <= 14 else look.name.split()[0][:14],
        "description": _("Help: requests, answers, articles."),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": look.bar[0],
        "categories": ["business", "productivity"],
        "icons": [
            _icon("icon-192.png", 192, "any"),
            _icon("icon-512.png", 512, "any"),
            _icon("icon-maskable-512.png", 512, "maskable"),
        ],
        "shortcuts": [
            {"name": _("New request"), "url": "/requests/new/"},
            {"name": _("My requests"), "url": "/requests/"},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": static(f"dist/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponseBase:
    script = _worker() if current_desk().is_installable else GONE
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponseBase:
    return render(request, "portal/offline.html")


def _worker() -> str:
    # While developing the files change under their names.
    return _written() if settings.DEBUG else _written_once()


@lru_cache(maxsize=1)
def _written_once() -> str:
    return _written()


def _written() -> str:
    """The built script, told what to keep. Its version follows from every file that it keeps."""
    names = sorted({*json.loads(_built("kept.json")), *ALSO_KEPT})
    content = hashlib.sha256(_built("sw.js"))
    for name in names:
        content.update(_built(name))
    told = {
        "version": content.hexdigest()[:12],
        "assets": [_address(name) for name in names],
        "offline": OFFLINE,
    }
    return f"self.TIERDESK = {json.dumps(told)};\n{_built('sw.js').decode()}"


def _address(name: str) -> str:
    """As the pages ask for it. A part of a script is asked for by the script, under the name that it was built with."""
    return f"{settings.STATIC_URL}dist/{name}" if PART.search(name) else static(f"dist/{name}")


def _built(name: str) -> bytes:
    found = finders.find(f"dist/{name}") or (
        settings.STATIC_ROOT and str(Path(settings.STATIC_ROOT) / "dist" / name)
    )
    if not found:
        raise Http404
    return Path(str(found)).read_bytes()
