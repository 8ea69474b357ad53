"""The priority that the two answers of a requester give."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import PriorityRule, Urgency
from tickets.settings import effects, operations
from tickets.settings.forms import MatrixForm
from tickets.settings.views.telling import asks_first, page


@require_http_methods(["GET", "POST"])
@for_administrators
def matrix(request: AuthenticatedRequest) -> HttpResponse:
    stored = PriorityRule.objects.values_list("impact", "urgency", "priority")
    initial = {f"cell_{impact}_{urgency}": priority for impact, urgency, priority in stored}
    form = MatrixForm(request.POST or None, initial=initial)
    told = effects.of_matrix(form.cells) if form.is_valid() else []
    if form.is_valid() and not asks_first(request, told):
        operations.change_matrix(form.cells, by=request.user, at=timezone.now())
        messages.success(request, _("Saved. It holds for what is filed or changed from now on."))
        return redirect("settings-matrix")
    return page(request, "settings/matrix.html", form, told, urgencies=[each.label for each in Urgency])
