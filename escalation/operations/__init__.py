"""What people and rules do between tiers. One road for pages, rules and bulk acts."""

from escalation.operations.answering import ItemsMissing
from escalation.operations.checklists import (
    AlreadyAnswered,
    Wanted,
    answer_item,
    change_checklist,
    create_checklist,
    retire_checklist,
)
from escalation.operations.disputes import NothingToName, name_owner
from escalation.operations.handing_over import (
    HandedOver,
    NoHandoff,
    NothingToReturn,
    accept,
    hand_over,
    landing,
    return_,
)
from escalation.operations.ping_pong import NamedOwner, OwnerToName
from escalation.operations.rating import NothingToRate, rate_handoff

__all__ = [
    "AlreadyAnswered",
    "HandedOver",
    "ItemsMissing",
    "NamedOwner",
    "NoHandoff",
    "NothingToName",
    "NothingToRate",
    "NothingToReturn",
    "OwnerToName",
    "Wanted",
    "accept",
    "answer_item",
    "change_checklist",
    "create_checklist",
    "hand_over",
    "landing",
    "name_owner",
    "rate_handoff",
    "retire_checklist",
    "return_",
]
