"""The words of mails: written anew by administrators, version by version, and put back to the built-in ones."""

from datetime import datetime
from difflib import get_close_matches

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Organisation, User
from accounts.permissions import may_administer
from accounts.refusals import Invalid
from delivery import letter_events
from delivery.filling import unknown_places
from delivery.models import MailTemplate
from delivery.templates import forget
from delivery.vocabulary import LetterKind, is_letter, letter_called

LONGEST_SUBJECT = 200
LONGEST_BODY = 10_000


@transaction.atomic
def write_template(
    name: str,
    *,
    organisation: Organisation | None,
    language: str,
    subject: str,
    body: str,
    by: User | None,
    at: datetime,
) -> MailTemplate:
    """The next version of one mail's words, for an organisation (None: all) and a language (empty: any).

    Raises:
        PermissionDenied: only administrators write them.
        Invalid: no such mail or language, nothing written, too long, or a place that this mail does not know.
    """
    letter = _letter(name, language, by)
    subject, body = " ".join(subject.split()), body.replace("\x00", "").replace("\r\n", "\n").strip()
    check_words(letter, subject, body)
    return _next(name, organisation, language, at, by, subject=subject, body=body)


@transaction.atomic
def reset_template(
    name: str, *, organisation: Organisation | None, language: str, by: User | None, at: datetime
) -> MailTemplate | None:
    """Back to what holds without it: the next in the chain, in the end the built-in words. None: there was nothing."""
    _letter(name, language, by)
    current = _current(name, organisation, language).filter(is_builtin=False)
    if not current.exists():
        return None
    return _next(name, organisation, language, at, by, is_builtin=True)


@transaction.atomic
def put_back_template(version: MailTemplate, *, by: User | None, at: datetime) -> MailTemplate:
    """Make an earlier version hold again at its place, as a new one.

    Raises:
        PermissionDenied, Invalid: as `write_template`; a place of its words may be gone since then.
    """
    letter = _letter(version.name, version.language, by)
    place = (version.name, version.organisation, version.language, at, by)
    if version.is_builtin:
        return _next(*place, is_builtin=True)
    check_words(letter, version.subject, version.body)
    return _next(*place, subject=version.subject, body=version.body)


def check_words(letter: LetterKind, subject: str, body: str) -> None:
    """Refuse what cannot be a template of this mail.

    Raises:
        Invalid
    """
    if not letter.part and not subject:
        raise Invalid(_("A mail needs a subject."), field="subject")
    if len(subject) > LONGEST_SUBJECT:
        raise Invalid(_("A subject has at most %(n)d characters.") % {"n": LONGEST_SUBJECT}, field="subject")
    if not body:
        raise Invalid(_("A mail needs words."), field="body")
    if len(body) > LONGEST_BODY:
        raise Invalid(_("A mail has at most %(n)d characters.") % {"n": LONGEST_BODY}, field="body")
    for field, text in (("subject", subject), ("body", body)):
        unknown = unknown_places(text, letter.placeholders)
        if unknown:
            raise Invalid(_unknown(unknown[0], letter), field=field)


def _unknown(name: str, letter: LetterKind) -> str:
    """What it does not know, the nearest that it does, and all of them."""
    known = sorted(letter.placeholders)
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    words = _("This mail does not know {%(name)s}. It knows: %(known)s.")
    if nearest:
        words = _("This mail does not know {%(name)s}. Did you mean {%(nearest)s}? It knows: %(known)s.")
    return words % {
        "name": name,
        "nearest": nearest[0] if nearest else "",
        "known": ", ".join(f"{{{place}}}" for place in known),
    }


def _letter(name: str, language: str, by: User | None) -> LetterKind:
    if not may_administer(by):
        raise PermissionDenied(_("Only administrators write the words of mails."))
    if not is_letter(name):
        raise Invalid(_("There is no such mail."), field="name")
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid(_("The desk does not speak this language."), field="language")
    return letter_called(name)


def _current(name: str, organisation: Organisation | None, language: str) -> QuerySet[MailTemplate]:
    return MailTemplate.objects.filter(
        name=name, organisation=organisation, language=language, is_current=True
    )


def _next(
    name: str,
    organisation: Organisation | None,
    language: str,
    at: datetime,
    by: User | None,
    *,
    subject: str = "",
    body: str = "",
    is_builtin: bool = False,
) -> MailTemplate:
    rows = _current(name, organisation, language)
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    rows.update(is_current=False)
    accounts.record(
        letter_events.TEMPLATE_RESET if is_builtin else letter_events.TEMPLATE_CHANGED,
        by=by,
        at=at,
        template=name,
        language=language,
        organisation=organisation.pk if organisation else None,
    )
    transaction.on_commit(forget)
    # A part has no subject of its own; the column says for all that a template has words.
    return MailTemplate.objects.create(
        name=name,
        organisation=organisation,
        language=language,
        subject="" if is_builtin else subject or "-",
        body=body,
        is_builtin=is_builtin,
        at=at,
        by=by,
    )
