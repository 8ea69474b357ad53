"""The kinds of changes that the settings of escalation write into the history of settings."""

CHECKLIST_CREATED = "checklist.created"
CHECKLIST_CHANGED = "checklist.changed"
CHECKLIST_RETIRED = "checklist.retired"

RULE_CREATED = "rule.created"
RULE_CHANGED = "rule.changed"
RULE_ENABLED = "rule.enabled"
RULE_DISABLED = "rule.disabled"
RULE_DELETED = "rule.deleted"
RULES_ORDERED = "rules.ordered"

VENDOR_TAKES = "vendor.takes"
VENDOR_TAKES_NO_MORE = "vendor.takes_no_more"

TEAM_WORK_CHANGED = "team_work.changed"
TEAM_COVER_CHANGED = "team_cover.changed"
WENT_AWAY = "availability.away"
CAME_BACK = "availability.back"
DUTY_CHANGED = "availability.duty_changed"
