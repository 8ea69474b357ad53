"""From an event to the sentence for its reader."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import Event
from tickets.permissions import is_desk
from tickets.sentences import desk, portal, vendor
from tickets.sentences.desk import Say, said
from tickets.sentences.names import DATA, Line, Names


def register(
    kind: str, *, to_desk: Say, to_requester: Say | None = None, to_vendor: Say | None = None
) -> None:
    """Teach a kind that another app records. Without a sentence of its own, a side is not told of it."""
    desk.SENTENCES[kind] = to_desk
    if to_requester is not None:
        portal.SENTENCES[kind] = to_requester
    if to_vendor is not None:
        vendor.SENTENCES[kind] = to_vendor


def sentences(events: Iterable[Event], viewer: User | None = None) -> list[str]:
    """A sentence for each event as the viewer reads it; "" where they are not told of it."""
    events = list(events)
    prefetch_related_objects(events, "message")
    names = Names.of(events)
    return [say(Line(event, names, viewer)) for event in events]


def sentence(event: Event, viewer: User | None = None) -> str:
    return sentences([event], viewer)[0]


def say(line: Line) -> str:
    """Unknown kinds (of an app that is gone) read as a change to the desk, and as nothing to others."""
    if line.viewer is None or is_desk(line.viewer):
        return _by_macro(desk.SENTENCES.get(line.event.kind, _changed_it)(line), line)
    told = vendor.SENTENCES if line.viewer.is_vendor_guest else portal.SENTENCES
    known = told.get(line.event.kind)
    return known(line) if known else ""


def _by_macro(text: str, line: Line) -> str:
    """What a macro did reads as what a person did, and says which macro it was."""
    macro = line.data("macro")
    if not text or not macro or "macro" not in DATA:
        return text
    if not line.names.knows(DATA["macro"], macro):
        return _("%(what)s, by a macro that is gone") % {"what": text}
    return _("%(what)s, by the macro “%(name)s”") % {
        "what": text,
        "name": line.names.name(DATA["macro"], macro),
    }


def _changed_it(line: Line) -> str:
    return said(_("%(by)s changed it"), line)
