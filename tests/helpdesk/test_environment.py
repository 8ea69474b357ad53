"""Configuration: by environment variables only, each in the table, checked at start."""

import pytest

from helpdesk import environment
from helpdesk.local.places import BASE_DIR

GOOD = {
    "SECRET_KEY": "a-key-that-nobody-guesses-0123456789-0123456789-0123456789",
    "DATABASE_URL": "postgresql://desk:p%40ss@db.example:5433/tierdesk?sslmode=require",
    "REDIS_URL": "redis://:secret@redis.example:6379/0",
    "ALLOWED_HOSTS": "help.example.com, desk.example.com",
}


def test_the_documented_table_is_the_one_in_force() -> None:
    assert environment.table() in (BASE_DIR / "docs" / "operations.md").read_text()


def test_the_example_names_only_variables_that_exist() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    named = {line.split("=")[0] for line in lines if line and not line.startswith("#")}
    known = {name.upper() for name in environment.Environment.__dataclass_fields__}
    assert named - known == {"POSTGRES_PASSWORD"}


def test_a_database_address_is_taken_apart() -> None:
    assert environment.read(GOOD).database_url == {
        "NAME": "tierdesk",
        "USER": "desk",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_folder_travels_as_a_parameter() -> None:
    url = "postgresql://desk:x@:5433/tierdesk?host=/run/postgresql"
    assert environment.read(GOOD | {"DATABASE_URL": url}).database_url["HOST"] == "/run/postgresql"


def test_lists_are_split_at_commas() -> None:
    assert environment.read(GOOD).allowed_hosts == ("help.example.com", "desk.example.com")


def test_all_troubles_are_told_at_once() -> None:
    with pytest.raises(environment.BadEnvironment) as refused:
        environment.read({"DATABASE_URL": "sqlite:///x", "DEBUG": "maybe", "SECRET_KEY": "short"})
    lines = str(refused.value).splitlines()
    assert [line.split()[1].rstrip(":") for line in lines[1:]] == [
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "DEBUG",
    ]


def test_production_must_name_its_hosts() -> None:
    with pytest.raises(environment.BadEnvironment, match="ALLOWED_HOSTS is not set"):
        environment.read(GOOD | {"ALLOWED_HOSTS": ""})


def test_a_developer_need_not() -> None:
    assert environment.read(GOOD | {"ALLOWED_HOSTS": "", "DEBUG": "1"}).allowed_hosts == ()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("log:", {"EMAIL_BACKEND": "helpdesk.mail.LoggedOnly"}),
        (
            "smtp://ann:p%40ss@mail.example:587?tls=1",
            {
                "EMAIL_HOST": "mail.example",
                "EMAIL_PORT": 587,
                "EMAIL_HOST_PASSWORD": "p@ss",
                "EMAIL_USE_TLS": True,
            },
        ),
        ("smtps://mail.example", {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}),
    ],
)
def test_a_mail_address_becomes_settings(url: str, expected: dict[str, object]) -> None:
    assert expected.items() <= environment.read(GOOD | {"EMAIL_URL": url}).email_url.items()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "mail.example:25"),
        ("REDIS_URL", "memcached://x"),
        ("PORT", "-1"),
        ("LOG_FORMAT", "perhaps"),
        ("BASE_URL", "help.example.com"),
        ("TRUSTED_ORIGINS", "https://a.example,b.example"),
        ("TIME_ZONE", "Mars/Olympus"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(environment.BadEnvironment, match=f"- {name}: "):
        environment.read(GOOD | {name: value})
