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
