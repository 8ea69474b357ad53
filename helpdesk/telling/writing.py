"""From a letter's words and what stands for its places to the letter that one person gets: its text and its HTML."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _

from accounts.models import Desk
from delivery.filling import fill, fill_line, places_in, plain
from delivery.letters import Letter
from delivery.templates import Words, words_of
from delivery.vocabulary import LetterKind, letter_called
from helpdesk.telling.files import Enclosed
from tickets.markdown import render

_PICTURE = re.compile(r'<img src="/files/(?P<key>[0-9a-f-]{36})/?[^"]*"(?P<rest>[^>]*)>')
_ALT = re.compile(r'alt="([^"]*)"')
_OWN_LINK = re.compile(r'href="/(?!/)')
_OWN_TARGET = re.compile(r"\]\(/(?!/)")
_LINES_OF_LINKS = re.compile(r"<p>(?P<links>(?:<a [^>]*>[^<]*</a>(?:<br ?/?>\s*)?){2,})</p>")
_LONE_LINK = re.compile(r'<p><a href="(?P<url>[^"]+)"[^>]*>(?P<shown>[^<]*)</a></p>')


SURVEY_PATH = "/survey/"
"""Where the answers to a survey lead."""


@dataclass(frozen=True)
class Value:
    """What stands for a place: as text, and as Markdown for the HTML."""

    text: str
    markdown: str


Later = Callable[[], Value]
"""What costs a query is asked for when the words really have its place."""


def inline(text: object) -> Value:
    """A name, a subject, a number: whatever signs are in it, they mean nothing."""
    return Value(str(text), plain(str(text)))


def written(text: str) -> Value:
    """What somebody wrote as Markdown, such as a message."""
    return Value(_OWN_TARGET.sub(f"]({_base()}/", text), text)


def lines(text: str) -> Value:
    """Several lines that we have set ourselves, with words of others in them."""
    return Value(text, "\n".join(plain(line) for line in text.split("\n")))


def link(url: str) -> Value:
    return Value(url, f"<{url}>")


def about_desk(desk: Desk, name: str) -> dict[str, Value]:
    """What every mail can say."""
    reach = " · ".join(filter(None, (desk.name, desk.phone, desk.hours_text)))
    return {
        "name": inline(name),
        "desk": inline(desk.name),
        "phone": inline(desk.phone),
        "hours": inline(desk.hours_text),
        "reach": inline(reach),
    }


def compose(
    name: str,
    values: Mapping[str, Value | Later],
    *,
    language: str,
    organisation: int | None,
    sender_name: str = "",
    enclosed: Enclosed | None = None,
    keeps_subject: bool = True,
    words: Words | None = None,
) -> Letter:
    """The letter in the language that is active.

    Args:
        organisation: whose templates hold, if it has any.
        enclosed: what comes with it; `files` among the values says the rest.
        words: instead of those that hold: for a preview of what is not kept yet.
    """
    letter, greeting, signature = (letter_called(each) for each in (name, "greeting", "signature"))
    held = words_of((letter, greeting, signature), organisation=organisation, language=language)
    said = with_slots(words or held[name], letter)
    enclosed = enclosed or Enclosed()
    # Nothing stands for a place that this letter does not know: a vendor's never names who asks.
    known = letter.placeholders | greeting.placeholders | signature.placeholders
    parts = (said.subject, said.body, held["greeting"].body, held["signature"].body)
    named = known.intersection(places_in("\n".join(parts)))
    asked = {place: values[place] for place in named if place in values}
    found = {place: value if isinstance(value, Value) else value() for place, value in asked.items()}
    found["files"] = lines(enclosed.words)
    text = {place: value.text for place, value in found.items()}
    markdown = {place: value.markdown for place, value in found.items()}
    return Letter(
        subject=fill_line(said.subject, text),
        text=fill(said.body, text),
        html=html_of(fill(said.body, markdown), enclosed),
        greeting=fill(held["greeting"].body, text),
        greeting_html=html_of(fill(held["greeting"].body, markdown), enclosed),
        signature=fill(held["signature"].body, text),
        signature_html=html_of(fill(held["signature"].body, markdown), enclosed),
        sender_name=sender_name if letter.shows_sender else "",
        is_personal=letter.is_personal,
        files=enclosed.keys,
        keeps_subject=keeps_subject and said.is_builtin,
        language=language,
    )


def with_slots(words: Words, letter: LetterKind) -> Words:
    """The words with the letter's slots: where they stand in braces, else at the end."""
    missing = [slot for slot in letter.slots if slot not in places_in(words.body)]
    return replace(words, body="\n\n".join([words.body, *(f"{{{slot}}}" for slot in missing)]))


def html_of(markdown: str, enclosed: Enclosed) -> str:
    """Safe HTML: pictures that come with the mail in their places, our own links whole, a link alone as a button, the
    answers to a survey side by side.
    """
    html = _PICTURE.sub(lambda found: _picture(found, enclosed), render(markdown))
    html = _OWN_LINK.sub(f'href="{escape(_base())}/', html)
    return _LINES_OF_LINKS.sub(_answers, _LONE_LINK.sub(_button, html))


def _picture(found: re.Match[str], enclosed: Enclosed) -> str:
    """From the mail itself; never from the desk, for a picture that is fetched tells when and where it was read."""
    alt = _ALT.search(found["rest"])
    name = alt[1] if alt else ""
    if found["key"] in enclosed.keys:
        return f'<img src="cid:{enclosed.content_id(found["key"])}" alt="{name}" class="picture">'
    shown = name or escape(_("picture"))
    return f'<a href="{escape(_base())}/files/{found["key"]}/">{shown}</a>'


def _button(found: re.Match[str]) -> str:
    """Only of our own pages: what somebody wrote into a message stays what they wrote."""
    url, shown = found["url"], found["shown"]
    if not url.startswith(escape(_base())) or shown.replace("&amp;", "&") != url.replace("&amp;", "&"):
        return found[0]
    return f'<p class="act"><a class="button" href="{url}">{escape(_("Open in the browser"))}</a></p>'


def _answers(found: re.Match[str]) -> str:
    """Only of surveys, which we write ourselves; each is as large as a thumb."""
    if found["links"].count(f'<a href="{escape(_base())}{SURVEY_PATH}') != found["links"].count("<a "):
        return found[0]
    links = found["links"].replace("<br>", "").replace("<a ", '<a class="answer" ')
    return f'<p class="answers">{links}</p>'


def _base() -> str:
    return settings.BASE_URL.rstrip("/")
