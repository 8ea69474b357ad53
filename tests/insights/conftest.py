import pytest

from accounts.models import Team
from tests.insights.recorded import Desk
from tests.insights.stories import second_desk, story
from tests.sla.conftest import office

__all__ = ["desk", "office", "second_desk", "story"]


@pytest.fixture
def desk(service_desk, network, platform, northwind, harbour, mira, dario, ines, otto) -> Desk:
    """Four teams on three tiers, two organisations, and 120 recorded tickets."""
    printers = Team.objects.create(name="Printers", tier_id=2)
    made = Desk(
        teams={1: [service_desk], 2: [network, printers], 3: [platform]},
        organisations=[northwind, harbour],
        people=[mira, dario],
        requesters=[ines, otto],
    )
    made.fill(120)
    return made
