"""Addresses of the editor of scripts, below /desk/sops/."""

from django.urls import path

from knowledgebase.views import script_numbers, scripts

urlpatterns = [
    path("", script_numbers.sops, name="scripts"),
    path("<int:pk>/", script_numbers.numbers, name="script-numbers"),
    path("<int:pk>/suggestions/", script_numbers.suggestions, name="script-suggestions"),
    path("<int:pk>/suggestions/<int:suggestion>/", script_numbers.settle, name="script-settle"),
    path("<int:pk>/edit/", scripts.editor, name="script-edit"),
    path("<int:pk>/begin/", scripts.begin, name="script-begin"),
    path("<int:pk>/text/", scripts.text, name="script-text"),
    path("<int:pk>/try/", scripts.trial, name="script-try"),
    path("<int:pk>/steps/new/", scripts.new_step, name="script-step-new"),
    path("<int:pk>/steps/<str:key>/", scripts.step, name="script-step"),
    path("<int:pk>/steps/<str:key>/delete/", scripts.delete_step, name="script-step-delete"),
]
