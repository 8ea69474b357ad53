"""Every address, by app. What is not listed here does not exist."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from helpdesk import health
from helpdesk.desk import styleguide

# One door for everybody: throttled, and closed to the password of the demo.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "helpdesk.refusals.bad_request"
handler500 = "helpdesk.refusals.server_error"

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("styleguide/", styleguide.page),
    # The mail address is the login, and administrators change it.
    path("accounts/email/", RedirectView.as_view(pattern_name="profile")),
    # Theirs ends all sessions at once or none.
    path("accounts/sessions/", RedirectView.as_view(pattern_name="sessions")),
    path("accounts/", include("allauth.urls")),
    path("api/", include("helpdesk.api.urls")),
    path("", include("accounts.urls")),
    path("", include("helpdesk.desk.settings_urls")),
    path("", include("helpdesk.telling.urls")),
    path("settings/", include("tickets.settings.urls")),
    path("settings/", include("delivery.urls")),
    path("settings/mailboxes/", include("intake.connection_urls")),
    path("mail/", include("intake.door_urls")),
    path("", include("sla.urls")),
    path("", include("escalation.urls")),
    path("", include("knowledgebase.urls")),
    path("", include("intake.urls")),
    path("insights/", include("insights.urls")),
    path("admin/", admin.site.urls),
    path("desk/sops/", include("knowledgebase.script_urls")),
    path("desk/", include("helpdesk.desk.urls")),
    path("", include("helpdesk.portal.urls")),
]
