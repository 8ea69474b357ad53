"""What strangers send: values that forms, addresses and headers must answer with less than a 500."""

from html.parser import HTMLParser

LONG = "x" * 200_000
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7|add:7 }}"

VALUES: tuple[str, ...] = (
    "",
    " ",
    "nonsense",
    LONG,
    "\x00",
    "a\x00b",
    "-1",
    "0",
    "99999999999",  # larger than an integer column
    "9" * 25,  # larger than any column
    "9" * 5000,  # larger than int() reads
    "²",  # a digit to str.isdigit(), not to int()
    "١٢",  # digits to int() as well
    "1e999",
    "NaN",
    "1.5",
    "0001-01-01T00:00",  # no time zone west of it
    "9999-12-31T23:59",  # nor east
    "0001-01-01",
    "9999-12-31",
    "2026-02-31",
    "2026-01-31T12:00+23:59",  # farther from UTC than PostgreSQL goes
    "9999w",
    "1e30",
    "../../etc/passwd",
    "http://[",
    "javascript:alert(1)",
    "tier:9999",
    "team:²",
    "resolve:nonsense",
    "%00%ff",
    '{"a": [1, null]}',
    "[" * 2_000,
    "\u202eright to left \u2066 😀",
    "TD-" + "9" * 30,
    "none",
    "true",
    SCRIPT,
)

BODIES: tuple[tuple[bytes, str], ...] = (
    (b"", "application/x-www-form-urlencoded"),
    (b"subject=%ff%fe&text=\xff\xfe&body=%80&name=%c3", "application/x-www-form-urlencoded"),
    (b"subject=a", "application/x-www-form-urlencoded; charset=nonsense"),
    (b"&".join(b"f%d=1" % n for n in range(10_000)), "application/x-www-form-urlencoded"),
    (b"ticket=1&" * 1_900, "application/x-www-form-urlencoded"),
    (b"no boundary", "multipart/form-data"),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf', "multipart/form-data; boundary=x"),
    (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="\xff\x00"\r\n\r\n1\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    (b"{}", "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'{"place": "a", "fields": {"a": ["\\ud800", "\\u0000"]}, "at": 1e400}', "application/json"),
    (b'{"place": 1, "fields": []}', "application/json"),
    (b"[" * 100_000, "application/json"),
    (b"\xff\xfe", "application/json"),
)

ADDRESSES: tuple[str, ...] = (
    f"/requests/TD-{'9' * 5000}/",
    f"/requests/{'9' * 25}/",
    "/requests/²/",
    "/requests/%00/",
    "/requests/%ff%fe/",
    f"/desk/tickets/{'9' * 5000}/",
    "/desk/tickets/TD-%00/take/",
    "/desk/tickets/TD-1001/%E2%80%AE/",
    f"/desk/views/{'9' * 40}/",
    f"/desk/views/{'9' * 5000}/edit/",
    f"/desk/queues/team-{'9' * 40}/",
    f"/settings/people/{'9' * 40}/",
    f"/settings/people/{'9' * 40}/skills/{'9' * 40}/",
    f"/settings/categories/{'9' * 40}/move/",
    f"/settings/tiers/{'9' * 40}/",
    f"/settings/outbox/{'9' * 40}/",
    "/files/00000000-0000-0000-0000-000000000000/",
    "/files/%00/",
    "/r/%00/",
    "/r/W10:x/",
    f"/r/{'x' * 5000}/",
    "/%ff",
    "//evil.example/%2e%2e",
    "/accounts/login/?next=%00%ff",
    "/accounts/password/reset/key/%00-x/",
    "/accounts/confirm-email/x:y/",
    "/settings/people/?after=WyJcdWQ4MDAiLCAxXQ",  # a key with half a surrogate pair
    "/settings/people/?after=" + "W1tb" * 3000,
    "/settings/outbox/?after=2026-01-31T12:00+23:59_1",
    "/settings/outbox/?after=0001-01-01T00:00+14:00_1",
    "/desk/queues/all/?after=" + "W1tb" * 3000,
)


class _Controls(HTMLParser):
    """Collects what a browser would send, and something typed where a text is empty."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name = said.get("name", "")
        if tag == "option" and self._select:
            self._option(said)
        elif not name or name in ("csrfmiddlewaretoken", "viewport"):
            return
        elif tag == "textarea":
            self._area, self.found[name] = name, ["Some words"]
        elif tag == "select":
            self._select, self.found[name] = name, []
        elif tag == "input":
            self._input(name, said)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.found[self._select] = self.found[self._select][:1]
            self._select = ""

    def _option(self, said: dict[str, str]) -> None:
        chosen = self.found[self._select]
        if "selected" in said:
            chosen.insert(0, said.get("value", ""))
        elif said.get("value"):
            chosen.append(said["value"])

    def _input(self, name: str, said: dict[str, str]) -> None:
        kind, value = said.get("type", "text"), said.get("value", "")
        if kind in ("checkbox", "radio"):
            if "checked" in said:
                self.found[name] = [value or "on"]
            elif kind == "radio":
                self.found.setdefault(name, [value])
        elif kind not in ("file", "submit", "button"):
            typed = "Some words" if kind in ("text", "search") else ""
            self.found[name] = [value or typed]


def controls(page: str) -> dict[str, list[str]]:
    """The names of a page's form controls with what they hold: the first option, where none is chosen."""
    reader = _Controls()
    reader.feed(page)
    return reader.found
