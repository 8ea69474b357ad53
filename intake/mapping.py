"""How a file of another tool becomes tickets: what a mapping file says, read and checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from intake.yamlfile import Section, YamlFile
from tickets.models import Channel, HoldReason, Impact, Kind, Priority, Status, Urgency

CONTENT = "content"
"""As the key: a file without keys of its own; the key is the row's hash and which of its equals it is."""

SINGLE = (
    "opened_at", "updated_at", "resolved_at", "closed_at", "opened_by", "updated_by", "requester",
    "requester_mail", "assignee", "assignee_mail", "group", "state", "channel", "kind", "impact", "urgency",
    "priority", "priority_confirmed", "location", "device", "vendor_reference", "description",
)  # fmt: skip
SEVERAL = ("category", "subject")
CODES: dict[str, Iterable[str | int]] = {
    "channel": Channel.values,
    "kind": Kind.values,
    "impact": Impact.values,
    "urgency": Urgency.values,
    "priority": Priority.values,
    "priority_confirmed": (True, False),
}
OTHERWISE = "*"
"""As a value in a map: all values that the map does not list."""


@dataclass(frozen=True)
class State:
    status: Status
    hold_reason: str = ""


@dataclass(frozen=True)
class Group:
    team: str
    tier: int


@dataclass(frozen=True)
class Format:
    delimiter: str
    encoding: str
    dates: tuple[str, ...]
    zone: ZoneInfo
    null: frozenset[str]


@dataclass(frozen=True)
class People:
    """Whom the file names only by a name gets a mail address under `domain`, and no password."""

    domain: str
    nobody: str
    organisation: str
    requesters_active: bool
    desk_active: bool


@dataclass(frozen=True)
class Mapping:
    path: Path
    system: str
    format: Format
    snapshots: bool
    in_file_order: bool
    key: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    states: dict[str, State]
    values: dict[str, dict[str, Any]]
    defaults: dict[str, Any]
    groups: dict[str, Group]
    unknown_tier: int
    unknown_team: str
    no_group: Group
    people: People
    category_prefixes: tuple[str, ...]
    categories_for_requesters: bool
    reassignments: str
    updates: str
    remarks: dict[str, str]
    details: dict[str, str]
    hold_days: int
    url: str
    needed: frozenset[str] = field(default_factory=frozenset)

    @property
    def by_content(self) -> bool:
        return self.key == (CONTENT,)

    def column(self, name: str) -> str:
        return (self.columns.get(name) or ("",))[0]


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        MappingError: naming each line and key that cannot be used.
    """
    file = YamlFile(path)
    root = file.root
    columns = _columns(root.section("columns"))
    mode = root.choice("mode", ("snapshots", "rows"))
    key = tuple(root.texts("key"))
    if not key:
        root.trouble("`key` is missing: name the column of the ticket's number, or write `key: content`")
    if key == (CONTENT,) and mode == "snapshots":
        root.trouble("`key: content` cannot tell which snapshots are of one ticket", name="key")
    if mode == "snapshots" and "updated_at" not in columns:
        root.trouble("snapshots need `updated_at`: when each was taken", name="columns")
    groups = root.section("groups")
    people = root.section("people")
    values = root.section("values")
    categories, counts = root.section("categories"), root.section("counts")
    unknown, nothing = groups.section("unknown"), groups.section("empty")
    mapping = Mapping(
        path=path,
        system=root.text("system"),
        format=_format(root.section("format")),
        snapshots=mode == "snapshots",
        in_file_order=root.choice("order", ("file", "time"), "time") == "file",
        key=key,
        columns=columns,
        states=_states(values.section("state")),
        values={name: _codes(values.section(name), options) for name, options in CODES.items()},
        defaults=_defaults(root.section("defaults")),
        groups=_groups(groups.section("known")),
        unknown_tier=unknown.number("tier", 1, 0, 4),
        unknown_team=unknown.text("team", "{group}"),
        no_group=Group(nothing.text("team", ""), nothing.number("tier", 1, 0, 4)),
        people=_people(people),
        category_prefixes=tuple(categories.texts("prefixes")),
        categories_for_requesters=categories.switch("for_requesters", False),
        reassignments=counts.text("reassignments", ""),
        updates=counts.text("updates", ""),
        remarks=_labels(root.section("remarks")),
        details=_labels(root.section("details")),
        hold_days=root.number("hold_days", 30, 1, 3650),
        url=root.text("url", ""),
    )
    for section in (root, groups, unknown, nothing, values, categories, counts):
        section.done()
    if "{group}" not in mapping.unknown_team:
        unknown.trouble("`team` needs {group}, or all unknown groups would be one team", name="team")
    if len(mapping.system) > 60:
        root.trouble("`system` has at most 60 characters", name="system")
    file.check()
    return mapping


def _columns(section: Section) -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {name: (section.text(name),) for name in SINGLE if name in section}
    columns |= {name: tuple(section.texts(name)) for name in SEVERAL if name in section}
    if len(columns.get("category", ())) > 4:
        section.trouble("a category has at most four levels", name="category")
    for name in (*SINGLE, *SEVERAL):
        section.value(name)
    section.done()
    return columns


def _format(section: Section) -> Format:
    section.choice("type", ("csv",), "csv")
    delimiter = section.text("delimiter", ",").replace("\\t", "\t")
    if len(delimiter) != 1:
        section.trouble("expected one character", name="delimiter")
        delimiter = ","
    encoding = section.text("encoding", "utf-8")
    try:
        "".encode(encoding)
    except LookupError:
        section.trouble(
            f"no encoding is called `{encoding}`; common: utf-8, cp1252, latin-1", name="encoding"
        )
    zone = section.text("timezone", "UTC")
    if zone not in available_timezones():
        section.trouble(
            f"no time zone is called `{zone}`; write a name such as Europe/Berlin", name="timezone"
        )
        zone = "UTC"
    found = Format(
        delimiter=delimiter,
        encoding="utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding,
        dates=tuple(section.texts("date") or ["iso"]),
        zone=ZoneInfo(zone),
        null=frozenset(["", *section.texts("null")]),
    )
    section.done()
    return found


def _states(section: Section) -> dict[str, State]:
    states = {}
    for name in section.names():
        value = section.value(name)
        given = value if isinstance(value, dict) else {"status": value}
        status, reason = given.get("status"), given.get("hold_reason", "")
        if status not in Status.values or given.keys() - {"status", "hold_reason"}:
            section.trouble(f"expected one of {', '.join(Status.values)}", name=name)
        elif (reason not in HoldReason.values) if status == Status.ON_HOLD else reason:
            section.trouble(
                f"`hold_reason` goes with on_hold only, and is one of {', '.join(HoldReason.values)}",
                name=name,
            )
        else:
            states[name] = State(Status(status), reason)
    return states


def _codes(section: Section, options: Iterable[str | int]) -> dict[str, Any]:
    codes = {}
    options = list(options)
    for name in section.names():
        value = section.value(name)
        if value is not None and value not in options:
            shown = ", ".join(str(option).lower() for option in options)
            section.trouble(f"`{value}` is not one of {shown} (or ~ for unknown)", name=name)
        codes[name] = value
    return codes


def _defaults(section: Section) -> dict[str, Any]:
    status = section.choice("state", (Status.NEW, Status.OPEN, Status.CLOSED), Status.NEW)
    defaults: dict[str, Any] = {
        "kind": section.choice("kind", Kind.values, Kind.INCIDENT),
        "channel": section.choice("channel", Channel.values, Channel.IMPORT),
        "impact": section.number("impact", Impact.PERSON, 1, 3),
        "urgency": section.number("urgency", Urgency.HINDERED, 1, 3),
        "state": State(Status(status) if status in Status.values else Status.NEW),
    }
    section.done()
    return defaults


def _groups(section: Section) -> dict[str, Group]:
    groups = {}
    for name in section.names():
        one = section.section(name)
        groups[name] = Group(one.text("team", name), one.number("tier", 1, 0, 4))
        one.done()
    return groups


def _people(section: Section) -> People:
    domain = section.text("domain", "imported.example").lower().lstrip("@")
    if not domain.endswith((".example", ".invalid", ".test", "example.com", "example.org", "example.net")):
        section.trouble(
            "generated addresses need a domain that nobody owns, such as imported.example", name="domain"
        )
    found = People(
        domain=domain,
        nobody=section.text("nobody", "Not named"),
        organisation=section.text("organisation", ""),
        requesters_active=section.switch("requesters_active", True),
        desk_active=section.switch("desk_active", False),
    )
    section.done()
    return found


def _labels(section: Section) -> dict[str, str]:
    return {label: section.text(label) for label in section.names()}
