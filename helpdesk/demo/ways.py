"""How the demo's teams work from now on: who gets what arrives, when they work, who covers them, and who is away.

Said when the story has been told: in its ninety days people took their work themselves, and its texts name them.
"""

from datetime import datetime, timedelta

from escalation import operations as escalation
from escalation.rules.asking import asked_at_once
from helpdesk.demo.company import Company
from helpdesk.demo.texts import DATA, read
from sla.models import Calendar


def make(company: Company, *, at: datetime) -> None:
    """Each team's lead says it of their own team; what goes back because somebody is away goes now."""
    said = read(DATA / "ways.yml")
    calendars = {row.name: row for row in Calendar.objects.all()}
    for name, way in said["teams"].items():
        team, lead = company.teams[name], company.leads[name]
        escalation.change_team_work(team, strategy=way["strategy"], capacity=way["capacity"], by=lead, at=at)
        escalation.change_cover(
            team,
            hours=calendars[way["hours"]],
            covered_by=company.teams[way["covered_by"]],
            by=lead,
            at=at,
        )
    manager = company.people["max"]
    for key, duty in said["people"].items():
        hours = calendars[duty["hours"]] if "hours" in duty else None
        escalation.change_duty(
            company.people[key], hours=hours, capacity=duty.get("capacity"), by=manager, at=at
        )
    for key, days in said["away"].items():
        person = company.people[key]
        with asked_at_once(at, others_leave=True):
            escalation.go_away(person, until=at + timedelta(days=days), by=person, at=at)
