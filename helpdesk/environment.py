"""Every environment variable Tierdesk reads: its name, default and meaning, read once and checked at start.

`docs/operations.md` shows this table; `tests/helpdesk/test_environment.py` keeps the two equal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

BASE_DIR = Path(__file__).resolve().parent.parent


class BadEnvironment(SystemExit):
    """One or more variables cannot be used; the message names each one and what to do.

    It ends the program by itself, without a traceback, whichever program that is.
    """


def flag(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False}
    words |= {"off": False, "": False}
    if value.strip().lower() not in words:
        raise ValueError("write 1 or 0")
    return words[value.strip().lower()]


def count(value: str) -> int:
    if not value.strip().isdecimal():
        raise ValueError("write a whole number, 0 or more")
    return int(value)


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def text(value: str) -> str:
    return value


def folder(value: str) -> Path:
    path = Path(value)
    return path if path.is_absolute() else BASE_DIR / path


def secret(value: str) -> str:
    if len(value) < 50 or len(set(value)) < 5:
        raise ValueError(
            "it is too easy to guess; make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return value


def origins(value: str) -> tuple[str, ...]:
    for origin in words(value):
        if urlsplit(origin).scheme not in {"http", "https"} or not urlsplit(origin).netloc:
            raise ValueError(f"{origin!r} is no origin; write it like https://help.example.com")
    return words(value)


def origin(value: str) -> str:
    found = origins(value)
    if len(found) != 1:
        raise ValueError("write one address, like https://help.example.com")
    return found[0].rstrip("/")


def choice(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"write one of: {', '.join(allowed)}")
        return value

    return read


def zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is no time zone; write it like Europe/Berlin")
    return value


def postgres(value: str) -> dict[str, Any]:
    """`postgresql://user:password@host:5432/name?sslmode=require`, as Django's DATABASES wants it."""
    url = urlsplit(value)
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise ValueError("write it like postgresql://user:password@host:5432/name; other engines do not work")
    options = dict(parse_qsl(url.query))
    return {
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        # A socket folder travels as ?host=/run/postgresql, as in libpq.
        "HOST": options.pop("host", "") or unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": options,
    }


def redis(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss"}:
        raise ValueError("write it like redis://:password@host:6379/0")
    return value


def live(value: str) -> str:
    if value not in {"", "off"} and urlsplit(value).scheme not in {"ws", "wss"}:
        raise ValueError("write it like wss://live.example.com/live/, or off")
    return value


def email(value: str) -> dict[str, Any]:
    """`smtp://user:password@host:587?tls=1`, or `log:` which only notes each mail in the log."""
    url = urlsplit(value)
    if url.scheme == "log":
        return {"EMAIL_BACKEND": "helpdesk.mail.LoggedOnly"}
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise ValueError("write it like smtp://user:password@host:587?tls=1, smtps://host:465 or log:")
    return {
        "EMAIL_BACKEND": "delivery.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": flag(dict(parse_qsl(url.query)).get("tls", "0")),
        "EMAIL_TIMEOUT": 20,
    }


def variable(read: Callable[[str], Any], meaning: str, default: str | None = None) -> Any:
    """One row of the table; without a default the variable is required."""
    return field(metadata={"read": read, "meaning": meaning, "default": default})


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The values, typed. A field is named as its variable, in small letters."""

    secret_key: str = variable(secret, "Signs sessions and links. Long, random, kept secret.")
    database_url: dict[str, Any] = variable(
        postgres, "PostgreSQL 14 or newer: `postgresql://user:password@host:5432/name`."
    )
    redis_url: str = variable(redis, "Redis or Valkey, carries pokes and caches: `redis://host:6379/0`.")
    debug: bool = variable(flag, "1 only on a developer's machine: error pages show the code.", "0")
    allowed_hosts: tuple[str, ...] = variable(
        words, "Host names the desk answers to, with commas. Required unless DEBUG is 1.", ""
    )
    base_url: str = variable(
        origin, "The address people type; links in mail start with it.", "http://127.0.0.1:8000"
    )
    trusted_origins: tuple[str, ...] = variable(
        origins, "Further origins that may post forms, with commas; BASE_URL is always one.", ""
    )
    behind_proxy: bool = variable(
        flag, "1 where a proxy ends TLS and sets X-Forwarded-Proto and X-Forwarded-For.", "0"
    )
    trusted_proxies: int = variable(
        count, "How many proxies stand in front; tells the caller's address from a forged one.", "0"
    )
    hsts_seconds: int = variable(count, "How long browsers must insist on https.", "31536000")
    redis_prefix: str = variable(text, "Starts every key: two desks can share one Redis.", "tierdesk:")
    email_url: dict[str, Any] = variable(
        email, "Where mail goes: `smtp://user:password@host:587?tls=1`; `log:` sends none.", "log:"
    )
    mail_from: str = variable(
        text, "The sender of every mail the desk writes.", "Tierdesk <helpdesk@localhost>"
    )
    mail_attach_up_to_mb: int = variable(
        count, "So many megabytes of a reply's files come with its mail; what is bigger is a link.", "5"
    )
    webhook_inside_hosts: tuple[str, ...] = variable(
        words,
        "Hosts inside that webhooks may reach, also by plain http, with commas; else only public https.",
        "",
    )
    media_root: Path = variable(folder, "Where attachments are kept; back it up.", ".local/media")
    time_zone: str = variable(zone, "The desk's own time zone; people choose theirs.", "UTC")
    language_code: str = variable(
        choice("en", "de"),
        "The desk's own language; people choose theirs, strangers' browsers say theirs.",
        "en",
    )
    log_format: str = variable(
        choice("auto", "json", "pretty"), "`auto`: lines to read with DEBUG, JSON without.", "auto"
    )
    log_level: str = variable(choice("DEBUG", "INFO", "WARNING", "ERROR"), "What is logged.", "INFO")
    db_statement_timeout_ms: int = variable(
        count, "PostgreSQL ends a web request's query after so long; 0 never.", "30000"
    )
    port: int = variable(count, "The port of the web process.", "8000")
    bind: str = variable(text, "The address the web process listens on.", "127.0.0.1")
    live_port: int = variable(count, "The port of the live process; it listens on BIND.", "8001")
    live_url: str = variable(
        live,
        "Where browsers find the live process: empty for `/live/` of the desk itself (with DEBUG for LIVE_PORT), "
        "`wss://…`, or `off`.",
        "",
    )
    web_concurrency: int = variable(count, "Web processes.", "2")
    web_threads: int = variable(count, "Threads in each web process.", "2")
    worker_concurrency: int = variable(count, "Processes of the default worker.", "2")
    api_requests_per_minute: int = variable(
        count, "Requests a minute that one token of the API may make; 0 for as many as it likes.", "3000"
    )
    timers_lag_limit_seconds: int = variable(
        count, "How late a deadline may fire before /readyz calls the desk degraded.", "60"
    )


def read(source: Mapping[str, str] = os.environ) -> Environment:
    """The environment, checked whole: all troubles are told at once."""
    values: dict[str, Any] = {}
    troubles: list[str] = []
    for row in fields(Environment):
        name, default = row.name.upper(), row.metadata["default"]
        given = source.get(name) or default
        if given is None:
            troubles.append(f"{name} is not set. {row.metadata['meaning']}")
            continue
        try:
            values[row.name] = row.metadata["read"](given)
        except ValueError as trouble:
            troubles.append(f"{name}: {trouble}.")
    if not troubles and not values["debug"] and not values["allowed_hosts"]:
        troubles.append("ALLOWED_HOSTS is not set. Name the hosts the desk answers to, or set DEBUG=1.")
    if troubles:
        lines = "".join(f"\n  - {trouble}" for trouble in troubles)
        raise BadEnvironment(f"The environment is not usable (see docs/operations.md):{lines}")
    return Environment(**values)


def table() -> str:
    """The variables as the Markdown table of docs/operations.md."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for row in fields(Environment):
        default = row.metadata["default"]
        shown = "required" if default is None else f"`{default}`" if default else ""
        rows.append(f"| `{row.name.upper()}` | {shown} | {row.metadata['meaning']} |")
    return "\n".join(rows) + "\n"
