"""Addresses out of headers as mailers write them: names with commas, groups, comments, routes, two @, none at all."""

import re
from collections.abc import Iterator

from intake.mail.headers import decode_words
from intake.mail.parsed import Address

MOST = 5_000
LONGEST = 200_000

_TOKEN = re.compile(
    r"""
    (?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]{0,2000}\?=)
    |(?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<angle><[^<>]{0,2000}>)
    |(?P<separator>[,;\r\n])
    |(?P<group>:)
    |(?P<comment>\()
    |(?P<space>\s+)
    |(?P<atom>[^\s"<>,;:()=]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[^\s<>,;:()\"\[\]]{1,320}@(?:[^\s<>,;:()\"\[\]@]{1,255}|\[[0-9a-fA-F:.]{2,60}\])")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\]|\\.){1,100}"@[^\s<>,;:()"@]{1,255}')


def read(value: str) -> tuple[Address, ...]:
    """The addresses of a header's value, without doubles. Who has a name but no address is left out."""
    found: dict[str, Address] = {}
    surname = ""
    for name, address in _entries(value[:LONGEST]):
        clean = normal(address)
        if (
            surname and clean and name and "@" not in surname
        ):  # Doe, Ann <ann@a.example>: quotes were forgotten
            name = f"{surname}, {name}"  # noqa: PLW2901
        surname = name if not clean else ""
        if clean and (clean not in found or not found[clean].name):
            found[clean] = Address(_name(name), clean)
        if len(found) >= MOST:
            break
    return tuple(found.values())


def normal(address: str) -> str:
    """The bare address with its domain in lower case; "" where it is none."""
    text = address.strip().strip("<>").strip().strip("'").removeprefix("mailto:").removeprefix("smtp:")
    if text.startswith("@") and ":" in text:  # a route (RFC 822): <@relay.example:ann@a.example>
        text = text.rpartition(":")[2]
    found = _QUOTED_LOCAL.search(text) or _PLAIN.search(text)
    if found is None:
        return ""
    local, _, domain = found.group().rpartition("@")
    domain = domain.strip(".").lower()
    return f"{local}@{domain}" if local and domain else ""


def _entries(value: str) -> Iterator[tuple[str, str]]:
    """Pairs of name and address text (or ""), one for each piece between commas or semicolons."""
    name, comments, angle, at = list[str](), list[str](), "", 0
    while at < len(value):
        token = _TOKEN.match(value, at)
        if token is None:
            break
        at = token.end()
        if token.group() == '"':  # it never closes, and no later one either: each would be tried to the end
            value = value[:at] + value[at:].replace('"', " ")
            continue
        match token.lastgroup:
            case "separator":
                yield from _entry(name, comments, angle)
                name, comments, angle = [], [], ""
            case "group" if "@" not in "".join(name) and not angle:  # "the team: ann@..., bob@...;"
                name = []
            case "angle":
                if angle and normal(angle):  # the comma between two is missing
                    yield from _entry(name, comments, angle)
                    name, comments = [], []
                angle = token.group()
            case "comment":
                text, at = _comment(value, at)
                comments.append(text)
            case "quoted" if value[at : at + 1] != "@":
                name.append(re.sub(r"\\(.)", r"\1", token.group()[1:-1]))
            case "space":
                name.append(" ")
            case _:
                name.append(token.group())
    yield from _entry(name, comments, angle)


def _entry(name: list[str], comments: list[str], angle: str) -> Iterator[tuple[str, str]]:
    text = "".join(name).strip()
    if angle and normal(decode_words(angle)):
        yield text or " ".join(comments), decode_words(angle)
        return
    bare = decode_words(text)
    address = normal(text) or normal(bare)
    if address:
        rest = bare.replace(address, "").strip(" <>[]\"'") if len(bare) < 2000 else ""
        rest = rest if "@" not in rest else ""
        yield " ".join(comments) or rest, address
    else:
        yield text, ""


def _comment(value: str, at: int) -> tuple[str, int]:
    """The text in parentheses that were just opened, and where it ends. They may be nested."""
    depth, start = 1, at
    while at < len(value) and depth:
        if value[at] == "\\":
            at += 1
        elif value[at] == "(":
            depth += 1
        elif value[at] == ")":
            depth -= 1
        at += 1
    return value[start : at - 1 if not depth else at], at


def _name(name: str) -> str:
    words = " ".join(decode_words(name).split())
    for pair in ('""', "''"):
        if len(words) > 1 and words[0] == pair[0] and words[-1] == pair[1]:
            words = words[1:-1].strip()
    return words[:300]
