"""Where the demo company is not loaded."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User


def test_refused_where_the_desk_is_real(db, settings):
    settings.ALLOW_DEMO_PASSWORDS = False
    with pytest.raises(CommandError, match="only where DEBUG is on"):
        call_command("load_demo")
    assert not User.objects.exists()


def test_refused_where_a_desk_is_in_use(ticket):
    with pytest.raises(CommandError, match="into an empty database only"):
        call_command("load_demo")
    assert User.objects.count() == 1


def test_too_few_tickets_are_refused_and_nothing_is_left(db):
    with pytest.raises(CommandError, match="Give at least"):
        call_command("load_demo", tickets=3, now="2026-11-23T10:54:00+00:00")
    assert not User.objects.exists()
