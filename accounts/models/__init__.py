from accounts.models.branding import Branding
from accounts.models.contracts import Contract, VendorContact
from accounts.models.desk import Desk, Signup
from accounts.models.events import AccountEvent
from accounts.models.organisations import Organisation, OrganisationDomain, SupportPlan
from accounts.models.people import ReachBy, User, UserQuerySet
from accounts.models.skills import Skill, UserSkill
from accounts.models.teams import Membership, Role, Team
from accounts.models.tiers import Sees, Tier
from accounts.models.tokens import Token
from accounts.models.versions import SettingVersion

__all__ = [
    "AccountEvent",
    "Branding",
    "Contract",
    "Desk",
    "Membership",
    "Organisation",
    "OrganisationDomain",
    "ReachBy",
    "Role",
    "Sees",
    "SettingVersion",
    "Signup",
    "Skill",
    "SupportPlan",
    "Team",
    "Tier",
    "Token",
    "User",
    "UserQuerySet",
    "UserSkill",
    "VendorContact",
]
