"""What people type about people, teams and the desk. Forms clean; operations act."""

from accounts.forms.branding import BrandingForm
from accounts.forms.company import DeskForm, OrganisationForm, SkillForm, TierForm
from accounts.forms.people import InviteForm, PeopleFilter, PersonForm, ProfileForm
from accounts.forms.teams import MemberForm, NewTeamForm, RoleForm, ScopeForm, SkillLevelForm, TeamForm
from accounts.forms.upload import ConfirmUploadForm, PeopleUploadForm

__all__ = [
    "BrandingForm",
    "ConfirmUploadForm",
    "DeskForm",
    "InviteForm",
    "MemberForm",
    "NewTeamForm",
    "OrganisationForm",
    "PeopleFilter",
    "PeopleUploadForm",
    "PersonForm",
    "ProfileForm",
    "RoleForm",
    "ScopeForm",
    "SkillForm",
    "SkillLevelForm",
    "TeamForm",
    "TierForm",
]
