"""How the portal looks to the people of an organisation: name, logo and colour; and putting an earlier look back."""

import re
import secrets
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import colours, current, events, versions
from accounts.logos import redrawn
from accounts.models import Branding, Organisation, SettingVersion, User
from accounts.models.branding import logo_path
from accounts.permissions import may_administer
from accounts.refusals import Invalid, NotAllowed

SUBJECT = "branding"
KEPT = ("host", "name", "colour", "logo", "logo_width", "logo_height")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
EVERYBODY_ELSE = "desk"


class HardToRead(Invalid):
    """Words in this colour, or on it, could not be read by everybody; `nearest` is the nearest that can."""

    code = "hard_to_read"
    field = "colour"

    def __init__(self, colour: str) -> None:
        self.nearest = colours.nearest(colour)
        facts = {"found": f"{colours.weakest(colour):.1f}", "nearest": self.nearest}
        super().__init__(
            _(
                "Words in this colour are hard to read: contrast %(found)s, needed 4.5."
                " The nearest that passes: %(nearest)s."
            )
            % facts
        )


@transaction.atomic
def change_branding(
    organisation: Organisation | None,
    *,
    name: str,
    colour: str,
    host: str,
    logo: "UploadedFile[Any] | None" = None,
    drops_logo: bool = False,
    by: User | None,
    at: datetime,
) -> Branding:
    """Change how it looks to the people of an organisation; without one, to everybody else.

    Args:
        logo: a new one; without it the old one stays, unless `drops_logo`.

    Raises:
        HardToRead: the colour, with the nearest that passes.
        Invalid: a colour or a host name that is none, or a logo that is no picture.
    """
    _require_administrator(by)
    values: dict[str, Any] = {"name": name.strip(), "colour": _colour(colour), "host": _host(host)}
    if logo is not None:
        picture, width, height = redrawn(logo)
        path = default_storage.save(logo_path(None, ""), picture)
        values |= {"logo": path, "logo_width": width, "logo_height": height}
    elif drops_logo:
        values |= {"logo": "", "logo_width": 0, "logo_height": 0}
    return _write(organisation, values, by=by, at=at)


@transaction.atomic
def put_branding_back(version: SettingVersion, *, by: User | None, at: datetime) -> Branding:
    """Let it look as it did after an earlier change.

    Raises:
        Invalid: another branding has its host name by now.
    """
    _require_administrator(by)
    row = Branding.objects.select_related("organisation").get(pk=version.key)
    return _write(row.organisation, {name: version.content[name] for name in KEPT}, by=by, at=at)


def _write(
    organisation: Organisation | None, values: dict[str, Any], *, by: User | None, at: datetime
) -> Branding:
    row = _locked(organisation)
    if values["host"] and Branding.objects.exclude(pk=row.pk).filter(host__iexact=values["host"]).exists():
        raise Invalid(_("Another branding has this host name."), field="host")
    before = versions.content_of(row, KEPT) | {"logo": row.logo.name or ""}
    changed = [name for name in KEPT if name in values and before[name] != values[name]]
    if not changed:
        return row
    versions.begin(SUBJECT, row.pk, before, at=at)
    for name in changed:
        setattr(row, name, values[name])
    row.stamp = secrets.token_hex(5)
    row.save(update_fields=[*changed, "stamp"])
    words = [name for name in changed if name not in ("logo_width", "logo_height")]
    event = events.record(events.BRANDING_CHANGED, by=by, at=at, about=row.pk, words=words)
    after = versions.content_of(row, KEPT) | {"logo": row.logo.name or ""}
    versions.keep(SUBJECT, row.pk, after, by=by, at=at, event=event)
    transaction.on_commit(current.forget)
    return row


def _locked(organisation: Organisation | None) -> Branding:
    """Its row, which is made where there is none."""
    stem = slugify(organisation.name)[:50] or "company" if organisation else EVERYBODY_ELSE
    row, _made = Branding.objects.get_or_create(
        organisation=organisation, defaults={"slug": _free(stem), "stamp": secrets.token_hex(5)}
    )
    return Branding.objects.select_for_update().get(pk=row.pk)


def _free(stem: str) -> str:
    taken = set(Branding.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    slug = stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _colour(text: str) -> str:
    colour = text.strip().lower()
    if not colour:
        return ""
    if not colours.HEX.fullmatch(colour):
        raise Invalid(_("Write the colour as # and six digits, such as #0b5fc6."), field="colour")
    if not colours.passes(colour):
        raise HardToRead(colour)
    return colour


def _host(text: str) -> str:
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    if host and not HOST.fullmatch(host):
        raise Invalid(_("Write the host name alone, such as help.example.com."), field="host")
    return host


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators can change this."))
