from django.urls import path

from knowledgebase.views import acts, editing, reading, searching, sections

urlpatterns = [
    path("help/", reading.home),
    path("help/search/", searching.results),
    path("help/sections/<path:path>/", reading.section),
    path("help/<slug:slug>/", reading.article),
    path("help/<slug:slug>/vote/", reading.vote),
    path("help/<slug:slug>/comment/", reading.comment),
    path("desk/articles/", editing.index, name="articles"),
    path("desk/articles/new/", editing.new, name="article-new"),
    path("desk/articles/search/", searching.desk_results, name="article-search"),
    path("desk/articles/gaps/", searching.missing, name="article-gaps"),
    path("desk/articles/synonyms/", searching.groups, name="synonyms"),
    path("desk/articles/synonyms/starter/", searching.take_starter, name="synonyms-starter"),
    path("desk/articles/synonyms/<int:pk>/", searching.group, name="synonym"),
    path("desk/articles/synonyms/<int:pk>/delete/", searching.delete_group, name="synonym-delete"),
    path("desk/articles/<int:pk>/", editing.overview, name="article"),
    path("desk/articles/<int:pk>/edit/", editing.edit, name="article-edit"),
    path("desk/articles/<int:pk>/preview/", editing.preview, name="article-preview"),
    path("desk/articles/<int:pk>/settings/", acts.settings, name="article-settings"),
    path("desk/articles/<int:pk>/versions/", acts.versions, name="article-versions"),
    path("desk/articles/<int:pk>/restore/", acts.restore, name="article-restore"),
    path("desk/articles/<int:pk>/submit/", acts.submit, name="article-submit"),
    path("desk/articles/<int:pk>/approve/", acts.approve, name="article-approve"),
    path("desk/articles/<int:pk>/send-back/", acts.send_back, name="article-send-back"),
    path("desk/articles/<int:pk>/publish/", acts.publish, name="article-publish"),
    path("desk/articles/<int:pk>/archive/", acts.archive, name="article-archive"),
    path("desk/articles/<int:pk>/unarchive/", acts.unarchive, name="article-unarchive"),
    path("desk/articles/<int:pk>/discard/", acts.discard, name="article-discard"),
    path("desk/articles/<int:pk>/still-right/", acts.still_right, name="article-still-right"),
    path("desk/articles/<int:pk>/chapter/", acts.add_chapter, name="article-chapter"),
    path("desk/articles/<int:pk>/translate/", acts.translate, name="article-translate"),
    path("desk/articles/<int:pk>/files/drop/", acts.drop_file, name="article-file-drop"),
    path(
        "desk/articles/<int:pk>/comments/<int:comment>/done/", acts.comment_done, name="article-comment-done"
    ),
    path("settings/sections/", sections.sections, name="settings-sections"),
    path("settings/sections/new/", sections.new_section, name="settings-section-new"),
    path("settings/sections/<int:pk>/", sections.section, name="settings-section"),
    path("settings/sections/<int:pk>/delete/", sections.delete, name="settings-section-delete"),
]
