import pytest

from accounts.models import Team
from tests.insights.cast import Cast, cast, named, shelf, world
from tests.insights.recorded import Desk
from tests.insights.stories import story
from tests.sla.conftest import office

__all__ = ["cast", "office", "shelf", "story"]

northwind = harbour = kestrel = vpn = pytest.fixture(named)
service_desk = second_desk = network = platform = vendors = pytest.fixture(named)
ines = tomasz = greta = otto = vera = pytest.fixture(named)
mira = sara = lars = rosa = dario = yuki = ada = max_ = pytest.fixture(named)


@world
def desk(cast: Cast) -> Desk:
    """Four teams on three tiers, two organisations, and 120 recorded tickets."""
    printers = Team.objects.create(name="Printers", tier_id=2)
    made = Desk(
        teams={1: [cast.service_desk], 2: [cast.network, printers], 3: [cast.platform]},
        organisations=[cast.northwind, cast.harbour],
        people=[cast.mira, cast.dario],
        requesters=[cast.ines, cast.otto],
    )
    made.fill(120)
    return made
