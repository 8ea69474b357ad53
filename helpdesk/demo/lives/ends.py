"""Lives that end otherwise than by a solution."""

from datetime import datetime, timedelta

from helpdesk.demo.lives.shape import life
from helpdesk.demo.script import SOON, Script
from tickets import operations
from tickets.models import CancelReason, Channel, Message, MessageKind


@life("asks")
def withdrawn(s: Script) -> None:
    """It went away by itself, and the requester says so."""
    by = s.cast.requester
    s.filed()
    if s.rng.random() < 0.5:
        s.taken()
    s.then((20, 400), lambda at: operations.withdraw(s.ticket, by=by, at=at), "withdrawn")


@life("spam")
def spam(s: Script) -> None:
    s.filed(without_category=True, channel=Channel.MAIL)
    reason, by = CancelReason(s.scenario.said["spam"]), s.company.people["noor"]
    s.then((5, 200), lambda at: operations.not_a_request(s.ticket, reason=reason, by=by, at=at), "dismissed")


@life("asks", "resolve")
def cancelled(s: Script) -> None:
    text, by = s.small_talk("cancel_reasons"), s.cast.first
    s.filed()
    s.taken()
    s.then((30, 400), lambda at: operations.cancel(s.ticket, reason_text=text, by=by, at=at), "cancelled")


@life("asks", "resolve")
def restored(s: Script) -> None:
    """Taken for noise by mistake, and brought back."""
    by = s.company.people["jules"]

    def dismissed(at: datetime) -> None:
        operations.not_a_request(s.ticket, reason=CancelReason.NOISE, by=by, at=at)

    s.filed()
    s.then(SOON, dismissed, "dismissed")
    s.then((5, 60), lambda at: operations.restore(s.ticket, by=by, at=at), "restored")
    s.taken()
    s.resolved()
    s.ended()


@life("asks", "l3", "summary", "secret", "resolve")
def restricted(s: Script) -> None:
    """Handed to security, which keeps it to the few who need to know."""
    _kept_secret(s)
    s.resolved(span=(60, 500))
    s.ended()


@life("asks", "l3", "summary", "secret", "resolve")
def restricted_for_a_time(s: Script) -> None:
    _kept_secret(s)
    by = s.holder
    s.then((200, 500), lambda at: operations.unrestrict(s.ticket, by=by, at=at), "unrestricted")
    s.resolved(span=(60, 500))
    s.ended()


def _kept_secret(s: Script) -> None:
    third, first = s.cast.third, s.cast.first
    security = s.company.teams["Security"]
    s.filed()
    s.taken(SOON)
    s.climbs("Security", span=(3, 20))
    s.accepted(third, (3, 30))
    s.then(
        (2, 10),
        lambda at: operations.restrict(s.ticket, people=[first], teams=[security], by=third, at=at),
        "restricted",
    )
    s.noted("secret", (20, 90), min_tier=3)
    s.replied(s.say("deep"))


@life("asks", "oops", "resolve")
def redacted(s: Script) -> None:
    """A password lands in the ticket, and is emptied; the subject gives something away as well."""
    s.filed()
    s.taken()
    s.replied(s.say("oops"), (10, 60), "leaked", by=s.cast.requester)
    by, subject = s.holder, s.fill("{first}’s request (subject changed)")

    def emptied(at: datetime) -> None:
        last = Message.objects.filter(ticket=s.ticket, kind=MessageKind.REPLY).order_by("-pk")[0]
        operations.redact_message(last, reason="A password was written here.", by=by, at=at)
        operations.redact_subject(s.ticket, subject=subject, reason="Named an account.", by=by, at=at)

    s.then((3, 30), emptied, "redacted")
    s.resolved()
    s.ended()


@life("asks", "call", "resolve")
def on_behalf(s: Script) -> None:
    """Filed by a colleague who lets the requester's neighbour watch; set aside and taken up before time."""
    by, colleague = s.cast.first, s.cast.colleague
    requester = s.cast.requester
    note = s.small_talk("appointments")
    s.phoned()
    s.taken(SOON)
    s.then((1, 20), lambda at: operations.watch(s.ticket, user=colleague, by=requester, at=at), "watched")

    def held(at: datetime) -> None:
        until = at + timedelta(days=6)
        operations.hold(s.ticket, reason="appointment", until=until, note=note, by=by, at=at)

    s.then((10, 60), held, "held")
    s.then((300, 900), lambda at: operations.resume(s.ticket, by=by, at=at), "resumed")
    s.resolved()
    s.ended()
