"""Making sure who calls: called back, a code, or their manager. Only the result is kept, never what was said."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations import send_mail_row
from knowledgebase.models import CallerCode, Run
from knowledgebase.operations.running import at_place, keep_answer
from knowledgebase.queries.runs import Standing
from knowledgebase.scripts.spec import CALL_BACK, CODE, FAILED, MANAGER, PASSED, WAYS, Kind, Step
from tickets.refusals import Invalid, NotAllowed, Refused

GOOD_FOR = timedelta(minutes=15)
MOST_TRIES = 5
DIGITS = 6
PAUSE = timedelta(seconds=30)
"""Between two codes: a mail takes a moment, and nobody's mailbox is to be filled."""
MARK_OF_SECRETS = "X-Tierdesk-Confidential"
"""Marks mails that nobody but the addressee reads, not even in the outbox."""


class NoSuchWay(Invalid):
    """The caller cannot be verified in this way; the sentence says what is missing."""

    code = "no_such_way"


class NoCode(Invalid):
    """There is no code to compare with."""

    code = "no_code"


class NotYet(Refused):
    """A code was sent a moment ago."""

    code = "not_yet"


def mails_with_codes(reader: User) -> Q:
    """Those that nobody reads in the outbox. With DEBUG they stay: there is no other place to read a mail."""
    return Q(pk__in=[]) if settings.DEBUG else Q(headers__has_key=MARK_OF_SECRETS)


def missing(way: str, requester: User, by: User) -> str:
    """Why this way is not open for this caller; empty where it is."""
    if way == CALL_BACK and not requester.phone:
        return _("No phone number is on file for %(name)s.") % {"name": requester}
    if way == CODE and (not requester.is_active or not requester.email):
        return _("No address is on file for %(name)s, or they have left.") % {"name": requester}
    if way == MANAGER and (requester.manager is None or not requester.manager.is_active):
        return _("No manager is on file for %(name)s.") % {"name": requester}
    if way == MANAGER and requester.manager == by:
        return _("You are their manager: let somebody else ask you.")
    return ""


@transaction.atomic
def send_code(run: Run, *, place: int, step: str, by: User, at: datetime) -> CallerCode:
    """Send the caller a code, to the address on file. The one that was sent before is good no longer.

    Raises:
        NoSuchWay: there is no address on file.
        NotYet: one was sent within the last half minute.
    """
    here, _asked = _verifying(run, place, step, CODE, by)
    known = CallerCode.objects.filter(run=here.run).first()
    if known is not None and at < known.sent_at + PAUSE:
        raise NotYet(
            _("A code was sent a moment ago. Wait half a minute before you send another."), field="code"
        )
    digits = "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
    code, _made = CallerCode.objects.update_or_create(
        run=here.run,
        defaults={
            "ticket_id": here.run.ticket_id,
            "place": place,
            "digest": _digest(here.run, digits),
            "sent_at": at,
            "until": at + GOOD_FOR,
            "tries": 0,
        },
    )
    _mail(here, digits, at)
    return code


@dataclass(frozen=True)
class Checked:
    """What a verification came to: the run, and for a wrong code how many tries are left (none: it is decided)."""

    run: Run
    tries_left: int | None = None

    @property
    def is_decided(self) -> bool:
        return self.tries_left is None


@transaction.atomic
def verify(
    run: Run, *, place: int, step: str, way: str, passed: bool = True, code: str = "", by: User, at: datetime
) -> Checked:
    """Say that the caller is who they say they are, by a way, or is not. A code that was sent is compared here.

    A wrong code is counted, so it is answered and not refused; with the last try the verification has failed.

    Raises:
        NoSuchWay: the script does not allow this way, or what it needs is not on file.
        NoCode: none was sent, or it is too old.
    """
    here, asked = _verifying(run, place, step, way if passed else "", by)
    if way == CODE and passed:
        sent = _code_of(here.run, place, at)
        if not hmac.compare_digest(sent.digest, _digest(here.run, "".join(code.split()))):
            sent.tries += 1
            sent.save(update_fields=["tries"])
            if sent.tries < MOST_TRIES:
                return Checked(here.run, MOST_TRIES - sent.tries)
            passed = False
    CallerCode.objects.filter(run=here.run).delete()
    keep_answer(
        here, place, asked, PASSED if passed else FAILED, by=by, at=at, data={"way": way if passed else ""}
    )
    return Checked(here.run)


def _verifying(run: Run, place: int, step: str, way: str, by: User) -> tuple[Standing, Step]:
    here, asked = at_place(run, place=place, step=step, by=by)
    requester = here.run.ticket.requester
    if asked.kind != Kind.VERIFY:
        raise Invalid(_("Nobody is to be verified at this step."), field="step")
    if requester == by:
        raise NotAllowed(_("You are the caller: let a colleague verify you."))
    if not way:  # they are not who they say they are: that needs none
        return here, asked
    if way not in asked.ways:
        known = get_text_list([str(WAYS[name]) for name in asked.ways], _("or"))
        raise NoSuchWay(_("This step allows: %(known)s.") % {"known": known}, field="way")
    if why_not := missing(way, requester, by):
        remedy = _("Choose another way, or say that the caller is not verified.")
        raise NoSuchWay(f"{why_not} {remedy}", field="way")
    return here, asked


def _code_of(run: Run, place: int, at: datetime) -> CallerCode:
    sent = CallerCode.objects.select_for_update().filter(run=run, place=place).first()
    if sent is None:
        raise NoCode(_("No code was sent for this step. Send one first."), field="code")
    if sent.until < at:
        raise NoCode(_("The code is too old. Send another."), field="code")
    return sent


def _digest(run: Run, digits: str) -> str:
    """Keyed and bound to the run: whoever reads the table cannot try all numbers."""
    return salted_hmac("knowledgebase.caller-code", f"{run.pk}:{digits}", algorithm="sha256").hexdigest()


def _mail(here: Standing, digits: str, at: datetime) -> None:
    person = here.run.ticket.requester
    with translation.override(person.language):
        send_mail_row(
            to=person.email,
            subject=_("Your code for the service desk"),
            text=_(
                "Hello %(name)s,\n\n"
                "you are speaking with the service desk. Read this code to them, so that they know that it is"
                " you:\n\n    %(code)s\n\n"
                "It is good for %(minutes)d minutes.\n\n"
                "If you are not speaking with us, tell nobody the code, and let us know: somebody may be trying to"
                " pass for you.\n"
            )
            % {"name": person.first_name, "code": digits, "minutes": int(GOOD_FOR.total_seconds() // 60)},
            headers={MARK_OF_SECRETS: "yes"},
            about_ticket=here.run.ticket_id,
            person=person,
            at=at,
        )
