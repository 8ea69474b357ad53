from django.urls import path

from sla.views import audit, calendars, policies, recomputes, whatif

urlpatterns = [
    path("settings/calendars/", calendars.calendars, name="settings-calendars"),
    path("settings/calendars/new/", calendars.new_calendar, name="settings-calendar-new"),
    path("settings/calendars/parts/", calendars.parts, name="settings-calendar-parts"),
    path("settings/calendars/<int:pk>/", calendars.calendar, name="settings-calendar"),
    path("settings/calendars/<int:pk>/days/", calendars.days, name="settings-calendar-days"),
    path("settings/calendars/<int:pk>/versions/", calendars.versions, name="settings-calendar-versions"),
    path("settings/calendars/<int:pk>/delete/", calendars.delete, name="settings-calendar-delete"),
    path("settings/policies/", policies.policies, name="settings-policies"),
    path("settings/policies/new/", policies.new_policy, name="settings-policy-new"),
    path("settings/policies/condition/", policies.condition, name="settings-policy-condition"),
    path("settings/policies/import/", policies.import_policy, name="settings-policy-import"),
    path("settings/policies/test/", policies.test, name="settings-policy-test"),
    path("settings/policies/<int:pk>/", policies.policy, name="settings-policy"),
    path("settings/policies/<int:pk>/versions/", policies.versions, name="settings-policy-versions"),
    path("settings/policies/<int:pk>/restore/", policies.restore, name="settings-policy-restore"),
    path("settings/policies/<int:pk>/export.yml", policies.export, name="settings-policy-export"),
    path("settings/policies/<int:pk>/move/", policies.move, name="settings-policy-move"),
    path("settings/policies/<int:pk>/use/", policies.use, name="settings-policy-use"),
    path("settings/policies/<int:pk>/copy/", policies.copy, name="settings-policy-copy"),
    path("settings/policies/<int:pk>/delete/", policies.delete, name="settings-policy-delete"),
    path("settings/recomputes/", recomputes.recomputes, name="settings-recomputes"),
    path("settings/recomputes/<int:pk>/", recomputes.recompute, name="settings-recompute"),
    path("settings/start-clocks/", recomputes.start_clocks, name="settings-start-clocks"),
    path("settings/what-if/", whatif.what_if, name="settings-what-if"),
    path("settings/what-if/<int:pk>/", whatif.answer, name="settings-what-if-answer"),
    path("settings/what-if/<int:pk>/answer.json", whatif.download, name="settings-what-if-download"),
    path("settings/audit/", audit.audit, name="settings-audit"),
    path("settings/audit/export.csv", audit.export, name="settings-audit-export"),
]
