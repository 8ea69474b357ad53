"""How articles and searches over them are cut into words: one way for both, whatever the language."""

import re

from tickets.words import fold_words

LONGEST_WORD = 40
"""Characters that are told apart: what is longer is a key or an address, and is found by its beginning."""
LAST_LETTER = "\U0010ffff"
"""Comes after all that a word may have."""

DICTIONARIES = {
    "en": "english_stem",
    "de": "german_stem",
    "fr": "french_stem",
    "es": "spanish_stem",
    "it": "italian_stem",
    "nl": "dutch_stem",
    "pt": "portuguese_stem",
    "da": "danish_stem",
    "nb": "norwegian_stem",
    "sv": "swedish_stem",
    "fi": "finnish_stem",
    "hu": "hungarian_stem",
    "ro": "romanian_stem",
    "tr": "turkish_stem",
    "ru": "russian_stem",
    "el": "greek_stem",
}
"""PostgreSQL's dictionaries by the language of an article."""
ANY = "simple"
"""The dictionary of every other language: a word is its own stem."""

# What Unicode does not take apart into a letter and its mark.
PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
FAINT = frozenset(
    """
    able again all always any anybody anyone anything come comes does don during every everybody everyone everything
    find from get gets getting give go goes going got help hello hi how however if just let like make many may might
    more much must need needs no nobody none not nothing now once one only other ours please put really since so some
    somebody someone something still tell than thanks the there thing things though tried try trying until us use used
    using via want wants we well what when where which while who whose why will without work working works would yes
    alles also auch bekomme bekommen bin bitte brauche brauchen dann das dauernd dem denn der die dies diese doch ein
    eine einen etwas fur geht gibt habe haben hallo hat hilfe ich immer ist jemand kann kein keine klappt komme konnen
    lassen lasst mach machen man mehr mein meine meinen mochte muss nicht nichts niemand noch nun nur ob oder schon
    sich sind soll und von warum was wegen wenn werden wie wieder wird wo wurde zum zur
    """.split()  # noqa: SIM905 (read as a list of words)
)
"""Words of asking: they stand in searches for anything, and say little about what is looked for."""
PART = re.compile(r"[^\W_]+")
ENDINGS = frozenset({"re", "ll", "ve"})
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of languages that put no space between words."""


def dictionary_of(language: str) -> str:
    return DICTIONARIES.get(language, ANY)


def fold(text: str) -> str:
    """Without case and accents."""
    folded = fold_words(text)
    return folded if folded.isascii() else folded.translate(PLAIN)


def cut(text: str) -> list[str]:
    """The words of a text, folded, in order. What a hyphen joins stands there in parts and whole: wi-fi is also
    wifi. Where no space parts words, each two letters are one.
    """
    found: list[str] = []
    for match in WORD.finditer(fold(text)):
        parts = PART.findall(match[0])
        if "'" in match[0] or "’" in match[0]:
            parts = _without_endings(parts)
        for part in parts:
            found.extend(_pairs(part) if UNSPACED.search(part) else [part[:LONGEST_WORD]])
        if len(parts) > 1 and "-" in match[0]:
            found.append("".join(parts)[:LONGEST_WORD])
    return found


def _without_endings(parts: list[str]) -> list[str]:
    """Of what an apostrophe joins, what tells something: can't and won't nothing, colleague's a colleague, and
    l'imprimante a printer.
    """
    if parts[-1] == "t":
        return parts[:-2]
    return [part for part in parts if len(part) > 1 and part not in ENDINGS]


def _pairs(part: str) -> list[str]:
    return [part[at : at + 2] for at in range(len(part) - 1)] or [part]
