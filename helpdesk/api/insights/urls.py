"""Addresses of surveys, of what to change, of broken promises, months, reports and exports."""

from django.urls import path

from helpdesk.api.insights import breaches, change, exports, months, reports, surveys

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
    path("breaches/", breaches.Breaches.as_view()),
    path("breaches/agree-exceptions/", breaches.AgreeExceptions.as_view()),
    path("breaches/name-causes/", breaches.NameCauses.as_view()),
    path("breaches/<slug:token>/", breaches.OneBreach.as_view()),
    path("breaches/<slug:token>/agree-exception/", breaches.BreachAgreed.as_view()),
    path("breaches/<slug:token>/name-cause/", breaches.BreachCause.as_view()),
    path("breaches/<slug:token>/withdraw-exception/", breaches.BreachWithdrawn.as_view()),
    path("months/", months.Months.as_view()),
    path("months/<int:key>/", months.OneMonth.as_view()),
    path("months/<int:key>/tickets/", months.MonthTickets.as_view()),
    path("reports/", reports.Reports.as_view()),
    path("reports/<int:key>/", reports.OneReport.as_view()),
    path("reports/<int:key>/data/", reports.ReportData.as_view()),
    path("exports/", exports.Exports.as_view()),
    path("exports/<int:key>/", exports.OneExport.as_view()),
    path("exports/<int:key>/file/", exports.ExportFile.as_view()),
]
