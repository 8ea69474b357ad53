from django.urls import path

from knowledgebase.views import reading

urlpatterns = [
    path("help/", reading.home),
    path("help/sections/<path:path>/", reading.section),
    path("help/<slug:slug>/", reading.article),
    path("help/<slug:slug>/vote/", reading.vote),
    path("help/<slug:slug>/comment/", reading.comment),
]
