"""The kinds of changes that the settings of knowledge write into the history of settings."""

SECTION_CREATED = "section.created"
SECTION_CHANGED = "section.changed"
SECTION_DELETED = "section.deleted"
SUGGESTIONS_CHANGED = "suggestions.changed"
SYNONYMS_CREATED = "synonyms.created"
SYNONYMS_CHANGED = "synonyms.changed"
SYNONYMS_DELETED = "synonyms.deleted"
