"""Words as they are searched and compared: one folding for documents, queries, columns and filters."""

import re
import unicodedata

LONGEST = 200_000
"""Characters of one text that are folded: a tsvector holds at most 1 MB."""

LONGEST_NORMAL = 200

WORD = re.compile(r"[^\W_]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def fold_words(text: str) -> str:
    """Without case, accents, compatibility forms and control characters; folding twice changes nothing."""
    text = CONTROL.sub(" ", text[:LONGEST])
    if text.isascii():
        return text.lower()
    text = text.encode("utf-8", "ignore").decode()  # half a surrogate pair cannot be stored
    for _round in range(2):  # some forms show their capitals only when decomposed: U+2121 is TEL
        text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in text if not unicodedata.combining(mark))


def tokens(text: str) -> list[str]:
    """The words of a text, folded, in order: runs of letters and digits."""
    return WORD.findall(fold_words(text))


def normal_value(shown: str) -> str:
    """A custom field's value as `FieldValue.normal` keeps it, for comparing."""
    return fold_words(shown)[:LONGEST_NORMAL]
