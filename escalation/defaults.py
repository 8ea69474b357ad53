"""What escalation needs in every database: the one row that says which rules are known. Idempotent; after migrate."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from escalation.models import RuleBook


def ensure_defaults(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    RuleBook.objects.using(using).get_or_create(pk=1)
