"""The kinds of changes that the settings of escalation write into the history of settings."""

CHECKLIST_CREATED = "checklist.created"
CHECKLIST_CHANGED = "checklist.changed"
CHECKLIST_RETIRED = "checklist.retired"
