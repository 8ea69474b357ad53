"""Where somebody is logged in: seen, and ended one by one."""

from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from accounts import operations
from accounts.devices import device_name
from accounts.models import AccountEvent, User
from accounts.refusals import NotAllowed
from tests.answers import text_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)
SAMSUNG = (
    "Mozilla/5.0 (Linux; Android 14; SM-S928B) AppleWebKit/537.36 "
    "(KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"
)

LogIn = Callable[..., Client]


@pytest.fixture
def browser_of() -> LogIn:
    """Another browser in which this person is logged in."""
    cache.clear()  # what another test has guessed must not slow these down

    def log_in(user: User, user_agent: str = FIREFOX) -> Client:
        client = Client(headers={"user-agent": user_agent})
        client.post("/accounts/login/", {"login": user.email, "password": "correct-horse-battery"})
        assert client.get("/profile/").status_code == 200
        return client

    return log_in


def session_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        (SAMSUNG, "Samsung Internet on Android"),
        ("curl/8.9.1", "curl/8.9.1"),
        ("", "unknown device"),
    ],
)
def test_a_device_is_told_in_words(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


def test_one_session_is_ended_and_the_others_stay(browser_of: LogIn, ines: User) -> None:
    here, tablet, phone = browser_of(ines), browser_of(ines, EDGE), browser_of(ines, IPHONE)
    page = text_of(here.get("/profile/sessions/"))
    shown = (">this device<", " Firefox on Linux</b>", " Edge on Windows</b>", " Safari on iPhone</b>")
    assert [page.count(each) for each in shown] == [1, 1, 1, 1]

    answer = here.post(f"/profile/sessions/{session_of(phone).pk}/end/", follow=True)

    assert "Logged out: Safari on iPhone." in text_of(answer)
    assert [each.get("/profile/").status_code for each in (here, tablet, phone)] == [200, 200, 302]
    event = AccountEvent.objects.get()
    assert (event.kind, event.by, event.person, event.data) == ("person.session_ended", ines, ines, {})


def test_all_others_are_ended_at_once(browser_of: LogIn, ines: User) -> None:
    here, tablet, phone = browser_of(ines), browser_of(ines, EDGE), browser_of(ines, IPHONE)

    text = text_of(here.post("/profile/sessions/end-others/", follow=True))

    assert "2 sessions are ended." in text
    assert "Log out all others" not in text
    assert [each.get("/profile/").status_code for each in (here, tablet, phone)] == [200, 302, 302]
    event = AccountEvent.objects.get()
    assert (event.kind, event.data) == ("person.other_sessions_ended", {"sessions": 2})
    assert "logged in nowhere else" in text_of(here.post("/profile/sessions/end-others/", follow=True))
    assert AccountEvent.objects.count() == 1


def test_ending_the_session_one_sits_in_is_logging_out(browser_of: LogIn, ines: User) -> None:
    here = browser_of(ines)
    answer = here.post(f"/profile/sessions/{session_of(here).pk}/end/")
    assert answer.headers["Location"] == "/"
    assert here.get("/profile/").status_code == 302


def test_sessions_of_others_are_not_found(browser_of: LogIn, ines: User, ada: User) -> None:
    theirs = session_of(browser_of(ines))
    for address in (f"/profile/sessions/{theirs.pk}/end/", "/profile/sessions/9999999/end/"):
        assert browser_of(ada).post(address).status_code == 404
    assert UserSession.objects.filter(pk=theirs.pk).exists()


def test_only_administrators_end_the_sessions_of_others(
    browser_of: LogIn, ines: User, mira: User, ada: User, at
) -> None:
    session = session_of(browser_of(ines))
    with pytest.raises(NotAllowed):
        operations.end_session(session, by=mira, at=at)
    with pytest.raises(NotAllowed):
        operations.end_other_sessions(ines, keep=None, by=mira, at=at)
    operations.end_session(session, by=ada, at=at)
    assert not UserSession.objects.exists()


def test_the_page_says_which_sessions_live(browser_of: LogIn, ines: User) -> None:
    here, gone = browser_of(ines), browser_of(ines, IPHONE)
    gone.session.flush()
    text = text_of(here.get("/profile/sessions/"))
    assert "Safari on iPhone" not in text
    assert "Log out all others" not in text
