"""ETag and If-Match: whoever writes says which version they have read."""

import re

from helpdesk.api.asking import Request
from helpdesk.api.problems import KINDS, Problem

TAG = re.compile(r'(?:W/)?"(\d{1,9})"')
NEVER = -1
"""A version that nothing has: what was sent is no ETag of ours, so it cannot match."""


def etag(version: int) -> str:
    return f'"{version}"'


def seen(request: Request, *, now: int, needed: bool = False) -> int | None:
    """The version that the caller has read, as operations take it; None where they overwrite whatever there is.

    Args:
        now: the version that was just read, which is meant where If-Match names several.
        needed: refuse a request without the header.

    Raises:
        Problem: 428.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given and needed:
        raise Problem("precondition_required", str(KINDS["precondition_required"].remedy), field="If-Match")
    if not given or given == "*":
        return None
    # A proxy or our own compression may have made the tag a weak one; the version in it is the same.
    versions = [int(version) for version in TAG.findall(given)]
    if now in versions:
        return now
    return versions[0] if versions else NEVER
