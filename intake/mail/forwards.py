"""The mail inside of a forward: who wrote it, when, about what."""

import re
from datetime import UTC, datetime, tzinfo

from intake.mail import addresses, headers, phrases, quoting
from intake.mail.parsed import Address, Forwarded
from intake.mail.rendering import MARK, plain

_QUOTE = re.compile(r"^[ \t]{0,3}> ?")
_WORD = re.compile(r"[^\W\d_]+")
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*([AaPp])?\.?\s?[Mm]?|([上下]午)\s*(\d{1,2}):(\d{2})"
)
_NUMERIC = re.compile(
    r"(\d{4})[./年-]\s?(\d{1,2})[./月-]\s?(\d{1,2})|(\d{1,2})[./-]\s?(\d{1,2})[./-]\s?(\d{2,4})"
)
_ZONE = re.compile(r"(?:GMT|UTC) ?([+-])(\d{1,2})(?::?(\d{2}))?\b|(?<= )([+-])(\d{2}):?(\d{2})\b")
_OUTLOOK_ADDRESS = re.compile(r"\[?<?mailto:([^\]>\s]+)[\]>]?|\[([^\]\s@]+@[^\]\s]+)\]", re.I)
_PREFIX = re.compile(r"^\s*(?:\[[^\]]{1,40}\]\s*)?([^\s:：\[\]]{1,20})\s*(?:\[\d+\])?\s*[:：]")


def is_forward_subject(subject: str) -> bool:
    """Fwd:, WG:, TR: ... ("VS:" answers in Finnish and forwards in Danish; it is no sure sign)."""
    found = _PREFIX.match(subject)
    return bool(found) and found.group(1).lower() in phrases.FORWARD_PREFIXES - {"vs"} if found else False


def is_reply_subject(subject: str) -> bool:
    """Re:, AW:, SV: ..."""
    found = _PREFIX.match(subject)
    return bool(found) and found.group(1).lower() in phrases.REPLY_PREFIXES if found else False


def in_text(text: str, *, subject: str, zone: tzinfo) -> Forwarded | None:
    """The forwarded mail in a text. Without a line that says "forwarded", the subject has to.

    Times in such headers have no zone: they are taken in `zone`, that of the mail around it.
    """
    lines = text.split("\n")[: quoting.MOST_LINES]
    opened = next(
        (place for place, line in enumerate(lines) if len(line) < 200 and quoting.opens_forward(line)), None
    )
    if opened is None and not is_forward_subject(subject):
        return None
    start = 0 if opened is None else opened + 1
    bare = [_QUOTE.sub("", plain(line)) for line in lines]
    for place in range(start, len(lines) if opened is None else min(start + 8, len(lines))):
        if not bare[place].strip() or not (":" in bare[place] or "：" in bare[place]):
            continue
        is_sure = opened is not None or lines[place].startswith(MARK)
        block = quoting.header_block(bare, place, is_expected=is_sure)
        if block is not None:
            return _forwarded(*block, lines, zone)
    return None


def _forwarded(end: int, values: dict[str, str], lines: list[str], zone: tzinfo) -> Forwarded | None:
    sender = _sender(values["from"])
    if sender is None:
        return None
    first = next((place for place in range(end, len(lines)) if lines[place].strip()), end)
    if first < len(lines) and quoting.opens_forward(lines[first]):
        end = first + 1  # Zoho writes its line below the little header too
    body = [plain(line) for line in lines[end:]]
    if any(map(str.strip, body)) and all(_QUOTE.match(line) for line in body if line.strip()):
        body = [_QUOTE.sub("", line) for line in body]
    return Forwarded(
        sender=sender,
        subject=values.get("subject", "")[:998],
        date=moment(values.get("date", ""), zone=zone),
        text="\n".join(body).strip("\n").rstrip(),
    )


def _sender(value: str) -> Address | None:
    value = _OUTLOOK_ADDRESS.sub(lambda found: f"<{found.group(1) or found.group(2)}>", value)
    value = re.sub(r"<([^<>\s]+@[^<>\s]+?)\s*<[^<>]*>\s*>", r"<\1>", value)  # <ann@a.example<mailto:...>>
    found = addresses.read(value)
    if found:
        return found[0] if found[0].name.strip("<> ") else Address("", found[0].address)
    name = value.strip(" \"'<>")
    return Address(name[:300], "") if name else None


def moment(value: str, *, zone: tzinfo) -> datetime | None:  # noqa: PLR0911
    """The moment that a date in any of the languages names; None where it cannot be told."""
    value = " ".join(value.split())[:200]
    if not value:
        return None
    if re.match(r"^\w{3}, \d{1,2} \w{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}", value):
        return headers.date(value)
    day = _day(value)
    if day is None:
        return None
    hour, minute = _clock(value)
    found = _ZONE.search(value)
    try:
        local = datetime(*day, hour, minute, tzinfo=zone)
    except (ValueError, OverflowError):
        return None
    if found:
        sign, hours, minutes = found.group(1, 2, 3) if found.group(1) else found.group(4, 5, 6)
        text = f"{local:%Y-%m-%dT%H:%M}{sign}{hours:0>2}:{minutes or '00'}"
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return local
    return local.replace(tzinfo=UTC) if re.search(r"\b(?:GMT|UTC)\b", value) else local


def _day(value: str) -> tuple[int, int, int] | None:
    found = _NUMERIC.search(value)
    if found:
        if found.group(1):
            return int(found.group(1)), int(found.group(2)), int(found.group(3))
        first, second, year = int(found.group(4)), int(found.group(5)), int(found.group(6))
        if len(found.group(6)) == 3:
            return None
        year += 2000 if year < 100 else 0
        is_american = second > 12 or ("/" in found.group() and re.search(r"\b[AP]M\b", value) is not None)
        return (year, first, second) if is_american else (year, second, first)
    month = next((phrases.MONTHS[word] for word in _words(value) if word in phrases.MONTHS), 0)
    year_found = re.search(r"\b(?:19|20)\d{2}\b", value)
    if not month or year_found is None:
        return None
    rest = value[: year_found.start()] + " " + _CLOCK.sub(" ", value[year_found.end() :])
    rest = re.sub(r"\d{1,2}[:]\d{2}(?::\d{2})?", " ", rest)
    day = re.search(r"(?<!\d)(\d{1,2})(?!\d)", rest)
    return (int(year_found.group()), month, int(day.group(1))) if day else None


def _words(value: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(value)]


def _clock(value: str) -> tuple[int, int]:
    for found in _CLOCK.finditer(_NUMERIC.sub(" ", value)):
        if found.group(5):
            hour, minute = int(found.group(6)), int(found.group(7))
            hour = hour % 12 + (12 if found.group(5) == "下午" else 0)
        else:
            hour, minute = int(found.group(1)), int(found.group(2))
            half = (found.group(4) or "").lower()
            if half and hour <= 12:
                hour = hour % 12 + (12 if half == "p" else 0)
        if hour < 24 and minute < 60:
            return hour, minute
    return 0, 0
