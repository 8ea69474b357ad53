"""A requester with a telephone and a bad network: installs it, files with a photograph, comes back, answers, rates."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from accounts.models import Team, User
from accounts.operations import change_desk
from tests.plugins.browser import axe_violations, enter, wait_until
from tickets import operations
from tickets.models import Attachment, Category, PartialUpload, Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]
HEIC = (Path(__file__).parent.parent / "portal" / "samples" / "photo.heic").read_bytes()
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


def photo(width: int = 3000, height: int = 2000) -> FilePayload:
    """As a camera gives it: large, and not to be made small by any compression."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(out, "JPEG", quality=80)
    return {"name": "IMG_0042.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture
def phone(visit: Visit, ines: User, service_desk: Team) -> Page:
    return visit(ines, **PHONE)


def worker_is_there(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_a_story_from_the_home_screen_to_the_rating(
    phone: Page, ines: User, mira: User, vpn: Category
) -> None:
    # It can be installed: the browser itself finds nothing wrong with the manifest, and the worker is in charge.
    phone.goto("/")
    worker_is_there(phone)
    told = phone.context.new_cdp_session(phone).send("Page.getAppManifest")
    assert (told["errors"], '"display": "standalone"' in told["data"]) == ([], True)
    trouble = phone.context.new_cdp_session(phone).send("Page.getInstallabilityErrors")
    assert [each["errorId"] for each in trouble["installabilityErrors"]] in ([], ["in-incognito"])

    # A request with a photograph. The connection is cut while it travels.
    phone.get_by_role("link", name="VPN").click()
    phone.get_by_label("In a few words").fill("The new docking station shows nothing")
    expect(phone.get_by_text("Take a photo")).to_be_visible()
    with phone.expect_response(lambda response: response.request.method == "PATCH"):
        phone.set_input_files("#files", photo())
    phone.context.set_offline(True)
    expect(phone.locator(".file .wait")).to_have_text("No connection. It goes on by itself.")
    upload = PartialUpload.objects.get()
    assert 0 < upload.received < upload.size
    phone.context.set_offline(False)
    expect(phone.locator(".file input[name=attachments]")).to_be_attached()
    # One of an iPhone, which this browser cannot open: the server turns it into one that everybody can.
    phone.set_input_files("#files", {"name": "IMG_7.HEIC", "mimeType": "image/heic", "buffer": HEIC})
    expect(phone.locator(".file").nth(1)).to_contain_text("IMG_7.jpg")
    phone.get_by_role("button", name="Send").last.click()
    phone.wait_for_url(re.compile(r"/requests/TD-\d+/"))

    ticket, sent = Ticket.objects.get(), Attachment.objects.get(name="IMG_0042.jpg")
    assert (ticket.category, sent.ticket, ticket.attachments.count()) == (vpn, ticket, 2)
    with sent.file.open("rb") as file:
        assert Image.open(io.BytesIO(file.read())).size == (2560, 1707)

    # Mira asks; it stands on top when Ines comes back, and she answers.
    taken = operations.take(ticket, by=mira, at=timezone.now())
    operations.wait_for_requester(taken, question="Which cable?", by=mira, at=timezone.now())
    phone.goto("/")
    expect(phone.get_by_role("heading", level=2).first).to_have_text("Waiting for you")
    phone.get_by_text("Answer Mira’s question").click()
    phone.get_by_label("Your message").fill("The short one.")
    phone.locator("#reply").get_by_role("button", name="Send").click()
    expect(phone.locator("main")).to_contain_text("The short one.")

    # Solved: one click says that it works and how it went.
    operations.resolve(
        ticket, code="fixed", summary="The long cable works.", by=mira, at=timezone.now(), category=vpn
    )
    phone.reload()
    assert axe_violations(phone) == []
    phone.get_by_role("button", name="5 very well").click()
    expect(phone.get_by_text("You gave 5 of 5. Thank you.")).to_be_visible()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.rating) == ("closed", 5)


@pytest.mark.long
def test_a_photograph_of_40_megapixels_is_made_smaller_before_it_travels(phone: Page) -> None:
    phone.goto("/requests/new/")
    large = photo(7300, 5500)
    assert len(large["buffer"]) > 10 * 2**20
    phone.set_input_files("#files", large)
    expect(phone.locator(".file input[name=attachments]")).to_be_attached()

    row = Attachment.objects.get()
    with row.file.open("rb") as file:
        assert Image.open(io.BytesIO(file.read())).size == (2560, 1929)


@pytest.mark.long
def test_what_is_on_its_way_survives_a_reload(phone: Page) -> None:
    phone.goto("/requests/new/")
    phone.route("**/files/parts/*/", lambda route: route.abort("internetdisconnected"))
    phone.set_input_files("#files", photo(2000, 1500))
    expect(phone.locator(".file .wait")).to_have_text("No connection. It goes on by itself.")

    phone.unroute("**/files/parts/*/")
    phone.reload()
    expect(phone.locator(".file")).to_have_count(1)
    expect(phone.locator(".file input[name=attachments]")).to_be_attached()
    assert Attachment.objects.get().name == "IMG_0042.jpg"
    phone.reload()
    expect(phone.locator(".file")).to_have_count(1)


@pytest.mark.long
def test_a_file_is_sent_after_all_when_the_session_ended_on_its_way(phone: Page, ines: User) -> None:
    phone.goto("/requests/new/")
    phone.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    phone.set_input_files("#files", photo(2000, 1500))
    expect(phone.locator(".file .error")).to_have_text(
        "You are no longer logged in. Log in again, then attach the file."
    )

    enter(phone, phone.url.partition("/requests/")[0], ines)
    phone.goto("/requests/new/")
    expect(phone.locator(".file input[name=attachments]")).to_be_attached()
    assert Attachment.objects.get().name == "IMG_0042.jpg"


@pytest.mark.long
def test_without_a_connection_it_says_so_keeps_the_draft_and_sends_nothing_by_itself(
    phone: Page, ines: User
) -> None:
    phone.goto("/requests/new/")
    worker_is_there(phone)
    phone.get_by_label("In a few words").fill("The lift")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Send").last.click()
    expect(phone.locator(".offline-note")).to_contain_text("this was not sent. It is kept on this device")

    # Another page: what can be reached no more says so, and one can go on writing.
    phone.goto("/requests/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are offline")
    assert ines.name not in phone.content()
    expect(phone.get_by_label("In a few words")).to_have_value("The lift")
    phone.get_by_label("Tell us more").fill("It stands still on the third floor.")
    expect(phone.locator("[data-draft-status]")).to_contain_text("draft saved")
    assert axe_violations(phone) == []

    phone.context.set_offline(False)
    expect(phone.get_by_text("The connection is back.")).to_be_visible()
    assert Ticket.objects.count() == 0
    phone.get_by_role("button", name="Try again").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("My requests")
    phone.goto("/requests/new/")
    expect(phone.get_by_label("Tell us more")).to_have_value("It stands still on the third floor.")
    phone.get_by_role("button", name="Send").last.click()
    phone.wait_for_url(re.compile(r"/requests/TD-\d+/"))
    assert Ticket.objects.get().subject == "The lift"


@pytest.mark.long
def test_it_keeps_no_page_of_anybody_and_goes_when_it_is_switched_off(phone: Page, ada: User) -> None:
    kept = (
        "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)))).flat())"
    )
    phone.goto("/requests/")
    worker_is_there(phone)
    phone.goto("/requests/new/")
    paths = phone.evaluate(kept)
    assert "/offline/" in paths
    assert [path for path in paths if not path.startswith("/static/")] == ["/offline/"]

    change_desk(is_installable=False, by=ada, at=timezone.now())
    phone.goto("/")
    wait_until(phone, "async () => (await navigator.serviceWorker.getRegistrations()).length === 0")
    wait_until(phone, "async () => (await caches.keys()).length === 0")
