import pytest

from tickets.markdown import render

OWN = "/files/0b9c2c1e-3f5a-4c39-9a53-0d1f4a3f2b11/"


def test_a_line_break_counts() -> None:
    assert render("one\ntwo") == "<p>one<br>\ntwo</p>\n"


def test_an_address_becomes_a_link_that_tells_nobody_where_we_came_from() -> None:
    assert render("see https://example.com") == (
        '<p>see <a href="https://example.com" rel="nofollow noopener noreferrer">https://example.com</a></p>\n'
    )


def test_a_picture_of_ours_is_shown() -> None:
    assert render(f"![the error]({OWN})") == f'<p><img src="{OWN}" alt="the error" loading="lazy"></p>\n'


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/pixel.png",
        "//elsewhere.example/pixel.png",
        "/files/../accounts/logout/",
        f"{OWN}../../accounts/logout/",
        "/accounts/logout/",
        "data:image/svg+xml;base64,PHN2Zz4=",
    ],
)
def test_any_other_picture_is_only_its_name(address: str) -> None:
    assert "<img" not in render(f"![tracker]({address})")
    assert "tracker" in render(f"![tracker]({address})")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,alert)",
        '![a" onload="alert(1)](/x)',
        '<a href="https://a.example" style="position:fixed">x</a>',
        "![<b>](https://a.example/x)",
    ],
)
def test_nothing_written_in_a_message_runs(text: str) -> None:
    html = render(text)
    assert not any(
        bad in html for bad in ("<script", "<img", "<b>", 'href="javascript', 'href="data', "<a style")
    )


def test_a_table_is_a_table() -> None:
    assert "<td>fine</td>" in render("| client | result |\n|---|---|\n| 5.0 | fine |\n")
