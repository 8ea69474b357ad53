"""The cast. Every test speaks of these people; each fixture makes only whom it names.

Northwind asks for help: Ines (requester), her manager Greta, her colleague Tomasz. The desk: Mira (L1),
Sara (L1), Lars (lead of L1), Dario (L2), Yuki (L3), Ada (administrator), Max (manager). Vera is a guest of
the vendor Kestrel. Otto, of Harbour, is a stranger to all that Northwind asks.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import update_last_login
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone, translation

from accounts import current
from accounts.models import Membership, Organisation, Role, Team, Tier, User
from delivery.doorbell import breaker
from helpdesk.cache import ForgivingRedisCache
from tickets import operations
from tickets.models import Category, Ticket, rebuild_category_tree
from tickets.queries import beside

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    return MONDAY


@pytest.fixture
def later() -> Callable[..., datetime]:
    """`later(hours=2)`: Monday morning plus so much."""
    return lambda **delta: MONDAY + timedelta(**delta)


@pytest.fixture
def northwind(db: None) -> Organisation:
    return Organisation.objects.create(name="Northwind Care", support_plan="proactive")


@pytest.fixture
def harbour(db: None) -> Organisation:
    return Organisation.objects.create(name="Harbour Foods")


@pytest.fixture
def kestrel(db: None) -> Organisation:
    return Organisation.objects.create(name="Kestrel Networks", kind=Organisation.Kind.VENDOR)


@pytest.fixture
def tiers(db: None) -> dict[int, Tier]:
    return {tier.level: tier for tier in Tier.objects.all()}


@pytest.fixture
def service_desk(tiers: dict[int, Tier]) -> Team:
    return Team.objects.get(name="Service desk")


@pytest.fixture
def network(tiers: dict[int, Tier]) -> Team:
    return Team.objects.create(name="Network", tier_id=2, is_default=True)


@pytest.fixture
def platform(tiers: dict[int, Tier]) -> Team:
    return Team.objects.create(name="Platform", tier_id=3, is_default=True)


@pytest.fixture
def vendors(tiers: dict[int, Tier], kestrel: Organisation) -> Team:
    return Team.objects.create(name="Kestrel support", tier_id=4, organisation=kestrel, is_default=True)


def person(name: str, organisation: Organisation | None = None, **fields: Any) -> User:
    first = name.split(maxsplit=1)[0].lower()
    return User.objects.create_user(
        f"{first}@{'desk' if organisation is None else organisation.name.split()[0].lower()}.example",
        "correct-horse-battery",
        name=name,
        organisation=organisation,
        **fields,
    )


def seat(user: User, team: Team, role: str = Role.TECHNICIAN) -> User:
    """Put a person into a team and forget what was cached about where they sit."""
    Membership.objects.create(user=user, team=team, role=role)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def ines(northwind: Organisation) -> User:
    return person("Ines Okafor", northwind, device="NW-1180", location="Leeds, floor 2")


@pytest.fixture
def tomasz(northwind: Organisation) -> User:
    return person("Tomasz Wilk", northwind)


@pytest.fixture
def greta(northwind: Organisation) -> User:
    return person("Greta Moss", northwind, sees_organisation=True)


@pytest.fixture
def otto(harbour: Organisation) -> User:
    return person("Otto Stranger", harbour)


@pytest.fixture
def mira(service_desk: Team) -> User:
    return seat(person("Mira Kask"), service_desk)


@pytest.fixture
def sara(service_desk: Team) -> User:
    return seat(person("Sara Amin"), service_desk)


@pytest.fixture
def lars(service_desk: Team) -> User:
    return seat(person("Lars Holm"), service_desk, Role.LEAD)


@pytest.fixture
def dario(network: Team) -> User:
    return seat(person("Dario Pek"), network)


@pytest.fixture
def yuki(platform: Team) -> User:
    return seat(person("Yuki Mori"), platform)


@pytest.fixture
def vera(vendors: Team, kestrel: Organisation) -> User:
    return seat(person("Vera Stone", kestrel), vendors)


@pytest.fixture
def ada(db: None) -> User:
    return person("Ada Root", is_administrator=True, is_staff=True, is_superuser=True)


@pytest.fixture
def max_(db: None) -> User:
    return person("Max Brandt", is_manager=True)


@pytest.fixture
def vpn(network: Team) -> Category:
    """Network › VPN. It names no team: what is filed there lands with the service desk."""
    parent = Category.objects.create(name="Network")
    category = Category.objects.create(name="VPN", parent=parent, is_common=True)
    rebuild_category_tree()
    category.refresh_from_db()
    return category


@pytest.fixture
def open_ticket(ines: User, service_desk: Team, at: datetime) -> Callable[..., Ticket]:
    """File a ticket as Ines, or as whoever is named."""

    def file(subject: str = "VPN drops every 20 minutes", **fields: Any) -> Ticket:
        fields.setdefault("requester", ines)
        fields.setdefault("by", fields["requester"])
        fields.setdefault("at", at)
        fields.setdefault("description", "Since Friday, when I work from home.")
        return operations.open_ticket(subject=subject, **fields)

    return file


@pytest.fixture
def ticket(open_ticket: Callable[..., Ticket]) -> Ticket:
    return open_ticket()


BACKEND = "accounts.backend.AuthenticationBackend"


def begun_session(user: User) -> str:
    """The key of a session as a login leaves it, in a third of its statements."""
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    session.create()
    user.backend = BACKEND
    update_last_login(User, user)
    return str(session.session_key)


@pytest.fixture
def signed_in(client: Any) -> Callable[[User], Any]:
    """The test client, logged in as this person."""

    def sign_in(user: User) -> Any:
        if settings.SESSION_COOKIE_NAME in client.cookies:
            client.force_login(user, backend=BACKEND)
        else:
            client.cookies[settings.SESSION_COOKIE_NAME] = begun_session(user)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def monday_morning(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is Monday morning in every test, whenever it runs: pages read the clock that the cast lives by.

    Not where another process takes part (a browser, a worker, a server), for that one has the real time.
    """
    if {"worker", "live_server", "new_page", "real_clock"} & set(request.fixturenames):
        return
    begun = time.monotonic()
    monkeypatch.setattr(timezone, "now", lambda: MONDAY + timedelta(seconds=time.monotonic() - begun))


@pytest.fixture(autouse=True)
def the_desk_is_read_anew() -> None:
    """No test knows the settings of the one before it, nor speaks its language: a request leaves its own behind."""
    current.forget()
    translation.deactivate()


@pytest.fixture(autouse=True)
def redis_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test without Redis leaves no pause behind in which the next one would find it away."""
    monkeypatch.setattr(ForgivingRedisCache, "_away_until", 0.0)
    monkeypatch.setattr(breaker, "silent_until", 0.0)


@pytest.fixture
def real_clock() -> None:
    """For a test that starts processes of its own."""


@pytest.fixture
def kept_names(settings: Any) -> Iterator[None]:
    """As in a process that has run for a while: names of teams, tiers and categories are at hand."""
    settings.DESK_CACHE_SECONDS = 60
    current.forget()
    beside.forget()
    yield
    current.forget()
    beside.forget()
