from django.urls import path

from escalation.views import checklists, rules, team_work, trials, vendors

urlpatterns = [
    path("settings/rules/", rules.rules, name="settings-rules"),
    path("settings/rules/new/", rules.new_rule, name="settings-rule-new"),
    path("settings/rules/condition/", rules.condition, name="settings-rule-condition"),
    path("settings/rules/action/", rules.action, name="settings-rule-action"),
    path("settings/rules/count/", rules.count, name="settings-rule-count"),
    path("settings/rules/import/", rules.import_rules, name="settings-rules-import"),
    path("settings/rules/export.yml", rules.export_all, name="settings-rules-export"),
    path("settings/rules/try/", trials.trial, name="settings-rule-trial"),
    path("settings/rules/try/<int:pk>/", trials.answer, name="settings-rule-trial-answer"),
    path("settings/rules/try/<int:pk>/answer.json", trials.download, name="settings-rule-trial-download"),
    path("settings/rules/<int:pk>/", rules.rule, name="settings-rule"),
    path("settings/rules/<int:pk>/versions/", rules.versions, name="settings-rule-versions"),
    path("settings/rules/<int:pk>/did/", rules.deeds, name="settings-rule-deeds"),
    path("settings/rules/<int:pk>/restore/", rules.restore, name="settings-rule-restore"),
    path("settings/rules/<int:pk>/export.yml", rules.export, name="settings-rule-export"),
    path("settings/rules/<int:pk>/move/", rules.move, name="settings-rule-move"),
    path("settings/rules/<int:pk>/use/", rules.use, name="settings-rule-use"),
    path("settings/rules/<int:pk>/copy/", rules.copy, name="settings-rule-copy"),
    path("settings/rules/<int:pk>/delete/", rules.delete, name="settings-rule-delete"),
    path("settings/checklists/", checklists.checklists, name="settings-checklists"),
    path("settings/checklists/new/", checklists.new_checklist, name="settings-checklist-new"),
    path("settings/checklists/<int:pk>/", checklists.checklist, name="settings-checklist"),
    path("settings/checklists/<int:pk>/retire/", checklists.retire, name="settings-checklist-retire"),
    path("settings/teams/<int:pk>/work/", team_work.team_work, name="settings-team-work"),
    path("settings/teams/<int:pk>/cover/", team_work.team_cover, name="settings-team-cover"),
    path("settings/vendors/<int:pk>/", vendors.vendor, name="settings-vendor"),
    path("settings/vendors/<int:pk>/takes/", vendors.takes, name="settings-vendor-takes"),
    path(
        "settings/vendors/<int:pk>/takes/<int:take>/remove/",
        vendors.takes_no_more,
        name="settings-vendor-takes-no-more",
    ),
]
