"""Pages of the settings, and of the first run, that need both accounts and tickets."""

from django.urls import path

from helpdesk.desk import leaving, retiring, setup

urlpatterns = [
    path("setup/", setup.start, name="setup"),
    path("setup/<slug:slug>/", setup.step, name="setup-step"),
    path("settings/people/<int:pk>/deactivate/", leaving.deactivate, name="settings-person-deactivate"),
    path("settings/tiers/<int:level>/turn-off/", retiring.turn_off_tier, name="settings-tier-off"),
    path("settings/teams/<int:pk>/retire/", retiring.retire_team, name="settings-team-retire"),
]
