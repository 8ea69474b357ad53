"""Which triggers an event of a ticket pulls."""

from collections.abc import Mapping
from typing import Any

from escalation.events import RETURNED as EVENT_RETURNED
from escalation.rules import spec
from sla import events as sla
from sla.models import Metric
from tickets import events as tickets

FIRING = "firing"
"""In the data of every event that a rule caused: the firing."""

OLA = (Metric.ACCEPT, Metric.WORK)
VENDOR = (Metric.VENDOR_RESPONSE, Metric.VENDOR_RESOLVE)


def triggers_of(kind: str, changes: Mapping[str, Any], data: Mapping[str, Any]) -> set[str]:
    """The triggers of an event with these changes (before and after by column) and this data."""
    if kind in (sla.WARNED, sla.BREACHED):
        return {_of_clock(data.get("metric"), is_breach=kind == sla.BREACHED)}
    if kind == tickets.OPENED:
        return {spec.CREATED}
    found = {f"{spec.CHANGED}:{column}" for column in spec.WATCHED_COLUMNS if column in changes}
    if found:
        found.add(spec.CHANGED)
    found |= _of_words(kind, data)
    if kind == EVENT_RETURNED:
        found.add(spec.RETURNED)
    if data.get("reopened"):
        found.add(spec.REOPENED)
    return found


def _of_words(kind: str, data: Mapping[str, Any]) -> set[str]:
    """Who has spoken. A rule is no technician, and a machine's answer in a person's name is nobody's."""
    if data.get("automatic") or FIRING in data:
        return set()
    if kind == tickets.REPLIED:
        return {spec.TECHNICIAN_REPLIED if data.get("from_desk") else spec.REQUESTER_REPLIED}
    if kind == tickets.REOPENED:
        return {spec.REQUESTER_REPLIED if data.get("from_requester") else spec.TECHNICIAN_REPLIED}
    if kind in (tickets.WAITS_REQUESTER, tickets.RESOLVED):
        return {spec.TECHNICIAN_REPLIED}
    return set()


def _of_clock(metric: Any, *, is_breach: bool) -> str:
    if metric in OLA:
        return spec.OLA_BREACH if is_breach else spec.OLA_WARNING
    if metric in VENDOR:
        return spec.VENDOR_BREACH if is_breach else spec.VENDOR_WARNING
    return spec.SLA_BREACH if is_breach else spec.SLA_WARNING
