"""Pages of the settings, and of the first run, that need both accounts and tickets."""

from django.urls import path

from helpdesk.desk import leaving, outgoing, questions, readymade, retiring, setup, versions

urlpatterns = [
    path("setup/", setup.start, name="setup"),
    path("setup/<slug:slug>/", setup.step, name="setup-step"),
    path("settings/people/<int:pk>/deactivate/", leaving.deactivate, name="settings-person-deactivate"),
    path("settings/tiers/<int:level>/turn-off/", retiring.turn_off_tier, name="settings-tier-off"),
    path("settings/categories/<int:pk>/questions/", questions.questions, name="settings-questions"),
    path("settings/versions/<slug:subject>/<int:key>/", versions.history, name="settings-versions"),
    path(
        "settings/versions/<slug:subject>/<int:key>/<int:number>/put-back/",
        versions.put_back,
        name="settings-version-put-back",
    ),
    path(
        "settings/versions/<slug:subject>/<int:key>/<int:number>/undo/",
        versions.undo,
        name="settings-version-undo",
    ),
    *readymade.urls(),
    path("settings/sending/", outgoing.of_desk, name="settings-sending"),
    path("settings/teams/<int:pk>/retire/", retiring.retire_team, name="settings-team-retire"),
]
