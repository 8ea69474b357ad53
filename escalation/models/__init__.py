from escalation.models.assigning import Availability, Shift, Strategy, TeamWork
from escalation.models.checklists import AskedChecklist, Checklist, ChecklistItem, HandoffItem
from escalation.models.handoffs import Fix, Handoff, HandoffRating, Reason, ReturnReason
from escalation.models.invitations import Invitation
from escalation.models.macros import Macro
from escalation.models.proposals import Proposal
from escalation.models.rules import Arming, Firing, Rule, RuleBook, RuleVersion, TimePass
from escalation.models.vendors import VendorFor

__all__ = [
    "Arming",
    "AskedChecklist",
    "Availability",
    "Checklist",
    "ChecklistItem",
    "Firing",
    "Fix",
    "Handoff",
    "HandoffItem",
    "HandoffRating",
    "Invitation",
    "Macro",
    "Proposal",
    "Reason",
    "ReturnReason",
    "Rule",
    "RuleBook",
    "RuleVersion",
    "Shift",
    "Strategy",
    "TeamWork",
    "TimePass",
    "VendorFor",
]
