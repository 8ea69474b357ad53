"""Addresses of articles, search, suggestions and runs."""

from django.urls import path

from helpdesk.api.articles import acts, articles, runs, search

urlpatterns = [
    path("sections/", articles.Sections.as_view()),
    path("articles/", articles.Articles.as_view()),
    path("articles/search/", search.Search.as_view()),
    path("articles/suggestions/", search.Suggestions.as_view()),
    path("articles/<int:key>/", articles.OneArticle.as_view()),
    path("articles/<int:key>/versions/", articles.ArticleVersions.as_view()),
    path("articles/<int:key>/vote/", acts.ArticleVote.as_view()),
    path("articles/<int:key>/comment/", acts.ArticleComment.as_view()),
    *(path(f"articles/<int:key>/{name}/", act.as_view()) for name, act in acts.ACTS.items()),
    path("tickets/<str:number>/suggestions/", search.TicketSuggestions.as_view()),
    path("tickets/<str:number>/runs/", runs.Runs.as_view()),
    path("tickets/<str:number>/runs/<int:key>/", runs.OneRun.as_view()),
    path("tickets/<str:number>/runs/<int:key>/verify/", runs.VerifyRun.as_view()),
    *(path(f"tickets/<str:number>/runs/<int:key>/{name}/", act.as_view()) for name, act in runs.ACTS.items()),
]
