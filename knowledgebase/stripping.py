"""Taking personal data out of what people wrote in a ticket, before it becomes an article.

Rather a word too many than one too few: whoever makes the article looks through what is left, and puts back what
was no name. Every pattern is bounded, so that a hostile text costs time in proportion to its length.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class What(StrEnum):
    NAME = "name"
    ORGANISATION = "organisation"
    MAIL = "mail"
    PHONE = "phone"
    ADDRESS = "address"
    NETWORK = "network"
    SERIAL = "serial"
    SECRET = "secret"  # noqa: S105 (the word for one)
    LINK = "link"


LABELS = {
    What.NAME: gettext_lazy("names"),
    What.ORGANISATION: gettext_lazy("organisations"),
    What.MAIL: gettext_lazy("mail addresses"),
    What.PHONE: gettext_lazy("phone numbers"),
    What.ADDRESS: gettext_lazy("places"),
    What.NETWORK: gettext_lazy("network addresses"),
    What.SERIAL: gettext_lazy("serials and inventory numbers"),
    What.SECRET: gettext_lazy("passwords and codes"),
    What.LINK: gettext_lazy("ends of links"),
}
"""What was taken out, several of a kind."""


def placeholder(what: What) -> str:
    """What stands in its place."""
    return {
        What.NAME: _("[name]"),
        What.ORGANISATION: _("[organisation]"),
        What.MAIL: _("[mail address]"),
        What.PHONE: _("[number]"),
        What.ADDRESS: _("[place]"),
        What.NETWORK: _("[network address]"),
        What.SERIAL: _("[serial]"),
        What.SECRET: _("[secret]"),
        What.LINK: "",
    }[what]


@dataclass(frozen=True)
class Known:
    """What is on file of the people and things of a ticket. Each is found whatever its case."""

    names: Iterable[str] = ()
    organisations: Iterable[str] = ()
    mails: Iterable[str] = ()
    phones: Iterable[str] = ()
    places: Iterable[str] = ()
    serials: Iterable[str] = ()


@dataclass
class Stripped:
    text: str
    found: Counter[str] = field(default_factory=Counter)
    """How many by `What`."""


def strip(text: str, known: Known) -> Stripped:
    """The text without what points to a person, an address or a device."""
    result = Stripped(text)
    for pattern, what, is_meant in (*_on_file(known), *PATTERNS):
        result.text = pattern.sub(_replace(result.found, what, is_meant), result.text)
    return result


Meant = Callable[[re.Match[str]], bool]
Rule = tuple[re.Pattern[str], What, Meant]


def _always(_match: re.Match[str]) -> bool:
    return True


def _replace(found: Counter[str], what: What, is_meant: Meant) -> Callable[[re.Match[str]], str]:
    def replaced(match: re.Match[str]) -> str:
        if not is_meant(match):
            return match[0]
        found[what] += 1
        groups = match.groupdict()
        kept = groups.get("kept") or groups.get("also") or ""
        return kept + placeholder(what)

    return replaced


# --- what is on file ---

LEAST = 3
"""Letters of a word that is taken for a part of a name: shorter ones are in every text."""
NAME_PART = re.compile(rf"[^\W\d_][\w'’-]{{{LEAST - 1},}}")
GREETING = (
    r"\b(?:hi|hello|hey|dear|thanks|thank you|regards|best|cheers|hallo|liebe|lieber|danke|gruß|grüße)\b"
)


def _on_file(known: Known) -> list[Rule]:
    """Longest first: a whole name goes before its parts, a mail address before the name in it."""
    logins = {mail.partition("@")[0] for mail in known.mails}
    names = {name for name in known.names if name.strip()}
    parts = {part for name in names for part in NAME_PART.findall(name)}
    return [
        *_rules(known.mails, What.MAIL),
        *_rules(known.phones, What.PHONE, least=5),
        *_rules(known.serials, What.SERIAL, least=LEAST),
        *_rules(known.organisations, What.ORGANISATION, least=LEAST),
        *_rules(known.places, What.ADDRESS, least=4),
        *_rules(names, What.NAME, least=LEAST),
        *_rules((login for login in logins if login not in parts), What.NAME, least=4),
        *_rules_of_parts(parts),
    ]


def _rules(values: Iterable[str], what: What, *, least: int = 1) -> list[Rule]:
    found = sorted({value.strip() for value in values if len(value.strip()) >= least}, key=len, reverse=True)
    if not found:
        return []
    words = "|".join(r"\s+".join(map(re.escape, value.split())) for value in found)
    return [(re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), what, _always)]


def _rules_of_parts(parts: Iterable[str]) -> list[Rule]:
    """A first or last name by itself: written as a name, or after a greeting. "will" is a word, "Will" may be one."""
    found = sorted(set(parts), key=len, reverse=True)
    if not found:
        return []
    forms = {form for part in found for form in (part.capitalize(), part.upper(), part) if form[:1].isupper()}
    capital = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    small = "|".join(map(re.escape, found))
    rules: list[Rule] = [
        (re.compile(rf"(?P<kept>{GREETING},? ?)(?:{small})(?!\w)", re.IGNORECASE), What.NAME, _always)
    ]
    if capital:
        rules.append((re.compile(rf"(?<!\w)(?:{capital})(?:['’]s)?(?!\w)"), What.NAME, _always))
    return rules


# --- what looks like it ---

DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{2,4}")
LEAST_DIGITS, MOST_DIGITS = 7, 15
"""Of a phone number (E.164 allows fifteen)."""


def _is_phone(match: re.Match[str]) -> bool:
    text = match[0].strip()
    digits = sum(map(str.isdigit, text))
    return LEAST_DIGITS <= digits <= MOST_DIGITS and not DATE.match(text)


def _is_serial(match: re.Match[str]) -> bool:
    """Capitals and digits mixed. Tickets, vendors' articles and errors (TD-1042, KB5031234, CVE-2026-1) are none."""
    text = match[0]
    if re.match(r"(?:TD-|KB\d|CVE-|ERR|WIN|0X)", text):
        return False
    return sum(map(str.isdigit, text)) >= 3 and sum(map(str.isalpha, text)) >= 2


SECRETS = "password|passwort|passcode|kennwort|pin|pwd|otp|tan|secret|token|api key"
STREETS = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Square|Sq|Court|Ct|Crescent|Close|Way|Place|Boulevard|Blvd"
    "|Terrace"
)
PATTERNS: tuple[Rule, ...] = (
    (re.compile(r"(?P<kept>https?://[^\s?#<>)\]]{1,500})[?#][^\s<>)\]]{1,2000}"), What.LINK, _always),
    (re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"), What.MAIL, _always),
    (
        re.compile(
            rf"(?P<kept>\b(?:{SECRETS})(?: code)?\s{{0,3}}[:=]\s{{0,3}})(?!\[)\S{{3,64}}"
            rf"|(?P<also>\b(?:{SECRETS})(?: code)?\s{{1,3}}(?:(?:is|was|ist|war|now)\s{{1,3}}){{0,2}})"
            r"(?=\S{0,63}[\d!@#$%^&*+=_?])(?!\[)\S{3,64}",
            re.IGNORECASE,
        ),
        What.SECRET,
        _always,
    ),
    (re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"), What.NETWORK, _always),
    (re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)(?:/\d{1,2})?"), What.NETWORK, _always),
    (re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){3,7}:?[0-9A-Fa-f]{1,4}(?![\w:])"), What.NETWORK, _always),
    (
        re.compile(
            r"(?P<kept>\b(?:serial(?: number| no\.?)?|seriennummer|s/n|sn|imei|service tag|asset(?: tag)?|inventar"
            r"(?:nummer)?|inventory(?: number)?)\b\s{0,3}(?:is|ist|:|=|#)?\s{0,3})(?=[\w-]{0,40}\d)[\w-]{4,40}",
            re.IGNORECASE,
        ),
        What.SERIAL,
        _always,
    ),
    (
        re.compile(rf"(?<!\w)\d{{1,5}}[a-z]? (?:[A-Z][\w'’-]{{1,30}} ){{1,4}}(?:{STREETS})\b\.?"),
        What.ADDRESS,
        _always,
    ),
    (
        re.compile(
            r"(?<!\w)[A-ZÄÖÜ][\wäöüß-]{1,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring) ?\d{1,4} ?[a-z]?(?!\w)"
        ),
        What.ADDRESS,
        _always,
    ),
    (re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)"), What.ADDRESS, _always),
    (re.compile(r"(?<!\w)(?:D-)?\d{5} [A-ZÄÖÜ][a-zäöüß]{2,30}(?!\w)"), What.ADDRESS, _always),
    (re.compile(r"(?<![\w.,-])(?:\+|00)?\(?\d[\d ()/.-]{5,24}\d(?![\w-])"), What.PHONE, _is_phone),
    (re.compile(r"(?<![\w-])[A-Z0-9](?:[A-Z0-9]|-(?=[A-Z0-9])){6,39}(?![\w-])"), What.SERIAL, _is_serial),
)
