"""How one broken promise is named in addresses and forms: ticket, metric and scope in one word."""

from typing import NamedTuple

from accounts.keys import key_of
from sla.models import Metric


class Breach(NamedTuple):
    ticket_id: int
    metric: str
    scope: int

    @property
    def token(self) -> str:
        """As `1042-resolution-0`."""
        return f"{self.ticket_id}-{self.metric}-{self.scope}"


def read_token(text: str) -> Breach | None:
    """The breach that is named so; None for anything else."""
    ticket, _, rest = text[:60].partition("-")
    metric, _, scope = rest.rpartition("-")
    if not key_of(ticket) or metric not in Metric.values or not (scope == "0" or key_of(scope)):
        return None
    return Breach(key_of(ticket), metric, int(scope))
