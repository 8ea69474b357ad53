"""Access without a password: a signed link in a mail opens one ticket for its reader."""

from datetime import datetime

from django.core import signing

from accounts.models import User
from tickets.models import Ticket

SALT = "tierdesk.portal.links"


def signed_url(ticket: Ticket, person: User, *, at: datetime) -> str:
    """The path that opens this ticket for this person alone."""
    token = signing.dumps([ticket.pk, person.pk, int(at.timestamp())], salt=SALT, compress=True)
    return f"/r/{token}/"
