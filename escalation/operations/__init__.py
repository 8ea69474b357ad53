"""What people and rules do between tiers. One road for pages, rules and bulk acts."""

from escalation.operations.answering import ItemsMissing
from escalation.operations.assigning import assign_by_strategy, change_team_work
from escalation.operations.availability import change_duty, come_back, go_away
from escalation.operations.checklists import (
    AlreadyAnswered,
    Wanted,
    answer_item,
    change_checklist,
    create_checklist,
    retire_checklist,
)
from escalation.operations.covering import change_cover, require_possible_cover
from escalation.operations.disputes import NothingToName, name_owner
from escalation.operations.handing_over import (
    HandedOver,
    NoHandoff,
    NothingToReturn,
    accept,
    hand_over,
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
from escalation.operations.shifts import end_shift
from escalation.operations.vendors import (
    FixNotConfirmed,
    NothingToConfirm,
    NotWithVendor,
    chase,
    claim_fix,
    confirm_fix,
    hand_to_vendor,
    refuse_fix,
    set_responsible,
)

__all__ = [
    "AlreadyAnswered",
    "FixNotConfirmed",
    "HandedOver",
    "HelpIsOver",
    "ItemsMissing",
    "NamedOwner",
    "NoHandoff",
    "NoProposal",
    "NotWithVendor",
    "NothingToConfirm",
    "NothingToName",
    "NothingToRate",
    "NothingToReturn",
    "OwnerToName",
    "Wanted",
    "WritesItself",
    "accept",
    "answer_item",
    "assign_by_strategy",
    "become_handover",
    "change_checklist",
    "change_cover",
    "change_duty",
    "change_team_work",
    "chase",
    "claim_fix",
    "come_back",
    "confirm_fix",
    "create_checklist",
    "end_invitation",
    "end_shift",
    "go_away",
    "hand_over",
    "hand_to_vendor",
    "invite",
    "name_owner",
    "propose_reply",
    "rate_handoff",
    "refuse_fix",
    "refuse_proposal",
    "require_possible_cover",
    "retire_checklist",
    "return_",
    "send_proposal",
    "set_responsible",
]
