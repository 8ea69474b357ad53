"""Where a run begins: what is cut off after some minutes begins elsewhere each time, and all tests have their turn."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--begin-with",
        type=int,
        default=0,
        metavar="N",
        help="begin with the Nth file of tests and come round",
    )


@pytest.hookimpl(trylast=True)  # of the files that are left
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    files = list(dict.fromkeys(item.path for item in items))
    if files:
        first = config.getoption("--begin-with") % len(files)
        place = {file: at for at, file in enumerate([*files[first:], *files[:first]])}
        items.sort(key=lambda item: place[item.path])
