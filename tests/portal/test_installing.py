"""The portal on a telephone: installed, without a connection, brought up to date, and removed again."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts import operations
from accounts.models import User
from tests.plugins.browser import ASSETS

pytestmark = pytest.mark.skipif(not ASSETS[1].exists(), reason="no assets; build them: make assets")


def told(client: Client) -> dict[str, Any]:
    """What the service worker keeps."""
    script = client.get("/sw.js").content.decode()
    found = re.match(r"self\.TIERDESK = (\{.*\});\n", script)
    assert found
    return dict(json.loads(found[1]))


def test_the_manifest_is_one_that_browsers_install(client: Client, db: None) -> None:
    response = client.get("/app.webmanifest")
    manifest = json.loads(response.content)

    assert response.headers["Content-Type"] == "application/manifest+json"
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    icons = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert icons == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for icon in manifest["icons"]:
        name = icon["src"].rpartition("/")[2]
        assert (settings.BASE_DIR / "static" / "src" / "img" / name).exists()


def test_the_worker_keeps_static_files_and_the_page_that_says_so_alone(client: Client, db: None) -> None:
    kept = told(client)

    assert kept["offline"] == "/offline/"
    assert all(address.startswith("/static/dist/") for address in kept["assets"])
    assert {"/static/dist/portal.css", "/static/dist/portal.js"} <= set(kept["assets"])
    response = client.get("/sw.js")
    assert (response.headers["Content-Type"], response.headers["Cache-Control"]) == (
        "text/javascript; charset=utf-8",
        "no-cache",
    )


def test_its_version_is_that_of_the_files(client: Client, db: None) -> None:
    assert told(client)["version"] == told(client)["version"]
    assert re.fullmatch(r"[0-9a-f]{12}", told(client)["version"])


def test_the_page_without_a_connection_is_nobodys(client: Client, as_ines: Client, ines: User) -> None:
    page = as_ines.get("/offline/").content.decode()

    assert "You are offline" in page
    assert ines.name not in client.get("/offline/").content.decode()


def test_switched_off_it_removes_itself(client: Client, ada: User, as_ines: Client, at: Any) -> None:
    assert 'rel="manifest"' in as_ines.get("/").content.decode()
    operations.change_desk(is_installable=False, by=ada, at=at)

    assert "unregister" in client.get("/sw.js").content.decode()
    assert client.get("/app.webmanifest").status_code == 404
    assert 'rel="manifest"' not in as_ines.get("/").content.decode()
