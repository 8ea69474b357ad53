"""A notice as a letter, and letters as the text and the HTML of one mail.

Both are made of the same parts: the line above which one answers, a greeting, what there is to tell, the signature,
and where to choose what one is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.colours import palette
from delivery.addresses import marker_line
from delivery.logos import Logo

CHOICES_PATH = "/profile/notices/"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one person is told of one thing, in their language. The HTML parts are safe, and parts only."""

    subject: str
    text: str
    html: str
    greeting: str = ""
    greeting_html: str = ""
    signature: str = ""
    signature_html: str = ""
    sender_name: str = ""
    """In whose name it comes; the desk's where it is empty."""
    is_personal: bool = False
    files: tuple[str, ...] = ()
    keeps_subject: bool = True
    """Whether the conversation's first subject stays; not where somebody wrote another, or the words were removed."""
    language: str = "en"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Letter":
        return cls(**{**kept, "files": tuple(kept.get("files", ()))})


@dataclass(frozen=True)
class Paper:
    """What stands around the letters of one mail."""

    desk: str
    can_answer: bool = False
    """Whether an answer by mail finds its ticket: then a line says where to write it."""
    may_choose: bool = True
    """Whether it can be switched off: then the mail says where."""
    letters: list[Letter] = field(default_factory=list)
    colour: str = ""
    """Of the company that it is written to; empty: the usual blue."""
    logo: Logo | None = None
    """Its own, which comes with the mail; without one its name stands there."""

    @property
    def accent(self) -> str:
        """Under white words, and of links on white."""
        return palette(self.colour).light.accent if self.colour else "#2559b8"

    @property
    def accent_in_dark(self) -> str:
        return palette(self.colour).dark.accent if self.colour else "#8fb4ff"

    @property
    def text(self) -> str:
        parts = [self.marker] if self.can_answer else []
        first = self.letters[0]
        parts += [first.greeting] if first.greeting else []
        parts += [f"\n{RULE}\n\n".join(letter.text.strip("\n") + "\n" for letter in self.letters)]
        if first.signature:
            parts += [f"--\n{first.signature}"]
        if self.may_choose:
            parts += [f"{self.choose_words}\n{self.choices_url}"]
        return "\n\n".join(part.strip("\n") for part in parts) + "\n"

    @property
    def html(self) -> str:
        return render_to_string(
            "mail/frame.html", {"paper": self, "first": self.letters[0], "letters": self.letters}
        )

    @property
    def marker(self) -> str:
        return marker_line(_("Please write your answer above this line"))

    @property
    def choose_words(self) -> str:
        return _("Choose what you are told, when, and how:")

    @property
    def choices_url(self) -> str:
        return f"{settings.BASE_URL.rstrip('/')}{CHOICES_PATH}"


RULE = "- - -"


def emptied(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A kept letter without its words: what is redacted does not leave."""
    return {**kept, "text": "", "html": "", "files": []}


def subject_of_many(letters: Iterable[Letter], desk: str) -> str:
    """One line for a mail that tells several things; their own, where all have the same."""
    subjects = list(dict.fromkeys(letter.subject for letter in letters))
    if len(subjects) == 1:
        return subjects[0]
    count = len(list(letters))
    return ngettext("%(desk)s: %(n)d notice", "%(desk)s: %(n)d notices", count) % {"desk": desk, "n": count}
