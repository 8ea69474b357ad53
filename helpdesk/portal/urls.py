"""The requester's addresses: at the root of the site."""

from django.urls import path

from helpdesk.portal import (
    acts,
    article_files,
    drafts,
    files,
    filing,
    home,
    links,
    parts,
    requests,
    suggesting,
    survey,
    uploads,
)

urlpatterns = [
    path("", home.home),
    path("requests/", requests.index),
    path("requests/new/", filing.new),
    path("requests/new/fields/", filing.fields),
    path("requests/new/people/", filing.people),
    path("requests/new/similar/", filing.similar),
    path("requests/new/suggestions/", suggesting.suggestions),
    path("requests/new/suggestions/<slug:slug>/", suggesting.read),
    path("requests/new/solved/", suggesting.solved),
    path("requests/<str:number>/", requests.detail),
    path("requests/<str:number>/reply/", acts.reply),
    path("requests/<str:number>/works/", acts.works),
    path("requests/<str:number>/still-broken/", acts.still_broken),
    path("requests/<str:number>/rate/", acts.rate),
    path("requests/<str:number>/withdraw/", acts.withdraw),
    path("requests/<str:number>/news/", acts.ask_news),
    path("requests/<str:number>/watchers/add/", acts.watch),
    path("requests/<str:number>/watchers/remove/", acts.unwatch),
    path("files/upload/", uploads.upload),
    path("help/files/<uuid:key>/", article_files.article_file),
    path("files/parts/", parts.begin),
    path("files/parts/<uuid:key>/", parts.part),
    path("files/<uuid:key>/", files.attachment),
    path("drafts/", drafts.save),
    path("drafts/discard/", drafts.discard),
    path("r/<str:token>/", links.follow),
    path("survey/<str:token>/", survey.survey),
]
