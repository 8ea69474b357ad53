"""What people do with accounts. Each act is one function, with who did it and when as arguments."""

from accounts.operations.addresses import mark_bounced, trust_address
from accounts.operations.branding import HardToRead, change_branding, put_branding_back
from accounts.operations.company import (
    change_desk,
    change_organisation,
    change_tier,
    create_organisation,
    disable_tier,
    enable_tier,
    finish_setup,
)
from accounts.operations.people import (
    PersonChanges,
    PersonDetails,
    change_person,
    create_person,
    deactivate,
    log_out,
    reactivate,
)
from accounts.operations.sessions import end_other_sessions, end_session
from accounts.operations.skills import create_skill, delete_skill, rename_skill
from accounts.operations.teams import (
    change_team,
    create_team,
    drop_skill,
    join_team,
    leave_team,
    retire_team,
    revive_team,
    set_skill,
)
from accounts.operations.tokens import (
    create_service,
    create_token,
    forget_tokens,
    is_over,
    revoke_token,
    use_token,
)

__all__ = [
    "HardToRead",
    "PersonChanges",
    "PersonDetails",
    "change_branding",
    "change_desk",
    "change_organisation",
    "change_person",
    "change_team",
    "change_tier",
    "create_organisation",
    "create_person",
    "create_service",
    "create_skill",
    "create_team",
    "create_token",
    "deactivate",
    "delete_skill",
    "disable_tier",
    "drop_skill",
    "enable_tier",
    "end_other_sessions",
    "end_session",
    "finish_setup",
    "forget_tokens",
    "is_over",
    "join_team",
    "leave_team",
    "log_out",
    "mark_bounced",
    "put_branding_back",
    "reactivate",
    "rename_skill",
    "retire_team",
    "revive_team",
    "revoke_token",
    "set_skill",
    "trust_address",
    "use_token",
]
