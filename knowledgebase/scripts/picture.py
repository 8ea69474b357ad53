"""The flow of a script as a drawing: steps in rows from the start down, each way out an arrow with its answer.

Made on the server as plain SVG. Looks come from classes alone (static/src/css/scripts.css), so that it follows light
and dark; its words stand in it as title and description for those who do not see it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from django.utils.translation import gettext as _

from knowledgebase.scripts.spec import FAILED, LABELS, NO, ONWARD, OTHERWISE, Kind, Script, Step

WIDTH, HEIGHT = 190, 46
ACROSS, DOWN = 34, 56
"""Space between two steps of a row, and between two rows."""
MARGIN, LANE = 16, 12
"""Around the drawing; and between two arrows that lead back up."""
LONGEST_NAME, LONGEST_ANSWER = 26, 16
SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """A step's place in the drawing."""

    x: float
    y: float

    @property
    def middle(self) -> float:
        return self.x + WIDTH / 2

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
    wide = max((box.x + WIDTH for box in boxes.values()), default=0) + MARGIN
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
        _("%(answer)s leads to %(step)s.") % {"answer": _answer(step, answer), "step": script[to].name}
        if answer
        else _("Then %(step)s.") % {"step": script[to].name}
        for answer, to in step.next.items()
        if to in script.steps
    ]
    return " ".join([head, *ways])


# --- where things stand ---


def _rows(script: Script) -> list[list[str]]:
    """By row the steps: as far from the start as the longest way that goes round nowhere, others below."""
    depth = _depths(script)
    lost = [key for key in script.steps if key not in depth]
    rows: list[list[str]] = [[] for _row in range(max(depth.values(), default=-1) + 1)]
    for key in script.steps:
        if key in depth:
            rows[depth[key]].append(key)
    if lost:
        rows.append(lost)
    for _sweep in range(SWEEPS):
        _straighten(script, rows)
    return [row for row in rows if row]


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


def _straighten(script: Script, rows: list[list[str]]) -> None:
    """Put each step below the middle of those that lead to it, so that fewer arrows cross."""
    for above, row in pairwise(rows):
        place = {key: number for number, key in enumerate(above)}
        from_: dict[str, list[int]] = {key: [] for key in row}
        for key in above:
            for to in _followers(script, key):
                if to in from_:
                    from_[to].append(place[key])
        now = {key: float(number) for number, key in enumerate(row)}
        row.sort(key=lambda key: (sum(from_[key]) / len(from_[key]) if from_[key] else now[key], now[key]))


def _boxes(rows: list[list[str]]) -> dict[str, Box]:
    widest = max((len(row) for row in rows), default=0)
    boxes = {}
    for down, row in enumerate(rows):
        indent = MARGIN + (widest - len(row)) * (WIDTH + ACROSS) / 2
        for number, key in enumerate(row):
            boxes[key] = Box(indent + number * (WIDTH + ACROSS), MARGIN + down * (HEIGHT + DOWN))
    return boxes


# --- the parts of the drawing ---


@dataclass(frozen=True)
class Way:
    """An arrow: several answers that lead to the same step are one."""

    step: Step
    to: str
    answers: tuple[str, ...]

    @property
    def words(self) -> str:
        return ", ".join(filter(None, (_answer(self.step, answer) for answer in self.answers)))

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


def _answer(step: Step, answer: str) -> str:
    if answer == OTHERWISE:
        return str(_("otherwise"))
    if step.kind == Kind.BRANCH or answer == ONWARD:
        return answer
    return str(step.answers().get(answer, answer))


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
            bend = min(DOWN * 0.7, (end.y - start.bottom) * 0.6)
            from_, to_ = f"{x:g} {start.bottom:g}", f"{end.middle:g} {end.y - 2:g}"
            path = f"M{from_}C{x:g} {start.bottom + bend:g} {end.middle:g} {end.y - bend:g} {to_}"
            label = (x + (end.middle - x) * 0.12 + 4, start.bottom + 14 + 11 * (number % 2))
        else:
            lane += 1
            x = wide + LANE * lane
            y, up = start.y + HEIGHT / 2, end.y + HEIGHT / 2
            path = f"M{start.x + WIDTH:g} {y:g}H{x:g}V{up + 6:g}H{end.x + WIDTH + 2:g}"
            label = (x + 4, y - 4)
        kind = " no" if way.is_no else ""
        yield f'<path class="way{kind}" d="{path}" marker-end="url(#{name}-tip)"/>'
        if words:
            short = escape(_short(words, LONGEST_ANSWER))
            yield f'<text class="answer" x="{label[0]:g}" y="{label[1]:g}">{short}</text>'


def _place(script: Script, boxes: dict[str, Box], step: Step, to: str) -> tuple[int, int]:
    """Which of the arrows down this one is, from the left, so that they do not cross where they begin."""
    down = [key for key in _followers(script, step.key) if key in boxes and _leads_down(boxes, step.key, key)]
    down.sort(key=lambda key: boxes[key].x)
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
