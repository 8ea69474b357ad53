"""Charts as data: what static/src/js/charts.js draws, the same as a table, and both in a sentence.

One source for all three: each point carries its words and the address of the tickets that it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from insights import saying

TONES = ("slate", "teal", "blue", "violet", "amber")
"""Of the tiers, as tokens.css has them; a tier may have chosen another."""
NAMED_TONES = frozenset({*TONES, "rose", "green", "cyan"})


@dataclass(frozen=True)
class Cell:
    """One cell of a table; with an address it is a link."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    """The first cell of each names the row."""

    @property
    def body(self) -> SafeString:
        """Its rows as HTML: the template language takes ten times as long for hundreds of cells."""
        return mark_safe("".join(f"<tr>{''.join(_cells(row))}</tr>" for row in self.rows))  # noqa: S308 (escaped)


def _cells(row: Sequence[Cell]) -> Iterator[str]:
    for place, cell in enumerate(row):
        words = str(escape(cell.words))
        if cell.url:
            words = f'<a href="{escape(cell.url)}">{words}</a>'
        yield f'<td class="num">{words}</td>' if place else f'<th scope="row">{words}</th>'


@dataclass(frozen=True)
class Legend:
    label: str
    colour: str
    shape: str = ""
    """ "is-line", "is-line is-dashed", or a square."""

    @property
    def look(self) -> str:
        return f"tone-{self.colour}" if self.colour in NAMED_TONES else f"k-{self.colour}"


@dataclass(frozen=True)
class Mark:
    """A moment at which something was changed, numbered in the chart and told below it."""

    number: str
    x: int
    words: str
    day: str
    url: str = ""
    """To the same page from then on, with the time before beside it."""


@dataclass(frozen=True)
class Series:
    """One line, or one set of bars. `values` None leaves a gap; `words` say each as people read it."""

    name: str
    colour: str
    values: Sequence[float | None]
    words: Sequence[str]
    urls: Sequence[str] = ()
    shape: str = "bar"
    """ "bar", "line" or "area"."""
    is_dashed: bool = False
    tag: str = ""
    """Stands inside its bars where there is room."""


@dataclass(frozen=True)
class Chart:
    """`key` tells the charts of a page apart; `height` is "", "is-low" or "is-high"."""

    key: str
    title: str
    summary: str
    data: dict[str, Any]
    table: Table
    legend: Sequence[Legend] = ()
    marks: Sequence[Mark] = ()
    about: str = ""
    height: str = ""
    notes: Sequence[str] = field(default_factory=tuple)


def lines(
    key: str,
    title: str,
    *,
    first: str,
    x: Sequence[str],
    series: Sequence[Series],
    names: Sequence[str] | None = None,
    marks: Sequence[Mark] = (),
    stacked: bool = False,
    most: float | None = None,
    axis: str = "",
    about: str = "",
    height: str = "",
    notes: Sequence[str] = (),
) -> Chart:
    """Lines, areas and bars over the same points.

    Args:
        first: heads the column of the points in the table.
        names: the points in full, where `x` is short for the axis.
        most: the end of the axis, 100 for shares.
        axis: the unit of the axis, in a word.
    """
    full = names or x
    data = {
        "kind": "lines",
        "x": list(x),
        "names": list(full),
        "stacked": stacked,
        "max": most,
        "axis": axis,
        "whole": most is None and all(float(v or 0).is_integer() for one in series for v in one.values),
        "marks": [{"number": mark.number, "x": mark.x} for mark in marks],
        "series": [
            {
                "name": one.name,
                "colour": one.colour,
                "as": one.shape,
                "dash": one.is_dashed,
                "tag": one.tag,
                "values": list(one.values),
                "words": list(one.words),
                **({"urls": list(one.urls)} if one.urls else {}),
            }
            for one in series
        ],
    }
    return Chart(
        key=key,
        title=title,
        summary=" ".join(_spoken(one, full) for one in series),
        data=data,
        table=_table_of_lines(first, full, series),
        legend=[Legend(one.name, one.colour, _shape(one)) for one in series] if len(series) > 1 else (),
        marks=marks,
        about=about,
        height=height,
        notes=notes,
    )


def _shape(one: Series) -> str:
    if one.shape == "bar":
        return ""
    return "is-line is-dashed" if one.is_dashed else "is-line"


def _table_of_lines(first: str, names: Sequence[str], series: Sequence[Series]) -> Table:
    rows = [
        [Cell(name), *(Cell(one.words[at], one.urls[at] if one.urls else "") for one in series)]
        for at, name in enumerate(names)
    ]
    return Table([first, *(one.name for one in series)], rows)


def _spoken(one: Series, names: Sequence[str]) -> str:
    """A series in a sentence: where it begins and ends, and its highest point."""
    known = [at for at, value in enumerate(one.values) if value is not None]
    if not known:
        return _("%(name)s: nothing.") % {"name": one.name}
    top = max(known, key=lambda at: one.values[at] or 0)
    if len(known) == 1:
        return _("%(name)s: %(words)s in %(where)s.") % {
            "name": one.name,
            "words": one.words[top],
            "where": names[top],
        }
    return _("%(name)s: from %(begins)s to %(ends)s; the most, %(most)s, at %(where)s.") % {
        "name": one.name,
        "begins": one.words[known[0]],
        "ends": one.words[known[-1]],
        "most": one.words[top],
        "where": names[top],
    }


# --- Flows ---


@dataclass(frozen=True)
class Node:
    label: str
    colour: str
    depth: int
    words: str
    url: str = ""


@dataclass(frozen=True)
class Link:
    """So many went from one node to another; both are named by their place in the list of nodes."""

    begins: int
    ends: int
    n: int
    url: str = ""
    colour: str = ""
    """Of its own, where it is to be seen: what came back."""


def flow(
    key: str, title: str, *, nodes: Sequence[Node], links: Sequence[Link], summary: str, about: str = ""
) -> Chart:
    """A Sankey diagram. It has no circles: what goes back is a node of its own."""
    data = {
        "kind": "flow",
        "nodes": [
            {
                "name": str(place),
                "label": node.label,
                "colour": node.colour,
                "depth": node.depth,
                "words": node.words,
                "url": node.url,
            }
            for place, node in enumerate(nodes)
        ],
        "links": [
            {
                "from": link.begins,
                "to": link.ends,
                "n": link.n,
                "words": saying.number(link.n),
                "url": link.url,
                "colour": link.colour,
            }
            for link in links
        ],
    }
    rows = [
        [Cell(nodes[link.begins].label), Cell(nodes[link.ends].label), Cell(saying.number(link.n), link.url)]
        for link in links
    ]
    table = Table([_("From"), _("To"), _("Tickets")], rows)
    return Chart(key, title, summary, data, table, about=about, height="is-high")


# --- Weekdays by hours ---


def heat(
    key: str,
    title: str,
    *,
    first: str,
    x: Sequence[str],
    names: Sequence[str],
    y: Sequence[str],
    values: Sequence[Sequence[float]],
    words: Sequence[Sequence[str]],
    url: str = "",
    about: str = "",
) -> Chart:
    """A table of shades. `x` heads its columns, `names` say them in full, `y` names its rows.

    Behind `url` belong the numbers of row and column, as in "3_14".
    """
    row, at = max(
        ((row, at) for row in range(len(y)) for at in range(len(x))),
        key=lambda place: values[place[0]][place[1]],
    )
    summary = _("The most, %(words)s, on %(row)s %(column)s.") % {
        "words": words[row][at],
        "row": y[row],
        "column": names[at],
    }
    data = {
        "kind": "heat",
        "x": list(x),
        "names": list(names),
        "y": list(y),
        "values": [list(line) for line in values],
        "words": [list(line) for line in words],
        "url": url,
    }
    rows = [
        [
            Cell(name),
            *(
                Cell(words[row][at], f"{url}{row}_{at}" if url and values[row][at] else "")
                for at in range(len(x))
            ),
        ]
        for row, name in enumerate(y)
    ]
    table = Table([first, *x], rows)
    return Chart(key, title, summary, data, table, about=about)


def tone(level: int, chosen: str = "") -> str:
    """The colour of a tier, by its token."""
    return chosen if chosen in NAMED_TONES else TONES[level]
