from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import operations
from accounts.forms import ProfileForm
from accounts.views.answers import carried_out, form_page
from accounts.views.guards import AuthenticatedRequest, for_everybody


@require_http_methods(["GET", "POST"])
@for_everybody
def profile(request: AuthenticatedRequest) -> HttpResponse:
    """What everybody may change about themselves, whatever their role."""
    me = request.user
    initial = {name: getattr(me, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=initial)
    if form.is_valid() and carried_out(
        form,
        lambda: operations.change_person(me, by=me, at=timezone.now(), **form.cleaned_data),
    ):
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return form_page(request, "accounts/profile.html", form)
