"""How the portal looks to the people of an organisation: readable in light and dark, safe, kept, put back."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts import colours, current, operations
from accounts.colours import DARK, LEAST, LIGHT, Theme, contrast, nearest, palette, passes
from accounts.models import AccountEvent, Branding, Organisation, SettingVersion, User
from accounts.operations import HardToRead
from accounts.refusals import Invalid, NotAllowed
from delivery.logos import is_ours
from delivery.mailing import as_message
from delivery.models import Mail
from helpdesk import notices
from helpdesk.settings import BASE_DIR
from tickets.models import Event, Ticket

SignIn = Callable[[User], Client]
ANY = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def png(size: tuple[int, int] = (300, 100), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, kind)
    return out.getvalue()


def logo(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


@pytest.fixture
def change(northwind: Organisation, ada: User, at: Any) -> Callable[..., Branding]:
    def act(**said: Any) -> Branding:
        said = {"name": "", "colour": "", "host": "", "by": ada, "at": at, **said}
        return operations.change_branding(said.pop("organisation", northwind), **said)

    return act


# --- The colour ---


@given(ANY)
def test_whatever_is_chosen_there_is_a_colour_that_everybody_can_read(colour: str) -> None:
    found = nearest(colour)
    assert passes(found)
    assert found == colour or not passes(colour)


@given(ANY)
def test_what_follows_from_a_colour_is_readable_in_light_and_dark(colour: str) -> None:
    for accent, theme in ((palette(colour).light, LIGHT), (palette(colour).dark, DARK)):
        for ink in (accent.accent, accent.strong, *theme.inks):
            assert contrast(ink, accent.soft) >= LEAST
        for ground in theme.grounds:
            assert min(contrast(accent.accent, ground), contrast(accent.strong, ground)) >= LEAST
        assert min(contrast(accent.on, accent.accent), contrast(accent.on, accent.strong)) >= LEAST


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    css = (BASE_DIR / "static/src/css/tokens.css").read_text()
    tokens = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\);", css))

    def both(*names: str) -> tuple[tuple[str, ...], ...]:
        return tuple(zip(*(tokens[name].split(", ") for name in names), strict=True))

    def theirs(pick: Callable[[Theme], tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
        return (pick(LIGHT), pick(DARK))

    assert theirs(lambda theme: theme.grounds) == both("paper", "card", "raised", "hover", "note")
    assert theirs(lambda theme: theme.inks) == both("ink", "ink-2", "ink-3", "ok", "warn", "bad", "rest")
    assert theirs(lambda theme: theme.tiers) == both(
        "slate", "teal", "blue", "violet", "amber", "rose", "green", "cyan"
    )
    assert theirs(lambda theme: (theme.ink, theme.on_accent, theme.card)) == both("ink", "on-accent", "card")


def test_a_colour_that_few_can_read_is_refused_with_the_nearest_that_all_can(
    change: Callable[..., Branding],
) -> None:
    with pytest.raises(HardToRead) as refused:
        change(colour="#FF6600")
    assert refused.value.nearest == "#aa4203"
    assert str(refused.value) == (
        "Words in this colour are hard to read: contrast 2.6, needed 4.5. The nearest that passes: #aa4203."
    )
    assert change(colour=refused.value.nearest).colour == "#aa4203"


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345g", "#0b5fc6;}", "0b5fc6"])
def test_what_is_no_colour_is_refused(change: Callable[..., Branding], colour: str) -> None:
    with pytest.raises(Invalid) as refused:
        change(colour=colour)
    assert refused.value.field == "colour"


@pytest.mark.parametrize("host", ["a b", "help.example.com/x", "-x", "x" * 64 + ".com", "a..b"])
def test_what_is_no_host_name_is_refused(change: Callable[..., Branding], host: str) -> None:
    with pytest.raises(Invalid) as refused:
        change(host=host)
    assert refused.value.field == "host"


def test_a_host_name_shows_one_look(change: Callable[..., Branding], harbour: Organisation) -> None:
    change(host="https://Help.Northwind.example/")
    assert Branding.objects.get().host == "help.northwind.example"
    with pytest.raises(Invalid, match="Another branding has this host name"):
        change(organisation=harbour, host="HELP.northwind.example")


def test_only_administrators_change_it(change: Callable[..., Branding], ines: User, mira: User) -> None:
    for somebody in (ines, mira):
        with pytest.raises(NotAllowed):
            change(colour="#7b2d8b", by=somebody)


# --- The logo ---


def test_a_logo_is_redrawn_small(change: Callable[..., Branding]) -> None:
    row = change(logo=logo(png((1200, 400), "JPEG"), "photo.jpg"))

    with row.logo.open("rb") as file:
        drawn = Image.open(io.BytesIO(file.read()))
    assert (drawn.format, drawn.size, (row.logo_width, row.logo_height)) == ("PNG", (360, 120), (360, 120))


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"plain words",
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 100,
        png()[:60],
        b"\0" * (2 * 2**20 + 1),
    ],
)
def test_what_is_no_picture_is_no_logo(change: Callable[..., Branding], content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        change(logo=logo(content))
    assert (refused.value.field, Branding.objects.count()) == ("logo", 0)


# --- Pages ---


def test_its_people_see_it_and_nobody_else(
    change: Callable[..., Branding], signed_in: SignIn, ines: User, otto: User
) -> None:
    row = change(name="Northwind Help", colour="#7b2d8b", logo=logo(png()))
    style, picture = f"/brand/{row.pk}-{row.stamp}.css", f"/brand/{row.pk}-{row.stamp}.png"

    page = signed_in(ines).get("/").content.decode()
    assert (style in page, picture in page, "Northwind Help" in page) == (True, True, True)
    other = signed_in(otto).get("/").content.decode()
    assert ("/brand/" in other, "Northwind Help" in other) == (False, False)


def test_style_and_logo_are_kept_for_ever_under_their_addresses(
    change: Callable[..., Branding], client: Client
) -> None:
    row = change(colour="#7b2d8b", logo=logo(png()))

    style = client.get(f"/brand/{row.pk}-{row.stamp}.css")
    assert style.content.decode().startswith(":root{--accent:light-dark(#7b2d8b,#")
    assert "immutable" in style.headers["Cache-Control"]
    picture = client.get(f"/brand/{row.pk}-{row.stamp}.png")
    assert (picture.headers["Content-Type"], picture.headers["Content-Security-Policy"]) == (
        "image/png",
        "default-src 'none'; sandbox",
    )
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/brand/{row.pk}-old.css").headers["Cache-Control"] == "no-store"
    assert client.get(f"/brand/{row.pk + 1}-{row.stamp}.css").status_code == 404


def test_the_login_shows_it_by_link_and_by_host_name(
    change: Callable[..., Branding], client: Client, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    row = change(name="Northwind Help", host="help.northwind.example")
    assert "Northwind Help" not in client.get("/accounts/login/").content.decode()

    by_host = Client().get("/accounts/login/", headers={"host": "help.northwind.example:8000"})
    assert "Northwind Help" in by_host.content.decode()
    assert client.get(f"/at/{row.slug}/").headers["Location"] == "/"
    assert "Northwind Help" in client.get("/accounts/login/").content.decode()
    assert client.get("/at/nobody/").status_code == 404


def test_everybody_else_sees_the_desks_own(change: Callable[..., Branding], client: Client) -> None:
    change(organisation=None, name="IT at Kestrel", colour="#7b2d8b")
    page = client.get("/accounts/login/").content.decode()
    assert ("IT at Kestrel" in page, "/brand/" in page) == (True, True)


def test_an_administrator_looks_before_saving_and_takes_the_nearest_colour(
    signed_in: SignIn, ada: User, northwind: Organisation
) -> None:
    client, address = signed_in(ada), f"/settings/organisations/{northwind.pk}/branding/"

    looked = client.post(address, {"name": "Help", "colour": "#7b2d8b", "preview": "1"})
    assert (looked.status_code, Branding.objects.count()) == (200, 0)
    assert 'href="/brand/preview.css?colour=%237b2d8b"' in looked.content.decode()
    sheet = client.get("/brand/preview.css?colour=%237b2d8b").content.decode()
    assert sheet.startswith(".brand-preview{--accent:light-dark(#7b2d8b,")

    refused = client.post(address, {"name": "Help", "colour": "#ff6600"})
    assert (refused.status_code, Branding.objects.count()) == (422, 0)
    assert 'name="colour_instead" value="#aa4203"' in refused.content.decode()
    saved = client.post(address, {"name": "Help", "colour": "#ff6600", "colour_instead": "#aa4203"})
    assert (saved.status_code, Branding.objects.get().colour) == (302, "#aa4203")


def test_a_colour_cannot_carry_styles_of_its_own(signed_in: SignIn, ada: User) -> None:
    assert signed_in(ada).get("/brand/preview.css?colour=%23fff;}body{").status_code == 404


def test_its_history_tells_who_and_an_earlier_look_is_put_back(
    change: Callable[..., Branding], signed_in: SignIn, ada: User
) -> None:
    row = change(name="One", colour="#7b2d8b", logo=logo(png()))
    change(name="Two", drops_logo=True)
    assert change(name="Two") == Branding.objects.get()  # nothing new: no version

    kept = SettingVersion.objects.filter(subject="branding").order_by("number")
    assert [version.content["name"] for version in kept] == ["", "One", "Two"]
    assert list(AccountEvent.objects.order_by("id").values_list("kind", "data")) == [
        ("branding.changed", {"about": row.pk, "words": ["name", "colour", "logo"]}),
        ("branding.changed", {"about": row.pk, "words": ["name", "colour", "logo"]}),
    ]
    client = signed_in(ada)
    assert (
        "Put back" in client.get(f"/settings/organisations/{row.organisation_id}/branding/").content.decode()
    )
    client.post(f"/settings/branding/versions/{kept[1].pk}/")
    back = Branding.objects.get()
    assert (back.name, back.colour, bool(back.logo), back.stamp != row.stamp) == (
        "One",
        "#7b2d8b",
        True,
        True,
    )
    assert "changed the look for One" in client.get("/settings/history/").content.decode()


def test_mails_to_its_people_have_its_name_and_colour(
    change: Callable[..., Branding], ticket: Ticket, at: Any
) -> None:
    change(name="Northwind Help", colour="#7b2d8b")
    notices.confirm_receipt(Event.objects.get(ticket=ticket), at)

    html = Mail.objects.get().html
    assert '<div class="brand">Northwind Help</div>' in html
    assert "border-bottom: 3px solid #7b2d8b" in html
    assert "<img" not in html


def test_a_mail_brings_the_logo_along_and_has_the_name_where_there_is_none(
    change: Callable[..., Branding], ticket: Ticket, at: Any
) -> None:
    opened = Event.objects.filter(ticket=ticket).earliest("pk")
    notices.confirm_receipt(opened, at)
    plain = Mail.objects.latest("pk")
    assert not plain.files
    assert '<div class="brand">Tierdesk</div>' in plain.html

    row = change(name="Northwind & Co", logo=logo(png()))
    Mail.objects.all().delete()
    notices.confirm_receipt(opened, at)
    mail = Mail.objects.latest("pk")
    (shown,) = re.findall(r'<div class="brand"><img class="logo" src="cid:([^"]+)" ([^>]+)></div>', mail.html)
    assert shown[1] == 'width="144" height="48" alt="Northwind &amp; Co"'

    change(name="Northwind & Co", drops_logo=True)
    sent = as_message(Mail.objects.get(pk=mail.pk)).message()
    (related,) = [part for part in sent.walk() if part.get_content_type() == "multipart/related"]
    parts: Any = related.get_payload()
    words, picture = parts
    assert words.get_content_type() == "multipart/alternative"
    assert (picture["Content-ID"], picture.get_content_disposition()) == (f"<{shown[0]}>", "inline")
    assert picture.get_payload(decode=True) == Path(row.logo.path).read_bytes()


def test_where_the_file_of_a_logo_is_gone_its_mail_still_leaves(
    change: Callable[..., Branding], ticket: Ticket, at: Any
) -> None:
    row = change(name="Northwind Help", logo=logo(png()))
    notices.confirm_receipt(Event.objects.filter(ticket=ticket).earliest("pk"), at)
    Path(row.logo.path).unlink()
    sent = as_message(Mail.objects.latest("pk")).message()
    assert [part.get_content_type() for part in sent.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert 'alt="Northwind Help"' in sent.as_string()


def test_a_logo_that_an_answer_quotes_is_known_as_ours(change: Callable[..., Branding]) -> None:
    row = change(name="Northwind Help", logo=logo(png()))
    current.forget()
    assert is_ours(Path(row.logo.path).read_bytes())
    assert not is_ours(png((30, 30)))


# --- On a telephone ---


def test_the_manifest_has_the_companys_name_and_colour(
    change: Callable[..., Branding], client: Client
) -> None:
    row = change(name="Northwind Help", colour="#7b2d8b")

    told = json.loads(client.get(f"/app.webmanifest?at={row.slug}").content)
    assert (told["name"], told["short_name"], told["theme_color"]) == (
        "Northwind Help",
        "Northwind Help",
        "#7b2d8b",
    )
    assert colours.passes(json.loads(client.get("/app.webmanifest").content)["theme_color"])
