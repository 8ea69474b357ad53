"""Keys of rows as strangers write them, in addresses and forms."""

LONGEST = 18
"""Digits: whatever is no longer fits into a bigint. `int` itself refuses 4,300 with an error."""


def key_of(text: object) -> int:
    """The key that is written here; 0, which no row has, for anything that is none."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST else 0
