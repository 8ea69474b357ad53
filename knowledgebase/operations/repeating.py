"""Whether somebody whom an article helped came back within a week: by marks that nobody can read for long.

A mark is an HMAC of the person's key. Its secret makes marks for a week and is thrown away after two, when all
of them are settled. Without it nothing can be told from a mark.
"""

import hashlib
import hmac
import secrets
from collections import defaultdict
from datetime import datetime, timedelta

from knowledgebase.models import FilingForm, RepeatKey
from tickets.models import Category, Ticket

WATCHED = timedelta(days=7)
"""How long somebody has to come back."""
KEY_USED = timedelta(days=7)
KEY_KEPT = timedelta(days=14)


def current_key(*, at: datetime) -> RepeatKey:
    """The secret that marks are made with now."""
    newest = RepeatKey.objects.filter(made_at__gt=at - KEY_USED).order_by("-made_at").first()
    return newest or RepeatKey.objects.create(secret=secrets.token_bytes(32), made_at=at)


def mark_of(person: int, key: RepeatKey) -> str:
    return hmac.new(bytes(key.secret), str(person).encode(), hashlib.sha256).hexdigest()


def throw_keys_away(*, at: datetime) -> int:
    """Delete the secrets of two weeks ago, and what was marked with them; answers how many."""
    old = RepeatKey.objects.filter(made_at__lte=at - KEY_KEPT)
    FilingForm.objects.filter(key__in=old).update(mark="", key=None, solved_at=None)
    deleted, _by_model = old.delete()
    return deleted


def came_back(forms: list[FilingForm]) -> list[FilingForm]:
    """Those of these forms, ended by an article, whose person filed a ticket of the category within a week after.

    A category counts with those above and below it, for the desk files more exactly than requesters do. A form without
    a category is taken back by any ticket.
    """
    if not forms:
        return []
    keys = {form.key for form in forms if form.key is not None}
    since = min(form.solved_at for form in forms if form.solved_at)
    filed: dict[str, list[tuple[datetime, int | None]]] = defaultdict(list)
    rows = Ticket.objects.filter(created_at__gt=since).order_by()
    columns = ("requester_id", "opened_by_id", "created_at", "category_id")
    marks: dict[int, list[str]] = {}
    for requester, opener, created, category in rows.values_list(*columns).iterator(chunk_size=5_000):
        for person in {requester, opener} - {None}:
            if person not in marks:
                marks[person] = [mark_of(person, key) for key in keys]
            for mark in marks[person]:
                filed[mark].append((created, category))
    branches = _branches({form.category_id for form in forms if form.category_id})
    return [form for form in forms if any(_takes_back(form, *each, branches) for each in filed[form.mark])]


# --- below ---


def _takes_back(
    form: FilingForm, created: datetime, category: int | None, branches: dict[int, set[int]]
) -> bool:
    if form.solved_at is None or not form.solved_at < created <= form.solved_at + WATCHED:
        return False
    return form.category_id is None or category in branches.get(form.category_id, set())


def _branches(wanted: set[int]) -> dict[int, set[int]]:
    """By category itself, what stands above it, and what lies below."""
    rows = list(Category.objects.values_list("pk", "ancestry")) if wanted else []
    above = {pk: {*ancestry, pk} for pk, ancestry in rows}
    return {key: above.get(key, {key}) | {pk for pk, over in above.items() if key in over} for key in wanted}
