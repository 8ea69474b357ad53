from django.urls import path

from escalation.views import checklists

urlpatterns = [
    path("settings/checklists/", checklists.checklists, name="settings-checklists"),
    path("settings/checklists/new/", checklists.new_checklist, name="settings-checklist-new"),
    path("settings/checklists/<int:pk>/", checklists.checklist, name="settings-checklist"),
    path("settings/checklists/<int:pk>/retire/", checklists.retire, name="settings-checklist-retire"),
]
