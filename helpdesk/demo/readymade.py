"""What the demo desk has ready: replies in folders, macros, and the usual requests of who takes calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.models import Team
from escalation.operations.macros import create_macro
from helpdesk.demo.texts import DATA, read
from tickets.models import CannedReply, Category, ReadyTicket
from tickets.operations import ready

Rows = Sequence[Mapping[str, Any]]


def build(
    categories: Mapping[str, Category], teams: Mapping[str, Team], texts: Rows, *, at: datetime
) -> None:
    rows = read(DATA / "ready.yml")
    folders = {row["name"]: row["folder"] for row in rows["replies"]}
    known = [{**row, "folder": folders.get(row["name"], "")} for row in texts]
    for row in [*known, *rows["more_replies"]]:
        details = {**row, "body": row["body"].strip(), "team": teams.get(row.get("team", ""))}
        ready.create(CannedReply, ready.REPLIES, by=None, at=at, **details)
    for row in rows["macros"]:
        acts = [(name, _args(args, categories, teams)) for name, args in row["acts"]]
        create_macro(**{**row, "acts": acts, "team": teams.get(row.get("team", ""))}, by=None, at=at)
    for row in rows["tickets"]:
        details = {**row, "category": categories[row["category"]]}
        ready.create(ReadyTicket, ready.TICKETS, by=None, at=at, **details)


def _args(
    args: Mapping[str, Any], categories: Mapping[str, Category], teams: Mapping[str, Team]
) -> dict[str, Any]:
    """Categories and teams by their keys instead of their names."""
    found = dict(args)
    if "category" in found:
        found["category"] = categories[found["category"]].pk
    if "team" in found:
        found["team"] = teams[found["team"]].pk
    return found
