from typing import Any

import pytest


@pytest.fixture
def styleguide(live_server: Any, settings: Any) -> str:
    settings.DEBUG = True
    return f"{live_server.url}/styleguide/"
