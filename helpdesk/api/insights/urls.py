"""Addresses of surveys and of what to change."""

from django.urls import path

from helpdesk.api.insights import change, surveys

urlpatterns = [
    path("surveys/", surveys.Surveys.as_view()),
    path("repeats/", change.Repeats.as_view()),
    path("repeats/search/", change.SearchRepeats.as_view()),
    path("repeats/<int:key>/", change.OneRepeat.as_view()),
    path("repeats/<int:key>/draft/", change.RepeatDraft.as_view()),
    path("repeats/<int:key>/set-aside/", change.SetRepeatAside.as_view()),
    path("repeats/<int:key>/bring-back/", change.BringRepeatBack.as_view()),
    path("candidates/", change.Candidates.as_view()),
    path("candidates/<int:key>/", change.OneCandidate.as_view()),
    path("candidates/<int:key>/open-problem/", change.CandidateProblem.as_view()),
    path("candidates/<int:key>/join-problem/", change.JoinCandidate.as_view()),
    path("candidates/<int:key>/dismiss/", change.DismissCandidate.as_view()),
]
