"""What a run fills in of the form that ends it: nothing is sent before a person has read it."""

from typing import Any

from accounts.models import Team
from escalation.models import ChecklistItem
from escalation.queries import first_team
from escalation.queries.checklists import items_asked
from knowledgebase.models import RunAnswer
from knowledgebase.queries.runs import Standing, words_of
from knowledgebase.scripts.spec import CHECKLIST, HAND_OVER, NO, RESOLVE, SUMMARY, TRIED, Kind, Step

TIER, TEAM = "tier:", "team:"


def hand_over(here: Standing) -> dict[str, Any]:
    """To whom, why, what is wrong, what was tried, and which items of their checklist are answered."""
    step = here.step if here.step.act == HAND_OVER else None
    team = _team(step) if step else None
    found: dict[str, Any] = {
        "summary": "\n\n".join(filter(None, [step.text if step else "", _filled(here, SUMMARY)])),
        "tried": _filled(here, TRIED) or _gone_through(here),
    }
    if step and step.reason:
        found["reason"] = step.reason
    if team is not None:
        found["to"] = f"{TEAM}{team.pk}" if step and step.team else _tier_or_team(team)
        found["items"] = [item.pk for item in _items(here, team) if _is_answered(here, item)]
    return found


def resolution(here: Standing) -> dict[str, Any]:
    """The code, and the words that the requester reads: those of the script, for what was asked is for the desk."""
    if here.step.act != RESOLVE:
        return {}
    return {"code": here.step.code, "summary": here.step.text}


def _team(step: Step) -> Team | None:
    if step.team:
        return Team.objects.in_use().filter(name__iexact=step.team).first()
    return first_team(int(step.tier.removeprefix("L")))


def _tier_or_team(team: Team) -> str:
    """As the dialog offers it: a tier where several teams sit, else its one team."""
    several = Team.objects.in_use().filter(tier_id=team.tier_id).count() > 1
    return f"{TIER}{team.tier_id}" if several else f"{TEAM}{team.pk}"


def _items(here: Standing, team: Team) -> list[ChecklistItem]:
    ticket = here.run.ticket
    return items_asked(team.tier_id, ticket.category, ticket) if team.tier_id > ticket.tier_id else []


def _is_answered(here: Standing, item: ChecklistItem) -> bool:
    """Whether a step that fills this item was answered with something; a No is an answer that leaves it open."""
    for row in here.passed:
        step = here.script[row.step]
        if step.fills.startswith(CHECKLIST) and _same(step.fills.removeprefix(CHECKLIST), item.text):
            if step.kind == Kind.FILE:
                return bool(row.data.get("files"))
            return bool(row.value) and not (step.kind == Kind.YES_NO and row.value == NO)
    return False


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _filled(here: Standing, what: str) -> str:
    return _listed(here, [row for row in here.passed if here.script[row.step].fills == what])


def _gone_through(here: Standing) -> str:
    """Where no step is marked as something that was tried: all that was asked and done."""
    quiet = (Kind.VERIFY, Kind.LINK, Kind.TIMER)
    return _listed(here, [row for row in here.passed if here.script[row.step].kind not in quiet])


def _listed(here: Standing, rows: list[RunAnswer]) -> str:
    lines = []
    for row in rows:
        step = here.script[row.step]
        words = words_of(step, row)
        lines.append(f"- {step.name}: {words}" if words else f"- {step.name}")
    return "\n".join(lines)
