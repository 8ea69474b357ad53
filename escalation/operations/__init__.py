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
from escalation.operations.inviting import HelpIsOver, become_handover, end_invitation, invite
from escalation.operations.ping_pong import NamedOwner, OwnerToName
from escalation.operations.proposing import (
    NoProposal,
    WritesItself,
    propose_reply,
    refuse_proposal,
    send_proposal,
)
from escalation.operations.rating import NothingToRate, rate_handoff

__all__ = [
    "AlreadyAnswered",
    "HandedOver",
    "HelpIsOver",
    "ItemsMissing",
    "NamedOwner",
    "NoHandoff",
    "NoProposal",
    "NothingToName",
    "NothingToRate",
    "NothingToReturn",
    "OwnerToName",
    "Wanted",
    "WritesItself",
    "accept",
    "answer_item",
    "become_handover",
    "change_checklist",
    "create_checklist",
    "end_invitation",
    "hand_over",
    "invite",
    "landing",
    "name_owner",
    "propose_reply",
    "rate_handoff",
    "refuse_proposal",
    "retire_checklist",
    "return_",
    "send_proposal",
]
