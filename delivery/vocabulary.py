"""The kinds of notices that people choose, and the letters that bring them. Apps above offer theirs (helpdesk/telling).

A kind is what somebody ticks on the page of their choices ("a ticket was assigned to me"). A letter is the mail that
tells one thing; several letters may be of one kind.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User

Words = Any
"""A text that is translated when it is read (`gettext_lazy`)."""


class ByMail(TextChoices):
    NOW = "now", _("at once")
    HOURLY = "hourly", _("every hour")
    DAILY = "daily", _("once a day")
    OFF = "off", _("not by mail")


def everybody(person: User) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class NoticeKind:
    """Something that people are told, with what holds as long as they have chosen nothing else."""

    code: str
    label: Words
    group: Words
    """The heading under which it stands among the choices."""
    concerns: Callable[[User], bool] = everybody
    """Whose choice it is: the others are never told."""
    mail: ByMail = ByMail.NOW
    inside: bool = True
    is_fixed: bool = False
    """Its mail cannot be switched off, nor put off."""
    why_fixed: Words = ""
    has_mail: bool = True
    has_inside: bool = True
    is_urgent: bool = False
    """It breaks quiet hours, where the person allows what is urgent to."""
    tells_actor: bool = False
    """Also whoever did it is told: the confirmation of what one has just filed."""
    is_correspondence: bool = False
    """Letters from person to person: they are answered, and no mailing list that one leaves by a click."""


@dataclass(frozen=True, kw_only=True)
class LetterKind:
    """The built-in words of one mail, and what may stand in braces in them."""

    name: str
    label: Words
    kind: str
    """The kind of notice that it tells."""
    subject: Words
    body: Words
    placeholders: frozenset[str]
    is_personal: bool = False
    """It brings what a person wrote: it does not say that a machine wrote it."""
    shows_sender: bool = True
    """Whether it comes in the name of who did it; else in the desk's alone."""
    part: bool = False
    """No mail of its own, but a part of all: the greeting, the signature."""
    slots: tuple[str, ...] = ()
    """Placeholders that stand at the end where the words do not name them: words that were written before there was
    such a place bring it without an edit."""


@dataclass
class _Known:
    kinds: dict[str, NoticeKind] = field(default_factory=dict)
    letters: dict[str, LetterKind] = field(default_factory=dict)


_known = _Known()


def offer(kinds: Iterable[NoticeKind], letters: Iterable[LetterKind]) -> None:
    """Make kinds and letters known, in the order in which pages show them."""
    _known.kinds |= {kind.code: kind for kind in kinds}
    _known.letters |= {letter.name: letter for letter in letters}


def kind_called(code: str) -> NoticeKind:
    return _known.kinds[code]


def kinds_of(person: User) -> list[NoticeKind]:
    """What this person may be told, and so may choose."""
    return [kind for kind in _known.kinds.values() if kind.concerns(person)]


def is_kind(code: str) -> bool:
    return code in _known.kinds


def letter_called(name: str) -> LetterKind:
    return _known.letters[name]


def letters() -> list[LetterKind]:
    return list(_known.letters.values())


def is_letter(name: str) -> bool:
    return name in _known.letters
