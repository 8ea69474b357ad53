"""The flow of a script as a drawing: steps in rows from the start down, each way out an arrow with its answer.

Made on the server as plain SVG. Looks come from classes alone (static/src/css/scripts.css), so that it follows light
and dark; its words stand in it as title and description for those who do not see it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from django.utils.translation import gettext as _

from knowledgebase.scripts.spec import FAILED, LABELS, NO, Script, Step

WIDTH, HEIGHT = 190, 46
ACROSS, DOWN = 34, 56
"""Space between two steps of a row, and between two rows."""
MARGIN, LANE = 16, 12
"""Around the drawing; and between two arrows that lead back up."""
LONGEST_NAME, LONGEST_ANSWER = 26, 16
SWEEPS = 4
ROWS, LETTER = 3, 5.8
"""Answers of one step stand below it in so many rows, so that none runs into the next; how wide a letter is."""


@dataclass(frozen=True)
class Box:
    """A place in the drawing: of a step, or of an arrow that passes between steps."""

    x: float
    y: float
    width: float = WIDTH

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + HEIGHT


def draw(
    script: Script, *, title: str, here: str = "", faulty: Collection[str] = (), name: str = "flow"
) -> str:
    """The SVG. `here` is the step at which a run stands, `faulty` are steps that are wrong.

    `name` begins the ids in it: another for each drawing of a page.
    """
    rows = _rows(script)
    boxes = _boxes(rows)
    back = [way for way in _ways(script, boxes) if not _leads_down(boxes, way.step.key, way.to)]
    wide = max((box.x + box.width for box in boxes.values()), default=0) + MARGIN
    width = wide + LANE * (len(back) + 1) + (LONGEST_ANSWER * 6 if back else 0)
    height = max((box.bottom for box in boxes.values()), default=0) + MARGIN
    parts = [
        f'<svg class="flow" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{escape(describe(script))}</desc>',
        f'<defs><marker id="{name}-tip" class="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    parts += _arrows(script, boxes, wide, name)
    parts += [_step(script, step, boxes[step.key], here, faulty) for step in script.steps.values()]
    return "".join([*parts, "</svg>"])


def describe(script: Script) -> str:
    """The same in words: each step, and where its answers lead."""
    return " ".join(_described(script, step) for step in script.steps.values())


def _described(script: Script, step: Step) -> str:
    head = f"{LABELS[step.kind]}: {step.name}."
    ways = [
        _("%(answer)s leads to %(step)s.") % {"answer": step.says(answer), "step": script[to].name}
        if answer
        else _("Then %(step)s.") % {"step": script[to].name}
        for answer, to in step.next.items()
        if to in script.steps
    ]
    return " ".join([head, *ways])


# --- where things stand ---


Rows = list[list[str]]
"""Names from the left in rows from the top: of steps, and `from>to>row` where an arrow passes."""


def _rows(script: Script) -> Rows:
    """By row the steps: as far from the start as the longest way that goes round nowhere, others below.

    An arrow that leads over several rows has a place of its own in each, so that it runs through no step.
    """
    depth = _depths(script)
    lowest = max(depth.values(), default=-1)
    depth |= {key: lowest + 1 for key in script.steps if key not in depth}
    rows: Rows = [[] for _row in range(max(depth.values(), default=-1) + 1)]
    for key in script.steps:
        rows[depth[key]].append(key)
    below: dict[str, list[str]] = {}
    for key in script.steps:
        for to in _followers(script, key):
            between = [passing(key, to, place) for place in range(depth[key] + 1, depth[to])]
            for place, name in enumerate(between, start=depth[key] + 1):
                rows[place].append(name)
            if depth[to] > depth[key]:
                for one, other in pairwise([key, *between, to]):
                    below.setdefault(one, []).append(other)
    above: dict[str, list[str]] = {}
    for one, others in below.items():
        for other in others:
            above.setdefault(other, []).append(one)
    for _sweep in range(SWEEPS):
        for before, row in pairwise(rows):
            _straighten(before, row, above)
        for after, row in pairwise(rows[::-1]):
            _straighten(after, row, below)
    for before, row in pairwise(rows):
        _straighten(before, row, above)
    return rows


def passing(key: str, to: str, row: int) -> str:
    """The name of the place where an arrow passes a row."""
    return f"{key}>{to}>{row}"


def _depths(script: Script) -> dict[str, int]:
    """How far down each step stands. Ways that lead back are found first, and left out."""
    order, back = _order(script)
    depth = {script.start: 0} if script.start in script.steps else {}
    for key in order:
        for to in script[key].next.values():
            if to in script.steps and (key, to) not in back:
                depth[to] = max(depth.get(to, 0), depth.get(key, 0) + 1)
    return depth


def _order(script: Script) -> tuple[list[str], set[tuple[str, str]]]:
    """Steps so that each stands before those it leads to, and the ways that lead back to where one came from."""
    done: list[str] = []
    state: dict[str, bool] = {}
    back: set[tuple[str, str]] = set()
    waiting = [(script.start, iter(_followers(script, script.start)))] if script.start in script.steps else []
    state[script.start] = False
    while waiting:
        key, followers = waiting[-1]
        to = next(followers, None)
        if to is None:
            state[key] = True
            done.append(key)
            waiting.pop()
        elif to not in state:
            state[to] = False
            waiting.append((to, iter(_followers(script, to))))
        elif not state[to]:
            back.add((key, to))
    return done[::-1], back


def _followers(script: Script, key: str) -> list[str]:
    return [to for to in dict.fromkeys(script[key].next.values()) if to in script.steps]


def _straighten(beside: list[str], row: list[str], neighbours: dict[str, list[str]]) -> None:
    """Put each of a row where the middle of those is that it is joined with in the row beside."""
    place = {key: number for number, key in enumerate(beside)}
    now = {key: float(number) for number, key in enumerate(row)}

    def middle(key: str) -> float:
        found = [place[other] for other in neighbours.get(key, ()) if other in place]
        return sum(found) / len(found) if found else now[key]

    row.sort(key=lambda key: (middle(key), now[key]))


def _boxes(rows: Rows) -> dict[str, Box]:
    """Each row is set in the middle of the widest."""
    boxes = {}
    widths = [sum(_width(key) + ACROSS for key in row) - ACROSS for row in rows]
    for down, row in enumerate(rows):
        x = MARGIN + (max(widths) - widths[down]) / 2
        for key in row:
            boxes[key] = Box(x, MARGIN + down * (HEIGHT + DOWN), _width(key))
            x += _width(key) + ACROSS
    return boxes


def _width(key: str) -> float:
    return LANE if ">" in key else WIDTH


# --- the parts of the drawing ---


@dataclass(frozen=True)
class Way:
    """An arrow: several answers that lead to the same step are one."""

    step: Step
    to: str
    answers: tuple[str, ...]

    @property
    def words(self) -> str:
        return ", ".join(filter(None, (self.step.says(answer) for answer in self.answers)))

    @property
    def is_no(self) -> bool:
        return set(self.answers) <= {NO, FAILED}


def _ways(script: Script, boxes: dict[str, Box]) -> Iterator[Way]:
    for step in script.steps.values():
        by_target: dict[str, list[str]] = {}
        for answer, to in step.next.items():
            if to in boxes:
                by_target.setdefault(to, []).append(answer)
        for to, answers in by_target.items():
            yield Way(step, to, tuple(answers))


def _leads_down(boxes: dict[str, Box], key: str, to: str) -> bool:
    return boxes[to].y > boxes[key].y


def _arrows(script: Script, boxes: dict[str, Box], wide: float, name: str) -> Iterator[str]:
    lane = 0
    for way in _ways(script, boxes):
        step, to, words = way.step, way.to, way.words
        start, end = boxes[step.key], boxes[to]
        if _leads_down(boxes, step.key, to):
            number, count = _place(script, boxes, step, to)
            x = start.x + WIDTH * (number + 1) / (count + 1)
            path = f"M{x:g} {start.bottom:g}" + "".join(_curves(boxes, step.key, to, x))
            label = (x + 4, start.bottom + 14 + 12 * (number % ROWS))
            longest = min(LONGEST_ANSWER, int(ROWS * WIDTH / (count + 1) / LETTER))
        else:
            lane += 1
            x = wide + LANE * lane
            y, up = start.y + HEIGHT / 2, end.y + HEIGHT / 2
            path = f"M{start.x + WIDTH:g} {y:g}H{x:g}V{up + 6:g}H{end.x + WIDTH + 2:g}"
            label, longest = (x + 4, y - 4), LONGEST_ANSWER
        kind = " no" if way.is_no else ""
        yield f'<path class="way{kind}" d="{path}" marker-end="url(#{name}-tip)"/>'
        if words:
            short = escape(_short(words, longest))
            yield f'<text class="answer" x="{label[0]:g}" y="{label[1]:g}">{short}</text>'


def _curves(boxes: dict[str, Box], key: str, to: str, x: float) -> Iterator[str]:
    """From the step down to the one that it leads to, through the places that are kept for this arrow."""
    down, last = HEIGHT + DOWN, boxes[to]
    y = boxes[key].bottom
    for row in range(round((boxes[key].y - MARGIN) / down) + 1, round((last.y - MARGIN) / down)):
        place = boxes[passing(key, to, row)]
        yield _curve(x, y, place.middle, place.y) + f"V{place.bottom:g}"
        x, y = place.middle, place.bottom
    yield _curve(x, y, last.middle, last.y - 2)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    bend = (to_y - y) * 0.55
    return f"C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y:g}"


def _place(script: Script, boxes: dict[str, Box], step: Step, to: str) -> tuple[int, int]:
    """Which of the arrows down this one is, from the left, so that they do not cross where they begin."""
    down = [key for key in _followers(script, step.key) if key in boxes and _leads_down(boxes, step.key, key)]
    row = round((boxes[step.key].y - MARGIN) / (HEIGHT + DOWN)) + 1
    down.sort(key=lambda key: boxes.get(passing(step.key, key, row), boxes[key]).middle)
    return down.index(to), len(down)


def _step(script: Script, step: Step, box: Box, here: str, faulty: Collection[str]) -> str:
    marks = [f"step {step.kind}"]
    marks += ["start"] if step.key == script.start else []
    marks += ["here"] if step.key == here else []
    marks += ["faulty"] if step.key in faulty else []
    round_ = HEIGHT / 2 if step.is_end else 4 if step.is_passed_through else 8
    return (
        f'<g class="{" ".join(marks)}"><rect x="{box.x:g}" y="{box.y:g}" width="{WIDTH}" height="{HEIGHT}"'
        f' rx="{round_:g}"/><text class="kind" x="{box.middle:g}" y="{box.y + 17:g}">{escape(_kind(step))}</text>'
        f'<text class="name" x="{box.middle:g}" y="{box.y + 34:g}">{escape(_short(step.name, LONGEST_NAME))}</text></g>'
    )


def _kind(step: Step) -> str:
    return f"{LABELS[step.kind]} · {_short(step.key, 20)}"


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
