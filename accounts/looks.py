"""Which look somebody gets: of their organisation, else of the host name or link they came by, else the desk's."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.colours import palette
from accounts.current import current_brandings, current_desk
from accounts.models import Branding


@dataclass(frozen=True)
class Look:
    """What pages and mails show of a company."""

    name: str
    colour: str = ""
    style: str = ""
    """The address of its style sheet; none where nothing differs from the usual colours."""
    logo: str = ""
    picture: str = ""
    """Where the logo lies in the storage: mails bring it along."""
    width: int = 0
    height: int = 0
    slug: str = ""

    @property
    def bar(self) -> tuple[str, str]:
        """The colour of a phone's own bars in light and dark."""
        if not self.colour:
            return ("#0b5fc6", "#10161d")
        return (palette(self.colour).light.accent, "#10161d")


def look_for(organisation: int | None, *, host: str = "", slug: str = "") -> Look:
    """Of whoever belongs to this organisation, or came by this host name or link."""
    row = chosen(current_brandings(), organisation, host=host, slug=slug)
    return look_of(row) if row else Look(name=current_desk().name)


def look_of(row: Branding) -> Look:
    return Look(
        name=row.name or (current_desk().name if row.organisation_id is None else str(row.organisation)),
        colour=row.colour,
        style=f"/brand/{row.pk}-{row.stamp}.css" if row.colour else "",
        logo=f"/brand/{row.pk}-{row.stamp}.png" if row.logo else "",
        picture=row.logo.name or "",
        width=row.logo_width,
        height=row.logo_height,
        slug=row.slug,
    )


def chosen(rows: Iterable[Branding], organisation: int | None, *, host: str, slug: str) -> Branding | None:
    """An organisation without a look of its own has the desk's, by whatever way its people came."""
    known = list(rows)
    if organisation is not None:
        return _first(known, organisation_id=organisation) or _first(known, organisation_id=None)
    return (
        (_first(known, host=host.lower()) if host else None)
        or (_first(known, slug=slug) if slug else None)
        or _first(known, organisation_id=None)
    )


def style_sheet(colour: str, *, scope: str = ":root") -> str:
    """The tokens of static/src/css/tokens.css that follow from the colour. Unlayered, so they go before those."""
    found = palette(colour)
    pairs = {
        "accent": (found.light.accent, found.dark.accent),
        "accent-strong": (found.light.strong, found.dark.strong),
        "accent-soft": (found.light.soft, found.dark.soft),
        "on-accent": (found.light.on, found.dark.on),
    }
    tokens = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in pairs.items())
    return f"{scope}{{{tokens}}}\n"


def _first(rows: list[Branding], **wanted: object) -> Branding | None:
    return next(
        (row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())), None
    )
