"""Names of policies and of rules: each once, whatever its case, and a free one for a copy."""

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from tickets.refusals import Invalid


def free_name(rows: "QuerySet[Model]", name: str, *, longest: int, taken: str) -> str:
    """The name as it is kept.

    Args:
        rows: those whose name it must not be.
        taken: the sentence where it is, with `%(name)s`.

    Raises:
        Invalid: it is empty, too long, or taken.
    """
    name = " ".join(name.split())
    if not name or len(name) > longest:
        raise Invalid(_("A name has 1 to %(n)d characters.") % {"n": longest}, field="name")
    if rows.filter(name__iexact=name).exists():
        raise Invalid(taken % {"name": name}, field="name")
    return name


def copy_name(rows: "QuerySet[Model]", name: str, *, longest: int) -> str:
    """ "Standard (copy)", or the next number that none of the rows has."""
    taken = {known.casefold() for known in rows.values_list("name", flat=True)}
    for number in range(1, len(taken) + 2):
        tail = _(" (copy)") if number == 1 else _(" (copy %(n)d)") % {"n": number}
        if (found := name[: longest - len(tail)] + tail).casefold() not in taken:
            return found
    raise AssertionError("more names are taken than there are rows")
