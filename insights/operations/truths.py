"""Keeping what a comparison with an imported file found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from insights.models import KnownTruths


def keep_truths(*, system: str, file: str, lines: Sequence[dict[str, Any]], at: datetime) -> KnownTruths:
    """Keep the lines of this file's comparison; an earlier one of the same file is replaced."""
    row, _is_new = KnownTruths.objects.update_or_create(
        system=system, file=file, defaults={"lines": list(lines), "at": at}
    )
    return row
