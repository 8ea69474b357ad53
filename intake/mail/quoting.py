"""What is new in a mail, and what is a quote of older ones.

Nothing is ever lost by it: the whole text is kept beside, and where all would be cut away, all stays. A line is looked
at a few times at most, and long ones not at all: the time grows with the length of the text.
"""

import re
from dataclasses import dataclass

from intake.mail import phrases
from intake.mail.rendering import ATTRIBUTION, MARK, SIGNATURE, SIGNED, plain

MOST_LINES = 30_000
LONGEST_LINE = 500

_KEY = re.compile(r"^[\s>*_•|]{0,20}([^\W\d_][^:：\n]{0,30}?)[\s*_]{0,4}[:：][\s*_]{0,4}(.*)$")
_QUOTED = re.compile(r"^[ \t\u00a0]{0,3}>(?!From )")
_TIME = re.compile(r"\d{1,2}[:.h ]\d{2}(?!\d)|\d時|\d시|[上下]午")
_DAY = re.compile(r"(?:19|20)\d{2}|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{2}\.\d{2}\.")
_IN_BRACKETS = re.compile(r"[<(\[«][^<>()\[\]\s]{1,100}@[^<>()\[\]\s]{1,100}[>)\]»]")
_WROTE = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, phrases.WROTE)) + r")(?!\w)", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DASHES = re.compile(r"^[\s>*]{0,10}[-_=*–—]{2,}")
_RULE = re.compile(r"^[\s>]{0,10}(?:_{5,}|-{5,}|={5,}|\*{5,}|—{5,})\s*$")
_ORIGINAL = re.compile(r"(?:" + "|".join(map(re.escape, phrases.ORIGINAL)) + r")", re.IGNORECASE)
_FORWARDED = re.compile(r"(?:" + "|".join(map(re.escape, phrases.FORWARDED)) + r")", re.IGNORECASE)
_ORIGINAL_AND_MORE = re.compile(  # old telephones put the little header into the same line
    r"^[\s>*]{0,10}-{4,20} ?(?:" + "|".join(map(re.escape, phrases.ORIGINAL)) + r") ?-{4,20} ?\w",
    re.IGNORECASE,
)
_WITHOUT_COLON = re.compile(  # ---- On Mon, 23 Nov 2026 ... wrote ----; 2026-11-23 9:15 GMT+01:00 Ann <ann@a.example>
    r"-{2,} ?.{1,200}(?:19|20)\d{2}.{1,200} ?-{2,}$|(?:19|20)\d{2}[-/]\d{1,2}[-/]\d{1,2}\b.{1,100}<[^<>\s]+@[^<>\s]+>$"
    r"|(?:19|20)\d{2}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2} GMT[+-].{1,60}$"
)
_SIGNATURE = re.compile(r"^--[ \u00a0]?$")
_MOBILE = re.compile(
    r"^[\s*_<\[-]{0,4}(?:" + "|".join(phrases.MOBILE) + r")[\s*_>\].!-]{0,4}$", re.IGNORECASE
)
_GROUPWISE = re.compile(r"^>>> ?\S.{1,300}>>>\s*$")  # >>> Ann <ann@a.example> 23.11.2026 09:15 >>>
_WROTE_AND_MORE = re.compile(r"^(.{10,300}?\w\s?:)\s{2,}\S")  # Yahoo on telephones goes on in the same line
_ABOVE = re.compile("|".join(map(re.escape, phrases.ABOVE)), re.IGNORECASE)
_OURS = re.compile(r"^[^\w\n]{0,20}##-.{0,150}-##\W{0,5}$")  # as delivery.addresses writes it
_THEIRS = re.compile(r"^[\s>*]{0,10}(?:##|={2,}|-{2,}|#|_{2,}|\*{2,}|\[|~{2,}|—{1,})")


@dataclass(frozen=True, slots=True)
class Separated:
    """The new text, and whether a sure sign of a quote was seen."""

    new: str
    has_quote: bool


@dataclass(slots=True)
class _Stretch:
    """Lines of one kind: "new" or "quote". `led_in` by a line that says whose words they are."""

    kind: str
    lines: list[str]
    led_in: bool = False

    @property
    def is_blank(self) -> bool:
        return not any(plain(line).strip() for line in self.lines)


def separate(text: str, *, is_answer: bool) -> Separated:
    """The new words of a text that may hold the marks of `rendering`.

    An answer above a quote, below it, or between its lines: in the last case the quotes that are answered stay with
    their answers. `is_answer` says that the mail answers one: only then is a quote at the end, of which nobody says
    whose it is, an old one.
    """
    lines = text.split("\n")
    above = _above_the_marker(lines)
    if above is not None:
        found = _separated(above, is_answer=is_answer)
        if found.new:
            return Separated(found.new, has_quote=True)
        lines = [line for line in lines if not is_marker(line)]
    found = _separated(lines, is_answer=is_answer)
    if found.new:
        return found
    return Separated(
        plain("\n".join(lines)).strip("\n").rstrip() if any(map(str.strip, lines)) else "", has_quote=False
    )


def is_marker(line: str) -> bool:
    """Whether the line asks to write above it."""
    if len(line) > LONGEST_LINE or not (_OURS.match(plain(line)) or _THEIRS.match(line)):
        return False
    return bool(_OURS.match(plain(line)) or _ABOVE.search(line))


def _above_the_marker(lines: list[str]) -> list[str] | None:
    for number, line in enumerate(lines[:MOST_LINES]):
        if ("#" in line or "-" in line or "=" in line or "_" in line or "*" in line) and is_marker(line):
            above = _without_last_attribution(lines[:number])
            return above if any(plain(one).strip(" >") for one in above) else None
    return None


def _without_last_attribution(lines: list[str]) -> list[str]:
    """The line that says whose words follow belongs to what follows."""
    end = _end_of_words(lines)
    for start in range(max(0, end - 4), end):
        if attribution(lines[:end], start)[0] == end:
            return lines[:start]
    return lines


def _separated(lines: list[str], *, is_answer: bool) -> Separated:
    stretches, was_cut = _stretches(lines)
    quotes = [place for place, stretch in enumerate(stretches) if stretch.kind == "quote"]
    kept: list[str] = []
    answered = _last_new(stretches)
    between = [place for place in quotes if place < answered]
    has_quote = was_cut or any(stretches[place].led_in for place in quotes)
    for place, stretch in enumerate(stretches):
        if stretch.kind == "new":
            kept += _without_signature(stretch.lines, is_first=place == 0)
        elif (place < answered and (len(between) > 1 or not stretch.led_in)) or (
            place > answered and not stretch.led_in and not (is_answer and _may_be_cut(stretches, place))
        ):
            kept += stretch.lines
        else:
            has_quote = True
            kept.append("")
    return Separated(_tidy(kept), has_quote)


def _may_be_cut(stretches: list[_Stretch], place: int) -> bool:
    """A quote at the end belongs to the words before it where these end in a colon."""
    before = [line for stretch in stretches[:place] for line in stretch.lines if line.strip()]
    return bool(before) and not before[-1].rstrip().endswith((":", "："))


def _last_new(stretches: list[_Stretch]) -> int:
    """The place of the last stretch with new words that are no signature and no footer of a list; -1 for none."""
    for place in range(len(stretches) - 1, -1, -1):
        stretch = stretches[place]
        if stretch.kind != "new":
            continue
        words = _without_signature(stretch.lines, is_first=place == 0)
        first = next((line for line in words if plain(line).strip()), "")
        if first and not (place and first.startswith("_" * 10)):
            return place
        if place:
            stretch.lines = []
    return -1


def _stretches(lines: list[str]) -> tuple[list[_Stretch], bool]:
    """The text in stretches up to where all is old, and whether there is such a place."""
    found, at, led_in = [_Stretch("new", [])], 0, False
    while at < len(lines):
        line = lines[at]
        if at >= MOST_LINES:  # a log of hundreds of thousands of lines: the rest is taken as it comes
            found[-1].lines += lines[at:]
            break
        if _starts_the_old(lines, at):
            return found, True
        if _QUOTED.match(plain(line) if line[:1] in (MARK, ATTRIBUTION, SIGNATURE, SIGNED) else line):
            if found[-1].kind == "new" and found[-1].is_blank and len(found) > 1 and not led_in:
                blank = found.pop()  # only empty lines between two quotes
                found[-1].lines += blank.lines
            elif found[-1].kind == "new":
                found.append(_Stretch("quote", [], led_in=led_in))
            found[-1].lines.append(line)
            led_in = False
            at += 1
            continue
        end, is_strong = attribution(lines, at)
        if end > at:
            if _is_followed_by_quote(lines, end):
                at, led_in = end, True
                continue
            if is_strong:
                return found, True
        if found[-1].kind == "quote":
            found.append(_Stretch("new", []))
        found[-1].lines.append(line)
        at += 1
    return found, False


def _is_followed_by_quote(lines: list[str], at: int) -> bool:
    for line in lines[at : at + 4]:
        if line.strip():
            return bool(_QUOTED.match(plain(line)))
    return False


def _starts_the_old(lines: list[str], at: int) -> bool:
    """Whether from this line on everything is an older mail."""
    line = lines[at]
    if line.startswith(MARK):
        return True
    line = plain(line)
    if not line or len(line) > LONGEST_LINE:
        return False
    if _QUOTED.match(line):
        return bool(_GROUPWISE.match(line) and (_DAY.search(line) or _IN_BRACKETS.search(line)))
    if is_separator(line):
        return True
    if _RULE.match(line):
        following = next(
            (place for place in range(at + 1, min(at + 4, len(lines))) if lines[place].strip()), 0
        )
        return bool(following) and header_block(lines, following, is_expected=True) is not None
    return (":" in line or "：" in line) and header_block(lines, at) is not None


def is_separator(line: str) -> bool:
    """-----Original Message----- and its like, in any language, and what opens a forwarded mail."""
    if len(line) > 120:
        return bool(_ORIGINAL_AND_MORE.match(line))
    if _DASHES.match(line):
        return bool(_ORIGINAL.search(line) or _FORWARDED.search(line))
    return opens_forward(line)


def opens_forward(line: str) -> bool:
    """---------- Forwarded message --------- or Begin forwarded message:"""
    bare = _INVISIBLE.sub("", plain(line)).strip(" >\t\u00a0*")
    if len(bare) > 120 or not (bare.endswith((":", "：")) or _DASHES.match(bare)):
        return False
    if not _FORWARDED.search(bare):
        return False
    if _DASHES.match(bare):
        return True
    found = _FORWARDED.match(bare)
    return bool(found) and bare[found.end() :].strip() in (":", " :", "：") if found else False


def header_block(
    lines: list[str], at: int, *, is_expected: bool = False
) -> tuple[int, dict[str, str]] | None:
    """The little header that begins on this line: where it ends, and its values by kind (from, date, to, subject ...).

    None where there is none. Unless a line before announced it, the sender has to have an address or the date a time:
    "From: Berlin / To: Paris / Date: Monday" is somebody's journey.
    """
    values: dict[str, str] = {}
    last, place, blanks = "", at, 0
    while place < min(at + 40, len(lines)):
        line = plain(lines[place])
        kind, value = _key(line)
        if kind and kind in values and kind in ("from", "subject", "date"):
            break
        if kind:
            if kind not in values:
                values[kind] = value
            last, blanks = kind, 0
        elif not line.strip():
            goes_on = values and not blanks and _key(_following(lines, place))[0]
            if not goes_on and not (last and not values[last] and _following(lines, place)):
                break
            blanks += 1
        elif (
            last
            and blanks == 0
            and (last in ("to", "copy", "other") or not values[last] or "subject" not in values)
        ):
            if len(line) > 300 or (values[last] and last in ("subject", "date")):
                break
            values[last] = f"{values[last]} {line.strip(' >')}".strip()
        elif last and not values[last]:
            values[last] = line.strip(" >")
            blanks = 0
        else:
            break
        place += 1
    others = len({"date", "to", "subject", "copy"} & values.keys())
    if "from" not in values or others < 2 or not ({"date", "subject"} & values.keys()):
        return None
    if not is_expected and "@" not in values["from"] and not _TIME.search(values.get("date", "")):
        return None
    return place, values


def _key(line: str) -> tuple[str, str]:
    if len(line) > 2000:
        return "", ""
    found = _KEY.match(_INVISIBLE.sub("", line))
    if found is None:
        return "", ""
    kind = phrases.KEYS.get(" ".join(found.group(1).lower().split()), "")
    return kind, found.group(2).strip(" *\u00a0\t") if kind else ""


def _following(lines: list[str], place: int) -> str:
    return next((plain(line) for line in lines[place + 1 : place + 2] if line.strip()), "")


def attribution(lines: list[str], at: int) -> tuple[int, bool]:  # noqa: PLR0911
    """The line or lines from here on that say whose words follow: where they end, and whether that is sure.

    (at, False) where there are none. Programs break this line as they please, so up to four are read as one.
    """
    if lines[at].startswith(ATTRIBUTION):
        for end in range(at + 1, min(at + 5, len(lines)) + 1):
            if _INVISIBLE.sub("", lines[end - 1]).rstrip().endswith((":", "：")):
                return end, True
        return at + 1, True
    joined = ""
    for end in range(at + 1, min(at + 4, len(lines)) + 1):
        line = lines[end - 1]
        if not line.strip() or len(line) > LONGEST_LINE or line.startswith((MARK, ">")):
            return at, False
        joined = f"{joined} {line}".strip()
        bare = _INVISIBLE.sub("", plain(joined)).rstrip(" \t\u00a0*_")
        if end == at + 1 and _WITHOUT_COLON.match(bare):
            return end, bare.startswith("-")
        if not bare.endswith((":", "：")):
            more = _WROTE_AND_MORE.match(bare) if end == at + 1 and _is_opening(bare) else None
            if more and _IN_BRACKETS.search(more.group(1)) and _strength(more.group(1)) == 2:
                return end, True
            if end == at + 1 and not (_DAY.search(bare) or "@" in bare or _is_opening(bare)):
                return at, False
            continue
        strength = _strength(bare)
        if strength and end > at + 1 and not _may_begin(lines[at]):
            return at, False
        if strength and end > at + 1 and _strength(" ".join(lines[at + 1 : end]).rstrip(" \t\u00a0*_")) == 2:
            return at, False  # the attribution begins one line later
        return (end, strength == 2) if strength else (at, False)
    return at, False


def _strength(text: str) -> int:
    """2 where nothing else can be meant, 1 where it is one if a quote follows, 0 for none."""
    if _key(text)[0] or len(text) > 600:
        return 0
    day, time, address = bool(_DAY.search(text)), bool(_TIME.search(text)), bool(_IN_BRACKETS.search(text))
    wrote = bool(_WROTE.search(text))
    if day and ((time and (address or wrote)) or (address and wrote)):
        return 2
    return int(wrote or day or address)


def _is_opening(text: str) -> bool:
    return bool(
        re.match(
            r"(?:On|Am|Le|El|Il|Em|Op|W dniu|Dnia|Den|Dne|Dňa|În|În data|A|Στις|Il giorno|Pada|Vào|في)\b",
            text,
        )
    )


def _may_begin(line: str) -> bool:
    """Whether a broken attribution may begin so: no sentence, and it holds its day or how such lines open."""
    bare = plain(line).strip()
    return not bare.endswith((".", "!", "?", ",,")) and (
        _is_opening(bare)
        or (bool(_DAY.search(bare)) and len(bare.split()) <= 16)
        or bool(_IN_BRACKETS.search(bare))
    )


def _without_signature(lines: list[str], *, is_first: bool) -> list[str]:
    """Without what is surely a signature: after "-- ", what HTML marks as one, what telephones add."""
    kept = list(lines)
    for place, line in enumerate(lines):
        if (
            "--" in line[:4]
            and _SIGNATURE.match(plain(line))
            and (place or not is_first)
            and _is_short(lines[place + 1 :], line)
        ):
            kept = lines[:place]
            break
    kept = _without_marked(kept)
    for _ in range(2):
        end = next((place for place in range(len(kept), 0, -1) if plain(kept[place - 1]).strip()), 0)
        if (
            not end
            or not _is_mobile(kept, end - 1)
            or not any(plain(line).strip() for line in kept[: end - 1])
        ):
            break
        kept = kept[: end - 1]
    return kept


def _is_short(rest: list[str], line: str) -> bool:
    """Two hyphens without the blank after them are a signature where little follows."""
    return plain(line) != "--" or len([one for one in rest if one.strip()]) <= 12


def _is_mobile(lines: list[str], at: int) -> bool:
    """A line that a telephone added. One in small letters right below another is the end of a sentence."""
    line = plain(lines[at]).strip()
    if len(line) >= 160 or not _MOBILE.match(line):
        return False
    goes_on = at > 0 and bool(plain(lines[at - 1]).strip())
    return not (goes_on and line[:1].islower())


def _without_marked(lines: list[str]) -> list[str]:
    if SIGNATURE not in "".join(lines):
        return lines
    kept, inside = [], False
    for line in lines:
        starts, ends = SIGNATURE in line, SIGNED in line
        if ends and (inside or starts):
            inside = starts and line.rindex(SIGNATURE) > line.rindex(SIGNED)
            if inside or starts:
                continue
            kept.append(line)
        elif starts:
            inside = True
        elif not inside:
            kept.append(line)
    return kept


def _tidy(lines: list[str]) -> str:
    """Joined, without marks, lines at the end that only separate, and more than two empty lines in a row."""
    lines = lines[: _end_of_words(lines)]
    text = plain("\n".join(line.rstrip() for line in lines))
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n")


def _end_of_words(lines: list[str]) -> int:
    end = len(lines)
    while end and not plain(lines[end - 1]).strip("-_=* \t\u00a0"):
        end -= 1
    return end
