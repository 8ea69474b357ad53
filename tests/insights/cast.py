"""The cast of tests/conftest.py, and worlds that the tests of a module share.

A world is what many tests read, made by operations: once, in the first test that asks for it. Its rows are kept as text
and put back by COPY at the begin of the others, ten times as fast. So each test still has a transaction of its own, and
a short one: a long one would hold back whoever follows the feed in another process.
"""

import io
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Organisation, Role, Team
from tests.conftest import MONDAY, person, seat
from tests.insights.world import own_transaction
from tickets import operations
from tickets.models import Category, Ticket, rebuild_category_tree

MAKERS: dict[str, Callable[["Cast"], Any]] = {
    "northwind": lambda _cast: Organisation.objects.create(name="Northwind Care", support_plan="proactive"),
    "harbour": lambda _cast: Organisation.objects.create(name="Harbour Foods"),
    "kestrel": lambda _cast: Organisation.objects.create(
        name="Kestrel Networks", kind=Organisation.Kind.VENDOR
    ),
    "service_desk": lambda _cast: Team.objects.get(name="Service desk"),
    "second_desk": lambda _cast: Team.objects.create(name="Second desk", tier_id=1),
    "network": lambda _cast: Team.objects.create(name="Network", tier_id=2, is_default=True),
    "platform": lambda _cast: Team.objects.create(name="Platform", tier_id=3, is_default=True),
    "vendors": lambda cast: Team.objects.create(
        name="Kestrel support", tier_id=4, organisation=cast.kestrel, is_default=True
    ),
    "vpn": lambda _cast: _vpn(),
    "ines": lambda cast: person("Ines Okafor", cast.northwind, device="NW-1180", location="Leeds, floor 2"),
    "tomasz": lambda cast: person("Tomasz Wilk", cast.northwind),
    "greta": lambda cast: person("Greta Moss", cast.northwind, sees_organisation=True),
    "otto": lambda cast: person("Otto Stranger", cast.harbour),
    "mira": lambda cast: seat(person("Mira Kask"), cast.service_desk),
    "sara": lambda cast: seat(person("Sara Amin"), cast.service_desk),
    "lars": lambda cast: seat(person("Lars Holm"), cast.service_desk, Role.LEAD),
    "rosa": lambda cast: seat(person("Rosa Lind"), cast.second_desk),
    "dario": lambda cast: seat(person("Dario Pek"), cast.network),
    "yuki": lambda cast: seat(person("Yuki Mori"), cast.platform),
    "vera": lambda cast: seat(person("Vera Stone", cast.kestrel), cast.vendors),
    "ada": lambda _cast: person("Ada Root", is_administrator=True, is_staff=True, is_superuser=True),
    "max_": lambda _cast: person("Max Brandt", is_manager=True),
}


def _vpn() -> Category:
    """Network › VPN. It names no team: what is filed there lands with the service desk."""
    parent = Category.objects.create(name="Network")
    category = Category.objects.create(name="VPN", parent=parent, is_common=True)
    rebuild_category_tree()
    category.refresh_from_db()
    return category


class Cast:
    """Whoever is named, made when they are first named."""

    def __init__(self) -> None:
        self.worlds: dict[str, Any] = {}
        """What the worlds that this test asks for have given, by name."""

    def __getattr__(self, name: str) -> Any:
        if name not in MAKERS:
            raise AttributeError(name)
        found = MAKERS[name](self)
        setattr(self, name, found)
        return found

    def make(self, *names: str) -> None:
        """Have them be there, though nothing is done with them."""
        for name in names:
            getattr(self, name)

    def open_ticket(self, subject: str = "VPN drops every 20 minutes", **fields: Any) -> Ticket:
        """Filed by Ines, or by whoever is named."""
        requester = fields.pop("requester", None) or self.ines
        says = {"by": requester, "at": MONDAY, "description": "Since Friday, when I work from home."} | fields
        return operations.open_ticket(subject=subject, requester=requester, **says)


# --- worlds ---

Make = Callable[[Cast], Any]
MAKES: dict[tuple[str, str], Make] = {}
"""By module and name."""
SHARED_BY_ALL = ("tests.insights.conftest", "tests.insights.stories")


def world(make: Make) -> Any:
    """A fixture of the name of `make`, and of what it returns."""
    MAKES[make.__module__, make.__name__] = make

    def find(cast: Cast) -> Any:
        return cast.worlds[make.__name__]

    find.__doc__ = make.__doc__
    return pytest.fixture(name=make.__name__)(find)


@dataclass
class Table:
    name: str
    columns: str
    key: str
    text: str
    keys: list[Any]
    was_there: list[Any] | None = None
    """Keys of rows that every test begins with, and that the world changed."""

    def put_back(self) -> None:
        with connection.cursor() as cursor:
            if self.was_there is None:
                cursor.execute(f"SELECT {self.key} FROM {self.name} WHERE {self.key} = ANY(%s)", [self.keys])
                self.was_there = [row[0] for row in cursor.fetchall()]
            if self.was_there:
                cursor.execute(f"DELETE FROM {self.name} WHERE {self.key} = ANY(%s)", [self.was_there])
            cursor.cursor.copy_expert(f"COPY {self.name} ({self.columns}) FROM STDIN", io.StringIO(self.text))


@dataclass
class Kept:
    """A world as rows, with whom it has made and what it gave."""

    cast: dict[str, Any] = field(default_factory=dict)
    value: Any = None
    tables: list[Table] = field(default_factory=list)


@pytest.fixture(scope="module")
def shelf() -> dict[Make, Kept]:
    """The worlds of the module that were made so far."""
    return {}


@pytest.fixture
def cast(request: pytest.FixtureRequest, db: None, shelf: dict[Make, Kept]) -> Cast:
    """Who is there in this test; the world that it asks for is made or put back before anything else happens."""
    found = Cast()
    for name in request.fixturenames:
        assert len(found.worlds) < 2, "A test has one world: what it reads beside it is made by itself."
        for module in (request.module.__name__, *SHARED_BY_ALL):
            make = MAKES.get((module, name))
            if make is not None:
                found.worlds[name] = _bring(make, found, shelf)
                break
    return found


def _bring(make: Make, cast: Cast, shelf: dict[Make, Kept]) -> Any:
    if make not in shelf:
        with transaction.atomic():
            since = own_transaction()
            value = make(cast)
            people = {name: row for name, row in vars(cast).items() if name in MAKERS}
            shelf[make] = Kept(deepcopy(people), deepcopy(value), _written_since(since))
        return value
    kept = shelf[make]
    with transaction.atomic():
        for table in kept.tables:
            table.put_back()
    vars(cast).update(deepcopy(kept.cast))
    return deepcopy(kept.value)


_TABLES = """
    SELECT class.relname, string_agg(quote_ident(column_.attname), ', ' ORDER BY column_.attnum),
        max(column_.attname) FILTER (WHERE column_.attnum = key.indkey[0])
    FROM pg_class class
    JOIN pg_attribute column_ ON column_.attrelid = class.oid AND column_.attnum > 0
        AND NOT column_.attisdropped AND column_.attgenerated = ''
    JOIN pg_index key ON key.indrelid = class.oid AND key.indisprimary
    WHERE class.relkind = 'r' AND class.relnamespace = 'public'::regnamespace
    GROUP BY class.relname ORDER BY class.relname
"""


def _written_since(since: int) -> list[Table]:
    """The rows of this transaction and its savepoints, table by table: these have the same number or a later one."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for name, columns, key in cursor.fetchall():
            ours = f"FROM {name} WHERE xmin::text::bigint >= {since}"
            cursor.execute(f"SELECT {key} {ours}")
            keys = [row[0] for row in cursor.fetchall()]
            if keys:
                text = io.StringIO()
                cursor.cursor.copy_expert(f"COPY (SELECT {columns} {ours}) TO STDOUT", text)
                found.append(Table(name, columns, key, text.getvalue(), keys))
    return found


# --- people and teams ---


def named(request: pytest.FixtureRequest, cast: Cast) -> Any:
    """Whoever the fixture is called after."""
    return getattr(cast, request.fixturename or "")
