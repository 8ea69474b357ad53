"""What people are told: their choices, their notices, and for administrators the words of mails."""

from django.urls import path

from helpdesk.telling import addresses, choices, inbox, words

urlpatterns = [
    path("profile/notices/", choices.choices, name="notice-choices"),
    path("notices/", inbox.inbox, name="notices"),
    path("notices/count/", inbox.unread, name="notices-count"),
    path("notices/read/", inbox.read, name="notices-read"),
    path("notices/stop/<str:token>/", choices.stop, name="notices-stop"),
    path("notices/<int:pk>/", inbox.follow, name="notice"),
    path("people/<int:pk>/mail-works/", addresses.works, name="mail-works"),
    path("settings/letters/", words.index, name="letters"),
    path("settings/letters/<slug:name>/", words.letter, name="letter"),
    path("settings/letters/<slug:name>/preview/", words.preview, name="letter-preview"),
    path("settings/letters/<slug:name>/test/", words.test, name="letter-test"),
    path("settings/letters/<slug:name>/reset/", words.reset, name="letter-reset"),
    path("settings/letters/<slug:name>/versions/<int:pk>/put-back/", words.put_back, name="letter-put-back"),
]
