"""Addresses of rules, trials and hand-offs."""

from django.urls import path

from helpdesk.api.rules import handoffs, rules, trials

urlpatterns = [
    path("rules/", rules.Rules.as_view()),
    path("rules/trials/", trials.Trials.as_view()),
    path("rules/trials/<int:key>/", trials.Trial.as_view()),
    path("rules/<int:key>/", rules.OneRule.as_view()),
    path("rules/<int:key>/use/", rules.RuleUse.as_view()),
    path("rules/<int:key>/move/", rules.RuleMove.as_view()),
    path("rules/<int:key>/versions/", rules.RuleVersions.as_view()),
    path("rules/<int:key>/restore/", rules.RuleRestore.as_view()),
    path("rules/<int:key>/firings/", rules.RuleFirings.as_view()),
    path("rules/<int:key>/why-not/<str:number>/", rules.RuleWhyNot.as_view()),
    path("hand-offs/", handoffs.Handoffs.as_view()),
    path("tickets/<str:number>/hand-offs/", handoffs.TicketHandoffs.as_view()),
]
