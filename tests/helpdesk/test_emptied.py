"""What a test commits is gone after it, and what an installation begins with is there again."""

import pytest
from django.apps import apps
from django.test import TransactionTestCase

from accounts.models import Tier
from tests.conftest import person


def everything() -> dict[str, list[dict[str, object]]]:
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if not model._meta.proxy
    }


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_leaves_nothing(open_ticket):
    of_the_test = {"Organisation", "User", "Ticket", "Event", "Message", "Delivery"}
    open_ticket()
    person("Somebody Else")
    Tier.objects.filter(level=1).update(name="Changed")
    Tier.objects.filter(level=4).delete()
    left = everything()
    assert all(left[name] for name in of_the_test)
    TransactionTestCase()._fixture_teardown()
    begun = everything()
    assert not any(begun[name] for name in of_the_test)
    assert [tier.level for tier in Tier.objects.order_by("level")] == [0, 1, 2, 3, 4]
    assert not Tier.objects.filter(name="Changed").exists()
    TransactionTestCase()._fixture_teardown()
    assert everything() == begun
