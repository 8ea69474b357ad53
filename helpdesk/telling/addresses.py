"""Mail to somebody comes back: whoever of the desk knows better says that the address works again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.operations import trust_address
from accounts.views.way_back import way_back
from helpdesk.desk.guard import DeskRequest, technicians_page


@require_POST
@technicians_page
def works(request: DeskRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    trust_address(person, by=request.user, at=timezone.now())
    messages.success(
        request,
        _("Mail goes to %(email)s again. What was held waits in the outbox.") % {"email": person.email},
    )
    return redirect(way_back(request, otherwise="/desk/"))
