"""What the demo desk has ready, without its tickets: folders, macros that run, twenty usual requests."""

from datetime import datetime

import pytest

from escalation.macros.running import what_is_broken
from escalation.models import Macro
from helpdesk.demo import company
from tickets.models import CannedReply, ReadyTicket

pytestmark = pytest.mark.django_db


def test_the_demo_has_replies_in_folders_whole_macros_and_twenty_usual_requests(at: datetime) -> None:
    company.build(at=at)
    assert ReadyTicket.objects.count() == 20
    assert not ReadyTicket.objects.filter(category=None).exists()
    assert not CannedReply.objects.filter(folder="").exists()
    assert {macro.name: what_is_broken(macro) for macro in Macro.objects.all()} == {
        "VPN drops": [],
        "Suspicious mail to Security": [],
        "Waits for a part": [],
        "It was fixed meanwhile": [],
        "Look at this with me": [],
    }
