"""What the lists of insights have in common: who is let in, and the parameters of a cut."""

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.figures.views import PARAMETERS
from helpdesk.api.problems import Problem
from insights.cuts import Cut, Scope
from insights.permissions import scope_of
from insights.queries.asked import cut_asked

OF_CUT = tuple(parameter for parameter in PARAMETERS if parameter.name not in ("by", "step"))


class OfFigures(Endpoint):
    """For whoever reads figures."""

    area = Area.INSIGHTS

    def let_in(self) -> None:
        if scope_of(self.person) is None:
            raise Problem(
                "not_allowed",
                _("Figures are for managers, leads, and who sees the tickets of an organisation."),
            )

    @property
    def scope(self) -> Scope:
        return scope_of(self.person) or Scope(teams=frozenset())

    def cut(self, request: Request) -> Cut:
        asked = {parameter.name: request.query_params.get(parameter.name, "") for parameter in OF_CUT}
        today = self.at.astimezone(timezone.get_default_timezone()).date()
        return cut_asked(asked, scope=self.scope, today=today)


class OfTheDesk(OfFigures):
    """For managers, administrators and leads; not for an organisation's manager."""

    def let_in(self) -> None:
        super().let_in()
        if self.scope.organisation:
            raise Problem("not_allowed", _("This is for managers, administrators and leads."))
