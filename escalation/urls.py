from django.urls import path

from escalation.views import checklists, team_work, vendors

urlpatterns = [
    path("settings/checklists/", checklists.checklists, name="settings-checklists"),
    path("settings/checklists/new/", checklists.new_checklist, name="settings-checklist-new"),
    path("settings/checklists/<int:pk>/", checklists.checklist, name="settings-checklist"),
    path("settings/checklists/<int:pk>/retire/", checklists.retire, name="settings-checklist-retire"),
    path("settings/teams/<int:pk>/work/", team_work.team_work, name="settings-team-work"),
    path("settings/vendors/<int:pk>/", vendors.vendor, name="settings-vendor"),
    path("settings/vendors/<int:pk>/takes/", vendors.takes, name="settings-vendor-takes"),
    path(
        "settings/vendors/<int:pk>/takes/<int:take>/remove/",
        vendors.takes_no_more,
        name="settings-vendor-takes-no-more",
    ),
]
