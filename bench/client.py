"""A visitor: one connection that stays open, cookies, and forms filled in as a browser would send them."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Self
from urllib.parse import urlencode, urlsplit
from zlib import MAX_WBITS, decompress

HOST = "bench.example"
ORIGIN = f"https://{HOST}"
HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https"}
"""As the proxy before the web server sends them."""
IDLE_SECONDS = 3
"""After so long the server may be about to close the connection."""

TIMING = re.compile(r'app;dur=([\d.]+), cpu;dur=([\d.]+), db;dur=([\d.]+), queries;desc="(\d+)"')


@dataclass(frozen=True)
class Answer:
    url: str
    status: int
    location: str
    text: str
    size: int
    """Bytes of the body as they were sent."""
    ms: float
    cpu_ms: float
    """Of the web process alone: what it computed, while others (PostgreSQL, another program) did not."""
    db_ms: float
    queries: int


class Unexpected(Exception):
    """The server answered something that the measurement is not about."""


class Form:
    """A form of a page, with what a browser would send of it."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: list[tuple[str, str]] = []
        self.choices: dict[str, list[str]] = {}

    def filled(self, **values: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.fields if name not in values] + list(values.items())


class Visitor:
    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.used_at = 0.0

    def log_in(self, email: str, password: str) -> Self:
        """Through the login page, as people do."""
        page = self.get("/accounts/login/")
        form = forms_of(page)[0]
        answer = self.send(form, login=email, password=password)
        if answer.status != 302 or "login" in answer.location:
            raise Unexpected(f"{email} could not log in: {answer.status} {answer.location}")
        return self

    def get(self, path: str) -> Answer:
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise Unexpected(f"GET {path} answered {answer.status} {answer.location}")
        return answer

    def find(self, path: str, *, is_part: bool = False) -> Answer | None:
        """None where this visitor has no such page. `is_part` asks for it as htmx does, to be put into a page."""
        answer = self.ask("GET", path, is_part=is_part)
        return answer if answer.status == 200 else None

    def form(self, path: str, action: str) -> Form:
        """The form of this page that is sent to `action`."""
        found = [form for form in forms_of(self.get(path)) if form.action == action]
        if not found:
            raise Unexpected(f"{path} has no form that goes to {action}")
        return found[0]

    def send(self, form: Form, **values: str) -> Answer:
        """Send it; a redirect is the answer, and is not followed."""
        body = urlencode(form.filled(**values)).encode()
        answer = self.ask("POST", form.action, body)
        if answer.status not in (302, 303):
            raise Unexpected(f"POST {form.action} answered {answer.status}: {_complaint(answer.text)}")
        return answer

    def part(self, form: Form, path: str, **values: str) -> Answer:
        """The part of a page that htmx asks for, with what is typed into a form so far."""
        answer = self.ask("POST", path, urlencode(form.filled(**values)).encode())
        if answer.status not in (200, 204):
            raise Unexpected(f"POST {path} answered {answer.status}")
        return answer

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        is_part: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Whatever is answered; `headers` are a program's own, which go before a browser's."""
        sent = {
            **HEADERS,
            "Referer": f"{ORIGIN}/",
            "Accept": "text/html",
            "Accept-Encoding": "gzip",
            "Accept-Language": "en",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if is_part:
            sent["HX-Request"] = "true"
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        sent |= headers or {}
        if time.monotonic() - self.used_at > IDLE_SECONDS:
            self.connection.close()  # and the next request opens it again
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        raw = response.read()
        self.used_at = time.monotonic()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        text = decompress(raw, MAX_WBITS | 16) if response.headers.get("Content-Encoding") == "gzip" else raw
        timing = TIMING.search(response.headers.get("Server-Timing", ""))
        ms, cpu_ms, db_ms, queries = timing.groups() if timing else ("0", "0", "0", "0")
        location = response.headers.get("Location", "")
        return Answer(
            url=path,
            status=response.status,
            location=urlsplit(location)._replace(scheme="", netloc="").geturl(),
            text=text.decode("utf-8", "replace"),
            size=len(raw),
            ms=float(ms),
            cpu_ms=float(cpu_ms),
            db_ms=float(db_ms),
            queries=int(queries),
        )


def forms_of(page: Answer) -> list[Form]:
    reader = _Forms(page.url)
    reader.feed(page.text)
    return reader.forms


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = Form(given.get("action") or self.url)
            self.forms.append(self._form)
        if self._form is None:
            return
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name and self._is_sent(given):
            self._form.fields.append((name, value))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._form.choices.setdefault(self._select, []).append(value)
            if "selected" in given:
                self._form.fields.append((self._select, value))
        elif tag == "textarea":
            self._area = name
            self._form.fields.append((name, ""))

    @staticmethod
    def _is_sent(given: dict[str, str]) -> bool:
        kind = given.get("type", "text")
        if kind in ("radio", "checkbox"):
            return "checked" in given
        return kind not in ("submit", "button", "file", "image", "reset") and "disabled" not in given

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.fields[-1] = (self._area, data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def _complaint(text: str) -> str:
    """What a page that refused a form says about it."""
    found = re.findall(r'(?s)class="[^"]*(?:error|alert|callout)[^"]*"[^>]*>(.*?)</', text)
    said = " ".join(re.sub(r"<[^>]+>|\s+", " ", part) for part in found)
    return said.strip()[:300] or "(no reason on the page)"
